"""What is put around the engine that was chosen: `--crop`, `--refine-edges`."""

from __future__ import annotations

from dataclasses import dataclass

from masklet.core import Masks, Propagator, UsageError
from masklet.core.registry import load
from masklet.verbs.engines import run_before

AUTO, OFF = "auto", "off"


@dataclass(frozen=True)
class Around:
    """What a person asked for.

    Args:
        crop: side in pixels of a window around each object; `auto` = the engine's own; `off`; empty =
            as in the run before where that was by the same engine, else off.
        edges: move outlines onto the picture's edges; None = as in the run before, else not.

    Raises `UsageError` for another word.
    """

    crop: str | int = ""
    edges: bool | None = None

    def __post_init__(self) -> None:
        if str(self.crop) not in ("", AUTO, OFF) and not str(self.crop).isdecimal():
            raise UsageError(f"crop is {self.crop!r}; expected a side in pixels, {AUTO} or {OFF}")
        if str(self.crop).isdecimal():
            from masklet.infer.window import check_side

            check_side(int(self.crop))

    def check(self, engine: str | Propagator) -> None:
        """Raise `UsageError` for an engine, or the name of one, that cannot work in a window."""
        known = load("propagators", engine) if isinstance(engine, str) else engine
        if self.crop not in ("", OFF) and getattr(known, "far_sighted", False):
            name = getattr(known, "name", engine)
            raise UsageError(
                f"engine {name} looks at the whole video in advance and cannot work in a window that "
                "goes with an object; leave out --crop, or take an engine that goes from frame to "
                "frame: flow, sam2, edgetam, sam3"
            )

    def put(self, chosen: tuple[Propagator, str], rows: Masks) -> tuple[Propagator, str]:
        """An engine and why it was chosen, with what is wanted around it.

        Args:
            chosen: engine and sentence.
            rows: what stands there, signed by the run before.
        """
        engine, reason = chosen
        self.check(engine)
        name, told = run_before(rows)
        told = told if name == getattr(engine, "name", "") else {}
        crop = self.crop if self.crop != "" else told.get("crop", OFF)
        edges = self.edges if self.edges is not None else "refine_edges" in told
        if crop != OFF:
            from masklet.infer.window import Windowed

            engine = windowed = Windowed(engine, 0 if crop == AUTO else int(crop))
            reason += f"; in a window of {windowed.crop} pixels around each object"
        if edges:
            from masklet.models.edged import edged

            engine = edged(engine, int(told.get("refine_edges", 0)))
            reason += "; outlines moved onto edges of the picture"
        return engine, reason


NOTHING = Around()
