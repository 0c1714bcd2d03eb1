"""Masks of frames, in VM packets: read in ranges, saved one at a time with the revision they follow."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from masklet.core import Video
from masklet.core.arrays import UInt32s
from masklet.web import asking, past, wire
from masklet.web.editing import edited
from masklet.web.errors import missing

MOST_FRAMES = 512
_PACKET_LIMIT = 8 << 20
KIND = "application/octet-stream"


async def read(request: Request) -> Response:
    """A packet for every frame of `from` to `to`; with `at`, as the rows were at that revision."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    first, stop = asking.number(request, "from"), asking.number(request, "to")
    at = asking.number(request, "at", -1) if "at" in request.query_params else None

    def packets() -> tuple[int, bytes]:
        store = place.store(number)
        frames = _checked_range(first, stop, store.video.n_frames)
        revision = store.revision
        rows = store.load(frames) if at is None else past.rows_at(store, frames, at)
        told = revision if at is None else at
        return told, b"".join(wire.encode_frames(rows.take(rows.object_id >= 0), frames, told))

    revision, body = await run_in_threadpool(packets)
    return Response(body, media_type=KIND, headers={"X-Revision": str(revision)})


async def put(request: Request) -> Response:
    """Save the mask of one object on one frame. The body is one packet with that one object."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    frame, chosen = asking.path_id(request, "n", "frame"), asking.path_id(request, "o", "object")
    known = asking.if_match(request)
    video = await run_in_threadpool(place.video, number)
    _check_frame(frame, video)
    data = await asking.raw_body(request, _PACKET_LIMIT)
    runs = await run_in_threadpool(_runs, data, video, frame, chosen)
    return await edited(
        request, lambda session: session.put(frame, chosen, runs, expected_revision=known)
    )


async def delete(request: Request) -> Response:
    """Remove the mask of one object on one frame."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    frame, chosen = asking.path_id(request, "n", "frame"), asking.path_id(request, "o", "object")
    known = asking.if_match(request)
    _check_frame(frame, await run_in_threadpool(place.video, number))
    return await edited(
        request, lambda session: session.delete([frame], [chosen], expected_revision=known)
    )


def _runs(data: bytes, video: Video, frame: int, chosen: int) -> UInt32s:
    """Run lengths `(r,)` of the whole frame, from the one packet of one object that is expected."""
    packet = wire.decode(data, video)
    ids = packet.rows.object_id.tolist()
    if packet.frame != frame or ids != [chosen]:
        raise asking.bad(
            f"the packet holds objects {ids[:5]} on frame {packet.frame}; "
            f"expected object {chosen} on frame {frame}",
            "reload the page",
        )
    return packet.rows.row_runs(0)


def _check_frame(frame: int, video: Video) -> None:
    if frame >= video.n_frames >= 0:
        raise missing(f"frame {frame}", f"the last is {video.n_frames - 1}")


def _checked_range(first: int, stop: int, n_frames: int) -> range:
    if not first < stop or stop - first > MOST_FRAMES:
        raise asking.bad(
            f"frames {first} to {stop} are asked for; expected 1 to {MOST_FRAMES} of them",
            "ask in smaller parts",
        )
    if first >= n_frames >= 0:
        raise missing(f"frame {first}", f"the last is {n_frames - 1}")
    return range(first, min(stop, n_frames) if n_frames >= 0 else stop)


routes: list[BaseRoute] = [
    Route("/videos/{v}/masks", read),
    Route("/videos/{v}/masks/{n}/{o}", put, methods=["PUT"]),
    Route("/videos/{v}/masks/{n}/{o}", delete, methods=["DELETE"]),
]
