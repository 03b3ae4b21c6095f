"""The page's modules as code: typed, without cycles, and those that know no page tested without one."""

import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest
from tests.e2e.clients.install import folder_of

HERE = Path(__file__).parent
STUDIO = Path(str(files("dreamreel") / "studio"))
# The last is how a worker is named.
IMPORT = re.compile(
    r"""(?:^(?:import|export)\b[^"]*?(?:from )?|\b(?:import|new URL)\()"\./([\w-]+\.js)\"""", re.MULTILINE
)
LIMIT_S = 120


def imports(folder: Path = STUDIO) -> dict[str, set[str]]:
    """What each of our modules imports of our modules."""
    found = {}
    for path in folder.glob("*.js"):
        found[path.name] = set(IMPORT.findall(path.read_text("utf-8")))
    return found


def test_no_module_imports_itself_through_others():
    left = imports()
    assert len(left) > 30
    assert left["main.js"]
    while free := {name for name, wants in left.items() if not wants & left.keys()}:
        left = {name: wants for name, wants in left.items() if name not in free}
    assert left == {}, "a cycle is among these"


def test_every_module_is_reached_from_the_first():
    graph, reached, ahead = imports(), set(), ["start.js"]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += graph[name]
    assert reached == graph.keys()


def test_a_cycle_would_be_found(tmp_path):
    (tmp_path / "a.js").write_text('import { b } from "./b.js"\n')
    (tmp_path / "b.js").write_text('export const b = 1\nexport { a } from "./a.js"\n')
    assert imports(tmp_path) == {"a.js": {"b.js"}, "b.js": {"a.js"}}


def test_the_types_in_the_modules_fit():
    try:
        home = folder_of("typescript")
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"TypeScript cannot be fetched: {error}")
    command = [str(home / "node_modules" / ".bin" / "tsc"), "-p", str(HERE / "tsconfig.json")]
    found = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    assert found.returncode == 0, found.stdout


def test_modules_that_know_no_page_do_what_they_say():
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed: apt-get install nodejs")
    tests = sorted(str(path) for path in (HERE / "modules").glob("*.test.mjs"))
    assert tests
    command = [node, "--test", "--test-reporter", "tap", *tests]
    environment = {"STUDIO": STUDIO.as_uri() + "/", "PATH": ""}
    found = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, env=environment)
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
    assert int(re.search(r"^# pass (\d+)", found.stdout, re.MULTILINE)[1]) > 20
