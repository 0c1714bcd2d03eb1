"""What a person may say about how an evaluation is to be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from masklet.core.errors import UsageError

Objects = Literal["auto", "id", "overlap", "joined", "frame"]
Complete = Literal["auto", "rows", "drawn", "all"]
Labels = Literal["names", "ignore"]


@dataclass(frozen=True)
class Terms:
    """How prediction and truth are brought together.

    Args:
        objects: which predicted object answers which true one; see `masklet.evaluation.objects`.
            `id`: the one of the same number. `overlap`: the assignment with the greatest sum of track
            IoU over the video. `joined`: all objects of each side together are one, foreground.
            `frame`: each frame by itself, by the greatest sum of IoU. `auto` chooses and says so.
        complete: on which frames the truth tells all its objects, so that what it does not tell is
            absent; see `masklet.evaluation.judged`. `rows`: only where it was declared
            (`Masks.checked`). `drawn`: on every frame with a mask. `all`: on every frame. `auto`
            chooses and says so.
        labels: `names`: labels meet by name. `ignore`: all labels are one class.
        skip: frames that are not judged.
        skip_ends: do not judge the first and the last frame of a video, as the semi-supervised task
            of DAVIS does.
        keep_prompts: judge also the frames that the prediction was given by a person.
    """

    objects: Objects = "auto"
    complete: Complete = "auto"
    labels: Labels = "names"
    skip: tuple[int, ...] = ()
    skip_ends: bool = False
    keep_prompts: bool = False

    def __post_init__(self) -> None:
        _one_of("objects", self.objects, get_args(Objects))
        _one_of("complete", self.complete, get_args(Complete))
        _one_of("labels", self.labels, get_args(Labels))


@dataclass(frozen=True)
class Agreed:
    """What holds for one video beside the terms, so that several predictions are judged alike.

    Args:
        objects: in the place of `Terms.objects`.
        prompts: frames that count as given to the engine, beside those that the prediction tells.
    """

    objects: Objects = "auto"
    prompts: tuple[int, ...] = ()


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"{name} is {value!r}; expected one of {', '.join(known)}")
