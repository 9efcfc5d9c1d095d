"""Labels of texts, guessed from the words alone: for styles that suit them, or do not. They are no emotions of speech.

Other packages register labellers of their own under the entry-point group LABELLERS.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any, Protocol

from askqa_builder.errors import UsageError
from askqa_builder.options import close_matches

LABELLERS = "askqa_builder.text_labellers"
"""Entry-point group; each is a class without arguments."""


class TextLabeller(Protocol):
    """Says what the words of a text alone suggest. The same text always has the same label.

    labels: all that there are; they are known of the class, before its library is needed.
    """

    labels: tuple[str, ...]

    @property
    def version(self) -> str:
        """Of the library and its word list: another may give other labels."""

    def label(self, text: str) -> str:
        """Return one of `labels`."""


class VaderLabeller:
    """VADER (Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text",
    ICWSM 2014; MIT): a word list and rules. Compound score ≥ 0.05 positive, ≤ −0.05 negative, as its authors say."""

    labels: tuple[str, ...] = ("positive", "neutral", "negative")

    def __init__(self) -> None:
        """Load the word list. Raises UsageError where the library is missing."""
        try:
            from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
        except ImportError as error:
            raise UsageError('text label vader needs vaderSentiment: pip install "askqa-builder[styles]"') from error
        self._analyser: Any = SentimentIntensityAnalyzer()

    @property
    def version(self) -> str:
        """Of the library, which holds its word list."""
        return version("vaderSentiment")

    def label(self, text: str) -> str:
        """Return positive, neutral or negative."""
        compound = self._analyser.polarity_scores(text)["compound"]
        if compound >= 0.05:
            return "positive"
        return "negative" if compound <= -0.05 else "neutral"


_OURS: dict[str, Callable[[], TextLabeller]] = {"vader": VaderLabeller}


def text_labellers() -> list[str]:
    """Names of the labellers that there are, sorted."""
    return sorted({*_OURS, *_registered()})


def labels_of(name: str) -> tuple[str, ...]:
    """Return all labels that a labeller gives; its library need not be there. Raises UsageError."""
    return tuple(getattr(_factory(name), "labels", ()))


@cache
def load_labeller(name: str) -> TextLabeller:
    """Return the labeller of this process. Raises UsageError where it is unknown or its library is missing."""
    try:
        return _factory(name)()
    except (UsageError, MemoryError):
        raise
    except Exception as error:  # it may come from anywhere
        raise UsageError(f"text label {name} does not start: {type(error).__name__}: {error}") from error


def _factory(name: str) -> Callable[[], TextLabeller]:
    if name in _OURS:
        return _OURS[name]
    registered = _registered()
    if name not in registered:
        known = text_labellers()
        raise UsageError(f"unknown text label {name!r}{close_matches(name, known)}; installed: {', '.join(known)}")
    try:
        factory: Callable[[], TextLabeller] = registered[name].load()
    except Exception as error:  # it may come from anywhere
        raise UsageError(f"text label {name!r} cannot be loaded: {error}; install what it needs") from error
    return factory


def _registered() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=LABELLERS)}
