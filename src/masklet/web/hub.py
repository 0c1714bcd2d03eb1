"""Hub: who is connected, and what each tab is told."""

from __future__ import annotations

import asyncio
import json
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from masklet.jobs.spec import Job
from masklet.store.changed import Touched
from masklet.web.errors import without_folders
from masklet.web.outbox import Outbox

_SIGNED = 4096
"""Revisions of which is remembered which tab made them."""
_LENGTH = struct.Struct("<I")


@dataclass(eq=False)
class Client:
    """One connected tab.

    Args:
        author: name of the person.
        tab: id that the tab gave itself.
        video: number of the video that it shows; None = none.
        watched: frames whose live masks it wants; None = all.
        frame: where the person is.
        object_id: what is selected; None = nothing.
    """

    author: str = ""
    tab: str = ""
    video: int | None = None
    watched: range | None = None
    frame: int | None = None
    object_id: int | None = None
    outbox: Outbox = field(default_factory=Outbox)


class Hub:
    """The connected tabs. Everything here runs on the event loop but `post`."""

    def __init__(self) -> None:
        self.clients: set[Client] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._signed: OrderedDict[tuple[int, int], str] = OrderedDict()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on `post` reaches this loop."""
        self._loop = loop

    def post(self, call: Callable[..., None], *values: Any) -> None:
        """Have `call(*values)` made on the event loop, from any thread. Nothing after its end."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        try:
            loop.call_soon_threadsafe(call, *values)
        except RuntimeError:  # closed in the meantime: nobody is left to be told
            return

    def stop(self) -> None:
        """No more posts."""
        self._loop = None

    def videos(self) -> set[int]:
        """Videos that some tab shows."""
        return {client.video for client in self.clients if client.video is not None}

    def signed(self, video: int, revision: int, tab: str) -> None:
        """Remember that `tab` made a revision, so that it can tell its own from others'."""
        self._signed[video, revision] = tab
        while len(self._signed) > _SIGNED:
            self._signed.popitem(last=False)

    def touched(
        self, video: int, changes: Iterable[Touched], to: Iterable[Client] | None = None
    ) -> None:
        """Tell who shows `video` (or `to`) what was changed there, and that objects look otherwise."""
        chosen = [c for c in (self.clients if to is None else to) if c.video == video]
        for change in changes:
            tab = self._signed.get((video, change.revision), "")
            for client in chosen:
                if change.attributes:
                    client.outbox.latest(("objects", video), {"t": "objects", "video": video})
                client.outbox.changed(
                    video, change.revision, change.author, tab, change.frames, change.objects
                )

    def everybody(self, key: object, message: dict[str, Any]) -> None:
        """Tell all tabs the latest state of something: a job, the worker, a video's file."""
        for client in self.clients:
            client.outbox.latest(key, message)

    def live(self, video: int, frame: int, payload: bytes) -> None:
        """Hand a tracker's frame to the tabs that look there."""
        for client in self.clients:
            if client.video == video and (client.watched is None or frame in client.watched):
                client.outbox.live(payload)

    def leave(self, client: Client) -> None:
        """A tab is gone."""
        self.clients.discard(client)
        if client.video is not None:
            self.presence(client.video)

    def show(self, client: Client, video: int | None) -> None:
        """A tab shows another video, or none."""
        before, client.video, client.watched = client.video, video, None
        client.frame = client.object_id = None
        for one in {before, video} - {None}:
            self.presence(one)  # type: ignore[arg-type]

    def presence(self, video: int) -> None:
        """Tell who shows `video` where the others are."""
        there = [client for client in self.clients if client.video == video]
        people = [
            {"author": c.author, "tab": c.tab, "frame": c.frame, "object": c.object_id}
            for c in sorted(there, key=lambda one: (one.author, one.tab))
        ]
        message = {"t": "presence", "video": video, "people": people}
        for client in there:
            client.outbox.latest(("presence", video), message)


def packed(message: Mapping[str, Any], packet: bytes) -> bytes:
    """A binary message: u32 LE length of the JSON, the JSON, a VM packet."""
    head = json.dumps(message).encode()
    return _LENGTH.pack(len(head)) + head + packet


def told(job: Job) -> dict[str, Any]:
    """A job as a browser reads it: without the path of the project or other files."""
    spec = job.spec.as_dict()
    del spec["project"]
    return {
        "id": job.id,
        "spec": spec,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "fps": job.fps,
        "eta": job.eta,
        "message": without_folders(job.message),
        "log": [without_folders(line) for line in job.log],
        "created": job.created,
        "position": job.position,
        "engine": job.engine,
        "frame": job.frame,
    }
