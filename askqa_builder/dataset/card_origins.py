"""What a card says of where a dataset comes from, in words: sources, what of them was kept, and whose work they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from askqa_builder.corpus.citations import Citation, citation_of
from askqa_builder.corpus.reading import ALL_TURNS
from askqa_builder.corpus.sources import SPLITS
from askqa_builder.dataset.card_page import escape
from askqa_builder.dataset.manifest import HISTORY_USE

_FIRST_FORMAT = "abg-coqa"
"""Of sources in manifests that name no format: there was one alone."""


def kept(selection: Mapping[str, Any]) -> str:
    """Say in words what of the sources was kept."""
    parts = []
    if selection["limit"] is not None:
        parts.append(f"at most {selection['limit']} conversations of each split")
    if selection["domains"] is not None:
        parts.append(f"domains {', '.join(map(escape, selection['domains']))}")
    if selection.get("group_split") is not None:
        parts.append(_group_split(selection["group_split"]))
    if selection["redistributable"]:
        parts.append("text that may be redistributed")
    turns = selection.get("turns")
    if turns is not None:
        which = {1: "the last question", ALL_TURNS: "every question"}.get(turns, f"at most {turns} questions")
        parts.append(f"{which} of each dialogue")
    return "; ".join(parts) or "everything"


def _group_split(grouping: Mapping[str, Any]) -> str:
    """Say in words how stories were divided among the splits."""
    shares = [f"{split} {share:g}" for split, share in zip(SPLITS, grouping["shares"], strict=False)]
    only = "" if grouping["only"] is None else f", of which {escape(grouping['only'])} alone"
    return f"{', '.join(shares)} of the stories, each whole in one split (drawn with seed {grouping['seed']}){only}"


def sources_used(manifest: Mapping[str, Any]) -> str:
    """Name the files, with their splits where these count."""
    regrouped = manifest["selection"].get("group_split") is not None
    return ", ".join(_source(source, regrouped) for source in manifest["sources"])


def _source(source: Mapping[str, str], regrouped: bool) -> str:
    if source.get("use") == HISTORY_USE:
        return f"{escape(source['name'])} (earlier turns)"
    return escape(source["name"]) + ("" if regrouped else f" ({source['split']})")


def citations(sources: Sequence[Mapping[str, str]]) -> list[Citation]:
    """Return whose work the sources are, each once."""
    formats = dict.fromkeys(source.get("format", _FIRST_FORMAT) for source in sources)
    return [citation for format in formats if (citation := citation_of(format)) is not None]


def regenerated(told: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Say in words what is new against the dataset that this one is paired with."""
    if told is None:
        return None
    digest = str(told["from"]["config_digest"])[:16]
    names = {key: escape(", ".join(told[key]) or "nobody") for key in ("redrawn", "kept")}
    return {"digest": escape(digest), **names}


def filter_words(settings: Mapping[str, Any]) -> str:
    """Say in words what rows had to pass; bounds that were not set are left out."""
    names = ("max_wer", "max_wer_over_baseline", "min_mos", "where")
    return ", ".join(f"{name.replace('_', ' ')} {settings[name]}" for name in names if settings[name] is not None)
