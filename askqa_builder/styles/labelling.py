"""From what recognisers tell of windows to labels: of windows, of turns and of words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.recognition.affect.recogniser import Verdict
from askqa_builder.styles.agreement import Rule, agreed, share_for
from askqa_builder.styles.consistency import is_consistent
from askqa_builder.styles.windows import Windowing
from askqa_builder.voices.emotion import DIMENSIONS, Affect


@dataclass(frozen=True)
class Settings:
    """How windows are cut and what of them is kept.

    rule: of the agreement in a category. margin: see `consistency`. least_share: of a turn's (a recording's) time that
    must be in kept windows of one category for it to be the turn's. Raises UsageError where one is not allowed.
    """

    windowing: Windowing = field(default_factory=Windowing)
    rule: Rule = Rule.MAJORITY
    margin: float = 0.0
    least_share: float = 0.5

    def __post_init__(self) -> None:
        if not 0.0 <= self.margin <= 0.5:
            raise UsageError(f"margin: {self.margin!r} is not allowed; give 0 to 0.5")
        if not 0.0 < self.least_share <= 1.0:
            raise UsageError(f"least_share: {self.least_share!r} is not allowed; give a share above 0, at most 1")

    def to_json(self) -> dict[str, Any]:
        """Return the manifest's entry."""
        return {
            "window": self.windowing.length,
            "context": self.windowing.context,
            "rule": self.rule.value,
            "margin": self.margin,
            "least_share": self.least_share,
        }


@dataclass(frozen=True)
class LabelledWindow:
    """A window with its labels. start, end: seconds. votes: by the recognisers' names, in their order.

    kept: whether its labels are used for turns and words: there is a category where anyone tells one, and it does not
    contradict the valence.
    """

    start: float
    end: float
    affect: Affect
    kept: bool
    votes: Mapping[str, Verdict]

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start

    def to_json(self) -> dict[str, Any]:
        """Return it as rows have it, without its turn."""
        votes = [{"recogniser": name, **verdict.to_json()} for name, verdict in self.votes.items()]
        return {"start": self.start, "end": self.end, **self.affect.to_json(), "kept": self.kept, "votes": votes}


@dataclass(frozen=True)
class Overall:
    """What a turn or a recording sounds like as a whole.

    agreement: mean share of the recognisers that tell its category, over its kept windows by their length; None where
    it has none, or fewer than two tell categories.
    """

    affect: Affect = field(default_factory=Affect)
    agreement: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as rows have it."""
        return {**asdict(self.affect), "agreement": self.agreement}


def label(start: float, end: float, votes: Mapping[str, Verdict], settings: Settings) -> LabelledWindow:
    """Label a window from what recognisers tell of it, by their names."""
    verdicts = list(votes.values())
    affect = agreed(verdicts, settings.rule)
    undecided = affect.category is None and any(verdict.affect.category is not None for verdict in verdicts)
    kept = not undecided and is_consistent(affect, settings.margin)
    return LabelledWindow(start, end, affect, kept, votes)


def overall(windows: Sequence[LabelledWindow], least_share: float) -> Overall | None:
    """Label a turn or a recording from its windows; None where no window is kept.

    Its category is the one that is heard longest in kept windows, if that is at least this share of all its time;
    each dimension is the mean over the kept windows, by their length.
    """
    kept = [window for window in windows if window.kept]
    if not kept:
        return None
    category = _occurring(kept, least_share * sum(window.seconds for window in windows))
    means = {name: _mean([(getattr(window.affect, name), window.seconds) for window in kept]) for name in DIMENSIONS}
    agreement = None
    if category is not None:
        shares = [(share_for(category, list(window.votes.values())), window.seconds) for window in kept]
        agreement = _mean(shares)
    return Overall(Affect(category, **means), agreement)


def _occurring(kept: Sequence[LabelledWindow], least_seconds: float) -> str | None:
    """Return the category heard longest, of equal ones the first of the alphabet, if long enough."""
    seconds: dict[str, float] = defaultdict(float)
    for window in kept:
        if window.affect.category is not None:
            seconds[window.affect.category] += window.seconds
    if not seconds:
        return None
    category = min(seconds, key=lambda name: (-seconds[name], name))
    return category if seconds[category] >= least_seconds - 1e-9 else None


def _mean(weighted: Sequence[tuple[float | None, float]]) -> float | None:
    known = [(value, weight) for value, weight in weighted if value is not None]
    total = sum(weight for _, weight in known)
    if not known or total <= 0:
        return None
    mean = sum(value * weight for value, weight in known) / total
    return min(max(mean, min(value for value, _ in known)), max(value for value, _ in known))  # but for rounding


def of_word(start: float, end: float, windows: Sequence[LabelledWindow]) -> Affect:
    """Return the labels of the window that a word lies in: of the kept ones that with the longest overlap.

    Of equal ones it is the first; where a word overlaps no kept window, nothing is known.
    """
    best, most = Affect(), 0.0
    for window in windows:
        overlap = min(end, window.end) - max(start, window.start)
        if window.kept and overlap > most + 1e-9:
            best, most = window.affect, overlap
    return best
