"""How the pace of a turn depends on its length where nobody speaks faster: what questions on speed must heed.

    python benchmarks/pace.py

flite's voices say questions and answers of Abg-CoQA's test split (ASKQA_ABG_COQA, else the bundled conversations) at
their normal rate; the pace is `turns.measured.articulation_rate`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from askqa_builder.errors import SpeechError
from askqa_builder.recording.turn_audio import prepare_turn
from askqa_builder.recording.turn_measures import measure_turn
from askqa_builder.speech.engine import Utterance
from askqa_builder.speech.engines.flite import SAMPLE_RATE, FliteEngine
from askqa_builder.speech.reading import read_aloud
from askqa_builder.speech.syllables import count_syllables
from askqa_builder.tasks.paralinguistics.speed import FEWEST_POOLED, FEWEST_SYLLABLES

from common import corpus, corpus_name, table

TEXTS = 300
LENGTHS = ((1, 2), (3, 4), (5, 6), (7, 9), (10, 99))
"""Syllables, from and to."""

_LONG = 7
_LUFS = -23.0

Paced = tuple[int, float]
"""Syllables of a turn, and syllables a second."""


def texts() -> list[str]:
    """Return different questions and answers as they are read aloud."""
    with TemporaryDirectory() as folder:
        items = json.loads(corpus(Path(folder), TEXTS).read_text("utf-8"))["data"]
    said = (one for item in items for one in (item["target_turn"]["question"], item["target_turn"]["answer"]))
    return list(islice(dict.fromkeys(filter(None, (read_aloud(text).text for text in said))), TEXTS))


def paces(engine: FliteEngine, voice: str, said: Sequence[str]) -> Iterator[Paced]:
    """Speak texts and yield how fast each is."""
    for text, spoken in zip(said, engine.speak([Utterance(text, voice) for text in said]), strict=True):
        syllables = count_syllables(text)
        if syllables is None or isinstance(spoken, SpeechError):
            continue
        rate = measure_turn(prepare_turn(spoken, SAMPLE_RATE, _LUFS).pcm, SAMPLE_RATE, syllables).articulation_rate
        if rate is not None:
            yield syllables, rate


def pools(turns: Sequence[Paced]) -> Iterator[float]:
    """Yield the pace of turns one after the other, as many as have the syllables that a speaker's pace takes."""
    syllables, seconds = 0, 0.0
    for count, rate in turns:
        if count >= FEWEST_SYLLABLES:
            syllables, seconds = syllables + count, seconds + count / rate
        if syllables >= FEWEST_POOLED:
            yield syllables / seconds
            syllables, seconds = 0, 0.0


def scatter(rates: Sequence[float]) -> str:
    """Return the standard deviation of rates, by ratio."""
    return f"{100 * (math.exp(float(np.std(np.log(rates), ddof=1))) - 1):.0f} %"


def main() -> None:
    """Print two tables."""
    engine, said = FliteEngine(), texts()
    found = {voice: list(paces(engine, voice, said)) for voice in engine.voices}
    rows = []
    for low, high in LENGTHS:
        of = {voice: [rate for count, rate in turns if low <= count <= high] for voice, turns in found.items()}
        long = {voice: np.mean([rate for count, rate in turns if count >= _LONG]) for voice, turns in found.items()}
        ratios = [f"{np.mean(rates) / long[voice]:.2f}" for voice, rates in of.items()]
        rows.append([f"{low} to {high}", len(next(iter(of.values()))), *ratios])
    print(f"{len(said)} questions and answers of {corpus_name()}, each by all voices of flite.\n")
    print(f"Mean pace beside turns of {_LONG} syllables or more:\n")
    table(["syllables", "turns", *found], rows)
    print("Standard deviation, by ratio, of turns that are asked for alike:\n")
    alone = [scatter([rate for count, rate in turns if count >= FEWEST_SYLLABLES]) for turns in found.values()]
    pooled = [scatter(list(pools(turns))) for turns in found.values()]
    table(
        ["", *found],
        [
            [f"turns of {FEWEST_SYLLABLES} syllables or more", *alone],
            [f"such turns together, {FEWEST_POOLED} syllables or more", *pooled],
        ],
    )


if __name__ == "__main__":
    main()
