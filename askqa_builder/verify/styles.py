"""What a row says of how its turns are said: against itself, the profile set, and what speech can be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from askqa_builder.speech.f0 import HIGHEST_HZ, LOWEST_HZ
from askqa_builder.verify.findings import Fault
from askqa_builder.voices.emotion import CATEGORIES, DIMENSIONS
from askqa_builder.voices.style import NUMBERS, StyleDraw
from askqa_builder.voices.voice import Limits

Turn = Mapping[str, Any]

_SUITING = {True: StyleDraw.CONGRUENT.value, False: StyleDraw.INCONGRUENT.value}

_LOWEST_F0, _HIGHEST_F0 = 0.9 * LOWEST_HZ, 1.1 * HIGHEST_HZ  # the tracker finds peaks between lags, also at its limits

_PLAUSIBLE: Mapping[str, Limits] = {
    "f0_mean": (_LOWEST_F0, _HIGHEST_F0),
    "f0_range": (0.0, 12 * math.log2(_HIGHEST_F0 / _LOWEST_F0)),
    "articulation_rate": (0.0, 40.0),  # "a", twice as fast as it is said
    "energy": (-70.0, 0.0),
}
"""What can be measured of a turn at all: Hz, semitones, syllables a second, dBFS."""


def check_styles(row: Mapping[str, Any], profiles: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what contradicts itself or the profile set of the manifest in a row without missing values."""
    for i, turn in enumerate(row["turns"]):
        faults = (*_style(turn, profiles), *_emotion(turn), *_measured(turn["measured"]))
        yield from (Fault("style", i, found, wanted) for found, wanted in faults)


def _style(turn: Turn, profiles: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Hold the style against those that the turn's role draws from."""
    style = turn["style"]
    drawn = profiles.get("roles", {}).get(turn["role"], {}).get("styles", {}).get(turn["act"], {})
    if style["name"] is None:
        if any(value is not None for value in style.values()):
            yield f"style {style}", "a name, or nothing at all"
        elif drawn:
            yield "no style", f"one of {', '.join(drawn)}, from which the {turn['role']} draws"
        return
    if style["name"] not in drawn:
        yield f"style {style['name']!r}", f"one of {', '.join(drawn) or 'none'}, from which the {turn['role']} draws"
        return
    choice = profiles["styles"]
    definition = choice["define"][style["name"]]
    told, defined = ({name: one[name] for name in NUMBERS} for one in (style, definition))
    if told != defined:
        yield f"style {style['name']} with {told}", f"{defined}, as the profile set has it"
    if style["draw"] not in {draw.value for draw in StyleDraw}:
        yield f"draw {style['draw']!r}", ", ".join(draw.value for draw in StyleDraw)
    if style["native"] is not (definition["emotion"] is not None):
        yield f"native {style['native']}", "true where the profile set's style is an emotion, else false"
    intended = turn["emotion"]["intended"]
    if definition["emotion"] is not None and intended["category"] is not None and intended != definition["emotion"]:
        yield f"intended emotion {intended}", f"{definition['emotion']}, as the profile set has it"
    suits = choice.get("suits")
    congruent = None
    if suits is not None and style["text_label"] is not None:
        congruent = style["name"] in suits.get(style["text_label"], ())
    if turn["emotion"]["congruent"] is not congruent:
        yield f"congruent {turn['emotion']['congruent']}", f"{congruent}, by the profile set's `suits`"
    if congruent is not None and style["draw"] not in (StyleDraw.INDEPENDENT.value, _SUITING[congruent]):
        yield f"{style['name']} for a text that is {style['text_label']}", f"a style that is {style['draw']} with it"


def _emotion(turn: Turn) -> Iterator[tuple[str, str]]:
    intended, recognised = turn["emotion"]["intended"], turn["emotion"]["recognised"]
    told = any(value is not None for value in intended.values())
    if told and not turn["style"]["native"]:
        yield f"intended emotion {intended['category']}", "none: no engine was asked for one"
    if turn["style"]["native"] and intended["category"] is None:
        yield "no intended emotion", "the one that the engine was asked for"
    for what, affect in (("intended", intended), ("recognised", recognised)):
        if affect["category"] not in (None, *CATEGORIES):
            yield f"{what} emotion {affect['category']!r}", ", ".join(CATEGORIES)
        for name in (*DIMENSIONS, "agreement"):
            value = affect.get(name)
            if value is not None and not 0 <= value <= 1:
                yield f"{what} {name} {value:g}", "0 to 1"


def _measured(measured: Mapping[str, float | None]) -> Iterator[tuple[str, str]]:
    for name, (low, high) in _PLAUSIBLE.items():
        value = measured[name]
        if value is not None and not low <= value <= high:
            yield f"measured {name} {value:g}", f"{low:g} to {high:g}"
