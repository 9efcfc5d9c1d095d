from __future__ import annotations

import tracemalloc

import numpy as np
import parselmouth
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from parselmouth.praat import call

from askqa_builder.speech.engine import Samples, Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.f0 import FRAME_STEP, track_f0
from askqa_builder.speech.psola import modify

RATE = 16000
VOICES = ("slt", "rms", "awb", "kal16")
TEXT = (
    "Once upon a time there was a farmer who had three sons, and the youngest was kind to everyone. "
    "Six fishes splashed past."
)


@pytest.fixture(scope="module")
def spoken() -> dict[str, Samples]:
    engine = FliteEngine()
    said = {}
    for voice in VOICES:
        speech = engine.speak([Utterance(text=TEXT, voice=voice, seed=1)])[0]
        assert isinstance(speech, Speech)
        said[voice] = speech.samples
    return said


@pytest.fixture(scope="module")
def melodies(spoken: dict[str, Samples]) -> dict[str, np.ndarray]:
    return {voice: melody(samples) for voice, samples in spoken.items()}


def melody(samples: Samples, step: float = 0.01) -> np.ndarray:
    """F0 each `step` seconds as Praat measures it, NaN where unvoiced."""
    pitch = parselmouth.Sound(samples.astype(np.float64), RATE).to_pitch_ac(pitch_floor=50, pitch_ceiling=600)
    return np.array([pitch.get_value_at_time(time) for time in np.arange(0, len(samples) / RATE, step)])


