"""`--crop`: the engine that was chosen, in a window that goes with each object."""

from __future__ import annotations

from masklet.core import Masks, Propagator, UsageError
from masklet.verbs.engines import run_before

AUTO, OFF = "auto", "off"


def check_crop(crop: str | int) -> None:
    """Raise `UsageError` for what is neither a number of pixels nor one of `auto`, `off`."""
    if str(crop) not in ("", AUTO, OFF) and not str(crop).isdecimal():
        raise UsageError(f"crop is {crop!r}; expected a side in pixels, {AUTO} or {OFF}")


def cropped(chosen: tuple[Propagator, str], crop: str | int, rows: Masks) -> tuple[Propagator, str]:
    """An engine and why it was chosen; both with a window where one is wanted.

    Args:
        chosen: engine and sentence.
        crop: side in pixels; `auto` = the engine's own; `off`; empty = as in the run before where that
            was by the same engine, else off.
        rows: what stands there, signed by the run before.
    """
    engine, reason = chosen
    name, told = run_before(rows)
    if crop == "" and name == getattr(engine, "name", ""):
        crop = int(told.get("crop", 0)) or OFF
    if crop in ("", OFF):
        return engine, reason
    from masklet.infer.window import Windowed

    windowed = Windowed(engine, 0 if crop == AUTO else int(crop))
    return windowed, f"{reason}; in a window of {windowed.crop} pixels around each object"
