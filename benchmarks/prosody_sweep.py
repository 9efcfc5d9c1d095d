"""Do rate and pitch mean the same on every engine? Prints the worst deviations of each voice as a Markdown table.

Run: python benchmarks/prosody_sweep.py

Each voice reads 200 words at every rate and pitch, through the project's own path: what the engine controls
itself, and the rest added after it. Praat (through parselmouth) is the independent meter of F0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import parselmouth
import soxr
from numpy.typing import NDArray
from prosody import envelopes

from askqa_builder.errors import SpeechError
from askqa_builder.recording.edges import speech_bounds
from askqa_builder.speech.engine import Engine, EngineInfo, Samples, Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.f0 import track_f0
from askqa_builder.speech.prosody import add_prosody, speak_native
from askqa_builder.voices.profile_files import read_profile_set
from askqa_builder.voices.voice import Controls, Voice

from common import table

RATES = (0.7, 0.85, 1.0, 1.2, 1.4)
PITCHES = (-4.0, -2.0, 0.0, 1.0, 3.0, 4.0)
WARP_PITCHES = (-4.0, 4.0)
WARP_SECONDS = 12.0
METER_RATE = 16000

TEXT = (
    "The ferry to the island leaves twice a day, once before breakfast and once when the shops have closed. "
    "My aunt Ruth has run the bakery beside the pier for thirty years, and she knows everybody who steps ashore. "
    "One grey morning in March a boy came in with a wooden box under his arm, dripping wet, and asked for nothing. "
    "He simply stood there. Was he lost? Ruth gave him a towel, a roll with butter, and a chair near the oven. "
    "After a while he opened the box; inside, on a bed of straw, sat five brown eggs, each as large as a fist. "
    "\"They are from the cliff,\" he said, \"and they must be kept warm, or they will die.\" "
    "Nobody in the village had ever seen eggs like these. The teacher thought of geese, the priest of eagles, and "
    "the old sailor, who had been everywhere, of something that he would rather not name. "
    "Ruth put the box on the shelf above the oven, where the dough rises, and told all of them to go home. "
    "For three weeks she turned the eggs each night at ten. Then, on the first warm day, the shells began to crack. "
    "What do you think came out? Not geese, not eagles, but five small, hungry, very noisy owls."
)  # fmt: skip


class Uncontrolled:
    """An engine as if none of its voices had a rate or pitch of its own: all of both is added."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def info(self) -> EngineInfo:
        return self._engine.info

    @property
    def voices(self) -> Mapping[str, Voice]:
        plain = Controls(rate=None, pitch=None, word_times=True)
        return {name: replace(voice, controls=plain) for name, voice in self._engine.voices.items()}

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        return self._engine.speak(batch)

    def close(self) -> None:
        self._engine.close()


@dataclass(frozen=True)
class Deviation:
    """How far one rendering is from what was asked, against the same voice as it is.

    rate: share of the rate. pitch: semitones. duration: share. The last two are against the same rate at pitch 0. warp:
    factor of the formants, None where it was not measured.
    """

    asked_rate: float
    asked_pitch: float
    rate: float
    pitch: float
    duration: float
    warp: float | None


def say(engine: Engine, voice: str, rate: float, pitch: float, text: str = TEXT) -> Speech:
    """Speak through the project's own path. Raises what the engine returns as an error."""
    asked = Utterance(text, voice, rate, pitch, seed=1)
    (speech,) = speak_native(engine, [asked])
    if not isinstance(speech, Speech):
        raise speech
    return add_prosody(speech, asked, engine.voices[voice].controls)


def speaking_seconds(speech: Speech) -> float:
    """Length of a turn: without the silence at both ends."""
    bounds = speech_bounds(speech.samples, speech.sample_rate)
    if bounds is None:
        raise ValueError("silence")
    return (bounds[1] - bounds[0]) / speech.sample_rate


def melody(speech: Speech) -> NDArray[np.float64]:
    """F0 each 10 ms as Praat measures it, 0 where unvoiced; kal16 goes down to 45 Hz when it is lowered."""
    sound = parselmouth.Sound(speech.samples.astype(np.float64), speech.sample_rate)
    track = sound.to_pitch_ac(time_step=0.01, pitch_floor=40, pitch_ceiling=500)
    hertz: NDArray[np.float64] = track.selected_array["frequency"]
    return hertz


