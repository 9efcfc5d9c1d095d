"""Names of clips that tell a rater nothing, and this package which turn of which dataset they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askqa_builder.seeds import short_hash

KEY_LENGTH = 20


def clip_key(config_digest: str, row_id: str, turn: int) -> str:
    """Return the key of the clip that is cut from a turn (its index in `turns`) of a dataset's row."""
    return short_hash("clip", config_digest, row_id, turn, length=KEY_LENGTH)


def config_digest(manifest: Mapping[str, Any]) -> str:
    """Return what tells a dataset's clips from another's."""
    return str(manifest["config_digest"])
