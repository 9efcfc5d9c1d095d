"""The labels of a row: of the windows of its turns, of the turns, and of the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from askqa_builder.dataset.listening.store import HeardStore
from askqa_builder.recording.timeline import to_samples
from askqa_builder.styles.labelling import LabelledWindow, Overall, Settings, label, of_word, overall
from askqa_builder.styles.listeners import verdict_of
from askqa_builder.styles.windows import Window, Windowing
from askqa_builder.voices.emotion import DIMENSIONS


def turn_windows(turn: Mapping[str, Any], sampling_rate: int, windowing: Windowing) -> list[Window]:
    """Cut a turn into windows; none reaches into another turn, with its context neither: somebody else speaks there."""
    start, end = (to_samples(turn[name], sampling_rate) for name in ("start", "end"))
    return windowing.cut(start, end, sampling_rate)


class RowLabels:
    """Makes the columns of rows from what was heard. marks: of the recognisers, by the names of their votes."""

    def __init__(self, marks: Mapping[str, str], store: HeardStore, settings: Settings, sampling_rate: int) -> None:
        self._marks = marks
        self._store = store
        self._settings = settings
        self._rate = sampling_rate

    def of(self, row: Mapping[str, Any], digests: Sequence[bytes]) -> dict[str, list[dict[str, Any]]]:
        """Return `turns`, `words` and `affect` of a row; digests: of its windows, in order."""
        waiting = iter(digests)
        by_turn = [
            [
                self._labelled(window, next(waiting))
                for window in turn_windows(turn, self._rate, self._settings.windowing)
            ]
            for turn in row["turns"]
        ]
        return {
            "turns": [
                {**turn, "emotion": recognised(turn["emotion"], overall(windows, self._settings.least_share))}
                for turn, windows in zip(row["turns"], by_turn, strict=True)
            ],
            "words": [{**word, **_word_labels(word, by_turn[word["turn"]])} for word in row["words"]],
            "affect": [
                {**window.to_json(), "turn": turn} for turn, windows in enumerate(by_turn) for window in windows
            ],
        }

    def _labelled(self, window: Window, digest: bytes) -> LabelledWindow:
        votes = {name: verdict_of(self._store.value(mark, digest)) for name, mark in self._marks.items()}
        return label(window.start / self._rate, window.end / self._rate, votes, self._settings)


def recognised(emotion: Mapping[str, Any], whole: Overall | None) -> dict[str, Any]:
    """Return a turn's `emotion` with what was recognised; what was intended stays."""
    return {**emotion, "recognised": (whole or Overall()).to_json()}


def _word_labels(word: Mapping[str, Any], windows: Sequence[LabelledWindow]) -> dict[str, Any]:
    affect = of_word(word["start"], word["end"], windows)
    return {"emotion": affect.category, **{name: getattr(affect, name) for name in DIMENSIONS}}
