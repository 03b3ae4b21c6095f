"""What pages of other sites can do with a server that asks for no token: nothing."""

import pytest
from starlette.testclient import TestClient

from dreamreel.api.app import create_app

BODY = {"version": "e22e77495f2fb83c34d5fae2ad8ab63c0a87b6b573b6208e1535b23b89ea66d6", "input": {}}


@pytest.fixture
def named(context):
    """A client of the same server once it has a public address and listens everywhere."""
    context.settings = context.settings.__class__(
        **{**vars(context.settings), "public_url": "https://films.example.com", "host": "0.0.0.0"}
    )
    return TestClient(create_app(context), base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST", "a.localhost", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000"]
)
def test_it_answers_under_its_own_names(client, host):
    assert client.get("/predictions", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.1",
        "[fe80::1]",
    ],
)
@pytest.mark.parametrize(
    "path", ["/", "/predictions", "/v1/predictions", "/webhooks/default/secret", "/studio/main.js"]
)
def test_a_name_that_a_stranger_had_point_here_is_misdirected(client, host, path):
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert "--public-url" in answer.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://[evil"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/predictions"),
        ("POST", "/v1/predictions"),
        ("POST", "/predictions/x/cancel"),
        ("POST", "/files"),
        ("POST", "/validate"),
        ("PATCH", "/predictions/x"),
        ("DELETE", "/predictions/x"),
        ("GET", "/webhooks/default/secret"),
    ],
)
def test_another_sites_page_changes_nothing_and_learns_no_secret(client, method, path, headers):
    answer = client.request(method, path, headers={"Content-Type": "text/plain", **headers}, json=BODY)
    assert answer.status_code == 403
    assert "--require-auth" in answer.json()["detail"]
    assert client.get("/predictions").json()["results"] == []


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://127.0.0.1"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_its_own_page_and_programs_may(client, headers):
    assert client.post("/predictions", headers=headers, json=BODY).status_code == 201
    assert client.get("/webhooks/default/secret", headers=headers).status_code == 200


def test_behind_a_proxy_the_public_page_may(named):
    for headers in (
        {"Host": "films.example.com", "Origin": "https://films.example.com"},
        {"Host": "127.0.0.1:8000", "Origin": "https://films.example.com"},
        {"Host": "192.168.1.1:8000", "Origin": "http://192.168.1.1:8000"},
    ):
        assert named.post("/predictions", headers=headers, json=BODY).status_code == 201
    assert named.get("/predictions", headers={"Host": "evil.example"}).status_code == 421


def test_a_server_that_asks_for_tokens_is_known_under_any_name(context):
    context.needs_token = True
    client = TestClient(create_app(context), base_url="http://films.example.com", raise_server_exceptions=False)
    assert client.get("/health/live").status_code == 200
    assert client.post("/predictions", headers={"Origin": "https://a.example"}, json=BODY).status_code == 401


@pytest.mark.parametrize(
    ("headers", "source"),
    [({}, "api"), ({"Sec-Fetch-Site": "same-origin"}, "web"), ({"Origin": "http://127.0.0.1"}, "web")],
)
def test_only_the_servers_own_page_is_the_studio(client, headers, source):
    made = client.post("/predictions", headers={"X-Dreamreel-Source": "web", **headers}, json=BODY)
    assert made.json()["source"] == source
