"""One script for what a page needs at once, made of the modules as they are written.

A browser that loads fifty small modules waits for fifty answers, and gzip packs each of them alone.
So the modules that `app.js` imports, and those that they import, go out as one; each becomes a function
that answers with what it exports. Views that are imported later come one by one and take what is
there already from the first script, so that everything exists once.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from masklet.web.squeeze import squeeze

ENTRY = "app.js"
BUNDLE = "all.js"
"""Name of the one script."""
LATER = "later/"
"""Before the names of modules that are loaded when asked for."""
_IMPORT = re.compile(r"^import\s*(\{[^}]*\})?\s*(?:from\s*)?\"([^\"]+)\";[^\S\n]*$", re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?=(?:async\s+function|function|class|const)\b)", re.MULTILINE)
_NAMED = re.compile(r"^export\s+(?:async\s+function|function|class|const)\s*\*?\s*(\w+)", re.MULTILINE)
_LIST = re.compile(r"\bexport\s*\{([^}]*)\};?\s*$")
_DYNAMIC = re.compile(r"\bimport\(\"(\.[^\"]+)\"\)")
_TYPES = re.compile(r"^export\s*\{\s*\};?\s*$", re.MULTILINE)
_SHELVES = ("vendor", "engine")
Read = Callable[[str], str]


class Bundle:
    """Modules of a folder as they are sent.

    Args:
        read: the text of a module, by its name below the folder. Raises `KeyError` for an unknown one.

    Raises `ValueError` for modules that import each other in a circle, and for what it cannot pack.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self.names = tuple(_ordered(read, ENTRY))
        if len({_key(name) for name in self.names}) < len(self.names):
            raise ValueError("two modules have the same name in different folders")

    def first(self) -> str:
        """The one script. It exports `$`, the modules by name."""
        parts = [f"$.{_key(name)}=(()=>{{{self._body(name)}}})();" for name in self.names]
        return squeeze("\n".join(["const $ = {};", *parts, "export { $ };"]))

    def later(self, name: str) -> str:
        """A module that is not in the one script, with imports from there where they are."""
        up = posixpath.relpath(BUNDLE, posixpath.dirname(LATER + name))
        text = self._imported(self._read(name), name)
        return squeeze(f'import {{ $ }} from "{up}";\n{text}')

    def _body(self, name: str) -> str:
        """What a module does, and its answer."""
        text = _TYPES.sub("", self._imported(self._read(name), name))
        exports = [f"{one}" for one in _NAMED.findall(text)]
        if found := _LIST.search(text):
            exports += [_renamed(one, " as ", turned=True) for one in _listed(found[1])]
            text = text[: found.start()]
        text = _DYNAMIC.sub(lambda one: f'import("./{LATER}{_name(name, one[1])}")', text)
        text = text.replace("import.meta.url", f'new URL("{name}", import.meta.url).href')
        text = _EXPORT.sub("", text)
        if re.search(r"^(?:import|export)\b(?!\()", text, re.MULTILINE):
            raise ValueError(f"{name} imports or exports in a way that cannot be packed")
        return f"{text}\nreturn {{ {', '.join(exports)} }};"

    def _imported(self, text: str, name: str) -> str:
        """The text with imports of packed modules taken from `$`."""

        def taken(found: re.Match[str]) -> str:
            other = _name(name, found[2])
            if other not in self.names:
                return found[0]
            names = [_renamed(one, " as ") for one in _listed(found[1] or "{}")]
            return f"const {{ {', '.join(names)} }} = $.{_key(other)};" if names else ""

        return _IMPORT.sub(taken, text)


def _ordered(read: Read, entry: str) -> list[str]:
    """Names of what `entry` imports, each behind what it imports itself; at last `entry`.

    Else by folder and name: what is alike stands together, and gzip packs it better.
    """
    needs = _needs(read, entry)
    done: list[str] = []
    while left := sorted(set(needs) - set(done), key=_shelf):
        ready = (name for name in left if needs[name] <= set(done))
        if not (found := next(ready, "")):
            raise ValueError(f"modules import each other: among {', '.join(left)}")
        done.append(found)
    return done


def _needs(read: Read, entry: str) -> dict[str, set[str]]:
    """Every module that `entry` needs, with the names that it imports itself."""
    found: dict[str, set[str]] = {}
    open_ = [entry]
    while open_:
        name = open_.pop()
        found[name] = {_name(name, one[2]) for one in _IMPORT.finditer(read(name))}
        open_ += found[name] - set(found)
    return found


def _shelf(name: str) -> tuple[int, str]:
    """Where a module stands: what others wrote first, then the engine."""
    folder = name.partition("/")[0]
    return (_SHELVES.index(folder) if folder in _SHELVES else len(_SHELVES)), name


def _key(name: str) -> str:
    """The name of a module within `$`: short, and a JavaScript name."""
    return posixpath.basename(name).removesuffix(".js").replace("-", "_")


def _name(importer: str, address: str) -> str:
    """The name below the folder of what a module imports."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), address))


def _listed(braces: str) -> list[str]:
    """The names between braces."""
    return [one.strip() for one in braces.strip("{} \n").split(",") if one.strip()]


def _renamed(one: str, word: str, turned: bool = False) -> str:
    """`a as b` as it stands in an object: `a: b`; `turned`: `b: a`."""
    parts = [part.strip() for part in one.split(word)]
    if turned:
        parts.reverse()
    return ": ".join(parts)
