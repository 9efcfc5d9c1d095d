"""Ways of speaking that listeners tell apart: what each turn was meant to be, and the plain words they choose from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from askqa_builder.voices.style import NEUTRAL

CANNOT_TELL = "cannot tell"
"""The answer of who hears no way of speaking in particular; it counts as not recognised."""

_WORDS = {
    "neutral": ("Usual", "as this speaker always talks"),
    "lively": ("Lively", "animated, with much up and down"),
    "subdued": ("Subdued", "held back, with little energy"),
    "emphatic": ("Emphatic", "stressing what is said"),
    "flat": ("Flat", "monotonous, all on one pitch"),
    "hurried": ("Hurried", "in haste"),
    "drawn-out": ("Drawn out", "slow, taking time"),
    "soft": ("Soft", "in a quiet voice"),
    "loud": ("Loud", "in a raised voice"),
    "happy": ("Happy", "pleased, cheerful"),
    "sad": ("Sad", "unhappy, downcast"),
    "angry": ("Angry", "annoyed, in a temper"),
    "fearful": ("Afraid", "anxious, frightened"),
    "disgusted": ("Disgusted", "put off by something"),
    "surprised": ("Surprised", "taken unawares"),
}
"""Of shipped styles and of emotions. Others are called by their names."""


@dataclass(frozen=True)
class Choice:
    """An answer: name as in the ratings, and what raters read."""

    name: str
    title: str
    meaning: str


def delivery_of(turns: pd.DataFrame) -> pd.Series:
    """Return the way of speaking of turns: the emotion that an engine was asked for, or else the style; None without.

    turns: with columns style and intended.
    """
    return turns["intended"].where(turns["intended"].notna(), turns["style"])


def told_apart(turns: pd.DataFrame) -> pd.DataFrame:
    """Return the turns whose way of speaking may be asked for, with a column `delivery`.

    Left out are roles' acts that are all spoken in one way: who hears that it is a story knows how it is spoken.
    turns: with columns role, act, style and intended.
    """
    known = turns.assign(delivery=delivery_of(turns)).dropna(subset=["delivery"])
    ways = known.groupby(["role", "act"])["delivery"].transform("nunique")
    return known[ways > 1]


def choices(turns: pd.DataFrame) -> list[str]:
    """Return the names of all answers but `CANNOT_TELL` that raters of a dataset choose from, the usual way first."""
    found = set(told_apart(turns)["delivery"])
    return sorted(found, key=lambda name: (name != NEUTRAL, name))


def choice(name: str) -> Choice:
    """Return what raters read of a way of speaking."""
    if name == CANNOT_TELL:
        return Choice(name, "Cannot tell", "none of these in particular")
    title, meaning = _WORDS.get(name, (name.replace("-", " ").replace("_", " ").capitalize(), ""))
    return Choice(name, title, meaning)
