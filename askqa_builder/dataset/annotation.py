"""What a manifest says of the emotions that were recognised in a dataset's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askqa_builder.dataset.scores import mark

ANNOTATION_KEY = "annotation"
"""Key of recognisers, settings and figures; the latter are there once all shards are annotated."""

ANNOTATED_KEY = "annotated"
"""Key of a shard's entry: the mark of the recognisers and settings that its labels are from."""


def is_annotated(manifest: Mapping[str, Any]) -> bool:
    """Tell whether all shards have the labels of the recognisers that the manifest names."""
    annotation = manifest.get(ANNOTATION_KEY)
    if annotation is None:
        return False
    wanted = mark({key: annotation[key] for key in ("recognisers", "settings")})
    return all(entry.get(ANNOTATED_KEY) == wanted for entry in manifest["shards"])


def without_figures(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest's annotation, where there is one, without what was added up over the rows."""
    if ANNOTATION_KEY not in manifest:
        return {}
    return {ANNOTATION_KEY: {key: value for key, value in manifest[ANNOTATION_KEY].items() if key != "figures"}}
