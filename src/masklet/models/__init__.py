"""Engines: how masks are made from pixels. One file an idea; nothing is imported until asked for."""
