"""Names, stars and tags of predictions and what lists look in; scope and expiry of tokens; counts of deliveries."""

import sqlalchemy as sa
from alembic import op

from dreamreel.predictions.search import search_text

revision = "0004"
down_revision = "0003"
BATCH = 500

_PREDICTIONS = sa.table(
    "predictions", sa.column("id", sa.String), sa.column("input", sa.JSON), sa.column("search_text", sa.Text)
)


def upgrade() -> None:
    false = sa.false()
    for column in (
        sa.Column("name", sa.Text()),
        sa.Column("starred", sa.Boolean(), nullable=False, server_default=false),
        sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("tag_text", sa.Text(), nullable=False, server_default=""),
        sa.Column("search_text", sa.Text(), nullable=False, server_default=""),
    ):
        op.add_column("predictions", column)
    op.create_index("predictions_by_owner_and_status", "predictions", ["owner", "status", "created_at", "id"])
    op.create_index("predictions_by_star", "predictions", ["owner", "starred", "created_at", "id"])
    op.add_column("deliveries", sa.Column("delivered", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("deliveries", sa.Column("dropped", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("tokens", sa.Column("expires_at", sa.BigInteger()))
    op.add_column("tokens", sa.Column("read_only", sa.Boolean(), nullable=False, server_default=false))
    _fill_search_text(op.get_bind())


def _fill_search_text(connection: sa.Connection) -> None:
    """What is there already is found by its prompts, too. Inputs may be large: a batch in memory at a time."""
    last, P = "", _PREDICTIONS.c
    while True:
        statement = sa.select(P.id, P.input).where(P.id > last).order_by(P.id).limit(BATCH)
        rows = connection.execute(statement).all()
        for prediction_id, given in rows:
            text = search_text(None, given)
            connection.execute(sa.update(_PREDICTIONS).where(P.id == prediction_id).values(search_text=text))
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


def downgrade() -> None:
    op.drop_index("predictions_by_owner_and_status", table_name="predictions")
    op.drop_index("predictions_by_star", table_name="predictions")
    for table, columns in (
        ("predictions", ("name", "starred", "tags", "tag_text", "search_text")),
        ("deliveries", ("delivered", "dropped")),
        ("tokens", ("expires_at", "read_only")),
    ):
        with op.batch_alter_table(table) as changed:
            for column in columns:
                changed.drop_column(column)
