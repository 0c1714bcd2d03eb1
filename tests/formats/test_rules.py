"""Every built-in format keeps the published rules of formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from formats_matrix import FORMATS, SUFFIX
from masklet.core.registry import load
from masklet.testing.conformance import check_format

LOSSLESS = {"masklet", "parquet", "cvat-video", "cvat-images", "coco", "ytvis", "png"}


@pytest.mark.parametrize("name", FORMATS)
def test_the_rules_of_formats(name: str, tmp_path: Path) -> None:
    file = f"out{SUFFIX.get(name, '')}"
    check_format(load("formats", name)(), tmp_path, file, lossless=name in LOSSLESS)
