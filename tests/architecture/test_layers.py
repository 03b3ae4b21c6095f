"""The house's rules, held by reading the code (docs/architecture.md)."""

import ast
import re
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import dreamreel
from dreamreel.cli.commands import SENTENCES

SOURCE = Path(dreamreel.__file__).parent
# Each may import what stands in an earlier row; those in one row do not know each other.
ROWS = [
    ["errors", "logs", "boundary", "documents"],
    ["schedule", "imaging", "diffusion", "models", "video"],
    ["animation", "engine", "predictions"],
    ["rendering", "webhooks", "importers"],
    ["storage"],
    ["workers"],
    ["processes", "measuring"],
    ["settings"],
    ["api"],
    ["cli"],
]
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row}
# Migrations are read once and never again: they may be as long as the schema is.
FILES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)


def package_of(path):
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("dreamreel."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (name.name.split(".")[1] for name in node.names if name.name.startswith("dreamreel."))


def test_imports_point_one_way():
    wrong = []
    for path in FILES:
        mine = package_of(path)
        others = set(imports_of(path)) - {mine, "data"} if mine in RANK else set()
        wrong += [
            f"{path.relative_to(SOURCE)} imports dreamreel.{other}" for other in others if RANK[other] >= RANK[mine]
        ]
    assert not wrong, "\n".join(wrong)


def test_an_animation_knows_no_weights():
    assert [path for path in FILES if package_of(path) == "animation" and "models" in imports_of(path)] == []


def test_only_the_room_of_sql_knows_a_library_for_it():
    """So all others, the worker's loop included, see the errors that a store promises, and no others."""
    wrong = [
        str(path.relative_to(SOURCE))
        for path in FILES
        if package_of(path) != "storage" and {"sqlalchemy", "alembic", "sqlite3", "psycopg"} & set(libraries_of(path))
    ]
    assert wrong == []


def libraries_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]
        elif isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)


def test_storage_opens_connections_in_one_place_which_turns_their_errors_into_its_own():
    """Except where an outage is no error: for hints (notifications), and for the count of changes."""
    opening = {
        path.name
        for path in FILES
        if package_of(path) == "storage"
        and any(
            isinstance(node, ast.Attribute) and node.attr in ("begin", "connect", "raw_connection")
            for node in ast.walk(ast.parse(path.read_text()))
        )
    }
    assert opening == {"connections.py", "database.py", "notifications.py", "changes.py"}


def modules_imported_by(path):
    """The modules of ours that path's module imports when it runs, wherever in it: also inside functions."""
    tree = ast.parse(path.read_text())
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "dreamreel":
            for name in node.names:
                inner = SOURCE.parent.joinpath(*node.module.split("."), f"{name.name}.py")
                yield f"{node.module}.{name.name}" if inner.exists() else node.module


def test_no_modules_import_each_other_in_a_circle():
    graph = {
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts): set(modules_imported_by(path))
        for path in FILES
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_packages_have_empty_inits():
    assert [path for path in SOURCE.glob("*/__init__.py") if path.read_text()] == []


def test_files_and_functions_stay_small():
    wrong = []
    for path in FILES:
        text = path.read_text()
        if text.count("\n") > 400:
            wrong.append(f"{path.name} has {text.count(chr(10))} lines; 400 are the most")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = node.end_lineno - node.lineno + 1
                if size > 40:
                    wrong.append(f"{path.name}:{node.lineno} {node.name} has {size} lines; 40 are the most")
    assert not wrong, "\n".join(wrong)


def test_public_things_have_docstrings():
    wrong = []
    for path in FILES:
        tree = ast.parse(path.read_text())
        if path.name != "__init__.py" and not ast.get_docstring(tree):
            wrong.append(f"{path.relative_to(SOURCE)} has no docstring")
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if public and not node.name.startswith("_") and not ast.get_docstring(node):
                wrong.append(f"{path.relative_to(SOURCE)}:{node.lineno} {node.name} has no docstring")
    assert not wrong, "\n".join(wrong)


BROAD = {
    "boundary.py": 2,  # around a round of what runs as long as its process, and around a step of one prediction
    "cli/main.py": 1,  # around a command
}


def test_broad_excepts_stand_at_the_boundaries_alone():
    """Each says in BROAD what it stands around."""
    found = Counter(
        str(path.relative_to(SOURCE))
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    )
    assert found == BROAD


def imported_by(code, *modules):
    """Those of the modules that are loaded once a process of its own has run code."""
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint()\nprint(*(set({modules!r}) & set(sys.modules)))"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1].split()


def test_checking_an_animation_imports_no_torch():
    code = (
        "from dreamreel.cli.main import app; from dreamreel.rendering.setup import Setup; "
        "from dreamreel.rendering.animation import prepare; prepare({}, Setup('tiny-sd'))"
    )
    assert not imported_by(code, "torch", "diffusers", "transformers")


LIBRARIES = ("torch", "asyncio", "structlog", "fastapi", "pydantic", "sqlalchemy", "httpx2", "uvicorn", "ray")
OF_PICTURES = ("av", "cv2", "PIL", "rich.progress")


@pytest.mark.parametrize(
    ("command", "others"),
    [
        (["--version"], ("numpy", "rich", "tokenizers", "safetensors", "dreamreel.models", "dreamreel.animation")),
        (["--help"], ("numpy", "tokenizers", "safetensors", "dreamreel.models", "dreamreel.animation")),
        (["models", "list"], ("numpy", "rich", "tokenizers", "dreamreel.animation")),
        (["models", "inspect", "tiny-sd"], ("numpy", "rich", "tokenizers", "dreamreel.animation")),
        (["check", "-p", "a fox", "-n", "60"], ("rich", "numpy.ma")),
    ],
)
def test_a_command_imports_no_library_that_it_does_not_need(command, others):
    code = f"from dreamreel.cli.main import app; app({command!r}, standalone_mode=False)"
    assert not imported_by(code, *LIBRARIES, *OF_PICTURES, *others)


def test_only_the_command_that_is_asked_for_is_imported():
    others = [f"dreamreel.cli.{name}" for name in SENTENCES if name != "token"]
    assert not imported_by(
        "from dreamreel.cli.main import app; app(['token', '--help'], standalone_mode=False)", *others
    )


def test_drawing_imports_no_library_that_takes_seconds_and_is_not_needed():
    code = (
        "from dreamreel.rendering.setup import Setup; from dreamreel.rendering.animation import prepare; "
        "list(prepare({'max_frames': 1}, Setup('builtin', steps=2, device='cpu')))"
    )
    slow = ("diffusers", "transformers", "torch._dynamo", "torchvision", "scipy", "sympy", "pandas", "PIL")
    assert not imported_by(code, *slow)


MOST_ANY = 29


def test_signatures_say_what_they_take_and_give():
    """Beside JSON objects (`dict[str, Any]`), Any stands where a library has it in its own signatures alone."""
    found = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                said = " ".join(ast.unparse(each) for each in annotations_of(node)).replace("[str, Any]", "")
                found += [f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}"] * len(re.findall(r"\bAny\b", said))
    assert len(found) <= MOST_ANY, "\n".join(found)


def annotations_of(function):
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [each.annotation for each in every if each and each.annotation] + [function.returns] * bool(function.returns)
