"""The service over HTTP, by a plain client: the operations, their answers, their errors."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import av
import pytest
from tests.e2e.server import HTTP, MODEL, VERSION, wait_for

UNKNOWN = "0" * 26
REFUSED = {"title", "detail", "status"}


@pytest.fixture(scope="module")
def done(server):
    """A prediction that succeeded."""
    ended = server.wait(server.create(seed=7)["id"])
    assert ended["status"] == "succeeded", ended["error"]
    return ended


@pytest.fixture(scope="module")
def five(server, done):
    """The ids of five canceled predictions, oldest first. They are younger than the one that is done."""
    assert done
    return [server.cancel(server.create(seed=number)["id"])["id"] for number in range(5)]


def problem(answer, status):
    """The document of an error, in the form that clients can read."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert isinstance(document["detail"], str)
    assert document["status"] == status
    return document


def post(server, content, **headers):
    return server.http.post("/v1/predictions", content=content, headers={"Content-Type": "application/json", **headers})


# Create, get, list, cancel


def test_a_posted_prediction_becomes_a_video(server, done):
    answer = HTTP.get(done["output"])
    assert answer.headers["content-type"] == "video/mp4"
    video = server.data.parent / "out.mp4"
    video.write_bytes(answer.content)
    with av.open(str(video)) as container:
        assert len(list(container.decode(video=0))) == 100
    assert done["created_at"] <= done["started_at"] <= done["completed_at"]
    assert done["metrics"]["predict_time"] <= done["metrics"]["total_time"]
    assert done["logs"].startswith("Model: tiny-sd")
    assert "\nUsing seed: 7\n" in done["logs"]
    assert "\nRendering animation frame 99 of 100\n" in done["logs"]


@pytest.mark.parametrize("prefix", ["", "/v1", "/v1/v1"])
def test_every_path_works_with_and_without_its_prefix(server, done, prefix):
    assert server.http.get(f"{prefix}/predictions/{done['id']}").json()["id"] == done["id"]


def test_a_create_without_a_wait_answers_at_once(server):
    prediction = server.create()
    assert (prediction["status"], prediction["output"], prediction["error"]) == ("starting", None, None)
    assert prediction["model"] == MODEL
    assert prediction["version"] == VERSION
    server.cancel(prediction["id"])


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/v1/predictions", VERSION),
        ("/predictions", MODEL),
        ("/v1/predictions", f"{MODEL}:{VERSION}"),
        (f"/v1/models/{MODEL}/predictions", None),
    ],
)
def test_a_model_can_be_named_in_every_way_that_clients_know(server, path, version):
    body = {"input": {}} if version is None else {"version": version, "input": {}}
    answer = server.http.post(path, json=body)
    assert answer.status_code == 201
    server.cancel(answer.json()["id"])


def test_pages_lead_through_everything_once_newest_first(server, five):
    seen, url = [], f"{server.url}/v1/predictions?limit=2"
    while url:
        page = server.http.get(url).json()
        assert len(page["results"]) <= 2
        seen += [each["id"] for each in page["results"]]
        if len(seen) == 2:  # what arrives meanwhile shifts nothing
            server.cancel(server.create()["id"])
        url = page["next"]
    assert len(seen) == len(set(seen))
    assert [each for each in seen if each in five] == five[::-1]
    back = server.http.get(page["previous"]).json()
    assert [each["id"] for each in back["results"]] == seen[seen.index(page["results"][0]["id"]) - 2 :][:2]


def test_a_list_can_be_narrowed_and_its_pages_stay_narrow(server, done, five):
    first = server.get(five[0])
    later = server.http.get("/v1/predictions", params={"created_after": first["created_at"], "limit": 1}).json()
    assert "created_after" in later["next"]
    before = server.http.get("/v1/predictions", params={"created_before": first["created_at"]}).json()["results"]
    assert done["id"] in [each["id"] for each in before]
    assert all(each["created_at"] < first["created_at"] for each in before)
    assert server.http.get("/v1/predictions?source=web").json()["results"] == []


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        "cursor=" + "A" * 200,
        "cursor=b2xkZXI6OTk5OTk5OTk5OTk5OTk5OTk5OTk6eA",
        "limit=0",
        "limit=101",
        "created_after=5",
    ],
)
def test_a_place_that_is_none_is_refused(server, query):
    assert "invalid_fields" in problem(server.http.get(f"/v1/predictions?{query}"), 422)


