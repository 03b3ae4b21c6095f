"""A page of another site, in a real browser, beside a server that asks nobody for a token."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from tests.e2e.server import PATIENCE_S, VERSION, serving
from tools.chromium import CHROMIUM

EVIL = "evil.example"
CREATE = f'{{"version": "{VERSION}", "input": {{}}}}'
# Reads with every means a page has for an address; says what it got to know.
READ = """async ([url, headers]) => {
    const got = {}
    const attempt = async (name, work) => { try { got[name] = await work() } catch (error) { got[name] = null } }
    await attempt("fetch", async () => (await fetch(url, { headers })).text())
    await attempt("opaque", async () => (await (await fetch(url, { mode: "no-cors" })).text()) || null)
    await attempt("request", () => new Promise((done, fail) => {
        const request = new XMLHttpRequest()
        request.open("GET", url)
        request.onload = () => done(request.responseText)
        request.onerror = fail
        request.send()
    }))
    for (const tag of ["img", "script", "link", "video"]) {
        await attempt(tag, () => new Promise((done, fail) => {
            const element = document.createElement(tag)
            element.onload = element.onloadeddata = () => done("loaded")
            element.onerror = fail
            if (tag === "link") element.rel = "stylesheet"
            element[tag === "link" ? "href" : "src"] = url
            document.body.append(element)
        }))
    }
    await attempt("iframe", () => new Promise((done) => {
        const frame = document.createElement("iframe")
        frame.onload = () => { try { done(frame.contentDocument.body.innerText || null) } catch { done(null) } }
        frame.src = url
        document.body.append(frame)
    }))
    return got
}"""
# The first message of an event stream, or null if it ends in an error.
FOLLOW = """([url, name]) => new Promise((done) => {
    const events = new EventSource(url)
    events.onerror = () => { events.close(); done(null) }
    events.onmessage = (event) => { events.close(); done(event.data) }
    events.addEventListener(name, (event) => { events.close(); done(event.data) })
})"""
CONNECT = """(url) => new Promise((done) => {
    const socket = new WebSocket(url)
    socket.onopen = () => done("open")
    socket.onerror = () => done(null)
})"""
# Changes with every means; the answers are not for this page, so only the server can tell what came of it.
CHANGE = """async ([url, method, body]) => {
    for (const mode of ["no-cors", "cors"])
        for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json"])
            for (const credentials of ["omit", "include"])
                try {
                    await fetch(url, { method, body, mode, credentials, headers: { "Content-Type": type } })
                } catch {}
    const form = new FormData()
    form.append("content", new Blob([body]), "a.txt")
    try { await fetch(url, { method, body: form, mode: "no-cors" }) } catch {}
    navigator.sendBeacon(url, body)
}"""
SUBMIT = """([url, type, name, value]) => new Promise((done) => {
    const frame = document.createElement("iframe")
    frame.name = "f" + Math.random()
    document.body.append(frame)
    const form = Object.assign(document.createElement("form"), { action: url, method: "POST", enctype: type })
    form.target = frame.name
    form.append(Object.assign(document.createElement("input"), { name, value }))
    document.body.append(form)
    frame.onload = () => done()
    form.submit()
})"""


class Page(BaseHTTPRequestHandler):
    """An empty page, whatever is asked for."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title><body></body>")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("victim") / "data", "--executor", "none") as running:
        yield running


@pytest.fixture(scope="module")
def made(server):
    """A prediction that ended and an upload."""
    prediction = server.cancel(server.create()["id"])
    upload = server.http.post("/v1/files", files={"content": ("a.txt", b"of the owner")}).json()
    return prediction, upload


@pytest.fixture(scope="module")
def page(driver):
    """A page of evil.example, a name that leads to this machine, also at the server's port."""
    elsewhere = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
    rules = f"--host-resolver-rules=MAP {EVIL} 127.0.0.1"
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", rules])
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE_S * 1000)
    opened.home = f"http://{EVIL}:{elsewhere.server_port}/"
    opened.goto(opened.home)
    yield opened
    browser.close()
    elsewhere.shutdown()
    elsewhere.server_close()


