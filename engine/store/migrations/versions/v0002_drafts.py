"""Versions keep their drawing and say what they are; documents that somebody is working on have a table."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workflow_version", sa.Column("label", sa.Text(), nullable=False, server_default=""))
    op.add_column("workflow_version", sa.Column("by", sa.Text(), nullable=False, server_default=""))
    op.add_column("workflow_version", sa.Column("drawing", sa.Text(), nullable=True))
    op.create_table(
        "draft",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
