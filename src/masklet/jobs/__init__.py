"""Durable work in the background: tracking jobs, those who do them, and clicks between two frames."""
