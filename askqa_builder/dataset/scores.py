"""What a manifest says of the scores in a dataset's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askqa_builder.dataset.manifest import canonical_digest


def mark(description: Mapping[str, Any]) -> str:
    """Return the short digest that shards carry in the manifest once a listener so described has scored them."""
    return canonical_digest(description)[:16]


def is_scored(manifest: Mapping[str, Any], kind: str) -> bool:
    """Tell whether all shards have the scores of the listener that the manifest names for a kind, "asr" or "mos"."""
    who = manifest.get("scoring", {}).get(kind)
    return who is not None and all(entry.get("scored", {}).get(kind) == mark(who) for entry in manifest["shards"])
