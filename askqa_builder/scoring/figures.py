"""Figures of a scored dataset: error rates by voice, each against the voice's own baseline.

A recogniser understands some voices better than others, and a weak one understands none well; a turn that is far
above the median of its own voice is what deserves a look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from askqa_builder.dataset.reading import row_groups
from askqa_builder.dataset.shard import ShardRecord

FAR_ABOVE = 0.5
"""An error rate so much above its voice's baseline is counted as far above it."""

WORST_SHOWN = 10

_STEPS = 10_000
"""Resolution of medians: figures are counted in steps of 0.0001, so that memory does not grow with the dataset."""

Voice = tuple[str, str]
"""Engine and voice."""


@dataclass(frozen=True)
class VoiceFigures:
    """Error rates and scores of one voice over its turns; None where there are none.

    baseline, p90: median and 90th percentile of `wer`. far_above: turns more than FAR_ABOVE above the baseline.
    mos: median.
    """

    engine: str
    voice: str
    turns: int
    baseline: float | None
    p90: float | None
    far_above: int
    mos: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the manifest's entry."""
        return asdict(self)


@dataclass(frozen=True)
class WorstTurn:
    """A turn far above its voice's baseline. above: by how much."""

    row_id: str
    turn: int
    voice: str
    wer: float
    above: float
    spoken_text: str
    asr_text: str


@dataclass(frozen=True)
class ScoredTurn:
    """A turn with its scores, as rows have it."""

    row_id: str
    place: int
    voice: Voice
    values: Mapping[str, Any]


def scored_turns(dataset: Path, shards: Iterable[ShardRecord]) -> Iterator[ScoredTurn]:
    """Yield each turn of each row, reading no audio. A turn that several rows share comes once for each."""
    for shard in shards:
        for group in row_groups(dataset / shard.file, ["id", "turns", "speakers"]):
            for batch in group.to_batches(max_chunksize=256):
                for row in batch.to_pylist():
                    voices = voices_of(row)
                    for place, turn in enumerate(row["turns"]):
                        yield ScoredTurn(row["id"], place, voices[turn["role"]], turn)


def voices_of(row: Mapping[str, Any]) -> dict[str, Voice]:
    """Return engine and voice of each role in a row."""
    return {speaker["role"]: (speaker["engine"], speaker["voice"]) for speaker in row["speakers"]}


def figures_by_voice(turns: Iterable[ScoredTurn]) -> list[VoiceFigures]:
    """Add up turns by voice, voices in alphabetical order."""
    rates: dict[Voice, Counter[int]] = {}
    scores: dict[Voice, Counter[int]] = {}
    counts: Counter[Voice] = Counter()
    for turn in turns:
        counts[turn.voice] += 1
        for name, counters in (("wer", rates), ("mos", scores)):
            value = turn.values.get(name)
            if value is not None:
                counters.setdefault(turn.voice, Counter())[round(value * _STEPS)] += 1
    return [_figures(voice, counts[voice], rates.get(voice), scores.get(voice)) for voice in sorted(counts)]


def worst_turns(turns: Iterable[ScoredTurn], figures: Sequence[VoiceFigures]) -> list[WorstTurn]:
    """Return the turns farthest above their voices' baselines, at most WORST_SHOWN, the worst first.

    Of a turn that several rows share, or that is heard alike in another place, the first is returned.
    """
    baselines = {(voice.engine, voice.voice): voice.baseline for voice in figures}
    worst: dict[tuple[str, str, str], WorstTurn] = {}
    for turn in turns:
        found = _worst(turn, baselines[turn.voice])
        if found is not None and found.above > FAR_ABOVE:
            worst.setdefault((found.voice, found.spoken_text, found.asr_text), found)
            if len(worst) > WORST_SHOWN:
                del worst[min(worst, key=lambda key: worst[key].above)]
    return sorted(worst.values(), key=lambda turn: -turn.above)


def _worst(turn: ScoredTurn, baseline: float | None) -> WorstTurn | None:
    wer = turn.values.get("wer")
    if wer is None or baseline is None:
        return None
    spoken, heard = turn.values["spoken_text"], turn.values["asr_text"]
    return WorstTurn(turn.row_id, turn.place, turn.voice[1], wer, wer - baseline, spoken, heard)


def _figures(voice: Voice, turns: int, rates: Counter[int] | None, scores: Counter[int] | None) -> VoiceFigures:
    baseline = _quantile(rates, 0.5)
    far = 0
    if rates and baseline is not None:
        far = sum(count for step, count in rates.items() if step / _STEPS > baseline + FAR_ABOVE)
    return VoiceFigures(*voice, turns, baseline, _quantile(rates, 0.9), far, _quantile(scores, 0.5))


def _quantile(counter: Counter[int] | None, share: float) -> float | None:
    """Return the lowest value that at least this share of the values do not exceed."""
    if not counter:
        return None
    wanted = share * counter.total()
    reached = 0
    for step, count in sorted(counter.items()):
        reached += count
        if reached >= wanted:
            return step / _STEPS
    raise AssertionError("the counts add up to their total")
