"""What measuring and changing the pitch of speech costs, and how good it is; prints a Markdown table.

Run: python benchmarks/prosody.py

Praat (through parselmouth) is the independent meter of F0 and the yardstick of PSOLA. All timings of one
voice are taken in turns within one loop and the fastest of each is kept, so compare columns, not machines.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import parselmouth
import scipy.fft
from numpy.typing import NDArray
from parselmouth.praat import call

from askqa_builder.speech.engine import Samples, Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.f0 import median_f0_hz, track_f0
from askqa_builder.speech.psola import modify

VOICES = ("slt", "rms", "awb", "kal16")
PITCHES = (-4, -3, -2, -1, 1, 2, 3, 4)
REPEATS = 7
TEXTS = (
    "Yes.",
    "Which Sarah?",
    "No, I do not think so.",
    "Do you mean the first house or the second one?",
    "What did the old man say to her when he came back?",
    "Are you asking about my mother or my aunt Mary?",
    "The city council voted on Tuesday to close the bridge for repairs.",
    "He was nineteen hundred miles from home, and nobody knew his name.",
    "She sells sea shells on the sixth of August; Peter picked a peck of pickled peppers.",
    "One winter the well froze, and the youngest of three sons went out for water.",
)
STORY = (
    "Once upon a time there was a farmer who had three sons. The eldest was strong, the second was clever, "
    "and the youngest was kind to every creature that he met. One winter the well froze."
)
MEL_BANDS, CEPSTRUM_ORDER = 40, 24
# Below is no speech but rumble, whose decibels would outweigh what is heard.
MEL_RANGE = (80.0, 7600.0)

Array = NDArray[np.float64]


def speak(engine: FliteEngine, text: str, voice: str, pitch: float = 0.0, seed: int = 1) -> Speech:
    speech = engine.speak([Utterance(text=text, voice=voice, pitch=pitch, seed=seed)])[0]
    if not isinstance(speech, Speech):
        raise speech
    return speech


def praat_track(samples: Samples, rate: int) -> Array:
    """F0 each 10 ms, NaN where unvoiced."""
    sound = parselmouth.Sound(samples.astype(np.float64), rate)
    pitch = sound.to_pitch_ac(pitch_floor=50, pitch_ceiling=600)
    return np.array([pitch.get_value_at_time(t) for t in np.arange(0, len(samples) / rate, 0.01)])


def praat_median(samples: Samples, rate: int) -> float:
    sound = parselmouth.Sound(samples.astype(np.float64), rate)
    f0 = sound.to_pitch_ac(pitch_floor=60, pitch_ceiling=450).selected_array["frequency"]
    return float(np.median(f0[f0 > 0]))


def praat_psola(samples: Samples, rate: int, pitch: float) -> Samples:
    sound = parselmouth.Sound(samples.astype(np.float64), rate)
    manipulation = call(sound, "To Manipulation", 0.01, 60, 450)
    tier = call(manipulation, "Extract pitch tier")
    call(tier, "Multiply frequencies", sound.xmin, sound.xmax, 2 ** (pitch / 12))
    call([tier, manipulation], "Replace pitch tier")
    changed: Samples = call(manipulation, "Get resynthesis (overlap-add)").values[0].astype(np.float32)
    return changed


def mel_cepstra(samples: Samples, rate: int) -> tuple[Array, Array]:
    """Mel cepstra c1–c24 of the log magnitude spectrum each 5 ms, [frames, 24], and the frames' power."""
    size = 512
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, size // 2), 400)[::80] * np.hanning(400)
    power = np.abs(np.fft.rfft(frames, size, axis=1)) ** 2
    lowest, highest = (2595 * np.log10(1 + hertz / 700) for hertz in MEL_RANGE)
    edges = 700 * (10 ** (np.linspace(lowest, highest, MEL_BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(size, 1 / rate)
    rising = (hertz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hertz) / np.diff(edges)[1:, None]
    bands = power @ np.maximum(0, np.minimum(rising, falling)).T
    cepstra = scipy.fft.dct(0.5 * np.log(bands + 1e-7), axis=1) / (2 * MEL_BANDS)
    return cepstra[:, 1 : CEPSTRUM_ORDER + 1], power.sum(axis=1)


def mel_cepstral_distance(reference: Samples, other: Samples, rate: int) -> float:
    """Mean distance in dB over the frames within 40 dB of the loudest (Kubichek 1993); equal durations."""
    (a, power), (b, _) = mel_cepstra(reference, rate), mel_cepstra(other, rate)
    distances = 20 / np.log(10) * np.sqrt(2 * np.square(a - b).sum(axis=1))
    return float(distances[power > 1e-4 * power.max()].mean())


def envelopes(samples: Samples) -> Array:
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, 256), 512)[::160] * np.hanning(512)
    cepstrum = np.fft.irfft(np.log(np.abs(np.fft.rfft(frames, axis=1)) + 1e-6), axis=1)
    fade = 0.5 + 0.5 * np.cos(np.pi * np.arange(36) / 36)
    lifter = np.concatenate((fade, np.zeros(512 - 71), fade[:0:-1]))
    smooth: Array = np.fft.rfft(cepstrum * lifter, axis=1).real
    return smooth


def envelope_warp(before: Samples, after: Samples, rate: int) -> float:
    """The factor by which the spectral envelope's features have moved up; 1 keeps the speaker."""
    voiced = track_f0(before, rate).voiced
    source, target = (e[voiced[: len(e)]] for e in (envelopes(before), envelopes(after)))
    bins = np.arange(5, 160)
    source = source[:, bins] - source[:, bins].mean(axis=1, keepdims=True)
    factors = np.arange(0.9, 1.1, 0.005)
    errors = []
    for factor in factors:
        warped = np.array([np.interp(bins * factor, np.arange(257), frame) for frame in target])
        errors.append(float(np.mean((source - warped + warped.mean(axis=1, keepdims=True)) ** 2)))
    return float(factors[int(np.argmin(errors))])


def fastest(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of the fastest of REPEATS runs of each action, taken in turns."""
    best = dict.fromkeys(actions, float("inf"))
    for _ in range(REPEATS):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def costs(engine: FliteEngine, voice: str) -> dict[str, str]:
    speech = speak(engine, STORY, voice)
    samples, rate = speech.samples, speech.sample_rate
    short = speak(engine, TEXTS[0], voice).samples
    ten = samples[: 10 * rate]
    took = fastest(
        {
            "speech": lambda: speak(engine, STORY, voice),
            "f0": lambda: median_f0_hz(ten, rate),
            "pitch": lambda: modify(samples, rate, pitch=3),
            "both": lambda: modify(samples, rate, pitch=3, rate=0.9),
            "short": lambda: modify(short, rate, pitch=3),
            "praat": lambda: praat_psola(samples, rate, 3),
        }
    )
    seconds = len(samples) / rate
    return {
        "flite, × real time": f"{seconds / took['speech']:.0f}",
        "median F0, ms per s": f"{1e3 * took['f0'] / (len(ten) / rate):.2f}",
        "PSOLA pitch, × real time": f"{seconds / took['pitch']:.0f}",
        "PSOLA pitch and rate, ×": f"{seconds / took['both']:.0f}",
        'PSOLA on "Yes.", ×': f"{len(short) / rate / took['short']:.0f}",
        "Praat PSOLA, ×": f"{seconds / took['praat']:.0f}",
    }


def accuracy(engine: FliteEngine, voice: str) -> dict[str, str]:
    errors = []
    for text in TEXTS:
        speech = speak(engine, text, voice)
        median = median_f0_hz(speech.samples, speech.sample_rate)
        if median is None:
            raise SystemExit(f"no F0 in {text!r} by {voice}")
        errors.append(abs(12 * np.log2(median / praat_median(speech.samples, speech.sample_rate))))
    return {"median F0 against Praat, st, mean / worst": f"{np.mean(errors):.2f} / {np.max(errors):.2f}"}


def shifts(engine: FliteEngine, voice: str) -> dict[str, str]:
    speech = speak(engine, STORY, voice)
    samples, rate = speech.samples, speech.sample_rate
    before = praat_track(samples, rate)
    row = {}
    for pitch in PITCHES:
        after = praat_track(modify(samples, rate, pitch=pitch), rate)
        medians = 12 * np.log2(np.nanmedian(after) / np.nanmedian(before))
        frames = float(np.nanmedian(np.abs(12 * np.log2(after / before) - pitch)))
        row[f"semitones at {pitch:+d} (error per frame)"] = f"{medians:+.2f} ({frames:.2f})"
    for pitch in (-4, 4):
        row[f"envelope warp at {pitch:+d}"] = f"{envelope_warp(samples, modify(samples, rate, pitch=pitch), rate):.3f}"
    return row


def distances(engine: FliteEngine, voice: str) -> dict[str, str]:
    """MCD against the engine's own pitch; the floor is the same pitch with other noise."""
    row = {}
    for pitch in (3, -3):
        cells = []
        for text in TEXTS[2:]:
            speech = speak(engine, text, voice)
            plain, rate = speech.samples, speech.sample_rate
            native, again = (speak(engine, text, voice, pitch, seed).samples for seed in (1, 2))
            tried = (again, modify(plain, rate, pitch=pitch), praat_psola(plain, rate, pitch))
            cells.append([mel_cepstral_distance(native, samples, rate) for samples in tried])
        floor, ours, praat = np.mean(cells, axis=0)
        row[f"MCD at {pitch:+d}, dB: floor / PSOLA / Praat"] = f"{floor:.2f} / {ours:.2f} / {praat:.2f}"
    return row


def main() -> None:
    engine = FliteEngine()
    rows = {voice: costs(engine, voice) | accuracy(engine, voice) | shifts(engine, voice) for voice in VOICES}
    for voice in ("slt", "awb"):
        rows[voice] |= distances(engine, voice)
    print("| | " + " | ".join(VOICES) + " |")
    print("|---" * (len(VOICES) + 1) + "|")
    for name in rows[VOICES[0]]:
        print(f"| {name} | " + " | ".join(rows[voice].get(name, "–") for voice in VOICES) + " |")
    engine.close()


if __name__ == "__main__":
    main()
