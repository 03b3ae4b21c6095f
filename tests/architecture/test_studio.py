"""Bounds on the studio's own files, held by reading them; and its page and its documentation have each of them."""

import re
from importlib.resources import files
from pathlib import Path

STUDIO = Path(str(files("dreamreel") / "studio"))
MODULES, STYLES = sorted(STUDIO.glob("*.js")), sorted(STUDIO.glob("*.css"))
MOST_LINES = 400


def test_files_stay_small():
    wrong = []
    for path in MODULES + STYLES:
        lines = path.read_text("utf-8").count("\n")
        if lines > MOST_LINES:
            wrong.append(f"{path.name} has {lines} lines; {MOST_LINES} are the most")
    assert not wrong, "\n".join(wrong)


def test_the_page_has_every_stylesheet():
    page = (STUDIO / "index.html").read_text("utf-8")
    listed = re.findall(r'rel="stylesheet" href="/studio/([\w-]+\.css)"', page)
    assert sorted(listed) == [path.name for path in STYLES]


def test_every_module_and_stylesheet_has_a_place_in_the_documentation():
    table = (Path(__file__).parents[2] / "docs" / "studio.md").read_text("utf-8").split("| file | what it holds |")[1]
    named = re.findall(r"`([\w-]+\.(?:js|css))`", table.split("\n\n")[0])
    assert sorted(named) == sorted(path.name for path in MODULES + STYLES)
