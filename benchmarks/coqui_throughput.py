"""How fast Coqui's VITS speaks: its own API turn by turn, its network item by item, our engine, and a whole build.

Run: python benchmarks/coqui_throughput.py [--device cuda|cpu] [--conversations N] [--skip-builds]

The model has the released one's sizes and random weights, so nothing is downloaded; what it says is noise, but each
step costs what it costs. On a GPU all turns of the first 200 conversations are spoken, on a CPU a small sample. The
naive loop needs the executable of espeak-ng.
"""

from __future__ import annotations

import argparse
import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: "one core" below, and as in the workers of a build

import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from random_vits import write_random_vits

from askqa_builder import build
from askqa_builder.corpus.selection import read_corpus
from askqa_builder.corpus.sources import find_sources
from askqa_builder.seeds import derive_seed
from askqa_builder.speech.engine import Speech, Utterance, load_engine
from askqa_builder.speech.engines.coqui.library import require_coqui
from askqa_builder.speech.reading import read_aloud

from common import corpus, corpus_name, table

PAPER_HOURS = 222
PORTION = 12
"""Turns that each way speaks before it is the next one's turn."""

WARM_UP = 5
NAIVE_TURNS_ON_A_GPU = 240
STORY_CHARACTERS_ON_A_CPU = 200
SPEAKERS = 109
SENTENCE = "the old man walked slowly down to the harbour where three small boats were waiting"


@dataclass
class Way:
    """A way to speak: seconds it took and seconds it spoke."""

    speak: Callable[[Sequence[Utterance]], float]
    taken: float = 0.0
    spoken: float = 0.0

    def run(self, portion: Sequence[Utterance]) -> None:
        begun = time.perf_counter()
        self.spoken += self.speak(portion)
        self.taken += time.perf_counter() - begun


@dataclass
class Load:
    """What a machine does meanwhile, sampled: percent of the GPU, percent of one core summed over processes, memory."""

    gpu: list[float] = field(default_factory=list)
    gpu_megabytes: float = 0.0
    cpu_seconds: float = 0.0
    megabytes: float = 0.0


def main() -> None:
    arguments = _arguments()
    require_coqui()
    import torch

    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    conversations = arguments.conversations or (200 if device == "cuda" else 2)
    with tempfile.TemporaryDirectory() as folder:
        model = write_random_vits(Path(folder) / "vits", full=True)
        source = corpus(Path(folder), conversations)
        turns = _turns(source, None if device == "cuda" else STORY_CHARACTERS_ON_A_CPU)
        name = torch.cuda.get_device_name() if device == "cuda" else "CPU, one core"
        print(f"Device: {name}, torch {torch.__version__}. {len(turns)} turns of the first {conversations} of")
        print(f"{corpus_name()}; a random VITS of the released model's sizes, 109 speakers.\n")
        _engines(model, turns, device)
        if not arguments.skip_builds:
            _builds(Path(folder), model, source, device)
    with tempfile.TemporaryDirectory() as folder:
        _memory(write_random_vits(Path(folder)), device)
    if device != "cuda":
        print("\nNo GPU was at hand. Where one is: python benchmarks/coqui_throughput.py --device cuda")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"))
    parser.add_argument("--conversations", type=int)
    parser.add_argument("--skip-builds", action="store_true")
    return parser.parse_args()


def _turns(source: Path, most_characters: int | None) -> list[Utterance]:
    """Return every turn of the conversations, each with a speaker and a seed of its own."""
    read = read_corpus(find_sources(source, None), limit=None, domains=None, redistributable=False)
    turns = [turn.text for _, conversation in read.conversations for turn in conversation.turns]
    texts = [read_aloud(text[:most_characters]).text for text in turns]
    return [Utterance(text, f"p{225 + i % SPEAKERS}", seed=i) for i, text in enumerate(texts) if text]


