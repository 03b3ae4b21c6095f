"""How many predictions a version has, counted without reading them."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("predictions_by_version", "predictions", ["version"])


def downgrade() -> None:
    op.drop_index("predictions_by_version", "predictions")
