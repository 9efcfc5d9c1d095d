"""A label of how it is said: what is known of which seconds of which clip."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from askqa_builder.corpus.conversation import Role
from askqa_builder.recording.timeline import Seconds
from askqa_builder.voices.emotion import DIMENSIONS, Affect

RECOGNISED, INTENDED, STYLE, MEASURED = "recognised", "intended", "style", "measured"

SOURCES = (RECOGNISED, INTENDED, STYLE, MEASURED)
"""Where labels come from: recognisers, what an engine was asked for, what a signal processor did, mere measurement."""

HIGHEST = 1e9
"""Of any number of a label; more is a mistake, and floats tell its decimals apart."""

SECONDS_DECIMALS = 2
AFFECT_DECIMALS = 2
MEASURED_DECIMALS = {"f0_mean": 0, "f0_range": 1, "articulation_rate": 1, "energy": 1}
"""Finer differences are below what is measured, and below what listeners notice."""


@dataclass(frozen=True)
class Measures:
    """What is measured of the turn that a span is of; None where it is not known.

    f0_mean: Hz. f0_range: semitones from the 5th to the 95th percentile. articulation_rate: syllables a second
    without pauses. energy: dBFS, root mean square. Rounded to `MEASURED_DECIMALS`. Raises ValueError for anything else.
    """

    f0_mean: float | None = None
    f0_range: float | None = None
    articulation_rate: float | None = None
    energy: float | None = None

    def __post_init__(self) -> None:
        for name, decimals in MEASURED_DECIMALS.items():
            value = getattr(self, name)
            if value is not None:
                least = -HIGHEST if name == "energy" else 0.0
                object.__setattr__(self, name, rounded(name, value, decimals, least))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return all(getattr(self, one.name) is None for one in fields(self))


NO_AFFECT, NO_MEASURES = Affect(), Measures()


@dataclass(frozen=True)
class Label:
    """What is known of a span of a clip.

    clip: which one, from 0. start, end: seconds from its beginning. role: who speaks, None where nobody tells. source:
    of SOURCES. affect: the emotion that was recognised or intended, else empty. style: the name of the style; of what
    was intended only where it is another than the category's. Times and affect are rounded to hundredths, so two labels
    are equal just where they read the same. Raises ValueError where these do not belong together, or the span is empty.
    """

    clip: int
    start: Seconds
    end: Seconds
    role: str | None
    source: str
    affect: Affect = NO_AFFECT
    style: str | None = None
    measures: Measures = NO_MEASURES

    def __post_init__(self) -> None:
        if not isinstance(self.clip, int) or not 0 <= self.clip < HIGHEST:
            raise ValueError(f"clip is {self.clip!r}; it is 0 or more")
        if self.role is not None and self.role not in _ROLES:
            raise ValueError(f"{self.role!r} is no role; there are {', '.join(_ROLES)}")
        for name in ("start", "end"):
            object.__setattr__(self, name, rounded(name, getattr(self, name), SECONDS_DECIMALS))
        if self.start >= self.end:
            raise ValueError(f"the span from {self.start:.2f} to {self.end:.2f} s is empty")
        object.__setattr__(self, "affect", _rounded_affect(self.affect))
        self._check_parts()

    def _check_parts(self) -> None:
        emotion = self.source in (RECOGNISED, INTENDED)
        if self.source not in SOURCES:
            raise ValueError(f"{self.source!r} is no source of labels; there are {', '.join(SOURCES)}")
        if emotion == self.affect.is_empty:
            raise ValueError(f"what is {self.source} has {'an' if emotion else 'no'} emotion")
        if (self.source == STYLE and self.style is None) or (self.style and self.source in (RECOGNISED, MEASURED)):
            raise ValueError(f"what is {self.source} has {'a' if self.source == STYLE else 'no'} style")
        if self.source == MEASURED and self.measures.is_empty:
            raise ValueError("nothing was measured")
        if self.style is not None:
            _check_name(self.style)

    @property
    def said(self) -> tuple[object, ...]:
        """All but the times."""
        return self.clip, self.role, self.source, self.affect, self.style, self.measures


def rounded(name: str, value: float, decimals: int, least: float = 0.0) -> float:
    """Return a number as it is written. Raises ValueError where it is none from `least` to HIGHEST."""
    if not (math.isfinite(value) and least <= value <= HIGHEST):
        raise ValueError(f"{name} is {value!r}; it lies from {least:g} to {HIGHEST:g}")
    return float(f"{value:.{decimals}f}") + 0.0  # -0.0 is written as 0.0


_ROLES = tuple(role.value for role in Role)


def _rounded_affect(affect: Affect) -> Affect:
    dimensions = {name: getattr(affect, name) for name in DIMENSIONS}
    known = {name: rounded(name, value, AFFECT_DECIMALS) for name, value in dimensions.items() if value is not None}
    return Affect(affect.category, **known)


def _check_name(name: str) -> None:
    try:
        named = name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"{name!r} is no style's name: {error.reason}") from error
    if not named:
        raise ValueError("a style has a name")
