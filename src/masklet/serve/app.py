"""The app: routes, errors and guard around a workplace."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount

from masklet.core import MaskletError
from masklet.serve.errors import Refusal, answer_error
from masklet.serve.workplace import Workplace

API = "/api/v1"
_TOLD = (Refusal, MaskletError, OSError, MemoryError, HTTPException)
THEMES: tuple[str, ...] = ()
"""Files of `routes/`, in the order in which an address is looked for."""


def create_app(workplace: Workplace) -> Starlette:
    """The whole server as an ASGI app. Who runs it closes the workplace."""
    api: list[BaseRoute] = []
    for theme in THEMES:
        routes: Sequence[BaseRoute] = import_module(f"masklet.serve.routes.{theme}").routes
        api += routes
    app = Starlette(
        routes=[Mount(API, routes=api)],
        exception_handlers=dict.fromkeys(
            (Refusal, MaskletError, OSError, MemoryError, 400, 404, 405), answer_error
        ),
    )
    app.state.workplace = workplace
    return app
