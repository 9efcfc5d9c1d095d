"""Speed of the espeak engine, as a markdown table; its rates and pitches are in prosody_sweep and espeak_variants.

    python benchmarks/espeak_speed.py [--rounds 5]

Speed is seconds of audio per second. "in process" speaks the same texts with the same library without
forking: what reproducibility costs. Rounds alternate and the best counts, so that other load on the machine
counts least.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import espeakng_loader
import numpy as np
import psutil

from askqa_builder.speech.engine import Speech, Utterance
from askqa_builder.speech.engines.espeak.engine import EspeakEngine
from askqa_builder.speech.engines.espeak.server import Library
from askqa_builder.speech.engines.espeak.words import word_times

SENTENCES = (
    "The old man walked slowly down to the harbour, where three small boats were waiting.",
    "He had never been to sea before, but he knew the smell of salt and tar.",
    "His daughter had sent him a letter from the city.",
    "Nobody in the village could read it to him, and so he kept it in his coat.",
)
NARRATION = " ".join(SENTENCES * 5)
TURNS = ("Was he old?", "Yes, he was.", "Which city?", "I don't know.", "What about him?", "Who kept it?")

Speak = Callable[[Sequence[Utterance]], list[Speech]]


def spoken(engine: EspeakEngine, batch: Sequence[Utterance]) -> list[Speech]:
    answers = engine.speak(batch)
    return [answer for answer in answers if isinstance(answer, Speech)]


def in_process() -> Speak:
    """Speech from the library in this process; identifiers serve as voices, rate and pitch are left alone."""
    # this leaves the process in the data folder, where espeak-ng goes on reading
    library = Library(str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path()))

    def speak(batch: Sequence[Utterance]) -> list[Speech]:
        results = []
        for utterance in batch:
            voice = utterance.voice.replace("en-us", "gmw/en-US").replace("en-gb", "gmw/en")
            chunks, events = library.speak(voice, utterance.text.encode(), (175, 50, 50))
            pcm = np.frombuffer(b"".join(chunks), dtype=np.int16)
            words = word_times(utterance.text, bytearray(b"".join(events)), pcm)
            samples = np.multiply(pcm, np.float32(1 / 32768), dtype=np.float32)
            results.append(Speech(samples, library.sample_rate, words or ()))
        return results

    return speak


def cpu_seconds() -> float:
    """CPU time of this process, the server it started and the server's children so far."""
    total = time.process_time()
    for child in psutil.Process().children():
        used = child.cpu_times()
        total += used.user + used.system + used.children_user + used.children_system
    return total


def speeds(speak: Speak, batch: Sequence[Utterance]) -> tuple[float, float]:
    """× real time by wall clock and by CPU of one core."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    audio = sum(len(speech.samples) / speech.sample_rate for speech in speak(batch))
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    return audio / wall, audio / cpu


def print_speed(engine: EspeakEngine, rounds: int) -> None:
    voices = ("en-us+m3", "en-gb+f2", "en-us+Andrea")
    narrations = [Utterance(NARRATION, voice) for voice in voices * 2]
    turns = [Utterance(text, voice) for text in TURNS for voice in voices]
    mixed = [utterance for narration in narrations for utterance in (narration, *turns[:10])]
    kinds = {"narrations": narrations, "turns of 3 words": turns * 4, "1 narration : 10 turns": mixed}
    ways: dict[str, Speak] = {
        "fork per utterance": lambda batch: spoken(engine, batch),
        "in process": in_process(),
    }
    print("| texts | way | × wall | × CPU |\n|---|---|---|---|")
    for kind, batch in kinds.items():
        measured: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, speak in ways.items():
                measured[way].append(speeds(speak, batch))
        for way, found in measured.items():
            wall, cpu = (max(column) for column in zip(*found, strict=True))
            print(f"| {kind} | {way} | {wall:.0f} | {cpu:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    engine = EspeakEngine()
    print_speed(engine, arguments.rounds)
    engine.close()


if __name__ == "__main__":
    main()
