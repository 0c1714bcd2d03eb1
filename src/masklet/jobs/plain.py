"""What the queue keeps is JSON, and nothing else is ever read from it.

DBOS pickles by default, and reads a pickle wherever a row says that it is one. A pickle runs code, and a
database of jobs may come with somebody's folder of results, or be shared. So pickles are refused here,
whatever a row says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from masklet.core import DataError

if TYPE_CHECKING:
    from dbos._serialization import Serializer


def plain() -> Serializer:
    """The serializer to give to DBOS. From the first call on this process reads no pickle of DBOS."""
    from dbos._serialization import DBOSPortableJSON, DefaultSerializer

    DefaultSerializer.deserialize = _refuse  # type: ignore[method-assign, assignment]
    return DBOSPortableJSON


def _refuse(_self: object, _text: str) -> Any:
    raise DataError(
        "the database of jobs holds an entry that is no JSON, which masklet neither writes nor reads: "
        "it could run a program. Delete the file of jobs (masks are in the project), or ask who wrote it"
    )
