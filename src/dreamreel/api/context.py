"""What every request handler needs, made once by serve and kept on the app."""

import ipaddress
import re
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial

from anyio import CapacityLimiter
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request

from dreamreel.animation.canvas import Canvas
from dreamreel.api.event_buffer import EventBuffers
from dreamreel.api.http.lanes import OTHER_THREADS, BriskThreads, Lanes
from dreamreel.api.http.problems import Problem, too_many
from dreamreel.api.http.rate_limit import RateLimit
from dreamreel.api.http.signing import Signer
from dreamreel.api.outlines import Outlines
from dreamreel.api.repetitions import UnansweredCreates
from dreamreel.api.served_versions import ServedVersions
from dreamreel.api.versions import deployment_names
from dreamreel.api.waiting import Wakeups
from dreamreel.api.wire import Wire
from dreamreel.models import catalog
from dreamreel.models.layout import Defaults
from dreamreel.models.sizes import disk_bytes, num_bytes
from dreamreel.predictions.accounts import LOCAL_OWNER, Token, digest_of
from dreamreel.predictions.files import Files
from dreamreel.predictions.service import PredictionService
from dreamreel.rendering.setup import Setup, canvas_of, checkpoints_in
from dreamreel.settings import Settings
from dreamreel.webhooks.addresses import AddressRules
from dreamreel.webhooks.outbox import Outbox

READING = ("GET", "HEAD", "OPTIONS", "QUERY")
# Where the operator does not say, a request may ask for so many times the area that is drawn by default, and for
# Stable Diffusion's usual one in any case: requests made elsewhere have it.
REQUESTED_AREA, USUAL_AREA = 4, 512 * 512
# What has a body to be answered about, and leaves everything as it was.
CHANGES_NOTHING = (("POST", "/validate"), ("POST", "/import"))
_HOST = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(:[0-9]{1,5})?")


