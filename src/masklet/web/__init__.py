"""The browser: HTTP, one WebSocket, and the pages."""