def _engines(model: Path, turns: Sequence[Utterance], device: str) -> None:
    """Time the ways to speak the same turns, portion by portion in turns; on a GPU ours takes all at once."""
    precisions = ("float32", "tf32", "bfloat16") if device == "cuda" else ("float32", "bfloat16")
    engines = {p: load_engine("coqui", {"model_path": str(model), "precision": p}, device=device) for p in precisions}
    slow: dict[str, Way] = {"Vits.inference, item by item": Way(_stock(model, device))}
    if shutil.which("espeak-ng"):
        slow = {"naive loop (tts_to_file)": Way(_naive(model, device)), **slow}
    ours = {f"engine coqui, {p}": Way(_ours(engine)) for p, engine in engines.items()}
    compared = turns[: NAIVE_TURNS_ON_A_GPU if device == "cuda" else len(turns)]
    for way in (*slow.values(), *ours.values()):
        way.speak(turns[:WARM_UP])  # what is loaded and compiled once
    portions = [compared[i : i + PORTION] for i in range(0, len(compared), PORTION)]
    for portion in portions:
        for way in slow.values() if device == "cuda" else (*slow.values(), *ours.values()):
            way.run(portion)
    with _watched(device) as load:
        for way in ours.values() if device == "cuda" else ():
            way.run(turns)
    baseline = next(iter(slow.values()))
    rows = [
        [
            name,
            f"{way.spoken / way.taken:.2f} ×",
            f"{(way.spoken / way.taken) / (baseline.spoken / baseline.taken):.2f}",
            f"{PAPER_HOURS * way.taken / way.spoken:.1f} h",
        ]
        for name, way in (slow | ours).items()
    ]
    table(["way", "real time", f"against {next(iter(slow))}", f"for the paper's {PAPER_HOURS} h"], rows)
    counts = engines[precisions[-1]].model.counts  # type: ignore[attr-defined]
    print(f"Padding: {counts.padded / counts.frames - 1:.1%} more frames computed than spoken, ", end="")
    print(f"{counts.decoder_calls} calls of the decoder, {counts.halved} halved for lack of memory.\n")
    if load.gpu:
        print(f"GPU busy {np.mean(load.gpu):.0f} % of the time (median {np.median(load.gpu):.0f} %).\n")
    for engine in engines.values():
        engine.close()


def _ours(engine: Any) -> Callable[[Sequence[Utterance]], float]:
    def speak(portion: Sequence[Utterance]) -> float:
        spoken = engine.speak(portion)
        return sum(len(one.samples) / one.sample_rate for one in spoken if isinstance(one, Speech))

    return speak


def _naive(model: Path, device: str) -> Callable[[Sequence[Utterance]], float]:
    """What most people write: one file a turn through the library's own API."""
    import soundfile
    from TTS.api import TTS

    config = str(model.with_name("config.json"))
    api = TTS(model_path=str(model), config_path=config, progress_bar=False).to(device)
    out = str(model.with_name("turn.wav"))

    def speak(portion: Sequence[Utterance]) -> float:
        seconds = 0.0
        for one in portion:
            with open(os.devnull, "w") as nowhere, _stdout_to(nowhere):  # noqa: PTH123 - it prints every sentence
                api.tts_to_file(text=one.text, speaker=one.voice, file_path=out)
            seconds += soundfile.info(out).duration
        return seconds

    return speak


@contextmanager
def _stdout_to(file: Any) -> Iterator[None]:
    before, sys.stdout = sys.stdout, file
    try:
        yield
    finally:
        sys.stdout = before


def _stock(model: Path, device: str) -> Callable[[Sequence[Utterance]], float]:
    """The library's network as it loads it, one sentence a call; phonemes beforehand are free."""
    import torch
    from TTS.config import load_config
    from TTS.tts.models.vits import Vits

    engine: Any = load_engine("coqui", {"model_path": str(model)}, device=device)
    config = load_config(model.with_name("config.json"))
    config.phonemizer = engine._config.phonemizer
    network = Vits(config)
    network.load_checkpoint(config, model, eval=True)
    network.to(device)

    def speak(portion: Sequence[Utterance]) -> float:
        seconds = 0.0
        for one in portion:
            for piece in engine.prepare(one.text):
                torch.manual_seed(derive_seed(one.seed, piece.start))
                ids = torch.tensor([piece.tokens.ids], device=device)
                given = {
                    "x_lengths": torch.tensor([ids.shape[1]], device=device),
                    "speaker_ids": torch.tensor([engine._rows[one.voice]], device=device),
                }
                with torch.inference_mode():
                    samples = network.inference(ids, given)["model_outputs"][0, 0].cpu().numpy()
                seconds += len(samples) / config.audio.sample_rate
        return seconds

    return speak


