"""Uploads: begun, sent in pieces, asked after, given up."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from masklet.web import asking
from masklet.web.uploads import Piece, Upload, Uploads

_AT_ONCE = 1 << 20


async def begin(request: Request) -> Response:
    """`{name, size}` of the file that is to come."""
    uploads, body = _uploads(request), await asking.json_body(request)
    name, size = body.get("name"), body.get("size")
    if not isinstance(name, str) or isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise asking.bad("name and size of the file are absent", "send both")
    author = asking.author(request)
    upload = await run_in_threadpool(uploads.begin, name, size, author)
    return JSONResponse(_told(upload, 0), 201)


async def tell(request: Request) -> Response:
    """How much has come."""
    uploads, number = _uploads(request), asking.path_word(request, "id", "upload")
    upload = await run_in_threadpool(uploads.get, number)
    return JSONResponse(_told(upload, await run_in_threadpool(uploads.received, number)))


async def add(request: Request) -> Response:
    """The bytes from `offset` on, counted and written as they come; after a break they stay."""
    uploads, number = _uploads(request), asking.path_word(request, "id", "upload")
    at = request.query_params.get("offset", "")
    if not (at.isascii() and at.isdigit() and len(at) < 16):
        raise asking.bad(f"offset is {at[:40]!r}", "add offset=BYTES to the address")
    with uploads.adding(number, int(at)) as piece:
        await stream_into(request, piece)
    return JSONResponse({"received": await run_in_threadpool(uploads.received, number)})


async def stream_into(request: Request, piece: Piece) -> None:
    """Write the body while it comes; after a break, what has come before it."""
    waiting = bytearray()
    try:
        async for data in request.stream():
            waiting += data
            if len(waiting) >= _AT_ONCE:
                await run_in_threadpool(piece.add, bytes(waiting))
                waiting.clear()
    except ClientDisconnect:
        await run_in_threadpool(piece.add, bytes(waiting))
        raise
    await run_in_threadpool(piece.add, bytes(waiting))


async def stop(request: Request) -> Response:
    """Give an upload up."""
    uploads, number = _uploads(request), asking.path_word(request, "id", "upload")
    await run_in_threadpool(uploads.get, number)
    await run_in_threadpool(uploads.remove, number)
    return Response(status_code=204)


def _uploads(request: Request) -> Uploads:
    return asking.workplace(request).uploads


def _told(upload: Upload, received: int) -> dict[str, Any]:
    return {"id": upload.id, "name": upload.name, "size": upload.size, "received": received}


routes: list[BaseRoute] = [
    Route("/uploads", begin, methods=["POST"]),
    Route("/uploads/{id}", tell),
    Route("/uploads/{id}", add, methods=["PUT"]),
    Route("/uploads/{id}", stop, methods=["DELETE"]),
]
