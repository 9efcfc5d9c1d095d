from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askqa_builder.errors import SpeechError
from askqa_builder.speech.engine import Engine, Samples, Speech, Utterance, load_engine
from askqa_builder.speech.gate import fault, speak_gated
from askqa_builder.speech.plausible import letters_in, plausible_seconds
from askqa_builder.speech.reading import read_aloud

TEXT = "The ferry leaves at nine, and the next one an hour later."
BATCH = [Utterance(TEXT, "kal16", seed=7), Utterance("Yes.", "kal16", seed=8), Utterance("No, never.", "kal16", seed=9)]


@pytest.fixture(scope="module")
def flite() -> Iterator[Engine]:
    engine = load_engine("flite", {})
    yield engine
    engine.close()


class Failing:
    """An engine whose speech is spoilt where it speaks with certain seeds; it remembers what it was asked."""

    def __init__(self, engine: Engine, spoil: Callable[[Samples], Samples], seeds: Sequence[int] | None) -> None:
        self._engine = engine
        self._spoil = spoil
        self._seeds = seeds
        self.asked: list[list[Utterance]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        self.asked.append(list(batch))
        spoken = self._engine.speak(batch)
        return [
            Speech(self._spoil(one.samples), one.sample_rate, ())
            if isinstance(one, Speech) and (self._seeds is None or asked.seed in self._seeds)
            else one
            for one, asked in zip(spoken, batch, strict=True)
        ]


def loud(samples: Samples) -> Samples:
    return np.clip(samples * 30, -1, 1).astype(np.float32)


SPOILT: dict[str, tuple[Callable[[Samples], Samples], str]] = {
    "silent": (np.zeros_like, "silence"),
    "clipped": (loud, "of the samples are clipped"),
    "too long": (lambda samples: np.tile(samples, 6), "s are plausible"),
    "too short": (lambda samples: samples[: len(samples) // 8], "s are plausible"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_failed_once_is_spoken_again_from_another_seed(flite: Engine, name: str) -> None:
    engine: Any = Failing(flite, SPOILT[name][0], seeds=[7])
    answers = speak_gated(engine, BATCH)
    assert all(isinstance(answer, Speech) and answer.samples.any() for answer in answers)
    assert [len(batch) for batch in engine.asked] == [3, 1]
    assert engine.asked[1][0].text == TEXT
    assert engine.asked[1][0].seed not in (7, 8, 9)
    healthy = speak_gated(flite, BATCH)
    for answer, other in zip(answers[1:], healthy[1:], strict=True):
        assert isinstance(answer, Speech)
        assert isinstance(other, Speech)
        assert np.array_equal(answer.samples, other.samples)


@pytest.mark.parametrize("name", SPOILT)
def test_what_fails_twice_is_given_up_with_what_was_measured(flite: Engine, name: str) -> None:
    engine: Any = Failing(flite, SPOILT[name][0], seeds=None)
    answer = speak_gated(engine, BATCH[:1])[0]
    assert isinstance(answer, SpeechError)
    assert str(answer).count(SPOILT[name][1]) == 2
    assert "The ferry" in str(answer)
    assert len(engine.asked) == 2


def test_an_error_is_not_tried_again(flite: Engine) -> None:
    engine: Any = Failing(flite, np.zeros_like, seeds=[])
    answers = speak_gated(engine, [Utterance("ü", "kal16"), *BATCH])
    assert isinstance(answers[0], SpeechError)
    assert len(engine.asked) == 1


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0])
def test_healthy_speech_has_no_fault_at_any_rate(flite: Engine, rate: float) -> None:
    texts = ["B B C, C N N, N B C.", "I do.", "A, B, C.", "Nineteen eighty six to nineteen ninety.", TEXT, TEXT * 8]
    for text in texts:
        spoken = flite.speak([Utterance(text, "kal16", rate=rate)])[0]
        assert isinstance(spoken, Speech)
        assert fault(spoken, text, rate) is None


@pytest.mark.parametrize("voice", ["kal16", "slt"])
def test_no_real_text_has_a_fault(flite: Engine, abg_coqa_folder: Path, voice: str) -> None:
    items = json.loads((abg_coqa_folder / "coqa_abg_test.json").read_text("utf-8"))["data"]
    turns = [turn[key] for item in items for turn in item["history_turns"] for key in ("question", "answer")]
    spoken_texts = [
        text for text in (read_aloud(turn).text for turn in turns[: 600 if voice == "kal16" else 60]) if text
    ]
    batch = [Utterance(text, voice, seed=i) for i, text in enumerate(spoken_texts)]
    for one, answer in zip(batch, flite.speak(batch), strict=True):
        assert isinstance(answer, Speech)
        assert fault(answer, one.text, 1.0) is None


@pytest.mark.parametrize(("text", "letters"), [("C N N", 9), ("I do", 5), ("yes.", 3), ("", 0), ("- ,", 0)])
def test_letters_that_stand_alone_count_for_more(text: str, letters: int) -> None:
    assert letters_in(text) == letters


def test_bounds_grow_with_the_text() -> None:
    bounds = [plausible_seconds(letters) for letters in range(0, 4000, 7)]
    assert all(0 < low < high for low, high in bounds)
    assert bounds == sorted(bounds)
