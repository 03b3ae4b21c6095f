"""What an operator may set: one table, from which the environment, the flags and the docs are made."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from dreamreel.errors import InputError

T = TypeVar("T")
PREFIX = "DREAMREEL_"
# Read elsewhere: by `./run`, by the model catalogue, by the commands that talk to a server, for debugging.
_MOST = {
    "port": 65_535,
    **dict.fromkeys(("workers", "slots", "min_workers", "max_workers", "steps", "cfg_scale", "max_steps"), 1000),
}
# In less no receiver far away answers.
_LEAST = {"webhook_timeout_s": 1}
# Hours of a century, and of all else.
_LONGEST, _LARGEST = 1_000_000, 1_000_000_000
OTHERS = ("DREAMREEL_VENV", "DREAMREEL_MODELS", "DREAMREEL_URL", "DREAMREEL_TOKEN", "DREAMREEL_DEBUG")


def _setting(default: T, help_text: str, group: str, several: bool = False) -> T:
    return field(default=default, metadata={"help": help_text, "group": group, "several": several})


@dataclass(frozen=True)
class Settings:
    """One server's settings. The metadata of each field holds its help, its group, and whether it may come several
    times: values then have line breaks between them, or commas."""

    host: str = _setting("127.0.0.1", "Address to listen on; beyond loopback tokens are required", "Server")
    port: int = _setting(8000, "Port to listen on; 0 takes a free one", "Server")
    data: Path = _setting(Path("data"), "Folder of the database, the videos and the uploads", "Server")
    database_url: str = _setting("", "postgresql://... for many machines; a file in the data folder if empty", "Server")
    files_url: str = _setting("", "s3://bucket/prefix, gs://... or file:///path; the data folder if empty", "Server")
    presign: bool = _setting(False, "Let clients fetch outputs from the bucket itself, by signed addresses", "Server")
    public_url: str = _setting("", "Address that clients use, such as https://films.example.com", "Server")
    deployments: str = _setting(
        "", "Names of deployments that lead to the model, besides its own: owner/name,owner/name", "Server"
    )
    no_auth: bool = _setting(False, "Serve beyond loopback without tokens: anyone who reaches it may use it", "Server")
    require_auth: bool = _setting(False, "Ask for tokens on a loopback address, too, such as behind a proxy", "Server")
    log_format: str = _setting("text", "Logs of the server: text or json", "Server")

    model: str = _setting(
        "builtin",
        "Model that draws: a shipped one, a folder, a file or a pulled hub id; several, with commas between them, or a "
        "folder of models, of which a request may name one",
        "Model",
        several=True,
    )
    checkpoint: str = _setting(
        "",
        "NAME=MODEL: the model that draws where a request's model_checkpoint says NAME; several, with commas between",
        "Model",
        several=True,
    )
    vae: str = _setting("", "File or folder of a VAE that draws instead of the models' own; theirs if empty", "Model")
    preview_vae: str = _setting(
        "",
        "File or folder of a TAESD that shows watched frames between their steps, sd=PATH or sdxl=PATH where its name "
        "does not say whose latents; one for each, with commas between; none if empty",
        "Model",
        several=True,
    )
    loras: str = _setting("", "Folder of LoRAs that requests may name; none if empty", "Model")
    embeddings: str = _setting("", "Folder of embeddings (textual inversion) for prompts; none if empty", "Model")
    controlnets: str = _setting("", "Folder of ControlNets that requests may name; none if empty", "Model")
    memory_gb: float = _setting(0.0, "GB that models may take while they are loaded; 0 for what is free", "Model")
    size: str = _setting("", "WIDTHxHEIGHT of the videos; the model's own if empty", "Model")
    steps: int = _setting(0, "Sampler steps of a frame drawn from nothing; 0 for the model's own", "Model")
    cfg_scale: float = _setting(0.0, "Guidance towards the prompt; 0 for the model's own", "Model")
    device: str = _setting("auto", "auto, cuda, cuda:1, mps or cpu", "Model")
    precision: str = _setting("auto", "auto, float32, float16 or bfloat16", "Model")
    rows: str = _setting("auto", "Rows of one network call: auto, or a number that makes frames exact", "Model")

    executor: str = _setting("local", "What runs the workers: local, ray, or none if they are elsewhere", "Work")
    ray_address: str = _setting("", "Ray cluster for --executor ray; empty starts Ray on this machine", "Work")
    min_workers: int = _setting(1, "Workers that Ray keeps however little there is to do", "Work")
    max_workers: int = _setting(0, "Workers that Ray keeps at most; 0 for as many as the cluster has room for", "Work")
    worker_cpus: float = _setting(1.0, "CPUs that Ray sets aside for a worker", "Work")
    workers: int = _setting(0, "Worker processes; 0 for one on each GPU, or one on the CPU", "Work")
    threads: int = _setting(0, "Threads that a worker computes with on a CPU; 0 for the fastest number", "Work")
    slots: int = _setting(0, "Predictions that one worker draws at a time; 0: what memory and speed allow", "Work")
    lease_s: float = _setting(30.0, "Seconds after which a silent worker loses its predictions", "Work")
    max_attempts: int = _setting(3, "Attempts in a row that finish no frame, after which a prediction fails", "Work")
    stall_s: float = _setting(600.0, "Seconds without progress after which a worker ends itself", "Work")
    max_hours: float = _setting(0.0, "Hours after its creation at which a prediction is canceled; 0: never", "Work")

    header_timeout_s: float = _setting(10.0, "Seconds for the head of a request to arrive; 0: no limit", "Limits")
    body_timeout_s: float = _setting(30.0, "Seconds for each piece of a body to arrive; 0: no limit", "Limits")
    connections_per_address: int = _setting(256, "Open connections of one client address; 0: no limit", "Limits")
    max_unfinished: int = _setting(500, "Unfinished predictions that one token may have; 0 for no limit", "Limits")
    creates_per_minute: int = _setting(600, "Predictions that one token may create in a minute; 0: no limit", "Limits")
    requests_per_minute: int = _setting(3000, "Other requests of one token in a minute; 0: no limit", "Limits")
    max_pixels: int = _setting(
        0,
        "Pixels of a frame that a request may ask for; 0 for four times those of the videos without it, at least "
        "512x512",
        "Limits",
    )
    max_steps: int = _setting(200, "Sampler steps that a request may ask for; 0: no limit", "Limits")
    max_body_mb: int = _setting(1, "Largest request body in MB, uploads aside", "Limits")
    max_upload_mb: int = _setting(100, "Largest uploaded file in MB", "Limits")
    upload_quota_mb: int = _setting(2000, "MB of uploads that one account may keep at a time; 0: no limit", "Limits")
    free_space_mb: int = _setting(1000, "MB that uploads leave free on the disk of the data; 0: none", "Limits")
    output_url_hours: int = _setting(24, "Hours for which the address of an output works at least", "Limits")
    upload_hours: int = _setting(24, "Hours for which an upload is kept", "Limits")
    inline_output_kb: int = _setting(0, "Videos up to this size are answered as data URIs; 0: never", "Limits")

    keep_hours: float = _setting(
        0.0, "Hours for which inputs, logs and files of ended predictions stay; 0: for ever", "Keeping"
    )
    keep_frames_hours: float = _setting(
        0.0, "Hours for which their lossless frames stay, if less; 0: as long as the rest", "Keeping"
    )

    webhooks_allow_private: bool = _setting(False, "Let webhooks reach private addresses, also without TLS", "Webhooks")
    webhooks_allow_http: bool = _setting(False, "Let webhooks reach public addresses without TLS", "Webhooks")
    webhook_timeout_s: float = _setting(10.0, "Seconds that a receiver has for its answer; 1 at least", "Webhooks")
    webhook_hours: int = _setting(24, "Hours for which the last webhook of a prediction is tried again", "Webhooks")

    def __post_init__(self) -> None:
        """Raises InputError for a number that its setting cannot be, from wherever it came."""
        for each in fields(self):
            _checked(each.name, each.name, getattr(self, each.name))


def load(environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings from DREAMREEL_* variables, then overrides (values as text or of their type).

    Raises InputError for a variable that is no setting, and for a value that does not fit.
    """
    environment = os.environ if environment is None else environment
    names = {PREFIX + each.name.upper(): each.name for each in fields(Settings)}
    values: dict[str, Any] = {}
    for variable, text in environment.items():
        if variable in names:
            values[names[variable]] = _checked(variable, names[variable], _parse(variable, names[variable], text))
        elif variable.startswith(PREFIX) and variable not in OTHERS:
            close = get_close_matches(variable, [*names, *OTHERS], 1)
            hint = f"; did you mean {close[0]}?" if close else "; `dreamreel serve --help` lists them"
            raise InputError(variable, f"is not a setting{hint}")
    for name, value in overrides.items():
        source = f"--{name.replace('_', '-')}"
        values[name] = _checked(source, name, _parse(source, name, value) if isinstance(value, str) else value)
    return Settings(**values)


def to_environment(settings: Settings) -> dict[str, str]:
    """The variables that load() makes the same settings of: how they reach a worker's process."""
    return {PREFIX + each.name.upper(): str(getattr(settings, each.name)) for each in fields(Settings)}


def _checked(source: str, name: str, value: T) -> T:
    """value, unless it is a number that the setting cannot be."""
    least = _LEAST.get(name, 0)
    if isinstance(value, int | float) and not least <= value <= most_of(name):
        raise InputError(source, f"must be between {least} and {most_of(name)}, got {value}")
    return value


def most_of(name: str) -> int:
    """The largest number that a setting can be: beyond it a port, a clock or a machine ends."""
    return _MOST.get(name, _LONGEST if name.endswith(("_hours", "_s")) else _LARGEST)


def _parse(source: str, name: str, text: str) -> Any:
    kind = get_type_hints(Settings)[name]
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}[
                text.strip().lower()
            ]
        return kind(text)
    except (ValueError, KeyError):
        wanted = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "a text")
        raise InputError(source, f'must be {wanted}, got "{text[:60]}"') from None