def test_a_queued_one_that_is_canceled_never_starts(server, five):
    ended = server.get(five[0])
    assert (ended["status"], ended["output"], ended["error"]) == ("canceled", None, None)
    assert ended["completed_at"] is not None
    assert "total_time" in ended["metrics"]


def test_a_running_one_that_is_canceled_keeps_its_logs_and_its_frames(server):
    running = server.wait_for_frames(server.create()["id"], 1)
    assert running["status"] == "processing"
    server.cancel(running["id"])
    ended = server.wait(running["id"])
    assert (ended["status"], ended["output"]) == ("canceled", None)
    assert ended["logs"].startswith(running["logs"][:100])
    assert HTTP.get(ended["partial_output"]).content[4:8] == b"ftyp"
    manifest = server.http.get(f"/v1/predictions/{ended['id']}/manifest").json()
    assert len(manifest["frames"]) == ended["metrics"]["frames"]


def test_canceling_what_is_finished_changes_nothing(server, done):
    headers = {"Content-Type": "application/json"}
    answer = server.http.post(f"/v1/predictions/{done['id']}/cancel", headers=headers)
    assert answer.status_code == 200
    assert answer.json()["status"] == "succeeded"


def test_two_cancels_at_once_are_one(server):
    prediction = server.create()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: HTTP.post(prediction["urls"]["cancel"]).status_code, range(8)))
    assert answers == [200] * 8
    assert server.wait(prediction["id"])["status"] == "canceled"


# Waiting, deadlines, repeats


@pytest.mark.parametrize("asked", ["wait=1", "respond-async, wait=1"])
def test_a_wait_that_runs_out_says_starting(server, asked):
    answer = post(server, f'{{"version": "{VERSION}", "input": {{"max_frames": 1000}}}}', Prefer=asked)
    prediction = answer.json()
    assert answer.headers["preference-applied"] == "wait=1"
    assert (prediction["status"], prediction["started_at"], prediction["output"]) == ("starting", None, None)
    server.cancel(prediction["id"])


def test_a_wait_ends_with_the_prediction(server):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.create, {"Prefer": "wait"}, seed=424242)
        newest = wait_for(
            lambda: [
                each
                for each in server.http.get("/v1/predictions").json()["results"]
                if each["input"].get("seed") == 424242
            ],
            "the waiting prediction",
        )
        server.cancel(newest[0]["id"])
        assert waiting.result()["status"] == "canceled"


def test_a_client_that_hangs_up_in_a_wait_gets_the_same_prediction_when_it_asks_again(server):
    body = f'{{"version": "{VERSION}", "input": {{"seed": 31337}}}}'.encode()
    host, port = server.url.removeprefix("http://").split(":")
    head = (
        f"POST /v1/predictions HTTP/1.1\r\nHost: {host}:{port}\r\nPrefer: wait\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    def made():
        listed = server.http.get("/v1/predictions").json()["results"]
        return [each["id"] for each in listed if each["input"].get("seed") == 31337]

    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + body)
        wait_for(made, "the prediction")
    # The server notices in its own time that nobody listens any more.
    again = wait_for(lambda: post(server, body).json()["id"] in made()[-1:], "the same prediction")
    assert again
    for prediction_id in made():
        server.cancel(prediction_id)


def test_a_deadline_cancels(server):
    prediction = server.create({"Cancel-After": "5s"}, max_frames=1000)
    assert prediction["deadline"] > prediction["created_at"]
    assert server.wait(prediction["id"])["status"] == "canceled"
    assert problem(post(server, f'{{"version": "{VERSION}", "input": {{}}}}', **{"Cancel-After": "4"}), 422)