@dataclass(frozen=True)
class Checkpoint:
    """A model that draws here. made_for: by its files. canvas: what it is drawn on.

    memory_bytes: what its weights take, by precision. disk_bytes: what its files take. Both are looked up once: files
    of a model that draws stay as they are.
    """

    name: str
    location: catalog.Location
    made_for: Defaults
    canvas: Canvas

    @cached_property
    def memory_bytes(self) -> dict[str, int]:
        whole = num_bytes(self.location, 4)
        return {"float32": whole, "float16": whole // 2}

    @cached_property
    def disk_bytes(self) -> int:
        return disk_bytes(self.location)


@dataclass(eq=False)
class Context:
    """needs_token: whether a request without a valid token is refused.

    name_threads: for names of receivers, whose look-up may take as long as their owners like.
    """

    service: PredictionService
    settings: Settings
    setup: Setup
    signer: Signer
    wakeups: Wakeups
    needs_token: bool
    outbox: Outbox
    webhook_rules: AddressRules
    files: Files
    creates: RateLimit = field(init=False)
    others: RateLimit = field(init=False)
    wire: Wire = field(init=False)
    event_buffers: EventBuffers = field(init=False)
    name_threads: CapacityLimiter = field(init=False)
    deployments: tuple[str, ...] = field(init=False)
    lanes: Lanes = field(default_factory=Lanes)
    # What reads a prediction, which may be large: apart, so that nobody who watches waits behind a create of their own.
    readers: Lanes = field(default_factory=partial(Lanes, OTHER_THREADS))
    brisk: BriskThreads = field(default_factory=BriskThreads)
    unanswered: UnansweredCreates = field(default_factory=UnansweredCreates)
    outlines: Outlines = field(default_factory=Outlines)

    def __post_init__(self) -> None:
        settings = self.settings
        self.deployments = deployment_names(settings.deployments)
        self.creates = RateLimit(settings.creates_per_minute)
        self.others = RateLimit(settings.requests_per_minute)
        self.event_buffers = EventBuffers(self.service.store)
        self.name_threads = CapacityLimiter(16)
        hours, inline_kb = settings.output_url_hours, settings.inline_output_kb
        self.wire = Wire(self.signer, self.files, hours, inline_kb, settings.presign)

    @cached_property
    def model(self) -> Defaults:
        """What the model was made for: its files are read once, as its workers do. Raises ModelError."""
        return catalog.check(self.setup.locate())

    @cached_property
    def canvas(self) -> Canvas:
        """What predictions are drawn on that name no model. Raises ModelError."""
        return self._limited(canvas_of(self.setup, self.model))

    @cached_property
    def checkpoints(self) -> dict[str, Checkpoint]:
        """The models that draw here, by the names that requests call them; the first draws where none is named."""
        found = {}
        for name, setup in self.setup.by_name().items():
            location = setup.locate()
            made_for = catalog.check(location)
            found[name] = Checkpoint(name, location, made_for, self._limited(canvas_of(setup, made_for)))
        return found

    @cached_property
    def versions(self) -> ServedVersions:
        """The versions that requests may name. Raises ModelError."""
        return ServedVersions(self.setup.by_name())

    def _limited(self, canvas: Canvas) -> Canvas:
        """The same with what requests may ask for."""
        pixels = self.settings.max_pixels or max(REQUESTED_AREA * canvas.width * canvas.height, USUAL_AREA)
        return replace(canvas, most_pixels=pixels, most_steps=self.settings.max_steps or None)

    @cached_property
    def checkpoint_names(self) -> dict[str, str]:
        """Names for weights that other programs' requests have -> the model here. Raises InputError, ModelError."""
        named = checkpoints_in(self.settings.checkpoint)
        return {name: catalog.locate(model).short_name for name, model in named.items()}


def context_of(request: Request) -> Context:
    """The app's context."""
    context: Context = request.app.state.context
    return context


def origin_of(request: Request) -> str:
    """Scheme and host under which the client reaches the service. Raises Problem 400 for a malformed Host."""
    if public := context_of(request).settings.public_url:
        return public.rstrip("/")
    headers, is_proxied = request.headers, _is_proxied(request)
    host = (is_proxied and _first(headers.get("x-forwarded-host", ""))) or headers.get("host", "")
    scheme = (is_proxied and _first(headers.get("x-forwarded-proto", ""))) or request.scope["scheme"]
    if not is_host(host) or scheme not in ("http", "https"):
        raise Problem(400, "The Host header is malformed.", title="Bad Request")
    return f"{scheme}://{host}"


def is_host(text: str) -> bool:
    """Whether text can be a Host header."""
    return _HOST.fullmatch(text) is not None


def forwarded_host(request: HTTPConnection) -> str:
    """The name under which a proxy on this machine was reached; empty without one."""
    return _first(request.headers.get("x-forwarded-host", "")) if _is_proxied(request) else ""


def _is_proxied(request: HTTPConnection) -> bool:
    """Whether what the request says of a proxy is believed: only this machine's own may say it."""
    return _is_loopback(request.client.host if request.client else "")


def _first(forwarded: str) -> str:
    """What the proxy nearest to the client said."""
    return forwarded.partition(",")[0].strip()


async def owner_of(request: Request) -> str:
    """Whose request this is. Raises Problem 401, 403 for what its token may not do, and 429 at its limit."""
    # A thread only where a token must be looked up: handing over to one costs more than all the rest.
    has_token = "authorization" in request.headers
    return await run_in_threadpool(owner_now, request) if has_token else owner_now(request)


def owner_now(request: Request) -> str:
    """The same in this thread, which may wait for the database. Raises Problem 401, 403 and 429."""
    context = context_of(request)
    owner = identify(request)
    _check_scope(request)
    is_create = request.method == "POST" and request.scope["path"].endswith("/predictions")
    allowed, left, reset_s = (context.creates if is_create else context.others).take(owner)
    request.state.owner, request.state.ratelimit = owner, (left, reset_s)
    if not allowed:
        raise too_many(reset_s)
    return owner


def identify(request: Request) -> str:
    """Whose request this is, without counting it. Raises Problem 401."""
    context = context_of(request)
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    known = scheme.lower() in ("bearer", "token")
    token = context.service.store.token(digest_of(text.strip())) if known and text.strip() else None
    request.state.token = token
    if token is None and not context.needs_token:
        return LOCAL_OWNER
    if token is None:
        raise _unauthenticated(f"You did not pass {'a valid' if text else 'an'} authentication token")
    if not token.is_valid(context.service.clock()):
        raise _unauthenticated(
            f"Your authentication token expired at {token.expires_at:%Y-%m-%d %H:%M} UTC. "
            "The server's operator can make another (`dreamreel token create`)."
        )
    return token.owner


def _unauthenticated(detail: str) -> Problem:
    return Problem(401, detail, title="Unauthenticated", headers={"WWW-Authenticate": "Bearer"})


def _check_scope(request: Request) -> None:
    """Raises Problem 403 where a token that may only read would change something."""
    token: Token | None = request.state.token
    is_reading = request.method in READING or (request.method, request.scope["path"]) in CHANGES_NOTHING
    if token is not None and token.read_only and not is_reading:
        detail = f"This token is read-only, so it cannot {request.method} here. Use one made without --read-only."
        raise Problem(403, detail, title="Forbidden")


@lru_cache(1024)
def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_host(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    return host == "localhost" or _is_loopback(host)
