"""Whatever settings file or manifest somebody has, it is read to the last key, and what comes out can be drawn."""

import json

import pytest
from tests.unit.importers.corpus import manifests, settings_files
from tests.unit.importers.public_style import public_files

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build
from dreamreel.animation.views import ANIMATE
from dreamreel.importers.fates import FATES
from dreamreel.importers.reading import decode
from dreamreel.importers.recognise import import_file

FILES = {
    **settings_files(),
    **{f"public: {name}": content for name, content in public_files().items()},
    **{f"Parseq: {name}": content for name, content in manifests().items()},
}


def keys_of(content):
    document = json.loads(decode(content)[0])
    document = document[0] if isinstance(document, list) else document
    for wrapper in ("input", "deforum_settings"):
        if wrapper in document:
            inner = document[wrapper]
            document = {**document, **(inner[0] if isinstance(inner, list) else inner)}
    return set(document)


def test_there_are_files_enough():
    assert len(settings_files()) >= 40
    assert len(public_files()) >= 50
    assert len(manifests()) >= 10


@pytest.mark.parametrize("name", FILES)
def test_every_key_has_one_fate_and_the_request_can_be_drawn(name):
    answer = import_file(FILES[name], ANIMATE.view).document()
    lists = [set(answer[fate]) for fate in FATES]
    assert sum(map(len, lists)) == len(set().union(*lists))
    assert keys_of(FILES[name]) <= set().union(*lists)
    assert set(answer["input"]) <= set(ANIMATE.view.fields)
    animation_input, _ = parse(answer["input"], ANIMATE.view)
    assert build(animation_input, Canvas(64, 64, 25, 7.0), 0).num_frames > 0
    assert all(sentence for fate in FATES for sentence in answer[fate].values())
