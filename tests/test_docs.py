"""Every Python snippet of the documentation runs, and every picture and page that it names exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
PAGES = sorted((REPO / "docs").rglob("*.md"))
SNIPPET = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")
SHELL = re.compile(r"^\s*```bash\n(.*?)^\s*```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\s*masklet (\w+)(.*)$", re.MULTILINE)


@pytest.mark.parametrize(
    "page", [p for p in PAGES if SNIPPET.search(p.read_text())], ids=lambda p: p.name
)
def test_snippets_run(page: Path, tmp_path: Path) -> None:
    code = "\n".join(SNIPPET.findall(page.read_text()))
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-W", "default::UserWarning", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"MASKLET_CACHE": str(tmp_path / "cache")},
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", [*PAGES, REPO / "README.md"], ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", [*PAGES, REPO / "README.md"], ids=lambda p: p.name)
def test_commands_have_the_options_that_are_shown(page: Path) -> None:
    from typer.main import get_command

    from masklet.cli.main import app

    verbs = get_command(app).commands
    for verb, rest in COMMAND.findall("\n".join(SHELL.findall(page.read_text()))):
        assert verb in verbs
        known = {name for param in verbs[verb].params for name in (*param.opts, *param.secondary_opts)}
        used = set(re.findall(r"(?<=\s)--?[a-z][\w-]*", rest.split("#")[0]))
        assert used <= known | {"--help"}, f"masklet {verb}"


@pytest.mark.parametrize("example", sorted((REPO / "examples").glob("*.py")), ids=lambda p: p.name)
def test_examples_run(example: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(example)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"MASKLET_CACHE": str(tmp_path / "cache")},
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()


@pytest.mark.parametrize("page", [*PAGES, REPO / "README.md"], ids=lambda p: p.name)
def test_masklet_is_installed_from_a_clone(page: Path) -> None:
    assert not re.search(r"pip install '?masklet\b", page.read_text()), "it is on no index"
