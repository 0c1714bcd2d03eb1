"""Frames: a desk for every video that somebody looks at."""

from __future__ import annotations

import threading
from collections import OrderedDict

from masklet.web.desk import Desk
from masklet.web.films import Films
from masklet.web.frame_cache import FrameCache

_DESKS = 4
"""Videos that are kept ready at once; each holds a few readers."""


class Frames:
    """The desks of a project's videos.

    Args:
        films: opens the videos and knows whether they are still what they were.
        cache: where JPEGs are kept.
    """

    def __init__(self, films: Films, cache: FrameCache) -> None:
        self._films, self._cache = films, cache
        self._desks: OrderedDict[int, Desk] = OrderedDict()
        self._lock = threading.Lock()

    def desk(self, video_id: int, frame: int = 0) -> Desk:
        """The desk of a video, from which `frame` is wanted.

        Raises `Refusal`: 404 for no such video or frame, 409 or 410 where its file is another one
        now or is gone.
        """
        source = self._films.source(video_id)
        with self._lock:
            desk = self._desks.pop(video_id, None)
            gone = [desk] if desk is not None and desk.source is not source else []
            if desk is None or gone:
                desk = Desk(source, self._cache)
            self._desks[video_id] = desk
            while len(self._desks) > _DESKS:
                gone.append(self._desks.popitem(last=False)[1])
        for one in gone:
            one.close()
        if 0 <= frame < source.video.n_frames and desk.altered(frame):
            self._films.forget(video_id)
            self.leave(video_id)
            return self.desk(video_id)
        return desk

    def leave(self, video_id: int) -> None:
        """Close the desk of a video."""
        with self._lock:
            desk = self._desks.pop(video_id, None)
        if desk is not None:
            desk.close()

    def close(self) -> None:
        """Close all desks."""
        for video_id in list(self._desks):
            self.leave(video_id)
