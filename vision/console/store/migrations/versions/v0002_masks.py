"""Versions hold the camera's masks beside its zones; older ones do not know them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    for name in ("masks_before", "masks_after"):
        op.add_column("zone_versions", sa.Column(name, sa.JSON(), nullable=True))