def semitones_up(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """By how much the median F0 has risen, over what is voiced in both; equal durations."""
    size = min(len(before), len(after))
    both = (before[:size] > 0) & (after[:size] > 0)
    return float(12 * np.log2(np.median(after[:size][both]) / np.median(before[:size][both])))


def formant_warp(before: Speech, after: Speech) -> float:
    """The factor by which the spectral envelope has moved; 1 keeps the speaker. Equal durations."""
    rate = METER_RATE
    source, target = (
        soxr.resample(speech.samples[: round(WARP_SECONDS * speech.sample_rate)], speech.sample_rate, rate)
        for speech in (before, after)
    )
    voiced = _frames_voiced(source, rate)
    a, b = (_floored(envelopes(signal)) for signal in (source, target))
    size = min(len(a), len(b), len(voiced))
    a, b = a[:size][voiced[:size]], b[:size][voiced[:size]]
    # the shape of the average envelope of each frame; levels differ
    bins = np.arange(5, 160)
    wanted = a[:, bins] - a[:, bins].mean(axis=1, keepdims=True)
    factors = np.arange(0.9, 1.1001, 0.005)
    errors = []
    for factor in factors:
        low = np.floor(bins * factor).astype(int)
        share = bins * factor - low
        warped = b[:, low] * (1 - share) + b[:, low + 1] * share
        errors.append(float(np.mean((wanted - warped + warped.mean(axis=1, keepdims=True)) ** 2)))
    return float(factors[int(np.argmin(errors))])


def deviations(engine: Engine, voice: str, rates: Iterable[float], pitches: Iterable[float]) -> list[Deviation]:
    """Measure a voice at every rate and pitch, over TEXT."""
    plain = say(engine, voice, 1.0, 0.0)
    seconds = speaking_seconds(plain)
    found = []
    for rate in rates:
        level = plain if rate == 1 else say(engine, voice, rate, 0.0)
        level_seconds, level_melody = speaking_seconds(level), melody(level)
        for pitch in pitches:
            speech = level if pitch == 0 else say(engine, voice, rate, pitch)
            took = speaking_seconds(speech)
            found.append(
                Deviation(
                    rate,
                    pitch,
                    seconds / took / rate - 1,
                    semitones_up(level_melody, melody(speech)) - pitch if pitch else 0.0,
                    took / level_seconds - 1,
                    formant_warp(plain, speech) if rate == 1 and pitch in WARP_PITCHES else None,
                )
            )
    return found


def _frames_voiced(samples: Samples, rate: int) -> NDArray[np.bool_]:
    voiced = track_f0(samples, rate).voiced
    times = np.arange(len(samples) // 160 + 1) * 160 / rate
    nearest = np.minimum(np.rint(times / 0.01).astype(int), len(voiced) - 1)
    picked: NDArray[np.bool_] = voiced[nearest]
    return picked


def _floored(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    floored: NDArray[np.float64] = np.maximum(frames, frames.max() - 9)  # 80 dB
    return floored


def _worst(found: Sequence[Deviation]) -> list[str]:
    rate = max(found, key=lambda one: abs(one.rate))
    pitch = max(found, key=lambda one: abs(one.pitch))
    duration = max(found, key=lambda one: abs(one.duration))
    warps = [one.warp for one in found if one.warp is not None]
    return [
        f"{100 * rate.rate:+.1f} % at {rate.asked_rate:g}, {rate.asked_pitch:+g}",
        f"{pitch.pitch:+.2f} at {pitch.asked_rate:g}, {pitch.asked_pitch:+g}",
        f"{100 * duration.duration:+.2f} % at {duration.asked_rate:g}, {duration.asked_pitch:+g}",
        " / ".join(f"{warp:.3f}" for warp in warps),
    ]


def main() -> None:
    from askqa_builder.speech.engines.espeak.engine import EspeakEngine

    flite, espeak = FliteEngine(), EspeakEngine()
    shipped = list(next(iter(read_profile_set("espeak").roles.values())).voices)
    cases: list[tuple[str, Engine, list[str]]] = [
        ("flite", flite, list(flite.voices)),
        ("flite, all added", Uncontrolled(flite), list(flite.voices)),
        ("espeak", espeak, ["en-us", "en-gb", *shipped]),
        ("espeak, all added", Uncontrolled(espeak), ["en-us+f3", "en-us+m3"]),
    ]
    rows = []
    for name, engine, voices in cases:
        rows += [[name, voice, *_worst(deviations(engine, voice, RATES, PITCHES))] for voice in voices]
    warps = " / ".join(f"{pitch:+g}" for pitch in WARP_PITCHES)
    header = ("engine", "voice", "rate", "median F0, semitones", "duration by pitch", f"formants at {warps}")
    table(header, rows)
    espeak.close()


if __name__ == "__main__":
    main()
