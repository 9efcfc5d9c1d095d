"""What a card says of whether anybody heard the styles that turns were spoken in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askqa_builder.dataset.card_page import escape

LISTENERS_KEY = "style_listeners"
"""Key of what listeners said of the styles, in a manifest; absent until somebody has listened."""

_NOBODY = "Styles: not validated by listeners."


def style_validation(manifest: Mapping[str, Any]) -> str:
    """Say in one line who heard the styles of a dataset that has some, and how often each was told apart."""
    told = manifest.get(LISTENERS_KEY)
    if told is None:
        return _NOBODY
    own = told["config_digest"] == manifest["config_digest"]
    of = "" if own else ", in the dataset that this one was filtered from"
    rates = "; ".join(f"{escape(one['style'])} {_rate(one['recognised'])}" for one in told["styles"])
    return (
        f"Styles: heard by {_count(told['raters'], 'listener')} in {_count(told['clips'], 'clip')}{of}. Recognised, "
        f"with 95 % intervals: {_rate(told['recognised'])} (chance: {100 * told['chance']:.0f} %); {rates}."
    )


def _rate(share: Mapping[str, float | None] | None) -> str:
    if share is None:
        return "not asked"
    low, high = share["low"], share["high"]
    interval = "" if low is None or high is None else f" ({100 * low:.0f}–{100 * high:.0f} %)"
    return f"{100 * (share['mean'] or 0):.0f} %{interval}"


def _count(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else one + 's'}"
