"""What is heard in later rounds: the recording as it was, then the two new turns, in the voices of the cast."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from harness import askqa_here, write_corpus
from listening_server import ListeningServer, Point, initial_rows, recordings
from loopback_server import closing
from numpy.typing import NDArray
from run_files import write_model

from askqa_builder.recording.speaker import speaker_f0

Samples = NDArray[np.int16]

LIGHTHOUSE = "demo-lighthouse|4|2"
QUESTIONS = (
    "Do you mean what he did in the evening, or what he did in the night?",
    "What are you asking about, the bread for his sister or the broken windows?",
)
SILENCE = 0.15
"""Seconds without any sound that part two turns: no pause is shorter."""


@dataclass(frozen=True)
class Spoken:
    """The recordings of the first reading's dialogue, by round, and what was said in it."""

    row: dict[str, Any]
    heard: list[Samples]
    kept: list[Samples]
    said: list[tuple[str, str]]

    def old(self, role: str) -> list[Samples]:
        rate = self.row["sampling_rate"]
        return [
            self.heard[0][round(turn["start"] * rate) : round(turn["end"] * rate)]
            for turn in self.row["turns"]
            if turn["role"] == role
        ]

    @property
    def new(self) -> list[Samples]:
        """The turns after those of the dataset."""
        end = round(self.row["turns"][-1]["end"] * self.row["sampling_rate"])
        return parts(self.heard[-1][end:], self.row["sampling_rate"])


@pytest.fixture(scope="module")
def spoken(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Spoken:
    from askqa_builder import build

    folder = tmp_path_factory.mktemp("voices")
    profile = folder / "various.yaml"
    roles = {"narrator": "kal16", "user": "rms", "assistant": "slt"}
    told = {role: {"voices": [voice], "rate": ["lognormal", 1.0, 0.05]} for role, voice in roles.items()}
    profile.write_text(json.dumps({"engine": "flite", "demo": True, "roles": told}), "utf-8")
    (item,) = [one for one in json.loads(demo_file.read_text("utf-8"))["data"] if one["id"] == LIGHTHOUSE]
    dataset = folder / "lighthouse"
    build(write_corpus(folder / "one_test.json", [item]), dataset, profiles=str(profile), workers=1, seed=3)
    says = {Point(LIGHTHOUSE, reading, number): QUESTIONS[number % 2 - 1] for reading in (0, 1) for number in (1, 2)}
    says |= {Point(LIGHTHOUSE, reading, 3): "He swept up the glass." for reading in (0, 1)}
    with closing(ListeningServer(recordings(dataset), says)) as server:
        model = write_model(folder / "model.yaml", server)
        ended = askqa_here(
            "evaluate", dataset, "--out", folder / "run", "--model", model, "--keep-audio", "--workers", 1
        )
        assert ended.returncode == 0, ended
        points = [Point(LIGHTHOUSE, 0, number) for number in (1, 2, 3)]
        heard = [np.frombuffer(server.heard[point], np.int16) for point in points]
    first = json.loads((folder / "run" / "trajectories.jsonl").read_text("ascii").splitlines()[0])
    kept = [soundfile.read(folder / "run" / one["recording"], dtype="int16")[0] for one in first["rounds"]]
    said = [(one["response"], one["reply"]) for one in first["rounds"][:-1]]
    (row,) = initial_rows(dataset)
    return Spoken(row, heard, kept, said)


def parts(sound: Samples, rate: int) -> list[Samples]:
    """Cut a sound at its silences."""
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 3)
    breaks = np.flatnonzero(np.diff(loud) > SILENCE * rate)
    starts, ends = [loud[0], *loud[breaks + 1]], [*loud[breaks], loud[-1]]
    return [sound[start : end + 1] for start, end in zip(starts, ends, strict=True)]


def test_what_was_heard_is_heard_again_sample_for_sample(spoken: Spoken) -> None:
    pcm, rate = soundfile.read(io.BytesIO(spoken.row["audio"]["bytes"]), dtype="int16")
    assert np.array_equal(spoken.heard[0], pcm)
    end = round(spoken.row["turns"][-1]["end"] * rate)
    assert np.array_equal(spoken.heard[1][:end], pcm[:end])
    second = np.flatnonzero(spoken.heard[1])[-1] + 1
    assert np.array_equal(spoken.heard[2][:second], spoken.heard[1][:second])
    assert len(spoken.heard[2]) > len(spoken.heard[1]) > len(pcm)


def test_kept_recordings_are_what_the_server_was_sent(spoken: Spoken) -> None:
    assert len(spoken.kept) == 3
    assert all(np.array_equal(kept, heard) for kept, heard in zip(spoken.kept, spoken.heard, strict=True))


def test_each_round_adds_two_turns_after_pauses_that_differ(spoken: Spoken) -> None:
    rate = spoken.row["sampling_rate"]
    assert len(spoken.new) == 4
    end = round(spoken.row["turns"][-1]["end"] * rate)
    tail = np.abs(spoken.heard[-1][end:].astype(np.int32)) > 3
    loud = np.flatnonzero(tail)
    pauses = [loud[0], *np.diff(loud)[np.diff(loud) > SILENCE * rate]]
    assert len(pauses) == len(set(pauses)) == 4
    assert all(0.15 < pause / rate < 4 for pause in pauses)


def test_new_turns_say_their_words(spoken: Spoken) -> None:
    pytest.importorskip("pocketsphinx", reason="the asr extra is not installed")
    from askqa_builder.recognition.error_rate import error_rate
    from askqa_builder.recognition.recogniser import Clip, load_recogniser

    clips = [Clip(one.astype(np.float32) / 32768, spoken.row["sampling_rate"]) for one in spoken.new]
    heard = load_recogniser("pocketsphinx").transcribe(clips)
    said = [text for pair in spoken.said for text in pair]
    rates = [error_rate(text, words) for text, words in zip(said, heard, strict=True)]
    others = [error_rate(text, words) for text, words in zip(said, heard[1:] + heard[:1], strict=True)]
    assert all(rate is not None and rate < 0.6 for rate in rates[::2]), (said, heard)
    assert all((own or 0) < (other or 0) for own, other in zip(rates, others, strict=True)), (said, heard)


@pytest.mark.parametrize(("role", "place"), [("assistant", 0), ("user", 1)])
def test_new_turns_are_in_the_voices_of_the_cast(spoken: Spoken, role: str, place: int) -> None:
    """In pitch within a semitone, in loudness within 3 dB; the other voice is far away."""
    rate = spoken.row["sampling_rate"]
    own, new = speaker_f0(spoken.old(role), rate), speaker_f0(spoken.new[place::2], rate)
    other = speaker_f0(spoken.new[1 - place :: 2], rate)
    assert own is not None
    assert new is not None
    assert other is not None
    assert abs(12 * np.log2(new / own)) < 1
    assert abs(12 * np.log2(other / own)) > 4
    assert abs(level(np.concatenate(spoken.new[place::2])) - level(np.concatenate(spoken.old(role)))) < 3


def level(sound: Samples) -> float:
    """Root mean square of what is not silence, dB."""
    samples = sound.astype(np.float64)
    return float(20 * np.log10(np.sqrt(np.mean(samples[np.abs(samples) > 100] ** 2))))
