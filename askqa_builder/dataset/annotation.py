"""What a manifest says of the emotions that were recognised in a dataset's rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


def agreement_told(agreement: Mapping[str, Any] | None) -> str:
    """Say how well recognisers agree; nothing where there are not two that tell categories of one window."""
    if agreement is None or agreement["raw"] is None:
        return ""
    kappa = (
        "" if agreement["kappa"] is None else f", {agreement['kappa_kind'].capitalize()}'s kappa {_kappa(agreement)}"
    )
    return f"{agreement['raw']:.1%} of pairs of recognisers tell the same category{kappa}"


def agreement_warnings(agreement: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what makes an agreement say less than it seems to, a sentence each."""
    if agreement is None or agreement["raw"] is None:
        return
    for name, told in agreement.get("told", {}).items():
        if len(told) == 1:
            yield (
                f"{name} said {next(iter(told))} of all {agreement['windows']} windows: it tells nothing apart here, "
                "and agrees or disagrees with others by that alone."
            )
    if agreement["kappa"] is None:
        yield "All said one and the same, which chance explains as well: there is no kappa, and agreement says nothing."
    elif float(_kappa(agreement)) <= 0:
        yield (
            f"A kappa of {_kappa(agreement)} is agreement no better than by chance, whatever the share of equal "
            "categories: do not take these labels for emotions."
        )


def _kappa(agreement: Mapping[str, Any]) -> str:
    return f"{agreement['kappa'] + 0.0:.2f}".replace("-0.00", "0.00")
