"""Sizes that may only shrink: module <= 400 lines, function body <= 40, class <= 250.

`scripts/ratchet.json` lists what is allowed to be larger, with its size. A new entry is refused
here by hand: shrink the code instead. When an entry has shrunk, lower its number.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMITS = {"module": 400, "function": 40, "class": 250}


def sizes(path: Path) -> Iterator[tuple[str, str, int]]:
    """(kind, name, lines) of a module and of every function and class in it."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    yield "module", name, text.count("\n")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield "function", f"{name}:{node.name}", _body_lines(node)
        elif isinstance(node, ast.ClassDef):
            yield "class", f"{name}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def main() -> int:
    """Print what is too large; 1 when there is any."""
    allowed = json.loads((ROOT / "scripts/ratchet.json").read_text(encoding="utf-8"))
    seen, wrong = {}, []
    for path in sorted((ROOT / "src").rglob("*.py")):
        for kind, name, lines in sizes(path):
            if lines <= LIMITS[kind]:
                continue
            seen[name] = lines
            if lines > allowed.get(name, LIMITS[kind]):
                wrong.append(f"{name}: {kind} of {lines} lines; at most {LIMITS[kind]}")
    wrong += [
        f"{name}: no longer {size}; lower it in ratchet.json"
        for name, size in allowed.items()
        if seen.get(name, 0) < size
    ]
    print("\n".join(wrong) or f"sizes: {len(allowed)} exceptions, none grew")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
