"""A run's measures by what items are about and who speaks in them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askqa_builder.corpus.conversation import Action, Role
from askqa_builder.evaluation.item import Item, Speaker
from askqa_builder.evaluation.metrics.figures import Figure, figures
from askqa_builder.evaluation.metrics.item_table import ItemTable
from askqa_builder.evaluation.metrics.measures import (
    ACCURACY,
    BALANCED_ACCURACY,
    MACRO_F1,
    text_measure,
)
from askqa_builder.evaluation.metrics.resampling import StoryBootstrap
from askqa_builder.evaluation.metrics.story_table import Mask

FEWEST = 30
"""Cells of fewer items are not shown, only counted."""

RATE_EDGES = (0.7, 0.85, 0.95, 1.05, 1.15, 1.4)
"""Between bins of rate, a factor: the outer ones are where a voice changed after synthesis has its limits."""

PITCH_EDGES = (-4.0, -2.0, -0.5, 0.5, 2.0, 4.0)
"""Between bins of pitch, semitones."""

NOT_KNOWN = "not known"
NOT_HEARD = "not heard"

_MEASURES = (
    BALANCED_ACCURACY,
    MACRO_F1,
    ACCURACY,
    text_measure("trajectory", "f1"),
    text_measure("trajectory", "exact"),
)


@dataclass(frozen=True)
class Cell:
    """Items that are alike in one way."""

    items: int
    stories: int
    figures: Mapping[str, Figure]

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        shown = {name: figure.to_json() for name, figure in self.figures.items()}
        return {"items": self.items, "stories": self.stories, "figures": shown}


@dataclass(frozen=True)
class Breakdown:
    """Cells by label, in order. cells_not_shown, items_not_shown: of fewer items than `FEWEST`."""

    cells: Mapping[str, Cell]
    cells_not_shown: int
    items_not_shown: int

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        shown = {label: cell.to_json() for label, cell in self.cells.items()}
        return {
            "cells": shown,
            "cells_not_shown": self.cells_not_shown,
            "items_not_shown": self.items_not_shown,
        }


def breakdowns(table: ItemTable, bootstrap: StoryBootstrap) -> dict[str, Breakdown]:
    """Return each breakdown that divides the items; one whose items are all alike is left out."""
    found = {}
    for name, label_of in dimensions().items():
        groups = masks([label_of(item) for item in table.items])
        if len(groups) > 1:
            found[name] = _breakdown(table, groups, bootstrap)
    return found


def dimensions() -> dict[str, Callable[[Item], str]]:
    """Return by what items are divided, each with how an item's label is found."""
    found: dict[str, Callable[[Item], str]] = {
        "gold": lambda item: NOT_KNOWN if item.gold is None else Action(item.gold).value,
        "domain": lambda item: item.source,
        "history": lambda item: str(item.history),
        "split": lambda item: item.split,
        "rendition": lambda item: str(item.rendition),
    }
    for role in Role:
        for quality, label_of in SPEAKER_QUALITIES.items():
            found[f"{role.value}_{quality}"] = _of_speaker(role.value, label_of)
    return found


def _of_speaker(role: str, label_of: Callable[[Speaker], str]) -> Callable[[Item], str]:
    return lambda item: label_of(item.speakers[role]) if role in item.speakers else NOT_HEARD


def bin_of(value: float | None, edges: Sequence[float]) -> str:
    """Return the bin that a value is in; one on an edge is in the upper one."""
    if value is None:
        return NOT_KNOWN
    place = bisect_right(edges, value)
    if place == 0:
        return f"below {edges[0]:g}"
    if place == len(edges):
        return f"{edges[-1]:g} and above"
    return f"{edges[place - 1]:g} to {edges[place]:g}"


SPEAKER_QUALITIES: Mapping[str, Callable[[Speaker], str]] = {
    "voice": lambda speaker: speaker.voice,
    "gender": lambda speaker: speaker.gender or NOT_KNOWN,
    "accent": lambda speaker: speaker.accent or NOT_KNOWN,
    "rate": lambda speaker: bin_of(speaker.rate, RATE_EDGES),
    "pitch": lambda speaker: bin_of(speaker.pitch, PITCH_EDGES),
}
"""How a speaker's label is found."""


def masks(labels: Sequence[str]) -> dict[str, Mask]:
    """Return which items have each label; labels in order, bins and numbers by size."""
    there = np.array(labels, dtype=object)
    return {label: there == label for label in sorted(set(labels), key=_order)}


def _order(label: str) -> tuple[float, str]:
    first, _, rest = label.partition(" ")
    number = rest if first == "below" else first
    try:
        value = float(number)
    except ValueError:
        value = math.inf
    return (value - (first == "below") * 1e-6 if math.isfinite(value) else math.inf, label)


def _breakdown(table: ItemTable, groups: Mapping[str, Mask], bootstrap: StoryBootstrap) -> Breakdown:
    small = [int(mask.sum()) for mask in groups.values() if mask.sum() < FEWEST]
    cells = {label: _cell(table, mask, bootstrap) for label, mask in groups.items() if mask.sum() >= FEWEST}
    return Breakdown(cells, len(small), sum(small))


def _cell(table: ItemTable, mask: Mask, bootstrap: StoryBootstrap) -> Cell:
    stories = len(np.unique(table.story[mask]))
    return Cell(int(mask.sum()), stories, figures(table, _MEASURES, bootstrap, mask))