def known(server):
    """All that the server knows, as its owner sees it."""
    predictions = server.http.get("/v1/predictions").json()["results"]
    paths = ("/v1/files", "/v1/webhooks/default/secret", "/v1/account")
    shown = [{key: value for key, value in each.items() if key != "metrics"} for each in predictions]
    return shown, [server.http.get(path).json() for path in paths]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/v1/predictions", "/v1/predictions/{id}", "/v1/predictions/{id}/events", "/v1/predictions/{id}/frames"),
        *(
            "/v1/files",
            "/v1/account",
            "/v1/webhooks/default/secret",
            "/v1/models",
            "/health/ready",
            "/metrics",
            "/docs",
        ),
        *("/p/{id}", "/openapi.json"),
    ],
)
def test_it_reads_nothing(server, made, page, path):
    url = server.url + path.format(id=made[0]["id"])
    assert server.http.get(path.format(id=made[0]["id"])).status_code in (200, 503)
    for headers in ({}, {"Authorization": "Bearer x"}):
        got = page.evaluate(READ, [url, headers])
        assert len(got) == 8
        assert {name: value for name, value in got.items() if value is not None} == {}


def test_it_follows_nothing_and_opens_no_socket(server, made, page):
    address = f"{server.url}/v1/predictions/{made[0]['id']}/events"
    assert page.evaluate(FOLLOW, [address, "video"]) is None
    assert page.evaluate(FOLLOW, [f"{address}?key=1-x", "video"]) is None
    assert page.evaluate(CONNECT, address.replace("http://", "ws://")) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", path) for path in ("/v1/predictions", "/predictions", "/v1/files", "/v1/predictions/{id}/cancel")),
        ("POST", "/v1/models/deforum/deforum_stable_diffusion/predictions"),
        *(("DELETE", path) for path in ("/v1/predictions/{id}", "/v1/files/{upload}")),
        ("PATCH", "/v1/predictions/{id}"),
    ],
)
def test_it_changes_nothing(server, made, page, method, path):
    before = known(server)
    url = server.url + path.format(id=made[0]["id"], upload=made[1]["id"])
    page.evaluate(CHANGE, [url, method, CREATE if method == "POST" else '{"name": "mine"}'])
    if method == "POST":
        # A form of text/plain is `name=value`: with this name and value the whole is JSON.
        name, value = CREATE.removesuffix("{}}") + '{"x": "', '"}}'
        for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded"):
            page.evaluate(SUBMIT, [url, kind, name, value])
    assert known(server) == before


def test_under_its_own_name_that_leads_to_the_server_it_is_told_nothing_either(server, made, page):
    """DNS rebinding: to the browser the server is the page's own origin."""
    before = known(server)
    origin = f"http://{EVIL}:{urlsplit(server.url).port}"
    answer = page.goto(origin)
    try:
        assert answer.status == 421
        assert page.evaluate("location.origin") == origin
        for path in ("/v1/predictions", f"/v1/predictions/{made[0]['id']}", "/v1/webhooks/default/secret", "/metrics"):
            status, text = page.evaluate(
                "async (path) => { const a = await fetch(path); return [a.status, await a.text()] }", path
            )
            assert status == 421
            assert made[0]["id"] not in text
        page.evaluate(CHANGE, [f"{origin}/v1/predictions", "POST", CREATE])
        page.evaluate(CHANGE, [f"{origin}/v1/predictions/{made[0]['id']}", "DELETE", ""])
    finally:
        page.goto(page.home)
    assert known(server) == before


def test_addresses_that_are_keys_may_be_read_by_it_and_only_read(server, made, page):
    prediction, upload = made
    urls = prediction["urls"]
    assert page.evaluate("async (url) => (await fetch(url)).text()", upload["urls"]["get"]) == "of the owner"
    ranged = "async (url) => (await fetch(url, { headers: { Range: 'bytes=3-5' } })).text()"
    assert page.evaluate(ranged, upload["urls"]["get"]) == "the"
    assert "event: done" in page.evaluate("async (url) => (await fetch(url)).text()", urls["stream"])
    assert f'"id": "{prediction["id"]}"' in page.evaluate(FOLLOW, [urls["events"], "done"])
    before = known(server)
    for address in (upload["urls"]["get"], urls["stream"], urls["events"]):
        for method in ("POST", "DELETE", "PATCH"):
            page.evaluate(CHANGE, [address, method, CREATE])
    assert known(server) == before
