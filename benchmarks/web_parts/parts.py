"""The parts of `benchmarks/web.py` by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable

from web_parts import acting, keeping, loading, peer, seeing
from web_parts.bar import Bar
from web_parts.plan import Plan

PARTS: dict[str, Callable[[Plan], list[Bar]]] = {
    "exactness": seeing.exactness,
    "video-element": peer.video_element,
    "steps": seeing.steps,
    "jumps": seeing.jumps,
    "masks": seeing.masks,
    "brush": acting.brush,
    "clicks": acting.clicks,
    "stop": acting.stop,
    "kill": keeping.kill,
    "tabs": keeping.tabs,
    "payload": loading.payload,
    "paint": loading.paint,
    "long": loading.long,
}
