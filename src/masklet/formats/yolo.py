"""YOLO segmentation: a text file a picture, a line an object: class and outline, in parts of the size.

Source: the segmentation dataset format of Ultralytics (docs.ultralytics.com/datasets/segment). A line
is `class x y x y ...`, or `class x_centre y_centre width height` for a box; one number more at the
end is a confidence. A picture without a file has no objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from masklet.core import DataError, Label, ShapeKind, Shapes, UsageError, Video
from masklet.core.arrays import Floats
from masklet.core.protocols import Annotation
from masklet.formats import yolo_names, yolo_writer
from masklet.formats.folders import writing_folder
from masklet.formats.frame_names import place
from masklet.formats.losses import warn_loss

LARGEST_CLASS = 9_999
_NOT_LABELS = {
    "classes.txt",
    "labels.txt",
    "obj.names",
    "train.txt",
    "val.txt",
    "test.txt",
    "readme.txt",
}


class _Line(NamedTuple):
    frame: int
    label_id: int
    kind: ShapeKind
    points: Floats
    confidence: float


class YoloSeg:
    """YOLO label folders: a dataset (`data.yaml`, `labels/`), a folder of text files, or one file."""

    def sniff(self, path: Path) -> bool:
        """Text files whose first line is a class number and four or more numbers about 0..1."""
        try:
            files = [path] if path.is_file() else _label_files(path)
            return any(_looks_like(file) for file in files[:20])
        except (OSError, UnicodeDecodeError):
            return False

    def read(self, path: Path, video: Video | None = None) -> list[Shapes]:
        """Polygons and boxes in pixels, single shapes without track.

        Args:
            path: dataset, folder or file.
            video: needed, since the files do not tell sizes; a text file belongs to the frame whose
                image has its name.

        Raises `UsageError` without a video and `DataError` for lines that are not this format.
        """
        if video is None:
            raise UsageError(
                f"{path} holds coordinates relative to sizes that YOLO files do not tell; give "
                "the folder of images or the video with --media"
            )
        files = [path] if path.is_file() else _label_files(path)
        if not files and not (path / "labels").is_dir():
            raise DataError(f"{path} holds no label files; expected .txt files, or a folder labels/")
        frames = place([file.name for file in files], video, str(path)).frames
        lines = [
            line
            for file, frame in zip(files, frames, strict=True)
            for line in _lines(file, frame, video.size_wh(frame))
        ]
        if any(np.isfinite(line.confidence) for line in lines):
            warn_loss("yolo", "confidences stay with the shapes but give no scores of masks")
        return [_shapes(lines, video, yolo_names.read_names(path))]

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """A folder with `data.yaml` and `labels/`, one file for every frame with objects or checked.

        Masks become the outline of their largest part; holes, other parts and whatever a line cannot
        hold are named by a `LossWarning`. Classes are numbered in the order of the labels.
        """
        if len(items) != 1:
            raise UsageError(
                f"yolo writes one image set a folder; found {len(items)}; write them one by one"
            )
        names, files = yolo_writer.label_files(items[0])
        with writing_folder(path, self.sniff) as beside:
            (beside / "labels").mkdir(parents=True)
            for name, lines in files.items():
                (beside / "labels" / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
            (beside / "data.yaml").write_text(yolo_names.data_yaml(names), encoding="utf-8")


def _label_files(folder: Path) -> list[Path]:
    """Text files of a folder, of its `labels/`, or of the splits inside that; by name."""
    inner = folder / "labels" if (folder / "labels").is_dir() else folder
    files = [p for p in inner.rglob("*.txt") if p.name.lower() not in _NOT_LABELS and p.is_file()]
    return sorted(p for p in files if not p.name.startswith("."))


def _looks_like(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(65536)
    words = head.split(b"\n")[0].split()
    if len(words) < 5 or not words[0].isdigit():
        return False
    try:
        values = [float(word) for word in words[1:]]
    except ValueError:
        return len(head) == 65536 and b"\n" not in head
    return len(values) >= 4 and all(-0.5 <= value <= 1.5 for value in values)


def _lines(path: Path, frame: int, size_wh: tuple[int, int]) -> Iterator[_Line]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path} as text ({error})") from error
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words:
            yield _parsed(f"{path}, line {number}", words, frame, size_wh)


def _parsed(where: str, words: list[str], frame: int, size_wh: tuple[int, int]) -> _Line:
    try:
        values = np.array([float(word) for word in words])
    except ValueError as error:
        raise DataError(
            f"{where} holds a word that is no number; expected a class and coordinates"
        ) from error
    if len(values) < 5 or not np.all(np.isfinite(values)):
        raise DataError(
            f"{where} holds {len(values)} numbers; expected a class and 4, 6, 8, ... coordinates"
        )
    label = values[0]
    if label != int(label) or not 0 <= label <= LARGEST_CLASS:
        raise DataError(f"{where} has class {words[0]}; expected a whole number 0..{LARGEST_CLASS}")
    inner = values[1:]
    confidence = float("nan")
    if len(inner) % 2:
        inner, confidence = inner[:-1], float(inner[-1])
    if np.any(np.abs(inner - 0.5) > 1):
        raise DataError(
            f"{where} has a coordinate of {inner[np.argmax(np.abs(inner - 0.5))]:.6g}; expected parts "
            "of the picture size, 0..1, not pixels"
        )
    pixels = inner.reshape(-1, 2) * size_wh
    if len(pixels) == 2:
        centre, half = pixels[0], pixels[1] / 2
        pixels = np.stack([centre - half, centre + half])
        return _Line(frame, int(label), ShapeKind.BOX, pixels.ravel(), confidence)
    return _Line(frame, int(label), ShapeKind.POLYGON, pixels.ravel(), confidence)


def _shapes(lines: Sequence[_Line], video: Video, names: Sequence[str]) -> Shapes:
    largest = max((line.label_id for line in lines), default=-1)
    known = [*names, *(f"class {i}" for i in range(len(names), largest + 1))]
    return Shapes(
        video,
        tuple(Label(name) for name in known),
        frame=np.array([line.frame for line in lines], np.int32),
        label_id=np.array([line.label_id for line in lines], np.int16),
        kind=np.array([line.kind for line in lines], np.uint8),
        points=np.concatenate([np.empty(0), *(line.points for line in lines)]),
        offset=np.concatenate([[0], np.cumsum([len(line.points) for line in lines], dtype=np.int64)]),
        foreign=tuple(
            {"yolo": {"confidence": line.confidence}} if np.isfinite(line.confidence) else {}
            for line in lines
        ),
    )
