"""The shapes of answers, for the OpenAPI document; answers are made in wire.py and held to these by tests."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """Any answer; members may be added."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())


class ProblemShape(Shape):
    """What went wrong (application/problem+json)."""

    detail: str
    status: int
    title: str | None = None


class FieldProblemShape(Shape):
    """One thing wrong with a request."""

    type: str
    field: str
    description: str


class InvalidShape(ProblemShape):
    """A request that does not fit, with everything that is wrong with it."""

    invalid_fields: list[FieldProblemShape] = Field(default_factory=list)


class PredictionUrls(Shape):
    """Addresses of a prediction."""

    web: str
    get: str
    cancel: str
    frames: str
    stream: str
    events: str
    video: str


class DeliveriesShape(Shape):
    """What became of a webhook's messages: how many arrived, how many were given up, and of the one under way."""

    state: Literal["active", "done", "given up"]
    delivered: int
    dropped: int
    tries: int
    last_error: str | None
    last_delivered_at: str | None
    next_try_at: str | None


class PredictionShape(Shape):
    """A prediction."""

    id: str
    model: str
    version: str
    input: dict[str, Any]
    logs: str
    output: str | None
    partial_output: str | None = None
    error: str | None
    data_removed: bool
    status: Literal["starting", "processing", "succeeded", "failed", "canceled"]
    source: Literal["api", "web"]
    created_at: str
    started_at: str | None
    completed_at: str | None
    metrics: dict[str, Any]
    urls: PredictionUrls
    name: str | None = None
    starred: bool = False
    tags: list[str] = Field(default_factory=list)
    webhook_deliveries: DeliveriesShape | None = None


class PageShape(Shape):
    """A page of a list."""

    next: str | None
    previous: str | None
    results: list[Any]


class PredictionPageShape(PageShape):
    """A page of predictions, newest first."""

    results: list[PredictionShape]


class FrameShape(Shape):
    """A finished frame."""

    idx: int
    url: str


class FramesShape(Shape):
    """The finished frames of a prediction, in order."""

    poster: str | None
    total: int
    frames: list[FrameShape]


class ManifestShape(Shape):
    """What a video was made from."""

    input: dict[str, Any]
    model: str
    weights: str
    frames: list[str]


class VersionShape(Shape):
    """A version of the model."""

    id: str
    created_at: str
    cog_version: str
    openapi_schema: dict[str, Any]


class ModelShape(Shape):
    """The model."""

    url: str
    owner: str
    name: str
    visibility: Literal["public", "private"]
    run_count: int
    cover_image_url: str
    default_example: dict[str, Any]
    latest_version: VersionShape


class DeploymentShape(Shape):
    """A name that leads to the model."""

    owner: str
    name: str
    current_release: dict[str, Any]


class AccountShape(Shape):
    """Whose token this is."""

    type: Literal["user", "organization"]
    username: str
    name: str
    github_url: str | None
    avatar_url: str | None


class HardwareShape(Shape):
    """A kind of machine."""

    name: str
    sku: str


class FileShape(Shape):
    """An uploaded file."""

    id: str
    name: str
    content_type: str
    size: int
    etag: str
    checksums: dict[str, str]
    metadata: dict[str, Any]
    created_at: str
    expires_at: str
    urls: dict[str, str]


class SecretShape(Shape):
    """The key that webhooks are signed with."""

    key: str


class SearchShape(Shape):
    """What a search found."""

    query: str
    models: list[Any]
    collections: list[Any]
    pages: list[Any]


class ValidationShape(Shape):
    """What an input would do, frame by frame."""

    input: dict[str, Any]
    seed: int
    warnings: list[dict[str, Any]]
    evaluations: int
    saved_evaluations: int
    evaluations_at_most: bool
    estimated_seconds: float | None
    canvas: dict[str, int]
    prompt_grammar: str
    prompts: list[dict[str, Any]]
    schedules: dict[str, dict[str, Any]]
    names: dict[str, dict[str, Any]]
    frames: list[dict[str, Any]]


class ImportShape(Shape):
    """A file as a request. The four lists have every key of the file, each with the input it became or a sentence."""

    kind: str
    model: str
    input: dict[str, Any]
    used: dict[str, str]
    changed: dict[str, str]
    unsupported: dict[str, str]
    inert: dict[str, str]
    notes: list[str]


class HealthShape(Shape):
    """How the service is."""

    status: str


class IndexShape(Shape):
    """Where things are."""

    name: str
    version: str
    docs: str
    openapi: str
