"""The server loop: says when it listens, and ends quietly when it is asked to."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_MESSAGE_LIMIT = 1 << 20
"""Bytes of one message of a tab."""
_ENDING = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
]


def config_of(app: ASGIApp) -> uvicorn.Config:
    """How masklet runs an app: quiet, without trust in proxies, with an end to what has no end."""
    return uvicorn.Config(
        app,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws=_Sockets,
        ws_max_size=_MESSAGE_LIMIT,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
    )


class _Sockets(WebSocketsSansIOProtocol):
    """uvicorn's, but that a handshake which was answered with a refusal counts as answered.

    uvicorn 0.54 looks only for one that was accepted or closed, and logs an error for each other: any
    page of the web could fill the terminal.
    """

    async def send(self, message: Any) -> None:
        """Send; a whole refusal ends the handshake."""
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True


class Server(uvicorn.Server):
    """uvicorn, for a person at a terminal.

    Ctrl-C and SIGTERM end it after what is under way; they are not raised again, so that whoever
    called can put everything away.

    Args:
        config: the app and its settings.
        ready: called once, when it listens.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    def run_on(self, listener: socket.socket) -> None:
        """Serve on a socket until it is ended."""
        self.run(sockets=[listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then says that it listens."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The signals that end it, while the block runs; in the main thread only."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _ENDING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
