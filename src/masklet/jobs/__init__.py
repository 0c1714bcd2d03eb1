"""Durable work in the background: tracking jobs, the processes that do them, and clicks between frames."""
