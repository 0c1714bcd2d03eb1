"""One edit of a tab: made in a thread, announced with the tab's name, answered with what it touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from masklet.annotate.session import Changed, Session
from masklet.store import ConflictError
from masklet.web import asking
from masklet.web.errors import Refusal, refusal_of
from masklet.web.outbox import pairs

Edit = Callable[[Session], Changed | tuple[int, Changed] | None]
"""What is to be done; it gives what it touched, with an object's id before it where one was made."""


async def edited(request: Request, edit: Edit) -> Response:
    """Do `edit` on the video of the address as the author of the request, and tell what it touched.

    A conflict is answered with 412 and the revision that is current.
    """
    return JSONResponse(await run_in_threadpool(_done, request, edit))


def _done(request: Request, edit: Edit) -> dict[str, Any]:
    place = asking.workplace(request)
    video, tab = asking.path_id(request, "v", "video"), asking.tab(request)
    session = place.session(video, asking.author(request))
    try:
        with place.watcher.writing(video, tab) as signed:
            found = edit(session)
            made, changed = found if isinstance(found, tuple) else (None, found)
            if changed is not None and (changed.frames or changed.objects):
                signed(changed.revision)
    except ConflictError as error:
        told = refusal_of(error)
        more = {"revision": session.revision}
        raise Refusal(told.status, told.code, told.text, told.remedy, more) from error
    if changed is None:
        return {"revision": session.revision, "frames": [], "objects": [], "nothing": True}
    answer = {
        "revision": changed.revision,
        "frames": pairs(changed.frames),
        "objects": changed.objects,
    }
    if changed.passed:
        return {**answer, "passed": changed.passed}
    return answer if made is None else {**answer, "object": made}