def test_repeats_make_no_second_prediction(server):
    body = f'{{"version": "{VERSION}", "input": {{"seed": 5}}}}'
    first = post(server, body).json()["id"]
    assert post(server, body, **{"x-stainless-retry-count": "1"}).json()["id"] == first
    keyed = post(server, body, **{"Idempotency-Key": "a"}).json()["id"]
    assert keyed != first
    assert post(server, body, **{"Idempotency-Key": "a"}).json()["id"] == keyed
    assert post(server, body).json()["id"] not in (first, keyed)
    respelled = f'{{"input": {{"seed":5}},  "version": "{VERSION}"}}'
    assert post(server, respelled, **{"Idempotency-Key": "a"}).json()["id"] == keyed
    refused = problem(post(server, body.replace('seed": 5', 'seed": 6'), **{"Idempotency-Key": "a"}), 422)
    assert refused["title"] == "Idempotency-Key is already used"
    assert keyed in refused["detail"]
    for each in server.http.get("/v1/predictions?limit=3").json()["results"]:
        server.cancel(each["id"])


# Outputs and files


def test_a_video_is_served_whole_in_parts_and_by_its_head(done):
    url = done["output"]
    whole = HTTP.get(url)
    size = len(whole.content)
    head = HTTP.head(url)
    assert (head.status_code, int(head.headers["content-length"]), head.content) == (200, size, b"")
    part = HTTP.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{size}"
    assert HTTP.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416
    assert HTTP.get(url, headers={"Authorization": "Bearer nonsense"}).status_code == 200
    assert "max-age" in whole.headers["cache-control"]


def test_frames_and_a_poster_can_be_fetched(server, done):
    listed = server.http.get(done["urls"]["frames"]).json()
    assert (listed["total"], len(listed["frames"])) == (100, 100)
    assert HTTP.get(listed["frames"][99]["url"]).content.startswith(b"\x89PNG")
    assert HTTP.get(listed["poster"]).headers["content-type"] == "image/jpeg"


TRICKS = (
    "../../dreamreel.db ..%2f..%2fdreamreel.db frames/../out.mp4 /etc/passwd %2fetc%2fpasswd out.mp4%00 manifest.json"
)


@pytest.mark.parametrize("tail", [*TRICKS.split(), "", "frames/00000.png/"])
def test_no_path_leads_out_of_what_is_offered(server, done, tail):
    address = done["output"].removesuffix("out.mp4") + tail
    path = address.removeprefix(server.url)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 404")


def test_an_address_that_was_changed_opens_nothing(done):
    start, until, tag, name = done["output"].rsplit("/", 3)
    for changed in (
        f"{start}/{int(until) + 1}/{tag}/{name}",
        f"{start}/{until}/{tag[::-1]}/{name}",
        f"{start}/1/{tag}/{name}",
    ):
        problem(HTTP.get(changed), 404)
    problem(HTTP.get(done["output"].replace(done["id"], UNKNOWN)), 404)


def test_a_file_is_kept_listed_fetched_and_forgotten(server):
    sent = {"content": ("a b.txt", b"words", "text/plain")}
    answer = server.http.post("/v1/files", files=sent, data={"metadata": '{"a": {"b": 1}}'})
    kept = answer.json()
    assert (answer.status_code, kept["name"], kept["size"], kept["metadata"]) == (201, "a b.txt", 5, {"a": {"b": 1}})
    assert HTTP.get(kept["urls"]["get"]).content == b"words"
    assert server.http.get(f"/v1/files/{kept['id']}").json() == kept
    assert kept in server.http.get("/v1/files").json()["results"]
    assert server.http.delete(f"/v1/files/{kept['id']}").status_code == 204
    assert problem(server.http.get(f"/v1/files/{kept['id']}"), 404)["detail"] == "File not found"
    problem(HTTP.get(kept["urls"]["get"]), 404)


