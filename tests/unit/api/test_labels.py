"""Names, stars and tags, deleting, and lists narrowed by them."""

from datetime import timedelta

import pytest

from dreamreel.animation.views import SEED
from dreamreel.predictions.accounts import Token, digest_of
from dreamreel.predictions.files import prediction_key
from dreamreel.predictions.record import Status
from dreamreel.predictions.store import Ending

MODEL = "deforum/deforum_stable_diffusion"


def create(client, prompts="a fox", **options):
    answer = client.post("/v1/predictions", json={"version": MODEL, "input": {"animation_prompts": prompts}}, **options)
    assert answer.status_code == 201
    return answer.json()


def without_times(prediction):
    """A prediction without its metrics, which grow while it waits."""
    return {member: value for member, value in prediction.items() if member != "metrics"}


@pytest.fixture
def path(client):
    return f"/v1/predictions/{create(client)['id']}"


def test_a_prediction_says_only_what_was_set(client, path):
    assert not {"name", "starred", "tags"} & client.get(path).json().keys()
    answer = client.patch(path, json={"name": " A fox ", "starred": True, "tags": ["wip", "Wip ", "für uns"]})
    labeled = answer.json()
    assert (answer.status_code, labeled["name"], labeled["starred"]) == (200, "A fox", True)
    assert labeled["tags"] == ["wip", "für uns"]
    assert without_times(client.get(path).json()) == without_times(labeled)
    assert client.patch(path, json={"starred": None}).json()["name"] == "A fox"
    cleared = client.patch(path, json={"name": "", "tags": []}).json()
    assert not {"name", "starred", "tags"} & cleared.keys()
    assert without_times(client.patch(path, json={}).json()) == without_times(cleared)


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ([], "", "Invalid type. Expected: object, given: array"),
        (None, "", "Invalid type. Expected: object, given: null"),
        ({"name": 7}, "name", "Invalid type. Expected: string, given: integer"),
        ({"name": "x" * 201}, "name", "Must be at most 200 characters long, got 201"),
        ({"name": "a\nb"}, "name", "Must be one line, without control characters"),
        ({"name": "a\x00b"}, "name", "Must be one line, without control characters"),
        ({"starred": 1}, "starred", "Invalid type. Expected: boolean, given: integer"),
        ({"tags": "a,b"}, "tags", "Invalid type. Expected: array, given: string"),
        ({"tags": ["a", 1]}, "tags.1", "Invalid type. Expected: string, given: integer"),
        ({"tags": ["a", " "]}, "tags.1", "A tag must not be empty"),
        ({"tags": ["a,b"]}, "tags.0", "A tag must not hold a comma; send each tag as a text of its own"),
        ({"tags": ["x" * 51]}, "tags.0", "Must be at most 50 characters long, got 51"),
        ({"tags": ["a"] * 21}, "tags", "There must be at most 20 tags, got 21"),
        (
            {"status": "failed"},
            "",
            "Additional property status is not allowed; a prediction has name, starred and tags to change",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(client, path, body, field, sentence):
    answer = client.patch(path, json=body)
    assert answer.status_code == 422
    found = [(each["field"], each["description"]) for each in answer.json()["invalid_fields"]]
    assert found == [(field, sentence)]


def test_everything_wrong_with_labels_is_said_at_once(client, path):
    answer = client.patch(path, json={"name": 1, "starred": "x", "tags": [1, ""]})
    assert len(answer.json()["invalid_fields"]) == 4


def test_what_has_not_ended_is_not_deleted_and_the_answer_says_the_way_out(client, path):
    answer = client.delete(path)
    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        f"The prediction is starting. Cancel it first (POST http://127.0.0.1{path}/cancel), then delete it."
    )
    assert client.post(f"{path}/cancel").status_code == 200
    assert client.delete(path).status_code == 204


