"""Which styles there are in a profile set, and how one is drawn for a turn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from askqa_builder.seeds import Stream
from askqa_builder.voices.style import DrawnStyle, Style, StyleDraw, Weights


@dataclass(frozen=True)
class StyleChoice:
    """What a profile set says of styles beside the weights of its roles.

    known: every style that a role draws or that suits a text, by name. text_label: who labels the words, None where
    nobody does. suits: the styles that suit each label, None where that is not said.
    """

    draw: StyleDraw
    text_label: str | None
    suits: Mapping[str, tuple[str, ...]] | None
    known: Mapping[str, Style]

    def left(self, weights: Weights, label: str | None) -> Weights:
        """Return what of the weights may be drawn for a text with this label."""
        if self.draw is StyleDraw.INDEPENDENT or self.suits is None or label is None:
            return weights
        wanted = self.draw is StyleDraw.CONGRUENT
        return {name: weight for name, weight in weights.items() if (name in self.suits[label]) is wanted}

    def draw_style(self, weights: Weights, label: str | None, stream: Stream) -> DrawnStyle:
        """Draw a style for a text with this label; one number is taken from the stream, whatever there is to draw."""
        left = sorted(self.left(weights, label).items())
        borders = list(accumulate(weight for _, weight in left))
        name, _ = left[min(bisect_right(borders, stream.uniform() * borders[-1]), len(left) - 1)]
        congruent = None if self.suits is None or label is None else name in self.suits[label]
        return DrawnStyle(self.known[name], self.draw, label, congruent)

    def of(self, drawn: Set[str]) -> StyleChoice:
        """Return what of it matters where these styles alone are drawn."""
        named = set(drawn).union(*(self.suits or {}).values())
        return replace(self, known={name: style for name, style in self.known.items() if name in named})

    def to_json(self) -> dict[str, Any]:
        """Return the canonical form, every number of every style written out."""
        suits = self.suits
        return {
            "draw": self.draw.value,
            **({} if self.text_label is None else {"text_label": self.text_label}),
            **({} if suits is None else {"suits": {label: sorted(names) for label, names in sorted(suits.items())}}),
            "define": {name: style.to_json() for name, style in sorted(self.known.items())},
        }
