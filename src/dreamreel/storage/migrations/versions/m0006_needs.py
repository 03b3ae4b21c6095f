"""Which networks a prediction needs, and which a worker has."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("predictions", sa.Column("needs", sa.Text(), nullable=False, server_default=""))
    for name in ("networks", "loaded"):
        op.add_column("workers", sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("workers") as workers:
        workers.drop_column("loaded")
        workers.drop_column("networks")
    with op.batch_alter_table("predictions") as predictions:
        predictions.drop_column("needs")
