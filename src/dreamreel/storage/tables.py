"""The schema of the SQL store. Times are microseconds since 1970, UTC: exact and alike in every dialect."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text, false

metadata = MetaData()

predictions = Table(
    "predictions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("owner", String(40), nullable=False),
    Column("version", String(80), nullable=False),
    Column("input", JSON, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("num_frames", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("started_at", BigInteger),
    Column("completed_at", BigInteger),
    Column("logs", Text, nullable=False),
    Column("output", String(200)),
    Column("error", Text),
    Column("metrics", JSON, nullable=False),
    Column("frames_done", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("data_removed", Boolean, nullable=False),
    Column("deadline", BigInteger),
    Column("webhook", Text),
    Column("webhook_events", JSON, nullable=False),
    Column("origin", Text, nullable=False),
    Column("request_digest", String(80), nullable=False),
    Column("body_digest", String(64), nullable=False, server_default=""),
    Column("worker", String(80)),
    Column("fence", Integer, nullable=False),
    Column("lease_until", BigInteger),
    Column("name", Text),
    Column("starred", Boolean, nullable=False, server_default=false()),
    Column("tags", JSON, nullable=False, server_default="[]"),
    # What lists look in, so that a look is the same in every database: see rows.py.
    Column("tag_text", Text, nullable=False, server_default=""),
    Column("search_text", Text, nullable=False, server_default=""),
    # One name a line: see rows.py.
    Column("needs", Text, nullable=False, server_default=""),
    Index("predictions_by_owner", "owner", "created_at", "id"),
    Index("predictions_by_owner_and_status", "owner", "status", "created_at", "id"),
    Index("predictions_by_star", "owner", "starred", "created_at", "id"),
    Index("predictions_by_turn", "owner", "started_at"),
    Index("predictions_by_status", "status", "created_at"),
    Index("predictions_by_worker", "worker"),
    Index("predictions_by_request", "owner", "request_digest"),
    Index("predictions_by_version", "version"),
)

# What a prediction is made of; the rest of its columns is only looked in.
PREDICTION = tuple(column for column in predictions.c if column.name not in ("tag_text", "search_text"))

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("prediction_id", String(40), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("data", JSON, nullable=False),
    Index("events_by_prediction", "prediction_id", "seq"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("prediction_id", String(40), nullable=False, unique=True),
    Column("owner", String(40), nullable=False),
    Column("url", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("wanted", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("done_seq", BigInteger, nullable=False),
    Column("message_seq", BigInteger),
    Column("body", Text),
    Column("tries", Integer, nullable=False),
    Column("first_try_at", BigInteger),
    Column("due_at", BigInteger),
    Column("sent_at", BigInteger),
    Column("last_error", Text),
    Column("leased_until", BigInteger, nullable=False),
    Column("delivered", Integer, nullable=False, server_default="0"),
    Column("dropped", Integer, nullable=False, server_default="0"),
    Index("deliveries_by_due", "state", "due_at"),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("model", Text, nullable=False),
    Column("device", String(40), nullable=False),
    Column("versions", JSON, nullable=False),
    Column("beat_at", BigInteger, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("weights", String(80), nullable=False),
    Column("seconds_per_evaluation", Float),
    Column("stats", JSON, nullable=False, server_default="{}"),
    Column("networks", JSON, nullable=False, server_default="[]"),
    Column("loaded", JSON, nullable=False, server_default="[]"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("read_only", Boolean, nullable=False, server_default=false()),
    Column("account", String(40), nullable=False, server_default=""),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("owner", String(40), nullable=False),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("md5", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("metadata", JSON, nullable=False),
    Index("uploads_by_owner", "owner", "created_at"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
