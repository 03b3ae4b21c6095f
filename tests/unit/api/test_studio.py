"""The studio's files: kept by browsers for good under their revision, compressed, and a title for a shared link."""

import asyncio
import gzip
import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.unit.api.test_wire import ORIGIN, RUNNING

from dreamreel.animation.views import ANIMATE, MODELS
from dreamreel.api import studio_files
from dreamreel.api.http.signing import Signer
from dreamreel.api.input_schema import ROLES, input_schema
from dreamreel.api.routes.studio import film_head
from dreamreel.api.squeeze import squeezed_stream
from dreamreel.api.studio_files import release
from dreamreel.api.wire import Wire
from dreamreel.predictions.record import Status
from dreamreel.storage.local_files import LocalFiles

BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip"}


def raw(client, path, **headers):
    """The answer with its bytes as they came."""
    with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


def test_the_page_names_every_file_under_the_revision_of_all(client):
    page = client.get("/", headers=BROWSER).text
    named = re.findall(r'"/studio/([^"]+)"', page)
    assert len(named) > 50
    assert {name.partition("/")[0] for name in named} == {release().revision}
    for name in (named[0], named[-1]):
        assert client.get(f"/studio/{name}").headers["cache-control"].endswith("immutable")


def test_without_a_revision_or_with_another_one_a_file_is_asked_for_anew(client):
    for name in ("main.js", "0123456789ab/main.js"):
        answer = client.get(f"/studio/{name}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["main.js", "theme.css", "vendor/preact.js"])
def test_texts_are_compressed_for_whom_it_suits_only(client, name):
    plain = (studio_files.STUDIO / name).read_bytes()
    answer, body = raw(client, f"/studio/{release().revision}/{name}", **{"Accept-Encoding": "br, gzip;q=0.8"})
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == plain
    assert len(body) < 0.6 * len(plain)
    for refused in ("identity", "gzip;q=0", "br"):
        answer, body = raw(client, f"/studio/{name}", **{"Accept-Encoding": refused})
        assert "content-encoding" not in answer.headers
        assert body == plain


def test_lists_and_curves_are_compressed(client):
    answer, body = raw(client, "/v1/predictions", **{"Accept-Encoding": "gzip"})
    assert answer.headers["vary"].count("Accept-Encoding") == 1
    assert len(body) < 1024  # an empty page is not worth it
    assert "content-encoding" not in answer.headers
    answer = client.post("/v1/validate?frames=false", json={"input": {"max_frames": 1000}})
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["schedules"]["zoom"]["values"]) == 1000


def test_a_stream_is_compressed_and_each_message_can_be_read_as_soon_as_it_comes():
    addresses = [f'event: frame\ndata: {{"url": "http://host/outputs/{"k" * 60}/{idx}"}}\n\n' for idx in range(50)]

    async def told():
        for message in addresses:
            yield message

    async def read():
        reader, sizes = zlib.decompressobj(31), []
        messages = iter(addresses)
        async for piece in squeezed_stream(told()):
            sizes.append(len(piece))
            assert reader.decompress(piece).decode() == next(messages, "")
        assert reader.eof
        return sizes

    sizes = asyncio.run(read())
    assert sum(sizes[1:]) < 0.3 * sum(map(len, addresses[1:]))


def test_a_shared_link_tells_title_poster_and_video_and_nothing_that_could_be_markup(tmp_path):
    wire = Wire(Signer("secret"), LocalFiles(tmp_path), 24)
    film = replace(RUNNING, name='<b>"Castle"</b>', frames_done=3)
    head = film_head(film, wire, ORIGIN)
    assert "<title>&lt;b&gt;&quot;Castle&quot;&lt;/b&gt; · dreamreel</title>" in head
    assert "<b>" not in head
    assert 'property="og:image" content="http' in head
    assert "og:video" not in head  # it has not ended
    done = replace(film, status=Status.SUCCEEDED, completed_at=datetime.now(UTC))
    assert 'property="og:video" content="http' in film_head(done, wire, ORIGIN)
    assert "og:image" not in film_head(replace(done, data_removed=True), wire, ORIGIN)


def test_every_schedule_that_has_a_text_has_a_curve_whether_it_decides_anything_or_not(client):
    fields = input_schema(ANIMATE)["properties"]
    body = {"version": ANIMATE.version, "input": {"perspective_flip_theta": "0: (1), 9: (2)"}}
    answer = client.post("/v1/validate?frames=false", json=body).json()
    texts = {
        name for name in fields if fields[name].get("x-syntax") == "schedule" and answer["input"][name] is not None
    }
    assert texts <= answer["schedules"].keys()
    assert len(texts) > 10
    assert answer["names"] == {}
    assert [key["frame"] for key in answer["schedules"]["perspective_flip_theta"]["keys"]] == [0, 9]
    assert answer["schedules"]["transform_center_x"]["values"] == [0.5] * 100
    assert answer["prompt_grammar"] == "original"


def test_the_list_of_models_is_compressed(client):
    answer = client.get("/v1/models")
    assert answer.headers["content-encoding"] == "gzip"
    assert [f"{each['owner']}/{each['name']}" for each in answer.json()["results"]][-1] == ANIMATE.name


def test_names_for_each_frame_come_with_their_places_and_the_schema_offers_some(client):
    fields = input_schema(ANIMATE)["properties"]
    assert {name for name in fields if fields[name].get("x-syntax") == "names"} == {
        "sampler_schedule",
        "checkpoint_schedule",
    }
    assert "euler" in fields["sampler_schedule"]["x-offers"]
    text = '0: ("euler"), 9: ("Euler a")'
    body = {"version": ANIMATE.version, "input": {"sampler_schedule": text}}
    found = client.post("/v1/validate?frames=false", json=body).json()["names"]["sampler_schedule"]
    assert [(key["frame"], key["value"]) for key in found["keys"]] == [(0, "euler"), (9, "Euler a")]
    for key in found["keys"]:
        assert text[slice(*key["value_place"])] == f'"{key["value"]}"'


def test_what_editors_take_inputs_for_names_inputs_that_there_are_each_part_once_in_a_model():
    for model in MODELS:
        roles = [field["x-role"] for field in input_schema(model)["properties"].values() if "x-role" in field]
        assert {"frames", "rate", "turn", "scale", "shift_x", "shift_y", "edge"} <= set(roles)
        assert len(roles) == len(set(roles))
    assert ROLES.keys() <= {name for model in MODELS for name in model.view.fields}
