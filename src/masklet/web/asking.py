"""Reading what a browser sends. Everything is checked here; behind it everything is trusted."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from masklet.web.errors import Refusal, missing

if TYPE_CHECKING:
    from masklet.web.workplace import Workplace

JSON_LIMIT = 4 << 20
"""Bytes of a JSON body: room for 100,000 reviewed items."""
NOBODY = "browser"
"""Author of what a tab sends that gives no name."""
_NUMBER = re.compile(r"[0-9]{1,10}")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST = (1 << 31) - 1


def workplace(request: Request) -> Workplace:
    """What the server has open."""
    return cast("Workplace", request.app.state.workplace)


def path_id(request: Request, name: str, what: str = "") -> int:
    """A number in the address. 404 where it is none, as for one that nothing has."""
    text = str(request.path_params[name])
    if not _NUMBER.fullmatch(text) or int(text) > _LARGEST:
        raise missing(f"{what or 'such thing'} {text[:40]!r}")
    return int(text)


def path_word(request: Request, name: str, what: str = "") -> str:
    """An id of letters, digits, `-` and `_` in the address. 404 where it is none."""
    text = str(request.path_params[name])
    if not _WORD.fullmatch(text):
        raise missing(f"{what or 'such thing'} {text[:40]!r}")
    return text


def number(request: Request, name: str, default: int | None = None) -> int:
    """A whole number from 0 on in the query. 400 where it is none, or absent without a default."""
    text = request.query_params.get(name)
    if text is None:
        if default is not None:
            return default
        raise bad(f"{name} is absent", f"add {name}=NUMBER to the address")
    if not _NUMBER.fullmatch(text) or int(text) > _LARGEST:
        raise bad(f"{name} is {text[:40]!r}", "give a whole number from 0 on")
    return int(text)


def author(request: Request) -> str:
    """Who writes: `X-Author`, percent-encoded UTF-8, at most 64 characters; else `NOBODY`."""
    return name_of(request.headers.get("x-author", ""), "X-Author") or NOBODY


def name_of(text: str, what: str) -> str:
    """A person's name from percent-encoded UTF-8. 400 where it is none."""
    try:
        found = unquote_to_bytes(text.encode("latin-1", "strict")).decode("utf-8").strip()
    except UnicodeError as error:
        raise bad(f"{what} is not percent-encoded UTF-8", "choose another name") from error
    if len(found) > 64 or not found.isprintable():
        raise bad(f"{what} has {len(found)} characters", "choose a name of at most 64 printable ones")
    return found


def tab(request: Request) -> str:
    """Which tab writes: `X-Tab`; empty where it does not say. 400 for what is no id."""
    text = request.headers.get("x-tab", "")
    if text and not _WORD.fullmatch(text):
        raise bad("X-Tab is no id", "reload the page")
    return text


def if_match(request: Request) -> int:
    """The revision in `If-Match: "REV"`. 428 where the header is absent."""
    text = request.headers.get("if-match")
    if text is None:
        raise Refusal(
            428,
            "no_revision",
            'the header If-Match is absent; expected If-Match: "REVISION" of what was changed',
            "load the mask again and save with its revision",
        )
    number_in = text.strip().removeprefix("W/").strip('"')
    if not _NUMBER.fullmatch(number_in):
        raise bad(f"If-Match is {text[:40]!r}", 'send If-Match: "REVISION", a whole number')
    return int(number_in)


async def raw_body(request: Request, limit: int) -> bytes:
    """The body, counted while it streams. 413 beyond `limit` bytes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
    return b"".join(parts)


async def json_body(request: Request, limit: int = JSON_LIMIT) -> dict[str, Any]:
    """The body as a JSON object. 400 for anything else, 413 beyond `limit` bytes."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(
            415,
            "not_json",
            f"found content of kind {kind[:60]!r}; expected application/json",
            "send JSON and say so in Content-Type",
        )
    return parse_object(await raw_body(request, limit))