def finish(context, prediction_id):
    """Plays the worker: a prediction with a video and a frame."""
    for name in ("out.mp4", "frames/00000.png", "manifest.json"):
        context.files.put(prediction_key(prediction_id, name), b"{}")
    now = context.service.clock()
    context.service.store.claim("w", (SEED.version,), now, now + timedelta(seconds=30), 3)
    context.service.store.finish(prediction_id, 1, Ending(Status.SUCCEEDED, output="out.mp4"), now)


def test_a_deleted_prediction_is_gone_with_its_files_events_and_webhooks(client, context, tmp_path):
    made = client.post("/v1/predictions", json={"version": MODEL, "input": {}, "webhook": "http://127.0.0.1:9/x"})
    prediction = made.json()
    finish(context, prediction["id"])
    prediction = client.get(f"/v1/predictions/{prediction['id']}").json()
    assert client.get(prediction["output"]).status_code == 200
    assert client.delete(f"/v1/predictions/{prediction['id']}").status_code == 204
    for address in (prediction["output"], *(prediction["urls"][name] for name in ("get", "frames", "stream", "video"))):
        assert client.get(address).status_code == 404, address
    assert client.get(prediction["urls"]["events"]).status_code == 404
    assert client.delete(f"/v1/predictions/{prediction['id']}").status_code == 404
    assert list((tmp_path / "predictions").glob("*")) == []
    assert (context.outbox.deliveries(), context.service.store.events(prediction["id"])) == ([], [])
    assert client.get("/v1/predictions").json()["results"] == []


@pytest.fixture
def tokens(context):
    context.needs_token = True
    for name in ("anna", "ben"):
        context.service.store.add_token(Token(name, name, digest_of(name), context.service.clock()))
    return {name: {"Authorization": f"Bearer {name}"} for name in ("anna", "ben")}


def test_nobody_labels_or_deletes_what_is_anothers(client, tokens):
    path = f"/v1/predictions/{create(client, headers=tokens['anna'])['id']}"
    client.post(f"{path}/cancel", headers=tokens["anna"])
    for headers, status in ((tokens["ben"], 404), ({}, 401)):
        assert client.patch(path, json={"name": "mine"}, headers=headers).status_code == status
        assert client.delete(path, headers=headers).status_code == status
    assert "name" not in client.get(path, headers=tokens["anna"]).json()
    assert client.delete(path, headers=tokens["anna"]).status_code == 204


def ids(client, query):
    answer = client.get(f"/v1/predictions?{query}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["results"]]


def test_lists_are_narrowed_by_what_is_asked_and_their_pages_stay_so(client):
    fox, owl, elk = (create(client, f"0: a {animal} in the snow")["id"] for animal in ("fox", "owl", "elk"))
    client.post(f"/v1/predictions/{fox}/cancel")
    client.patch(f"/v1/predictions/{owl}", json={"name": "Night", "starred": True, "tags": ["Wip", "bird"]})
    client.patch(f"/v1/predictions/{elk}", json={"tags": ["wip"]})
    assert ids(client, "status=canceled") == [fox]
    assert ids(client, "status=canceled&status=starting") == ids(client, "status=canceled,starting") == [elk, owl, fox]
    assert (ids(client, "starred=true"), ids(client, "starred=false")) == ([owl], [elk, fox])
    assert (ids(client, "tag=WIP"), ids(client, "tag=wip&tag=bird")) == ([elk, owl], [owl])
    assert (ids(client, "q=snow+elk"), ids(client, "q=night"), ids(client, "q=nothing")) == ([elk], [owl], [])
    page = client.get("/v1/predictions?limit=1&q=snow&status=starting&status=canceled&tag=").json()
    seen = [page["results"][0]["id"]]
    while page["next"]:
        assert "status=starting&status=canceled" in page["next"]
        page = client.get(page["next"]).json()
        seen += [each["id"] for each in page["results"]]
    assert seen == [elk, owl, fox]


@pytest.mark.parametrize("query", ["status=done", "status=failed,x", "starred=maybe", "q=" + "x" * 201])
def test_a_filter_that_is_none_is_refused_by_name(client, query):
    answer = client.get(f"/v1/predictions?{query}")
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["invalid_fields"]] == [query.partition("=")[0]]