@pytest.mark.parametrize(
    "fields",
    [
        {"metadata[a]": (None, "1"), "metadata[n][x]": (None, "2")},
        {"metadata": ("blob", b'{"a": "1", "n": {"x": "2"}}', "application/json")},
    ],
)
def test_metadata_comes_in_the_forms_that_clients_send(server, fields):
    answer = server.http.post("/v1/files", files={"content": ("x", b""), **fields})
    assert answer.json()["metadata"] == {"a": "1", "n": {"x": "2"}}


@pytest.mark.parametrize("kind", ["text/html\r\nX: y", "日本", "x", "a/" + "b" * 500])
def test_a_content_type_that_is_none_becomes_the_plainest(server, kind):
    kept = server.http.post("/v1/files", files={"content": ("x\r\ny: z", b"1")}, data={"type": kind}).json()
    answer = HTTP.get(kept["urls"]["get"])
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "y" not in answer.headers


def test_a_file_may_not_be_too_large(server):
    answer = server.http.post("/v1/files", files={"content": ("x", bytes(101 * 1024 * 1024))})
    assert problem(answer, 413)["detail"] == "Files must be less than 100MB in size"


# The model and the rest


def test_the_model_says_what_draws_here(server):
    model = server.http.get(f"/v1/models/{MODEL}").json()
    assert model["latest_version"]["id"] == VERSION
    assert model["served_by"]["checkpoint"] == "tiny-sd"
    server.wait_until_ready()
    served = server.http.get(f"/v1/models/{MODEL}").json()["served_by"]
    assert len(served["weights"]) == 64
    assert (served["width"], served["steps"]) == (32, 4)


@pytest.mark.parametrize(
    ("body", "count"), [("deforum", 2), ('"deforum"', 2), ("every input", 1), ("something else", 0), ("", 3)]
)
def test_models_are_searched_by_a_method_of_their_own(server, body, count):
    answer = server.http.request("QUERY", "/v1/models", content=body)
    assert len(answer.json()["results"]) == count


LISTS = f"/models /models/{MODEL}/versions /models/{MODEL}/examples /files /trainings /deployments /collections"


@pytest.mark.parametrize("path", LISTS.split())
def test_lists_are_pages(server, path):
    assert server.http.get(f"/v1{path}").json().keys() == {"next", "previous", "results"}


def test_the_small_things_have_the_shapes_that_clients_read(server):
    assert server.http.get("/v1/account").json()["type"] == "user"
    assert all(each.keys() == {"name", "sku"} for each in server.http.get("/v1/hardware").json())
    assert server.http.get("/v1/webhooks/default/secret").json()["key"].count("_") == 1
    assert server.http.get(f"/v1/models/{MODEL}/readme").headers["content-type"].startswith("text/plain")
    assert server.http.get("/v1/search?query=deforum").json()["models"]
    assert problem(server.http.get("/v1/search"), 400)


def test_an_input_is_validated_without_being_drawn(server):
    body = {"input": {"zoom": "0: (1), 999: (2)", "max_frames": 1000, "seed": 4294967295}}
    answer = server.http.post("/v1/validate", json=body).json()
    assert len(answer["frames"]) == 1000
    assert answer["frames"][999]["zoom"] == 2
    assert answer["frames"][1]["seed"] == 0
    assert answer["evaluations"] == sum(each["evaluations"] for each in answer["frames"])
    assert {"prompt", "angle", "translation_x", "translation_y"} <= answer["frames"][0].keys()
    problem(server.http.post("/v1/validate", json={"input": {"zoom": "0: (x)"}}), 422)


def test_browsers_and_clients_are_shown_where_things_are(server):
    assert server.http.get("/").json()["openapi"] == f"{server.url}/openapi.json"
    assert server.http.get("/", headers={"Accept": "text/html"}).headers["content-type"].startswith("text/html")
    assert "/predictions/{prediction_id}/cancel" in server.http.get("/docs").text
    assert server.http.get("/health/live").status_code == 200


