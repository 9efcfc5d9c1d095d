"""Styles as YAML defines them: those that come with the package, a set's own `define`, and a manifest's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.options import close_matches, is_number, is_text
from askqa_builder.voices.emotion import CATEGORIES, DIMENSIONS, SPEAKABLE, Affect
from askqa_builder.voices.limits import PAUSES, PITCH_RANGE, STYLE_LOUDNESS, WIDEST_PITCH, WIDEST_RATE
from askqa_builder.voices.plain_yaml import read_yaml
from askqa_builder.voices.section import Place, Section, one_of, shown
from askqa_builder.voices.style import NEUTRAL, Style
from askqa_builder.voices.voice import Limits

_FILES = ("shipped_styles.yaml", "shipped_emotions.yaml")

_NUMBERS: dict[str, tuple[float, Limits, str]] = {
    "pitch": (0.0, WIDEST_PITCH, "semitones"),
    "pitch_range": (1.0, PITCH_RANGE, "as a factor of F0's distances from its mean"),
    "rate": (1.0, WIDEST_RATE, "as a factor of the speaker's rate"),
    "loudness": (0.0, STYLE_LOUDNESS, "dB"),
    "pauses": (1.0, PAUSES, "as a factor of the silences"),
}
"""What a style does to a signal: what changes nothing, the limits and the unit of each."""

_KEYS = (*_NUMBERS, "source", "emotion", "instructions")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_LONGEST_INSTRUCTIONS = 2000


@cache
def shipped_styles() -> Mapping[str, Style]:
    """The styles that come with the package: prosodic ones first, then emotions that an engine has to speak."""
    folder = Path(__file__).parent
    found: dict[str, Style] = {}
    for file in _FILES:
        found |= parse_styles(read_yaml(folder / file, file), Place(file, folder))
    return found


def shipped_style(name: str) -> Style:
    """Return a style that comes with the package. Raises UsageError where there is none of the name."""
    known = shipped_styles()
    if name not in known:
        raise UsageError(f"there is no style {name!r}{close_matches(name, list(known))}; there are {', '.join(known)}")
    return known[name]


def parse_styles(data: object, place: Place) -> dict[str, Style]:
    """Check definitions by their names. Raises UsageError, one line with file, key and what is allowed."""
    if not isinstance(data, dict):
        raise UsageError(f"{place}: {shown(data)} is not a mapping of names to styles")
    return {name: _style(name, entry, place) for name, entry in data.items()}


def _style(name: str, data: object, place: Place) -> Style:
    if _NAME.fullmatch(name) is None:
        raise UsageError(f"{place}: {shown(name)} is not a style's name: a letter, then letters, digits, - or _")
    section = Section(data, Place(place.source, place.folder, (*place.keys, name)), _KEYS)
    instructions = _text(section, "instructions")
    emotion = _emotion(section.get("emotion"), section.at("emotion"))
    if emotion is None and name.lower() != NEUTRAL and name.lower() in CATEGORIES:
        raise UsageError(
            f"{place}: {name} is the name of an emotion, and what a signal processor does is none; call the style by "
            "how it is delivered"
        )
    if instructions is not None and emotion is None:
        raise UsageError(f"{section.at('instructions')}: they say how an emotion is spoken; give one beside them")
    if instructions is not None and len(instructions) > _LONGEST_INSTRUCTIONS:
        raise UsageError(f"{section.at('instructions')}: longer than {_LONGEST_INSTRUCTIONS} characters")
    return Style(
        name,
        **{key: _number(section, key) for key in _NUMBERS},
        emotion=emotion,
        instructions=instructions,
        source=_text(section, "source"),
    )


def _number(section: Section, key: str) -> float:
    neutral, (low, high), unit = _NUMBERS[key]
    value = section.get(key, neutral)
    if not is_number(value, low, high):
        raise UsageError(f"{section.at(key)}: {shown(value)} is not a number from {low:g} to {high:g}, {unit}")
    return float(value)


def _text(section: Section, key: str) -> str | None:
    value = section.get(key)
    if value is not None and not is_text(value):
        raise UsageError(f"{section.at(key)}: {shown(value)} is not text")
    return None if value is None else str(value)


def _emotion(data: Any, place: Place) -> Affect | None:
    """Read `{category: happy, valence: 0.9, …}`: an engine is asked for a category; the dimensions say how much."""
    if data is None:
        return None
    section = Section(data, place, ("category", *DIMENSIONS), required=("category",))
    category = one_of(section.get("category"), section.at("category"), SPEAKABLE)
    dimensions = {}
    for name in DIMENSIONS:
        value = section.get(name)
        if value is not None and not is_number(value, 0.0, 1.0):
            raise UsageError(f"{section.at(name)}: {shown(value)} is not a number from 0 to 1")
        dimensions[name] = None if value is None else float(value)
    return Affect(category, **dimensions)
