"""The one script: what is packed means the same, and comes once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from masklet.web.bundle import Bundle
from masklet.web.pages import FOLDER, PACKED, Pages, lean
from masklet.web.squeeze import squeeze

NODE = shutil.which("node")


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("const a = 1; // one\nlet b = 2;", "let a=1;let b=2;"),
        ("f( a , /* b */ [ 1, 2, ] );", "f(a,[1,2,]);"),
        ("const s = 'a  //  b' + \"/* c */ ;}\";", "let s='a  //  b' + \"/* c */ ;}\";"),
        ("x = `a  ${ f(`b  ${c}`) }  // d`;", "x=`a  ${f(`b  ${c}`)}  // d`;"),
        ("x = `a\n  b${ /** @type {A} */ c }`;", "x=`a\n  b${c}`;"),
        ("x = html`<a\n    b=${ 1 }>\n  \\`c </a>`;", "x=html`<a\nb=${1}>\n\\`c </a>`;"),
        ("x = /[/ ]  \\/  '/.test(y)", "x=/[/ ]  \\/  '/.test(y)"),
        ("x = a / b  / c; // d", "x=a/b/c;"),
        ("a = b + +c - -d", "a=b + +c - -d"),
        ("a += b % (c - d) - -e + 'f'", "a+=b%(c-d)- -e + 'f'"),
        ("a = () => {\n  return { b };\n};", "a=()=>{return{b}};"),
        ("return\nx", "return\nx"),
        ("a\n  .b()\n  .c()", "a.b().c()"),
        ("if (a) {\n  b();\n}\nc();", "if(a){b()}\nc();"),
        ("for (;;) {}", "for(;;){}"),
        ("a = b\n++c", "a=b\n++c"),
    ],
)
def test_squeezing_keeps_the_meaning(written, left):
    assert squeeze(written) == left


@pytest.mark.parametrize("broken", ["`a", "`${a`", "`${ { }"])
def test_a_literal_without_an_end_is_an_error(broken):
    with pytest.raises(ValueError, match="has no end"):
        squeeze(broken)


MODULES = {
    "app.js": 'import { two, Three as T } from "./in/b.js";\nglobalThis.found = [two(), new T().x];\n'
    'globalThis.later = () => import("./in/late.js");',
    "in/b.js": 'import { one } from "./a.js";\nexport const two = () => one + one;\n'
    "class Three {\n  x = one + 2;\n}\nexport { Three };\nexport {};\n",
    "in/a.js": "export const one = 1;\nexport async function slow() {}\n",
    "in/late.js": 'import { one } from "./a.js";\nimport { more } from "./more.js";\n'
    "export const four = one + more;\n",
    "in/more.js": 'import { two } from "./b.js";\nexport const more = two() + 1;\n',
}


def test_what_is_imported_stands_first_and_once():
    assert Bundle(MODULES.__getitem__).names == ("in/a.js", "in/b.js", "app.js")


@pytest.mark.skipif(NODE is None, reason="no node")
def test_the_packed_modules_do_what_the_modules_do(tmp_path: Path):
    packed = Bundle(MODULES.__getitem__)
    (tmp_path / "later/in").mkdir(parents=True)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "all.js").write_text(packed.first())
    for name in ("in/late.js", "in/more.js"):
        (tmp_path / "later" / name).write_text(packed.later(name))
    (tmp_path / "run.js").write_text(
        'import "./all.js";\nconst { four } = await globalThis.later();\n'
        "console.log(JSON.stringify([...globalThis.found, four]));\n"
    )
    ran = subprocess.run([NODE, "run.js"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[2,3,4]"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"in/a.js": 'import { two } from "./b.js";\nexport const one = 1;\n'}, "import each other"),
        ({"in/a.js": "export default 1;\nexport const one = 1;\n"}, "cannot be packed"),
        ({"in/a.js": "export let one = 1;\n"}, "cannot be packed"),
        ({"in/b.js": 'import * as a from "./a.js";\nexport const two = 2, Three = 3;\n'}, "cannot"),
        (
            {"app.js": 'import { x } from "./in/b.js";\nimport { y } from "./b.js";\n', "b.js": ""},
            "same",
        ),
    ],
    ids=["circle", "default", "let", "star", "two of one name"],
)
def test_what_cannot_be_packed_is_refused(changed, why):
    modules = MODULES | changed
    with pytest.raises(ValueError, match=why):
        Bundle(modules.__getitem__).first()


def test_the_pages_scripts_can_be_packed():
    packed = Bundle(lambda name: lean(FOLDER / name).decode())
    assert "views/annotate.js" in packed.names
    assert "views/review.js" not in packed.names
    assert len(packed.first()) > 50_000


@pytest.mark.skipif(NODE is None, reason="no node")
def test_the_pages_packed_scripts_are_javascript(tmp_path: Path):
    packed = Bundle(lambda name: lean(FOLDER / name).decode())
    scripts = [path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js")]
    later = {name: packed.later(name) for name in scripts if name not in packed.names}
    for name, text in {"all.js": packed.first(), **later}.items():
        file = tmp_path / f"{Path(name).stem}.mjs"
        file.write_text(text)
        ran = subprocess.run([NODE, "--check", str(file)], capture_output=True, text=True)
        assert ran.returncode == 0, (name, ran.stderr)


def test_what_annotate_loads_first_is_small():
    files = Pages()._files
    sizes = {}
    for name in (PACKED, "all.js", "theme.css", "icons.svg"):
        files[name].refresh()
        sizes[name] = len(files[name].packed)
    assert sum(sizes.values()) <= 61_000, sizes
