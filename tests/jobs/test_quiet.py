"""What happens every day puts no traceback on the terminal."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from multiprocessing.connection import Client, Listener

import pytest
from dbos import error

from masklet.jobs.board import Board
from masklet.jobs.desk import Desk
from masklet.jobs.durable import _guarded
from masklet.jobs.ledger import Ledger
from masklet.jobs.link import _accept
from masklet.jobs.quiet import calm_dbos
from masklet.jobs.spec import JobSpec

WORKER = [sys.executable, "-m", "masklet.jobs.worker"]


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What the log of DBOS prints."""
    logger, stream = logging.getLogger("dbos"), io.StringIO()
    handler, before = logging.StreamHandler(stream), list(logger.filters)
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)
    logger.filters[:] = before


def test_a_job_that_was_stopped_is_no_error(said: io.StringIO) -> None:
    calm_dbos()
    for wrong in (error.DBOSAwaitedWorkflowCancelledError("a.1"), error.DBOSWorkflowCancelledError("a")):
        logging.getLogger("dbos").error("Exception in a workflow", exc_info=wrong)
    assert said.getvalue() == ""
    logging.getLogger("dbos").error("Exception in a workflow", exc_info=ValueError("other"))
    logging.getLogger("dbos").error("no connection")
    assert "ValueError: other" in said.getvalue()
    assert said.getvalue().endswith("no connection\n")


def test_a_job_that_was_cancelled_as_it_began_is_stopped(board: Board, url: str) -> None:
    """Nobody would ever end it otherwise: DBOS lets nothing of a cancelled workflow go on."""
    name = board.submit(JobSpec("project.masklet", 1, engine="flow"))

    def work() -> None:
        raise error.DBOSWorkflowCancelledError("cancelled")

    desk = Desk(Ledger(url), "test", lambda event: None)
    desk.ledger.beat("test", "")
    assert _guarded(desk, name, work) == "stopped"
    assert board.job(name).state == "stopped"
    desk.ledger.close()


def test_a_worker_whose_server_is_gone_ends_without_a_word() -> None:
    with Listener() as listener:
        address = listener.address
    told = {"db": "sqlite://", "executor": "x", "address": address, "key": "00" * 32}
    for line in (json.dumps(told) + "\n", "", json.dumps(told)[:20]):
        ran = subprocess.run(WORKER, input=line, capture_output=True, text=True, timeout=120)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_who_calls_without_the_key_is_not_taken(capfd: pytest.CaptureFixture[str]) -> None:
    with Listener(authkey=b"a" * 32) as listener, subprocess.Popen(["sleep", "60"]) as process:

        def call() -> None:
            with pytest.raises(Exception, match="digest"):
                Client(listener.address, authkey=b"b" * 32)

        caller = threading.Thread(target=call)
        caller.start()
        assert _accept(listener, process, threading.Event()) is None
        caller.join(20)
        process.kill()
    assert capfd.readouterr().err == ""