def _builds(folder: Path, model: Path, source: Path, device: str) -> None:
    """Time `askqa build` as it is used, with and without a drawn pitch, and see what it waits for."""
    rows = []
    for pitch, drawn in ((0, "none"), (["normal", 0, 1], "normal, 1 semitone")):
        with _watched(device) as load:
            begun = time.perf_counter()
            report = build(
                source, folder / f"out-{drawn[:4]}", profiles=str(_profile(folder, model, pitch)), device=device
            )
            taken = time.perf_counter() - begun
        seconds = 3600 * sum(report.hours.values())
        cores = os.cpu_count() or 1
        gpu = f"{np.mean(load.gpu):.0f} %" if load.gpu else "–"
        busy = load.cpu_seconds / taken / cores
        limit = "GPU" if load.gpu and np.median(load.gpu) > 85 else "CPU" if busy > 0.8 else "start-up, or one process"
        rows.append(
            [
                drawn,
                f"{seconds / 3600:.2f} h in {taken:.0f} s",
                f"{seconds / taken:.1f} ×",
                f"{seconds / max(load.cpu_seconds, 1e-9):.1f} ×",
                gpu,
                f"{busy:.0%}",
                limit,
                f"{load.megabytes / 1000:.1f} GB" + (f", GPU {load.gpu_megabytes / 1000:.1f} GB" if load.gpu else ""),
                f"{PAPER_HOURS * taken / seconds:.1f} h",
            ]
        )
    header = ["pitch drawn", "build", "real time", "per CPU core used", "GPU busy", "CPU busy", "limit", "peak memory"]
    table([*header, f"for {PAPER_HOURS} h"], rows)


def _profile(folder: Path, model: Path, pitch: Any) -> Path:
    import json

    role = {"voices": ["*"], "rate": ["lognormal", 1.0, 0.08], "pitch": pitch}
    content = {
        "engine": "coqui",
        "options": {"model_path": str(model)},
        "roles": dict.fromkeys(("narrator", "user", "assistant"), role),
        "voice_split": "disjoint",
    }
    path = folder / "vits.yaml"
    path.write_text(json.dumps(content), "utf-8")
    return path


@contextmanager
def _watched(device: str) -> Iterator[Load]:
    """Sample the machine twice a second until the end of the `with` block."""
    load = Load()
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(load, over, device), daemon=True)
    watcher.start()
    try:
        yield load
    finally:
        over.set()
        watcher.join()


def _watch(load: Load, over: threading.Event, device: str) -> None:
    used: dict[int, float] = {}
    first: dict[int, float] = {}
    while not over.wait(0.5):
        if device == "cuda":
            query = ["nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits"]
            answer = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0]
            percent, megabytes = (float(value) for value in answer.split(","))
            load.gpu.append(percent)
            load.gpu_megabytes = max(load.gpu_megabytes, megabytes)
        resident = 0.0
        own = psutil.Process()
        for process in [own, *own.children(recursive=True)]:
            try:
                times = process.cpu_times()
                resident += process.memory_info().rss / 1e6
            except psutil.Error:
                continue
            first.setdefault(process.pid, times.user + times.system if process.pid == own.pid else 0.0)
            used[process.pid] = times.user + times.system
        load.megabytes = max(load.megabytes, resident)
        load.cpu_seconds = sum(used[pid] - first[pid] for pid in used)


def _memory(model: Path, device: str) -> None:
    """Speak 1,000 utterances with a small model and see whether the process grows."""
    engine = load_engine("coqui", {"model_path": str(model)}, device=device)
    words = SENTENCE.split()
    marks = {}
    for spoken in range(0, 1000, 20):
        texts = [" ".join(words[: 1 + (spoken + i) * 7 % len(words)]) + "." for i in range(20)]
        engine.speak([Utterance(text, f"p{225 + i}", seed=spoken + i) for i, text in enumerate(texts)])
        if spoken + 20 in (100, 500, 1000):
            marks[spoken + 20] = psutil.Process().memory_info().rss / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    table(
        ["utterances spoken", *map(str, marks)],
        [["resident (MB)", *(f"{megabytes:.0f}" for megabytes in marks.values())]],
    )
    print(f"Growth from 100 to 1,000 utterances: {marks[1000] / marks[100]:.3f}; peak {peak:.0f} MB.")


if __name__ == "__main__":
    main()
