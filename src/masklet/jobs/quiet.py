"""What a worker does not print, because it belongs to the ordinary course of things."""

from __future__ import annotations

import logging


def calm_dbos() -> None:
    """Have DBOS say nothing of a workflow that was cancelled just before it was begun.

    Somebody stopped the job, and its row in the ledger says so. What else goes wrong is still said.
    """
    from dbos import error

    cancelled = (error.DBOSAwaitedWorkflowCancelledError, error.DBOSWorkflowCancelledError)

    def worth_saying(record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], cancelled))

    logging.getLogger("dbos").addFilter(worth_saying)
