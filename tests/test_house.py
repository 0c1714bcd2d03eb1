"""Rules of the house that the linters do not know."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
SOURCES = sorted((REPO / "src/masklet").rglob("*.py"))
PIXELS = re.compile(r"\b(imread|imdecode|VideoCapture|Image\.open|av\.open)\b")
DOORS = {"media", "formats/png.py", "testing/paint.py"}
"""Only here may a picture or a video be opened: rotation and EXIF are applied once, in one place.

`testing/paint.py` decodes only the JPEG that it has just encoded, to show what compression does.
"""


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(REPO / "src/masklet")))
def test_pictures_are_opened_in_one_place(path: Path) -> None:
    place = path.relative_to(REPO / "src/masklet").as_posix()
    if place.partition("/")[0] in DOORS or place in DOORS:
        return
    code = re.sub(r'"""(?:.|\n)*?"""', "", path.read_text())
    assert not PIXELS.search(code)


def test_import_brings_nothing() -> None:
    code = (
        "import sys, masklet; print(*sorted(m for m in sys.modules if m.split('.')[0] in sys.argv[1:]))"
    )
    heavy = [
        "numpy",
        "av",
        "cv2",
        "pyarrow",
        "PIL",
        "pycocotools",
        "matplotlib",
        "rich",
        "typer",
        "torch",
    ]
    ran = subprocess.run(
        [sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []


def test_every_public_name_can_be_fetched() -> None:
    import masklet

    assert sorted(masklet.__all__) == dir(masklet)
    for name in masklet.__all__:
        assert getattr(masklet, name) is not None
    with pytest.raises(AttributeError):
        _ = masklet.no_such_name


def test_every_plugin_loads_and_fits_its_protocol() -> None:
    from masklet.core import Format, MediaSource, Propagator
    from masklet.core.registry import available, load

    members = {
        "propagators": [n for n in vars(Propagator) if not n.startswith("_")],
        "formats": [n for n in vars(Format) if not n.startswith("_")],
        "media": [n for n in vars(MediaSource) if not n.startswith("_")],
    }
    for group, wanted in members.items():
        assert available(group)
        for name in available(group):
            thing = load(group, name)
            assert all(hasattr(thing, member) for member in wanted), (group, name)


def test_verbs_are_functions_whatever_was_imported() -> None:
    """No room has the name of a verb: see decisions/0010."""
    import masklet

    rooms = {path.parent.name for path in (REPO / "src/masklet").glob("*/__init__.py")}
    assert not rooms & set(masklet.__all__)
