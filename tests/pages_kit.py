"""A server on loopback for tests of the pages in a browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from masklet.web.app import create_app
from masklet.web.workplace import Workplace


@contextmanager
def served(place: Workplace) -> Iterator[str]:
    """The address of a server of this workplace, without a worker."""
    config = uvicorn.Config(create_app(place), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server ended before it listened"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
