"""What a run has labelled, added up window by window and turn by turn; memory does not grow with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from askqa_builder.recognition.affect.recogniser import Verdict
from askqa_builder.recording.timeline import Seconds
from askqa_builder.styles.agreement import Agreement
from askqa_builder.styles.labelling import LabelledWindow, Overall
from askqa_builder.voices.emotion import Affect

_SECONDS_DECIMALS = 3


def window_of(told: Mapping[str, Any]) -> LabelledWindow:
    """Read a window as rows have it."""
    votes = {vote["recogniser"]: Verdict.from_json(vote) for vote in told["votes"]}
    return LabelledWindow(told["start"], told["end"], Affect.from_json(told), told["kept"], votes)


class Figures:
    """Counts windows and turns (or recordings) with their labels. recognisers: what each tells, by name."""

    def __init__(self, recognisers: Mapping[str, Sequence[str]]) -> None:
        self._categorical = [name for name, tells in recognisers.items() if "category" in tells]
        self._agreement = Agreement(self._categorical)
        self._seconds: Seconds = 0.0
        self._counts: Counter[str] = Counter()
        self._labels: Counter[str] = Counter()

    def add(
        self, windows: Sequence[LabelledWindow], whole: Overall | None, seconds: Seconds, *, unheard: int = 0
    ) -> None:
        """Count a turn or a recording of so many seconds. unheard: windows that nobody heard, as they are silent."""
        self._seconds += seconds
        self._counts["wholes"] += 1
        self._counts["windows"] += len(windows) + unheard
        self._counts["silent"] += unheard
        for window in windows:
            told = [window.votes[name].affect.category for name in self._categorical if name in window.votes]
            self._agreement.add(told)
            if window.kept:
                self._counts["kept"] += 1
            elif window.affect.category is None:
                self._counts["undecided"] += 1
            else:
                self._counts["inconsistent"] += 1
        if whole is not None and whole.affect.category is not None:
            self._labels[whole.affect.category] += 1

    def to_json(self, wholes: str) -> dict[str, Any]:
        """Return the manifest's figures; wholes: what was counted beside windows, "turns" or "recordings"."""
        silent = {"silent": self._counts["silent"]} if wholes == "recordings" else {}
        return {
            "seconds": round(self._seconds, _SECONDS_DECIMALS),
            "windows": self._counts["windows"],
            **{name: self._counts[name] for name in ("kept", "undecided", "inconsistent")},
            **silent,
            wholes: self._counts["wholes"],
            "labels": dict(sorted(self._labels.items())),
            "agreement": self._agreement.to_json() if len(self._categorical) > 1 else None,
        }


def windows_by_turn(row: Mapping[str, Any]) -> Iterator[list[LabelledWindow]]:
    """Yield the windows of each turn of a row, also of those that have none."""
    by_turn: list[list[LabelledWindow]] = [[] for _ in row["turns"]]
    for told in row["affect"]:
        by_turn[told["turn"]].append(window_of(told))
    yield from by_turn
