"""Recognised emotions of a row: its windows against its turns, and turns and words against the windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from askqa_builder.dataset.schema import WORD_AFFECT
from askqa_builder.verify.findings import Fault
from askqa_builder.voices.emotion import CATEGORIES, DIMENSIONS

Labels = Mapping[str, Any]

_SAME_TIME = 1e-9


def check_affect(row: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the first fault of each turn's recognised emotions, in a row without missing values."""
    turns = row["turns"]
    by_turn: list[list[Labels]] = [[] for _ in turns]
    for window in row["affect"]:
        if window["turn"] is None or not 0 <= window["turn"] < len(turns):
            yield Fault("affect", None, f"a window of turn {window['turn']}", "one of the turns that there are")
            return
        by_turn[window["turn"]].append(window)
    words: list[list[Labels]] = [[] for _ in turns]
    for word in row["words"]:
        if 0 <= word["turn"] < len(turns):  # `check_words` says where it is not
            words[word["turn"]].append(word)
    for i, turn in enumerate(turns):
        faults = (*_windows(turn, by_turn[i]), *_turn(turn, by_turn[i]), *_words(words[i], by_turn[i]))
        yield from (Fault("affect", i, found, wanted) for found, wanted in faults[:1])


def _windows(turn: Labels, windows: Sequence[Labels]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the windows of a turn, which they cover one after the other."""
    if not windows:
        return
    for one, after in pairwise(windows):
        if one["end"] != after["start"]:
            yield f"windows to {one['end']:.4f} and from {after['start']:.4f} s", "one after the other, without a gap"
    span = (windows[0]["start"], windows[-1]["end"])
    if any(abs(found - wanted) > _SAME_TIME for found, wanted in zip(span, (turn["start"], turn["end"]), strict=True)):
        yield f"windows from {span[0]:.4f} to {span[1]:.4f} s", f"{turn['start']:.4f} to {turn['end']:.4f} s, the turn"
    for window in windows:
        if not window["start"] < window["end"]:
            yield f"a window from {window['start']:.4f} to {window['end']:.4f} s", "one with a length"
        for told in (window, *window["votes"]):
            yield from _labels(told)
        told_any = any(vote["category"] is not None for vote in window["votes"])
        if window["kept"] is None or (window["kept"] and told_any and window["category"] is None):
            yield f"kept {window['kept']} without a category", "kept windows with one, as recognisers tell some"


def _labels(told: Labels) -> Iterator[tuple[str, str]]:
    if told["category"] not in (None, *CATEGORIES):
        yield f"emotion {told['category']!r}", ", ".join(CATEGORIES)
    for name in (*DIMENSIONS, "probability"):
        value = told.get(name)
        if value is not None and not 0 <= value <= 1:
            yield f"{name} {value:g}", "0 to 1"


def _turn(turn: Labels, windows: Sequence[Labels]) -> Iterator[tuple[str, str]]:
    found = turn["emotion"]["recognised"]
    kept = [window for window in windows if window["kept"]]
    if not kept and any(value is not None for value in found.values()):
        yield f"recognised {found}", "nothing, as none of its windows is kept"
    elif found["category"] not in (None, *(window["category"] for window in kept)):
        yield f"recognised {found['category']}", "what is recognised in one of its windows that are kept"


def _words(words: Sequence[Labels], windows: Sequence[Labels]) -> Iterator[tuple[str, str]]:
    for word in words:
        found = tuple(word[name] for name in WORD_AFFECT)
        around = [
            tuple(window[name] for name in ("category", *DIMENSIONS))
            for window in windows
            if window["kept"] and window["start"] < word["end"] and window["end"] > word["start"]
        ]
        if found not in (around or [(None, None, None, None)]):
            yield f"{word['word']!r} at {word['start']:.4f} s is {_told(found)}", "as a kept window that it lies in"


def _told(values: tuple[Any, ...]) -> str:
    known = {"category": values[0], **dict(zip(DIMENSIONS, values[1:], strict=True))}
    return ", ".join(f"{name} {value}" for name, value in known.items() if value is not None) or "without labels"
