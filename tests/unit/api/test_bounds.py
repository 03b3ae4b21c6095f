"""What one request may cost: bodies, inputs, pages and answers, through the whole application."""

import json
import time

import pytest

from dreamreel.animation.views import SEED
from dreamreel.storage.sql_lists import PAGE_BYTES

MEGABYTE = 1024 * 1024


def create(client, **inputs):
    return client.post("/v1/predictions", json={"version": SEED.version, "input": inputs})


def keys(count):
    return ", ".join(f"{frame}: (1.0)" for frame in range(count))


def test_the_largest_honest_input_is_accepted(client):
    answer = create(client, zoom=keys(10_000), angle=keys(10_000), animation_prompts="x" * 250_000, prompt="a cat")
    assert answer.status_code == 201
    assert answer.json()["input"]["zoom"].endswith("9999: (1.0)")


@pytest.mark.parametrize("path", ["/v1/predictions", "/v1/validate"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"version":"x","input":{"zzz":[' + b"[]," * (9 * MEGABYTE // 3) + b"[]]}}", 413),
        (b'{"version":"x","input":{"zzz":[' + b"[]," * (MEGABYTE // 4) + b"[]]}}", 413),
        (json.dumps({"version": "x", "input": {f"k{number}": 0 for number in range(4900)}}).encode(), 422),
        (json.dumps({"version": "x", "input": {"zoom": keys(20_000)}}).encode(), 422),
        (json.dumps({"version": "x", "input": {"zoom": "0:(1)" * 150_000}}).encode(), 422),
        (json.dumps({"version": "x", "input": {"animation_prompts": "|" * 900_000}}).encode(), 422),
        (b"[" * MEGABYTE, 400),
    ],
    ids=["9 MB of lists", "lists", "unknown inputs", "20,000 keys", "900 kB of keys", "900 kB of bars", "brackets"],
)
def test_what_is_too_large_is_refused_in_milliseconds(client, path, body, status):
    started = time.process_time()
    answer = client.post(path, content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert time.process_time() - started < 0.5
    assert len(answer.content) < 20_000


def test_create_and_validate_name_the_same_mistakes(client):
    wrong = {"fps": 61, "zoom": "0: 1", "animation_prompts": "a|b", "seed": -4}
    answers = [create(client, **wrong), client.post("/v1/validate", json={"input": wrong})]
    assert [answer.status_code for answer in answers] == [422, 422]
    fields = [[each["field"] for each in answer.json()["invalid_fields"]] for answer in answers]
    assert fields[0] == fields[1] == ["input.fps", "input.seed", "input.animation_prompts", "input.zoom"]


def test_an_answer_of_validate_stays_small_however_many_keys_and_words_there_are(client):
    inputs = {"max_frames": 1000, "animation_prompts": "x" * 250_000, "zoom": keys(10_000), "angle": keys(10_000)}
    answer = client.post("/v1/validate", json={"input": inputs})
    assert answer.status_code == 200
    assert len(answer.content) < 4 * MEGABYTE
    zoom = answer.json()["schedules"]["zoom"]
    assert (zoom["num_keys"], len(zoom["keys"])) == (10_000, 1000)


def test_a_page_of_large_inputs_is_a_few_megabytes_and_all_pages_have_them_all(client):
    made = [create(client, animation_prompts="x" * 250_000, zoom=keys(9000)).json()["id"] for _ in range(8)]
    listed, page = [], "/v1/predictions"
    while page:
        answer = client.get(page)
        assert len(answer.content) < PAGE_BYTES * 1.1
        listed += [each["id"] for each in answer.json()["results"]]
        page = answer.json()["next"]
    assert listed == made[::-1]


def test_as_many_unfinished_ones_as_may_be_are_refused_with_the_reason_and_the_way_out(client, context):
    context.service._max_unfinished = 1
    assert create(client).status_code == 201
    refused = create(client)
    assert refused.status_code == 429
    assert "--max-unfinished" in refused.json()["detail"]
    assert "cancel some" in refused.json()["detail"]
    assert "rate limit" not in refused.json()["detail"]
