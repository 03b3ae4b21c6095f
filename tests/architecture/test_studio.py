"""Bounds on the studio's own files, held by reading them; and its page and its documentation have each of them."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from tests.architecture.javascript import functions

STUDIO = Path(str(files("dreamreel") / "studio"))
MODULES, STYLES = sorted(STUDIO.glob("*.js")), sorted(STUDIO.glob("*.css"))
MOST_LINES, MOST_OF_A_FUNCTION = 400, 40


def test_files_and_functions_stay_small():
    wrong = []
    for path in MODULES + STYLES:
        lines = path.read_text("utf-8").count("\n")
        if lines > MOST_LINES:
            wrong.append(f"{path.name} has {lines} lines; {MOST_LINES} are the most")
    for path in MODULES:
        for first, last in functions(path.read_text("utf-8")):
            if last - first + 1 > MOST_OF_A_FUNCTION:
                wrong.append(f"{path.name}:{first} has {last - first + 1} lines; {MOST_OF_A_FUNCTION} are the most")
    assert not wrong, "\n".join(wrong)


def test_the_page_has_every_stylesheet():
    page = (STUDIO / "index.html").read_text("utf-8")
    listed = re.findall(r'rel="stylesheet" href="/studio/([\w-]+\.css)"', page)
    assert sorted(listed) == [path.name for path in STYLES]


def test_every_module_and_stylesheet_has_a_place_in_the_documentation():
    table = (Path(__file__).parents[2] / "docs" / "studio.md").read_text("utf-8").split("| file | what it holds |")[1]
    named = re.findall(r"`([\w-]+\.(?:js|css))`", table.split("\n\n")[0])
    assert sorted(named) == sorted(path.name for path in MODULES + STYLES)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("function f(\n  a,\n) {\n  if (a) {\n    g()\n  }\n}", [(1, 7)]),
        ("class A {\n  #m(x) {\n    return x / 2 / x\n  }\n}", [(2, 4)]),
        ("const f = (a) =>\n  a\n    ? b\n    : c\nconst d = 1", [(1, 4)]),
        ("const f = (a) => () => {\n  g(a)\n}\n", [(1, 3), (1, 3)]),
        ("const f = [a.map((x) => x + 1),\n  a.map(({ y }) => y)]", [(1, 1), (2, 2)]),
        ("const f = () => html`<a\n  onClick=${() => {\n    g(`}`)\n  }}\n>${'`'} { </a>`\n", [(1, 5), (2, 4)]),
        ('const f = (t) => t.replace(/[/"`]\\/{/g, "{") // => {\n/* ( => { */ g()', [(1, 1)]),
        ("for (const a of b) {\n}\nwhile (a) {\n}\ntry {\n} catch (e) {\n}", []),
    ],
)
def test_the_functions_of_a_module_are_found_by_its_brackets(source, found):
    assert list(functions(source)) == found
