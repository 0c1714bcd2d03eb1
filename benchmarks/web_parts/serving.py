"""`masklet serve` as a process that can be killed and started again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 300.0


class Server:
    """A server of a project or video; `seconds` is how long it took until it could be opened."""

    def __init__(self, path: Path, out: Path, *more: str) -> None:
        said = (str(path), "--out", str(out), "--no-open", *more)
        self._command = [sys.executable, "-m", "masklet", "serve", *said]
        self.port, self.seconds = 0, 0.0
        self.start()

    def start(self) -> None:
        """Start it, again on the same port."""
        env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        began = time.perf_counter()
        command = [*self._command, "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"open (http://127\.0\.0\.1:(\d+)/)", line):
                self.url, self.port = found[1], int(found[2])
                self.seconds = time.perf_counter() - began
                return
        raise SystemExit(f"masklet serve did not start: {' '.join(command)}")

    def children(self) -> list[int]:
        """Process ids of its workers."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(one) for one in found.stdout.split()]

    def kill(self) -> None:
        """kill -9 of the server and of its workers."""
        for one in (*self.children(), self.process.pid):
            os.kill(one, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """Ctrl-C."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def ask(self, path: str, body: object = None, **headers: str) -> Any:
        """JSON of `/api/v1/PATH`; a body is posted."""
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(
            f"{self.url}api/v1/{path}", data, {"Content-Type": "application/json", **headers}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    def wait_for_worker(self) -> None:
        """Until the worker says that it is ready."""
        until(lambda: self.ask("project")["worker"]["alive"], "a worker")


@contextmanager
def served(path: Path, out: Path, *more: str) -> Iterator[Server]:
    """A server for a block."""
    server = Server(path, out, *more)
    try:
        yield server
    finally:
        server.close()


def until(ready: Callable[[], Any], what: str) -> Any:
    """What `ready` gives as soon as it is true. Ends the run where it never is."""
    end = time.monotonic() + PATIENCE
    while not (found := ready()):
        if time.monotonic() > end:
            raise SystemExit(f"waited {PATIENCE:.0f} s for {what}")
        time.sleep(0.05)
    return found
