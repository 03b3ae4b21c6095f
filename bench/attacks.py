"""What a hostile client sends: requests made of few lines that are meant to cost a server much."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.service import VERSION

MB = 1024 * 1024
BOUNDARY = "hostile"


@dataclass(frozen=True)
class Attack:
    """requests: makes them, whole, before anything is measured. together: how many are on their way at once.

    is_read: whether the client reads what it is answered. It reads nothing of what it half sent, but the end.
    """

    name: str
    requests: Callable[[], list[bytes]]
    together: int = 1
    is_read: bool = True


def get(path: str) -> bytes:
    """A GET of a connection of its own."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()


def post(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A POST of a connection of its own."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def to_create(**inputs: object) -> bytes:
    """A create with these inputs."""
    return post("/v1/predictions", _body(inputs))


def _body(inputs: dict[str, object]) -> bytes:
    return json.dumps({"version": VERSION, "input": inputs}).encode()


def _everywhere(*bodies: bytes) -> list[bytes]:
    """Each body to both endpoints that read one."""
    return [post(path, body) for body in bodies for path in ("/v1/predictions", "/v1/validate")]


def _filled(piece: bytes, size: float, begin: bytes, end: bytes) -> bytes:
    """JSON of about so many megabytes, mostly of a piece that repeats."""
    count = max(1, int(size * MB) // (len(piece) + 1))
    return begin + b",".join([piece] * count) + end


def _values(size: float) -> bytes:
    return _filled(b"[]", size, b'{"version":"x","input":{"zzz":[', b"]}}")


def _unknown(size: float, begin: bytes, end: bytes) -> bytes:
    members = ",".join(f'"k{number}":0' for number in range(int(size * MB) // 12))
    return begin + members.encode() + end


def many_values() -> list[bytes]:
    return _everywhere(*(_values(size) for size in (1, 1.5, 9)))


def unknown_keys() -> list[bytes]:
    top = [_unknown(size, b'{"version":"x",', b"}") for size in (1, 1.5, 9)]
    within = [_unknown(size, b'{"version":"x","input":{', b"}}") for size in (0.1, 1, 9)]
    return _everywhere(*top, *within)


def just_below() -> list[bytes]:
    """As many values as are taken: unknown keys all of them."""
    return (
        _everywhere(_unknown(0.055, b'{"version":"x",', b"}"), _unknown(0.055, b'{"version":"x","input":{', b"}}")) * 5
    )


def deep() -> list[bytes]:
    arrays = [b'{"input":' + b"[" * depth + b"]" * depth + b"}" for depth in (90, 100_000, 4_000_000)]
    return _everywhere(*arrays, b'{"input":' * 500_000, b"[" * 9 * MB)


def numbers() -> list[bytes]:
    digits = [b'{"input":{"seed":' + b"9" * count + b"}}" for count in (4000, 400_000, 2 * MB - 100, 9 * MB - 100)]
    return _everywhere(*digits, b'{"input":{"seed":1' + b"0" * 4 * MB + b"e9}}", _filled(b"9" * 390, 3, b"[", b"]"))


def escapes() -> list[bytes]:
    pieces = (b"\\u0000", b'\\"', b"\\\\", b"\\ud83d\\ude00", b"\\ud800", b"\xc3\xa4")
    sizes = (3 * MB - 100, 8 * MB)  # taken to be looked at, and not
    texts = [piece * (size // len(piece)) for size in sizes for piece in pieces]
    whole = [b'{"input":{"animation_prompts":"' + text + b'"}}' for text in texts]
    return _everywhere(*whole, b'{"input":{"animation_prompts":"' + b'\\"' * 4 * MB)


def together() -> list[bytes]:
    return (many_values() + escapes()[:4] + unknown_keys()) * 3


def keyframes() -> list[bytes]:
    texts = [", ".join(f"{number}:({number % 3})" for number in range(count)) for count in (9_000, 100_000, 600_000)]
    prompts = " | ".join(f"{number}: a" for number in range(100_000))
    bodies = [_body({"animation_prompts": "a", name: text}) for text in texts for name in ("zoom", "angle")]
    return _everywhere(*bodies, _body({"animation_prompts": prompts}))


def formulas() -> list[bytes]:
    texts = [
        "9**9**9**9**9",
        "(" * 5000 + "t" + ")" * 5000,
        "sin(" * 5000 + "t" + ")" * 5000,
        "+".join(["t"] * 50_000),
        "-" * 100_000 + "t",
        "*".join(["9e99"] * 10_000),
        "9" * 200_000,
        "t**t**t**t" + "**t" * 20_000,
    ]
    most = ", ".join(f"{number}:(sin({number}*t)**2)" for number in range(9_000))
    bodies = [_body({"animation_prompts": "a", "max_frames": 1000, "zoom": f"0:({text})"}) for text in texts]
    return _everywhere(*bodies, _body({"animation_prompts": "a", "max_frames": 1000, "zoom": most}))


def metadata() -> list[bytes]:
    texts = (b'{"a":"' + b"x" * (30 * MB) + b'"}', _filled(b"[]", 30, b'{"a":[', b"]}"))
    forms = []
    for text in texts:
        for name in ('name="metadata"', 'name="metadata"; filename="m.json"'):
            part = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode()
            content = b'name="content"; filename="a.txt"\r\n\r\nhello\r\n'
            form = part + content + part + name.encode() + b"\r\n\r\n" + text + f"\r\n--{BOUNDARY}--\r\n".encode()
            forms.append(post("/v1/files", form, f"multipart/form-data; boundary={BOUNDARY}"))
    return forms + [get("/v1/files")] * 4


def large_creates() -> list[bytes]:
    """Predictions with inputs near what is taken: texts of some 200,000 characters."""
    text = "0: " + "word " * 40_000
    return [to_create(animation_prompts=text, seed=seed) for seed in range(20)]


def lists() -> list[bytes]:
    return [get("/v1/predictions")] * 40


def paths() -> list[bytes]:
    event_buffers = (
        "/v1" * 20_000,
        "/v1" * 20_000 + "/predictions",
        "/v1/http://a" * 5000,
        "/" * 60_000,
        "/v1/%2e" * 8000,
    )
    return [get(tail) for tail in event_buffers] * 10


def half_sent() -> list[bytes]:
    """Heads, and bodies, that are not sent to their end."""
    heads = [b"GET /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "] * 150
    return heads + [post("/v1/predictions", b"x" * 100_000)[:-50_000]] * 150


def never_read() -> list[bytes]:
    """Lists asked for a hundred times on each connection."""
    asked = b"GET /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    return [asked * 100] * 20


def one_of_each() -> list[bytes]:
    """Honest requests, one of each kind."""
    body = _body({"animation_prompts": "a"})
    return [*_everywhere(body), get("/v1/predictions"), get("/v1/files"), get("/openapi.json")]


def all_attacks() -> Iterator[Attack]:
    """Each attack; those that read lists come after those that made them long."""
    yield Attack("many values", many_values)
    yield Attack("unknown keys", unknown_keys)
    yield Attack("10,000 unknown keys", just_below, together=4)
    yield Attack("deep nesting", deep)
    yield Attack("huge numbers", numbers)
    yield Attack("escapes", escapes)
    yield Attack("16 of these at once", together, together=16)
    yield Attack("keyframes", keyframes, together=2)
    yield Attack("formulas", formulas, together=2)
    yield Attack("metadata of 30 MB", metadata)
    yield Attack("large creates", large_creates, together=4)
    yield Attack("lists of these", lists, together=4)
    yield Attack("long paths", paths, together=4)
    yield Attack("half-sent requests", half_sent, together=300, is_read=False)
    yield Attack("answers never read", never_read, together=20, is_read=False)