def semitones(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    count = min(len(after), len(before))
    return 12 * np.log2(after[:count] / before[:count])


def median_shift(after: np.ndarray, before: np.ndarray) -> float:
    return float(12 * np.log2(np.nanmedian(after) / np.nanmedian(before)))


def level_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def envelopes(samples: Samples) -> np.ndarray:
    """Cepstrally smoothed log spectra each 10 ms, shape [frames, 257]: the formants without the harmonics."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, 256), 512)[::160] * np.hanning(512)
    cepstrum = np.fft.irfft(np.log(np.abs(np.fft.rfft(frames, axis=1)) + 1e-6), axis=1)
    kept = 36
    lifter = np.zeros(512)
    lifter[:kept] = 0.5 + 0.5 * np.cos(np.pi * np.arange(kept) / kept)
    lifter[-kept + 1 :] = lifter[1:kept][::-1]
    return np.fft.rfft(cepstrum * lifter, axis=1).real


def envelope_warp(before: Samples, after: Samples) -> float:
    """The factor by which the formants of `before` have moved in `after`, of the same duration."""
    before, after = before[: 4 * RATE], after[: 4 * RATE]
    voiced = track_f0(before, RATE).voiced
    source, target = envelopes(before), envelopes(after)
    source, target = source[voiced[: len(source)]], target[voiced[: len(target)]]
    bins = np.arange(5, 160)
    source = source[:, bins] - source[:, bins].mean(axis=1, keepdims=True)
    factors = np.arange(0.85, 1.25, 0.01)
    distances = []
    for factor in factors:
        warped = np.array([np.interp(bins * factor, np.arange(257), frame) for frame in target])
        distances.append(np.mean((source - warped + warped.mean(axis=1, keepdims=True)) ** 2))
    return float(factors[int(np.argmin(distances))])


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("pitch", [-4.0, -2.0, 1.0, 3.0, 4.0])
def test_the_whole_melody_moves_by_the_semitones_asked(
    voice: str, pitch: float, spoken: dict[str, Samples], melodies: dict[str, np.ndarray]
) -> None:
    after = melody(modify(spoken[voice], RATE, pitch=pitch))
    assert median_shift(after, melodies[voice]) == pytest.approx(pitch, abs=0.3)
    assert np.nanmedian(np.abs(semitones(after, melodies[voice]) - pitch)) < 0.15


def heights(track: np.ndarray) -> np.ndarray:
    """Semitones, without the frames in which Praat is an octave off."""
    found = 12 * np.log2(track[~np.isnan(track)])
    return found[np.abs(found - np.median(found)) < 9]


def span(track: np.ndarray) -> float:
    """Semitones from the 5th to the 95th percentile."""
    low, high = np.percentile(heights(track), (5, 95))
    return float(high - low)


def mean_shift(after: np.ndarray, before: np.ndarray) -> float:
    return float(heights(after).mean() - heights(before).mean())


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("pitch_range", [0.3, 0.65, 1.4, 1.8])
def test_the_melody_gets_wider_by_the_factor_about_its_mean(
    voice: str, pitch_range: float, spoken: dict[str, Samples], melodies: dict[str, np.ndarray]
) -> None:
    samples = spoken[voice]
    changed = modify(samples, RATE, pitch_range=pitch_range)
    after = melody(changed)
    # What is faster than syllables stays, so that a narrow melody keeps a little of it.
    assert span(after) == pytest.approx(pitch_range * span(melodies[voice]), rel=0.15, abs=0.7)
    assert abs(mean_shift(after, melodies[voice])) < 0.5
    assert len(changed) == len(samples)
    assert level_db(changed) == pytest.approx(level_db(samples), abs=1)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("pitch_range", [0.5, 1.6])
def test_each_period_moves_with_its_distance_from_the_mean(
    voice: str, pitch_range: float, spoken: dict[str, Samples], melodies: dict[str, np.ndarray]
) -> None:
    before = 12 * np.log2(melodies[voice])
    moved = semitones(melody(modify(spoken[voice], RATE, pitch_range=pitch_range)), melodies[voice])
    distance = before[: len(moved)] - np.nanmedian(before)
    both = (np.abs(distance) < 9) & (np.abs(moved) < 6)
    distance = distance[both]
    slope = np.polyfit(distance, moved[both], 1)[0]
    assert slope == pytest.approx(pitch_range - 1, abs=0.25)


def test_range_and_pitch_and_rate_are_changed_together(
    spoken: dict[str, Samples], melodies: dict[str, np.ndarray]
) -> None:
    samples = spoken["awb"]
    changed = modify(samples, RATE, pitch=2, rate=1.2, pitch_range=1.4)
    after = melody(changed)
    assert len(changed) == round(len(samples) / 1.2)
    assert mean_shift(after, melodies["awb"]) == pytest.approx(2, abs=0.5)
    assert span(after) / span(melodies["awb"]) == pytest.approx(1.4, rel=0.15)


@settings(max_examples=40, deadline=None)
@given(
    hertz=st.floats(90, 240),
    swing=st.floats(1, 4),
    per_second=st.floats(0.4, 2),
    pitch_range=st.floats(0.3, 2),
    pitch=st.sampled_from([0.0, -2.0, 2.0]),
)
def test_any_melody_gets_wider_by_the_factor(
    hertz: float, swing: float, per_second: float, pitch_range: float, pitch: float
) -> None:
    f0 = hertz * 2 ** (swing / 12 * np.sin(2 * np.pi * per_second * np.arange(3 * RATE) / RATE))
    phase = np.cumsum(f0 / RATE)
    samples = (0.1 * sum(np.cos(2 * np.pi * k * phase) / k for k in range(1, 10))).astype(np.float32)
    changed = modify(samples, RATE, pitch, pitch_range=pitch_range)
    before, after = (
        heights(np.where(t.voiced, t.f0_hz, np.nan)) for t in (track_f0(samples, RATE), track_f0(changed, RATE))
    )
    assert len(changed) == len(samples)
    assert after.mean() - before.mean() == pytest.approx(pitch, abs=0.5)
    wanted = pitch_range * np.ptp(np.percentile(before, (5, 95)))
    lowest = 12 * np.log2(hertz / 60) + pitch - pitch_range * swing
    if lowest > 0:  # else it is kept from being lowered so far
        assert np.ptp(np.percentile(after, (5, 95))) == pytest.approx(wanted, abs=0.3, rel=0.12)


def test_no_period_is_moved_far_for_the_melodys_sake() -> None:
    """An octave up and down again, at a range of 2: without the limit the ends would move by six semitones."""
    f0 = 110 * 2 ** (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(3 * RATE) / RATE))
    phase = np.cumsum(f0 / RATE)
    samples = (0.1 * sum(np.cos(2 * np.pi * k * phase) / k for k in range(1, 12))).astype(np.float32)
    moved = semitones(melody(modify(samples, RATE, pitch_range=2.0)), melody(samples))
    assert 3.3 < np.nanmax(np.abs(moved)) < 4.3


def test_a_low_voice_is_not_lowered_into_creak(spoken: dict[str, Samples]) -> None:
    low = modify(spoken["kal16"], RATE, pitch=-4)
    before, after = melody(low), melody(modify(low, RATE, pitch_range=2.0))
    assert np.nanmean(after < 57) <= np.nanmean(before < 57) + 0.03
    assert span(after) > 1.2 * span(before)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("pitch", [-4.0, 4.0])
def test_formants_stay(voice: str, pitch: float, spoken: dict[str, Samples]) -> None:
    warp = envelope_warp(spoken[voice], modify(spoken[voice], RATE, pitch=pitch))
    assert 1 / 1.03 < warp < 1.03


def test_the_meter_of_formants_sees_resampled_speech(spoken: dict[str, Samples]) -> None:
    factor = 1.1
    samples = spoken["slt"]
    squeezed = soxr.resample(samples, RATE, RATE / factor)
    assert envelope_warp(modify(samples, RATE, rate=factor), squeezed) == pytest.approx(factor, abs=0.021)


@pytest.mark.parametrize("rate", [0.7, 0.85, 1.2, 1.4])
@pytest.mark.parametrize("voice", VOICES)
def test_rate_changes_the_duration_and_not_the_pitch(
    voice: str, rate: float, spoken: dict[str, Samples], melodies: dict[str, np.ndarray]
) -> None:
    samples = spoken[voice]
    changed = modify(samples, RATE, rate=rate)
    assert len(changed) == round(len(samples) / rate)
    moved = semitones(melody(changed, 0.01 / rate), melodies[voice])
    assert abs(np.nanmedian(moved)) < 0.1
    assert level_db(changed) == pytest.approx(level_db(samples), abs=1)


def test_speech_stays_where_it_was(spoken: dict[str, Samples]) -> None:
    samples = spoken["rms"]
    hop = RATE // 100
    changed = modify(samples, RATE, pitch=2, rate=0.8)

    def loudness(signal: Samples, width: int) -> np.ndarray:
        count = len(signal) // width
        power = np.square(signal[: count * width]).reshape(count, width).mean(axis=1)
        return np.log(np.convolve(power, np.hanning(9), "same") + 1e-7)

    before, after = loudness(samples, hop), loudness(changed, round(hop / 0.8))
    count = min(len(before), len(after))
    assert np.corrcoef(before[:count], after[:count])[0, 1] > 0.97


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("pitch", [-4.0, 4.0])
def test_level_is_kept(voice: str, pitch: float, spoken: dict[str, Samples]) -> None:
    changed = modify(spoken[voice], RATE, pitch=pitch)
    assert level_db(changed) == pytest.approx(level_db(spoken[voice]), abs=1.2)
    assert np.max(np.abs(changed)) < 1.25 * np.max(np.abs(spoken[voice]))


def praat_psola(samples: Samples, pitch: float) -> np.ndarray:
    sound = parselmouth.Sound(samples.astype(np.float64), RATE)
    manipulation = call(sound, "To Manipulation", 0.01, 60, 450)
    tier = call(manipulation, "Extract pitch tier")
    call(tier, "Multiply frequencies", sound.xmin, sound.xmax, 2 ** (pitch / 12))
    call([tier, manipulation], "Replace pitch tier")
    return call(manipulation, "Get resynthesis (overlap-add)").values[0]


@pytest.mark.parametrize("pitch_range", [0.3, 1.8])
@pytest.mark.parametrize("voice", VOICES)
def test_formants_stay_where_the_melody_changes(voice: str, pitch_range: float, spoken: dict[str, Samples]) -> None:
    warp = envelope_warp(spoken[voice], modify(spoken[voice], RATE, pitch_range=pitch_range))
    assert 1 / 1.03 < warp < 1.03


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("how", [{"pitch": -3.0}, {"pitch": 3.0}, {"pitch_range": 0.3}, {"pitch_range": 1.8}], ids=str)
def test_no_clicks(voice: str, how: dict[str, float], spoken: dict[str, Samples]) -> None:
    """A click is a jump that the signal nearby did not have; overlapping pulses make a little of that too."""
    samples = spoken[voice]

    def sharpest(signal: np.ndarray) -> np.ndarray:
        curvature = np.abs(np.diff(signal, n=2))
        blocks = curvature[: len(curvature) // 160 * 160].reshape(-1, 160).max(axis=1)
        return np.lib.stride_tricks.sliding_window_view(np.pad(blocks, 2), 5).max(axis=1)

    usual = sharpest(samples) + 0.01 * np.max(np.abs(samples))
    ours = np.max(sharpest(modify(samples, RATE, **how)) / usual)
    assert ours < 1.8 * np.max(sharpest(praat_psola(samples, how.get("pitch", 3.0)))[: len(usual)] / usual)


@pytest.mark.parametrize("how", [{"pitch": -4.0}, {"pitch": 3.0}, {"pitch_range": 0.4}, {"pitch_range": 2.0}], ids=str)
def test_unvoiced_speech_is_copied_where_only_the_pitch_changes(
    how: dict[str, float], spoken: dict[str, Samples]
) -> None:
    samples = spoken["slt"]
    near_voice = np.convolve(track_f0(samples, RATE).voiced, np.ones(7), "same") > 0.5
    frame = np.minimum(np.rint(np.arange(len(samples)) / RATE / FRAME_STEP).astype(int), len(near_voice) - 1)
    unvoiced = ~near_voice[frame]
    assert unvoiced.sum() > RATE // 2
    assert np.allclose(modify(samples, RATE, **how)[unvoiced], samples[unvoiced], atol=1e-6)


@pytest.mark.parametrize("rate", [0.7, 0.9, 1.4])
def test_noise_stays_noise(rate: float) -> None:
    noise = (0.1 * np.random.default_rng(3).standard_normal(3 * RATE)).astype(np.float32)
    changed = modify(noise, RATE, rate=rate)
    power = np.abs(np.fft.rfft(changed, 2 * len(changed))) ** 2
    correlation = np.fft.irfft(power)
    # From 1 to 25 ms: a repeated grain would be heard as a tone.
    assert np.max(np.abs(correlation[16:400])) < 0.05 * correlation[0]
    assert level_db(changed) == pytest.approx(level_db(noise), abs=0.3)


def test_nothing_to_change_returns_the_input(spoken: dict[str, Samples]) -> None:
    assert modify(spoken["slt"], RATE) is spoken["slt"]


def test_the_input_is_left_alone(spoken: dict[str, Samples]) -> None:
    samples = spoken["awb"].copy()
    samples.setflags(write=False)
    modify(samples, RATE, pitch=2, rate=1.1)
    assert np.array_equal(samples, spoken["awb"])


def test_the_same_call_gives_the_same_samples(spoken: dict[str, Samples]) -> None:
    first, second = (modify(spoken["kal16"], RATE, pitch=-2, rate=0.9) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("voice", VOICES)
def test_a_range_of_one_changes_no_bit(voice: str, spoken: dict[str, Samples]) -> None:
    samples = spoken[voice]
    plain = modify(samples, RATE, pitch=1.5, rate=0.9)
    assert np.array_equal(modify(samples, RATE, pitch=1.5, rate=0.9, pitch_range=1.0), plain)


@pytest.mark.parametrize("pitch_range", [0.29, 2.1, float("nan")])
def test_a_range_outside_the_limits_is_refused(pitch_range: float) -> None:
    with pytest.raises(ValueError, match="limits"):
        modify(np.zeros(100, np.float32), RATE, pitch_range=pitch_range)


@pytest.mark.parametrize(
    ("pitch", "rate"), [(4.1, 1.0), (-4.1, 1.0), (0.0, 0.69), (0.0, 1.41), (float("nan"), 1.0), (0.0, float("nan"))]
)
def test_outside_the_limits_is_refused(pitch: float, rate: float) -> None:
    with pytest.raises(ValueError, match="limits"):
        modify(np.zeros(100, np.float32), RATE, pitch=pitch, rate=rate)


@pytest.mark.parametrize("rate", [22050, 24000, 48000])
def test_other_sample_rates(rate: int, spoken: dict[str, Samples], melodies: dict[str, np.ndarray]) -> None:
    samples = soxr.resample(spoken["slt"], RATE, rate)
    changed = modify(samples, rate, pitch=3)
    assert len(changed) == len(samples)
    after = melody(soxr.resample(changed, rate, RATE))
    assert median_shift(after, melodies["slt"]) == pytest.approx(3, abs=0.3)


def test_memory_is_flat(spoken: dict[str, Samples]) -> None:
    narration = np.tile(spoken["slt"], 20)[: 100 * RATE]
    assert len(narration) == 100 * RATE
    tracemalloc.start()
    try:
        modify(narration, RATE, pitch=3, rate=0.9)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100e6


SIGNALS = {
    "silence": lambda n, rng: np.zeros(n),
    "constant": lambda n, rng: np.full(n, 0.5),
    "noise": lambda n, rng: 0.3 * rng.standard_normal(n),
    "tone": lambda n, rng: 0.5 * np.sin(2 * np.pi * rng.uniform(40, 600) * np.arange(n) / RATE),
    "square": lambda n, rng: np.sign(np.sin(2 * np.pi * rng.uniform(40, 600) * np.arange(n) / RATE)),
    "half voiced": lambda n, rng: np.where(np.arange(n) < n // 2, 0.1, 0.5) * np.sin(0.05 * np.arange(n) % 5),
}


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(sorted(SIGNALS)),
    length=st.integers(0, 12000),
    pitch=st.floats(-4, 4),
    rate=st.floats(0.7, 1.4),
    pitch_range=st.sampled_from([1.0, 0.3, 0.8, 2.0]),
    seed=st.integers(0, 100),
)
def test_any_signal_keeps_its_length_and_stays_finite(
    kind: str, length: int, pitch: float, rate: float, pitch_range: float, seed: int
) -> None:
    samples = SIGNALS[kind](length, np.random.default_rng(seed)).astype(np.float32)
    changed = modify(samples, RATE, pitch, rate, pitch_range)
    assert changed.dtype == np.float32
    assert len(changed) == round(length / rate)
    assert np.all(np.isfinite(changed))
    assert len(modify(samples, RATE, pitch=pitch)) == length
    if length:
        assert np.max(np.abs(changed), initial=0) <= 1.5 * np.max(np.abs(samples)) + 1e-6
