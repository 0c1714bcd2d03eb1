"""The app: routes, errors and guard around a workplace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from importlib import import_module

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount

from masklet.core import MaskletError
from masklet.web.errors import Refusal, answer_error
from masklet.web.gate import Gate
from masklet.web.guard import Guard
from masklet.web.pages import Pages
from masklet.web.workplace import Workplace

API = "/api/v1"
THEMES = (
    "project",
    "objects",
    "masks",
    "frames",
    "library",
    "uploads",
    "transfer",
    "statistics",
    "actions",
    "timeline",
    "review",
    "jobs",
    "socket",
)
"""Files of `routes/`, in the order in which an address is looked for."""
_TOLD = (Refusal, MaskletError, OSError, MemoryError, HTTPException, Exception)


def create_app(workplace: Workplace, gate: Gate | None = None) -> Guard:
    """The whole server as an ASGI app. Who runs it closes the workplace afterwards.

    Args:
        workplace: what it has open.
        gate: who may come in; None = this machine only, without a token.
    """
    api: list[BaseRoute] = []
    for theme in THEMES:
        routes: Sequence[BaseRoute] = import_module(f"masklet.web.routes.{theme}").routes
        api += routes
    app = Starlette(
        routes=[Mount(API, routes=api), *Pages().routes()],
        exception_handlers=dict.fromkeys(_TOLD, answer_error),
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False
    app.state.workplace = workplace
    return Guard(app, gate or Gate())


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """The watcher looks as long as the server runs."""
    workplace: Workplace = app.state.workplace
    workplace.hub.start(asyncio.get_running_loop())
    watching = asyncio.create_task(workplace.watcher.run())
    try:
        yield
    finally:
        workplace.hub.stop()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
