"""Plugins: found by name, imported when asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from masklet.core import MissingExtraError, UsageError, registry


@pytest.mark.parametrize("group", registry.GROUPS)
def test_every_group_can_be_listed(group):
    names = registry.available(group)
    assert all(point.value.count(":") == 1 for point in names.values())


def test_built_ins_come_through_the_same_door():
    assert {"background", "flow", "auto"} <= set(registry.available("propagators"))
    assert {"video", "images", "camera"} <= set(registry.available("media"))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: registry.available("engines"), "unknown plugin group 'engines'; expected one of"),
        (lambda: registry.load("propagators", "magic"), "no propagator is called 'magic'.*flow"),
        (lambda: registry.load("propagators", "Flo"), "'Flo'; did you mean 'flow'.; expected one of"),
        (lambda: registry.load("formats", "doc"), "no format is called 'doc'.*coco"),
    ],
)
def test_unknown_names_are_answered_with_the_known_ones(call, says):
    with pytest.raises(UsageError, match=says):
        call()


def test_require_imports_or_names_the_install_line():
    assert registry.require("json", "none", "this").dumps([1]) == "[1]"
    with pytest.raises(MissingExtraError, match=r"pip install 'masklet\[moon\]'"):
        registry.require("no_such_library.part", "moon", "this")


def test_importing_masklet_and_its_nouns_imports_nothing_heavy():
    code = (
        "import sys, masklet, masklet.core, masklet.core.registry as r; r.available('formats');"
        "heavy = 'cv2 av pyarrow PIL pycocotools matplotlib torch'.split();"
        "print([name for name in heavy if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
    bare = subprocess.run(
        [sys.executable, "-c", "import sys, masklet; print('numpy' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert bare.stdout.strip() == "False"
