"""Coqui's VITS on a GPU, where there is one: what it shares with the CPU."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askqa_builder.speech.engine import Speech, Utterance, load_engine
from askqa_builder.speech.reading import read_aloud

torch = pytest.importorskip("torch", reason="the coqui extra is not installed")
pytest.importorskip("coqpit", reason="the coqui extra is not installed")
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")


def engine_on(device: str, checkpoint: Path, precision: str) -> Any:
    return load_engine("coqui", {"model_path": str(checkpoint), "precision": precision}, device=device)


@pytest.fixture(scope="module")
def utterances(demo_file: Path) -> list[Utterance]:
    items = json.loads(demo_file.read_text("utf-8"))["data"]
    texts = [item["story"] for item in items] + [turn["question"] for item in items for turn in item["history_turns"]]
    texts += [f"{first} {second} and {first}." for first in texts[1].split() for second in texts[2].split()][:400]
    return [Utterance(read_aloud(text).text, f"p{225 + i % 109}", seed=i) for i, text in enumerate(texts)]


def difference_db(one: Speech, other: Speech) -> float:
    return float(10 * np.log10(np.sum((one.samples - other.samples) ** 2) / np.sum(other.samples**2)))


@pytest.mark.parametrize(("precision", "most_db"), [("float32", -60), ("tf32", -40), ("bfloat16", -25)])
def test_lengths_and_sound_are_those_of_the_cpu(
    random_vits: Path, utterances: list[Utterance], precision: str, most_db: float
) -> None:
    on_cpu = engine_on("cpu", random_vits, "float32").speak(utterances)
    on_gpu = engine_on("cuda", random_vits, precision).speak(utterances)
    same = [a.words == b.words and len(a.samples) == len(b.samples) for a, b in zip(on_gpu, on_cpu, strict=True)]
    assert np.mean(same) >= 0.999
    pairs = [pair for pair, alike in zip(zip(on_gpu, on_cpu, strict=True), same, strict=True) if alike]
    assert max(difference_db(a, b) for a, b in pairs) < most_db


def test_alone_and_in_a_batch_is_the_same(random_vits: Path, utterances: list[Utterance]) -> None:
    engine = engine_on("cuda", random_vits, "float32")
    together = engine.speak(utterances[:60])
    assert engine.model.counts.decoder_calls < 20
    for utterance, speech in list(zip(utterances, together, strict=False))[::7]:
        (alone,) = engine.speak([utterance])
        assert len(alone.samples) == len(speech.samples)
        assert np.abs(alone.samples - speech.samples).max() <= 1e-5


def test_every_device_speaks(random_vits: Path, utterances: list[Utterance]) -> None:
    first = engine_on("cuda:0", random_vits, "float32").speak(utterances[:5])
    for number in range(1, torch.cuda.device_count()):
        again = engine_on(f"cuda:{number}", random_vits, "float32").speak(utterances[:5])
        for one, other in zip(again, first, strict=True):
            assert np.abs(one.samples - other.samples).max() <= 1e-5
