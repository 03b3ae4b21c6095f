"""A hub on loopback: the part of the Hugging Face hub's HTTP interface that fetching a model uses."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0" * 40


@contextmanager
def hub(model_id: str, folder: Path):
    """Serves folder as model_id; yields the address. Every path that was asked for is in `.asked`."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    def entry(name):
        body = (folder / name).read_bytes()
        return {"type": "file", "path": name, "size": len(body), "oid": hashlib.sha1(body).hexdigest()}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            self.server.asked.append(self.path)
            path = self.path.split("?")[0]
            if path.startswith(f"/api/models/{model_id}/tree/"):
                self.answer(json.dumps([entry(name) for name in names]).encode(), "application/json")
            elif path.startswith(f"/api/models/{model_id}"):
                siblings = [{"rfilename": name} for name in names]
                self.answer(
                    json.dumps({"id": model_id, "sha": COMMIT, "siblings": siblings}).encode(), "application/json"
                )
            elif path.startswith(f"/{model_id}/resolve/"):
                self.answer((folder / path.split(f"{COMMIT}/")[1]).read_bytes(), "application/octet-stream")
            else:
                self.send_response(404)
                self.send_header("X-Error-Code", "RepoNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def answer(self, body, kind):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"' + hashlib.sha1(body).hexdigest() + '"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
