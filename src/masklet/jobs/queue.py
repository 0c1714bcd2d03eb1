"""The queue of DBOS as masklet uses it: names, tables, clients, and how something is put into it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from masklet.jobs.ledger import opening
from masklet.jobs.plain import plain

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

QUEUE, STRETCHES = "masklet-jobs", "masklet-stretches"
APPLICATION = "masklet"
VERSION = "1"
"""Of the workflows: workers of one version take up each other's jobs."""
TRACK, STRETCH = "masklet_track", "masklet_stretch"
"""Names under which the workflows are registered."""


def prepare(url: str) -> None:
    """Make or update the tables of DBOS. `DataError` where the database cannot be used."""
    from dbos import DBOS

    logging.getLogger("dbos").setLevel(logging.ERROR)
    with opening(url):
        DBOS.migrate(url)


def client_of(url: str) -> DBOSClient:
    """A client of the queue; what it does is no step of a workflow. Whoever asked destroys it."""
    from dbos import DBOSClient

    return DBOSClient(system_database_url=url, application_name=APPLICATION, serializer=plain())


def enqueue(client: DBOSClient, queue: str, kind: str, name: str, *told: Any, place: str = "") -> None:
    """Put a workflow into a queue; one of this name that is there already is left as it is.

    Args:
        client: of the database.
        queue: `QUEUE` or `STRETCHES`.
        kind: `TRACK` or `STRETCH`.
        name: of this one workflow.
        told: arguments, plain values.
        place: those of one place take turns; empty in a queue without places.
    """
    options: EnqueueOptions = {
        "workflow_name": kind,
        "queue_name": queue,
        "workflow_id": name,
        "app_version": VERSION,
        "application_name": APPLICATION,
    }
    if place:
        options["queue_partition_key"] = place
    client.enqueue(options, *told)
