"""Headers that hold browsers to what an answer is, and methods that a path does not have."""

import pytest

PATHS = ["/", "/docs", "/openapi.json", "/p/x", "/studio/index.html", "/health/live", "/v1/predictions", "/v1/nothing"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_forbids_guessing_its_type(client, path):
    assert client.get(path, headers={"Accept": "text/html"}).headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize("path", ["/", "/docs", "/p/x", "/studio/index.html"])
def test_every_page_says_what_may_run_in_it_and_that_no_other_page_frames_it(client, path):
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_an_upload_is_shown_with_its_type_and_runs_nothing(client):
    kept = client.post("/v1/files", files={"content": ("a.html", b"<script>1</script>", "text/html")}).json()
    answer = client.get(kept["urls"]["get"])
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("method", ["PROPFIND", "PUT", "TRACE", "FOO"])
@pytest.mark.parametrize(
    ("path", "allowed"), [("/v1/predictions", "GET, POST"), ("/docs", "GET"), ("/studio/index.html", "GET, HEAD")]
)
def test_a_method_that_a_path_does_not_have_is_a_problem_document_that_names_those_it_has(
    client, method, path, allowed
):
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 405