# What is wrong


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"null", 422),
        (b"[]", 422),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b'{"version": "x", "input": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}", 400),
        (b'{"version": "x", "input": {}}', 422),
        (b'{"input": {"a": "\\ud800"}, "version": "x"}', 400),
        (b'{"input": ' + b"9" * 5000 + b"}", 400),
    ],
)
def test_a_body_that_is_none_is_told_what_it_is(server, content, status):
    assert problem(post(server, content), status).keys() >= REFUSED


def test_a_large_body_is_taken_and_a_larger_one_is_not(server):
    document = b'{"version": "%s", "input": {"animation_prompts": "%s"}}' % (VERSION.encode(), b"a" * (250 * 1024))
    answer = post(server, document)
    assert answer.status_code == 201
    server.cancel(answer.json()["id"])
    problem(post(server, b" " * (1024 * 1024) + document), 413)
    for count, status in ((30_000, 422), (1_000_000, 413)):
        prompts = b'{"input": {"animation_prompts": "%s"}}' % (b"0: a | " * count)
        problem(server.http.post("/v1/validate", content=prompts), status)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"])
def test_json_is_read_whatever_it_is_called(server, kind):
    answer = post(server, f'{{"version": "{VERSION}", "input": {{}}}}', **{"Content-Type": kind})
    assert answer.status_code == 201
    server.cancel(answer.json()["id"])


@pytest.mark.parametrize("prediction_id", [UNKNOWN, "x", "%00", "%2e%2e", "..%2f..%2fetc", "%ff", "a" * 3000])
def test_an_unknown_prediction_is_not_found(server, prediction_id):
    problem(server.http.get(f"/v1/predictions/{prediction_id}"), 404)
    problem(server.http.post(f"/v1/predictions/{prediction_id}/cancel"), 404)


def test_unknown_things_are_not_found_and_known_ones_have_their_methods(server):
    document = problem(server.http.get("/v1/nothing"), 404)
    assert document["detail"] == "The requested resource could not be found."
    for path in (
        "/v1/models/a/b",
        f"/v1/models/{MODEL}/versions/x",
        "/v1/files/x",
        "/v1/collections/x",
        "/v1/trainings/x",
    ):
        problem(server.http.get(path), 404)
    problem(server.http.put("/v1/predictions"), 405)
    assert server.http.put("/v1/predictions").headers["allow"] == "GET, POST"
    problem(server.http.post("/v1/models/a/b/predictions", json={"input": {}}), 404)


@pytest.mark.parametrize("host", ["a b", 'x"><script>', "h/../x", "h:99999999", ""])
def test_a_host_that_is_none_never_gets_into_an_answer(server, host):
    problem(server.http.get("/v1/predictions", headers={"Host": host}), 400)


def test_addresses_are_on_the_origin_that_the_client_used(server):
    headers = {"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "films.example.com, inner"}
    model = server.http.get(f"/v1/models/{MODEL}", headers=headers).json()
    assert model["url"].startswith("https://films.example.com/")
    page = server.http.get("/v1/predictions?limit=1", headers={"Host": "localhost:81"}).json()
    assert page["results"][0]["urls"]["get"].startswith("http://localhost:81/v1/predictions/")


@pytest.mark.usefixtures("five")
def test_the_go_clients_way_to_a_next_page_leads_there(server):
    following = server.http.get("/v1/predictions?limit=1").json()["next"]
    assert server.http.get(f"/v1/{following}").json()["results"]


def test_every_answer_says_how_many_requests_are_left(server, done):
    for path in (f"/v1/predictions/{done['id']}", "/v1/predictions", "/v1/nothing", f"/v1/predictions/{UNKNOWN}"):
        assert int(server.http.get(path).headers["ratelimit-remaining"]) > 0


def test_many_at_once_are_all_answered(server, done):
    answers = []

    def ask():
        with server.client() as client:
            answers.extend(client.get(f"/v1/predictions/{done['id']}").status_code for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 200
