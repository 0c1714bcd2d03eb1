"""The names of YOLO's classes: the few lines of YAML that a dataset file has, and `classes.txt`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from masklet.core import DataError

_YAML = ("data.yaml", "dataset.yaml", "data.yml", "dataset.yml")
_PLAIN = ("classes.txt", "labels.txt", "obj.names")
_ENTRY = re.compile(r"(?:(\d{1,5})\s*:|-)\s*(.+)")


def read_names(path: Path) -> list[str]:
    """Class names by number, from the dataset file or list beside the labels; empty without one."""
    folders = (
        [path, path.parent, path.parent.parent] if path.is_dir() else [path.parent, path.parent.parent]
    )
    for folder in folders:
        for name in _YAML:
            if (folder / name).is_file():
                return _from_yaml(folder / name)
        for name in _PLAIN:
            if (folder / name).is_file():
                lines = _text(folder / name).splitlines()
                return _checked([line.strip() for line in lines if line.strip()], folder / name)
    return []


def data_yaml(names: Sequence[str]) -> str:
    """The dataset file for these names (JSON texts are YAML texts)."""
    lines = "".join(f"  {i}: {json.dumps(name, ensure_ascii=False)}\n" for i, name in enumerate(names))
    return f"path: .\ntrain: images\nval: images\nnames:{' {}' if not names else ''}\n{lines}"


def _from_yaml(path: Path) -> list[str]:
    """The `names` of a dataset file: a list on one line, a list of lines, or numbers and names."""
    lines = _text(path).splitlines()
    start = next((i for i, line in enumerate(lines) if re.match(r"names\s*:", line)), None)
    if start is None:
        return []
    rest = _without_comment(lines[start].partition(":")[2])
    if rest.startswith("["):
        return _checked(_inline(rest, lines[start + 1 :]), path)
    names: dict[int, str] = {}
    for line in lines[start + 1 :]:
        bare = _without_comment(line)
        if not bare:
            continue
        match = _ENTRY.fullmatch(bare)
        if match is None:
            break
        names[int(match[1]) if match[1] else len(names)] = _unquoted(match[2])
    return _checked([names.get(i, f"class {i}") for i in range(max(names, default=-1) + 1)], path)


def _inline(rest: str, more: Sequence[str]) -> list[str]:
    for line in more:
        if "]" in rest:
            break
        rest += " " + _without_comment(line)
    inner = rest.strip().removeprefix("[").partition("]")[0]
    parts = re.findall(r"'[^']*'|\"[^\"]*\"|[^,\s][^,]*", inner)
    return [_unquoted(part.strip()) for part in parts if part.strip()]


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*$", "", line).strip()


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == "'" else text


def _checked(names: list[str], path: Path) -> list[str]:
    if len(names) > 32_000:
        raise DataError(f"{path} lists {len(names)} classes; expected at most 32000")
    return [name.strip() or f"class {i}" for i, name in enumerate(names)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path} as text ({error})") from error