def parse_object(text: bytes | str) -> dict[str, Any]:
    """A JSON object of finite numbers and whole characters. 400 for anything else."""
    try:
        found = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]
        raise bad(f"the body is no JSON that can be used: {why}", "send a JSON object") from error
    if not isinstance(found, dict):
        raise bad(f"the body is a JSON {type(found).__name__}", "send a JSON object")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is too large")
    return value


def bad(text: str, remedy: str) -> Refusal:
    """400: what was sent cannot be used."""
    return Refusal(400, "bad_request", text, remedy)


def too_large(limit: int) -> Refusal:
    """413: more bytes came than are taken."""
    return Refusal(
        413,
        "too_large",
        f"the body has more than {limit} bytes; at most so many are taken",
        "send less at once",
    )


def integer(body: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A whole number from 0 on in a JSON object. 400 where it is none."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise bad(f"{name} is {_shown(value)}; expected a whole number from 0 on", f"send {name} so")
    return value


def text(body: Mapping[str, Any], name: str, default: str | None = None, longest: int = 200) -> str:
    """Printable text in a JSON object, stripped. 400 where it is none."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise bad(f"{name} is {_shown(value)}; expected text", f"send {name} as text")
    if len(value) > longest or not value.isprintable():
        raise bad(f"{name} has {len(value)} characters", f"send at most {longest} printable ones")
    return value.strip()


def word(body: Mapping[str, Any], name: str) -> str:
    """An id of letters, digits, `-` and `_`; empty where it is absent. 400 for something else."""
    value = text(body, name, "")
    if value and not _WORD.fullmatch(value):
        raise bad(f"{name} is {_shown(value)}; expected letters and digits", f"send {name} so")
    return value


def frame_of(body: Mapping[str, Any], name: str, n_frames: int) -> int:
    """A frame of a video of `n_frames`. 404 for one that it does not have."""
    value = integer(body, name)
    if n_frames >= 0 and value >= n_frames:
        raise missing(f"frame {value}", f"the frames are 0 to {n_frames - 1}")
    return value


def boolean(body: Mapping[str, Any], name: str, default: bool | None = None) -> bool | None:
    """true, false, or `default` where it is absent. 400 where it is something else."""
    value = body.get(name, default)
    if value is not None and not isinstance(value, bool):
        raise bad(f"{name} is {_shown(value)}; expected true or false", f"send {name} so")
    return value


def integers(body: Mapping[str, Any], name: str, most: int = 100_000) -> list[int]:
    """A list of whole numbers from 0 on. 400 where it is none."""
    value = body.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise bad(f"{name} is {_shown(value)}; expected a list of at most {most} numbers", "send less")
    return [integer({name: one}, name) for one in value]


def ranges(body: Mapping[str, Any], name: str, n_frames: int) -> list[range]:
    """Half-open frame ranges `[[a, b], ...]` within `n_frames`. 400 where they are none."""
    value = body.get(name)
    if not isinstance(value, list) or not value or len(value) > 10_000:
        raise bad(f"{name} is {_shown(value)}; expected [[first, after_last], ...]", f"send {name} so")
    found = []
    for pair in value:
        ends = integers({name: pair}, name, 2)
        if len(ends) != 2 or not ends[0] < ends[1] <= n_frames:
            raise bad(
                f"{name} has {_shown(pair)}; expected [a, b] with a < b <= {n_frames}",
                "name frames that the video has",
            )
        found.append(range(*ends))
    return found


def one_of(
    body: Mapping[str, Any], name: str, known: tuple[str, ...], default: str | None = None
) -> str:
    """One of `known` words. 400 for another."""
    value = body.get(name, default)
    if value not in known:
        raise bad(f"{name} is {_shown(value)}", f"expected one of: {', '.join(known)}")
    return str(value)


def _shown(value: object) -> str:
    return repr(value)[:60]
