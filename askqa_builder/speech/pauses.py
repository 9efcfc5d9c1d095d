"""Make the pauses within speech longer or shorter; what is said, and how, stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from askqa_builder.speech.engine import Samples, Speech, WordTime
from askqa_builder.speech.silences import inner_silences
from askqa_builder.voices.limits import PAUSES

SHORTEST_SECONDS = 0.12
"""Silences from here on are pauses wherever they stand: the closures of stops and affricates are shorter."""

SHORTEST_BETWEEN_WORDS = 0.08
"""The same where the words are known and the silence lies between two of them: flite's phrases end in 0.1 s."""

FLOOR_SECONDS = 0.06
"""No pause is made shorter: less is a stumble."""

CEILING_SECONDS = 1.5
"""No pause is made longer, as none between turns is: it would be taken for the end of the turn."""

_EDGE_SECONDS = 0.02
# The noise of a pause is made of grains; at a fixed distance they would have a pitch, at a random one they have none.
_GRAIN_SECONDS = 0.01
_JITTER_SECONDS = 0.004
_JITTER_SEED = 20_231_107


def stretch_pauses(speech: Speech, factor: float) -> Speech:
    """Make each pause within the speech `factor` times as long, as far as FLOOR_SECONDS and CEILING_SECONDS allow.

    The speech keeps its very samples, and so do the first and the last 20 ms of a pause, where sounds die away and
    begin. The middle is filled with its own noise, or with digital silence where it is that. Word times follow. At 1,
    and where there is no pause, the speech itself is returned. factor: 0.3 to 3; raises ValueError outside.
    """
    low, high = PAUSES
    if not low <= factor <= high:
        raise ValueError(f"pauses is {factor:g}; the limits are {low:g} and {high:g}")
    if factor == 1:
        return speech
    middles, lengths = _middles(speech, factor)
    if not len(middles):
        return speech
    before = np.concatenate(([0], middles.reshape(-1), [len(speech.samples)]))
    took = np.diff(before)
    took[1::2] = lengths
    parts = np.split(speech.samples, before[1:-1])
    for i, ((start, end), length) in enumerate(zip(middles, lengths, strict=True)):
        parts[2 * i + 1] = _filled(speech, start, end, length)
    after = np.concatenate(([0], np.cumsum(took)))
    return Speech(np.concatenate(parts), speech.sample_rate, _followed(speech.words, before, after))


def _middles(speech: Speech, factor: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and one-past-last sample of the middle of each pause to change, [pauses, 2], and its length then."""
    rate = speech.sample_rate
    silences = inner_silences(speech.samples, rate, SHORTEST_BETWEEN_WORDS if speech.words else SHORTEST_SECONDS)
    length = silences[:, 1] - silences[:, 0]
    is_pause = (length >= round(SHORTEST_SECONDS * rate)) | _between_words(speech.words, silences.mean(axis=1))
    shortest, longest = round(FLOOR_SECONDS * rate), round(CEILING_SECONDS * rate)
    wanted = np.clip(np.rint(length * factor).astype(np.intp), shortest, np.maximum(longest, length))
    kept = is_pause & (wanted != length)
    edge = round(_EDGE_SECONDS * rate)
    return silences[kept] + (edge, -edge), wanted[kept] - 2 * edge


def _between_words(words: Sequence[WordTime], instants: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which instants, in samples, no word covers."""
    starts = np.array([word.start for word in words], np.intp)
    ends = np.array([0, *(word.end for word in words)], np.intp)
    before = np.searchsorted(starts, instants, "right")
    uncovered: NDArray[np.bool_] = np.maximum.accumulate(ends)[before] <= instants
    return uncovered


def _filled(speech: Speech, start: int, end: int, length: int) -> Samples:
    """The samples from `start` to `end`, which are silent, made `length` long; both ends fit what is about them."""
    grains = max(round(length / (_GRAIN_SECONDS * speech.sample_rate)), 1)
    target = np.linspace(0, length, grains + 1)
    jitter = np.random.default_rng(_JITTER_SEED).uniform(-_JITTER_SECONDS, _JITTER_SECONDS, grains + 1)
    jitter[[0, -1]] = 0
    source = np.linspace(start, end, grains + 1) + jitter * speech.sample_rate
    delay = np.rint(source - target).astype(np.intp)
    instant = np.arange(length)
    gap = np.searchsorted(target, instant, "right") - 1
    fading = (instant - target[gap]) / (target[gap + 1] - target[gap]) * (np.pi / 2)
    # Noises from different places add in power.
    out = np.cos(fading).astype(np.float32) * speech.samples.take(instant + delay[gap], mode="clip")
    filled: Samples = out + np.sin(fading).astype(np.float32) * speech.samples.take(
        instant + delay[gap + 1], mode="clip"
    )
    return filled


def _followed(words: Sequence[WordTime], before: NDArray[np.intp], after: NDArray[np.intp]) -> tuple[WordTime, ...]:
    """The words where the samples `before` have become those `after`; a word is never empty."""
    starts = np.rint(np.interp([word.start for word in words], before, after)).astype(int).tolist()
    ends = np.rint(np.interp([word.end for word in words], before, after)).astype(int).tolist()
    return tuple(
        replace(word, start=start, end=max(end, start + 1))
        for word, start, end in zip(words, starts, ends, strict=True)
    )
