"""Turns whose pace or pitch is not that of their voice at the requested rate and pitch.

A row says what was requested of each speaker; what a voice does when nothing is requested is learnt from all its
turns in the dataset. A turn's length is predicted from its text (`measures.FEATURES`, each with its time, fitted per
engine by robust least squares), its requested rate and its voice; its F0 from the requested pitch, its voice and its
length. A turn is compared with its voice's *other* turns, mostly with those of about its length, and what is not known
of a voice (few turns) widens the tolerance: of a voice heard once only gross errors are found.

The figures below come from builds of 300 conversations of Abg-CoQA's test split with `--profiles flite` and
`--profiles espeak`, some 1,850 different turns each. Logarithm of measured over predicted length: standard deviation
0.025 for narrations, 0.06 at 15 words, 0.2 for single words; largest in narrations 0.11, at 8 to 15 words 0.21. A
turn 30 % too fast is at -0.26. F0 over 5 s or more: 0.15 to 0.5 semitones, largest 1.7. No clean turn uses more than
nine tenths of its tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from askqa_builder.verify.baseline import Array, VoiceBaseline, robust_fit, robust_spread, weighted_median
from askqa_builder.verify.findings import Finding
from askqa_builder.verify.measures import F0_SECONDS, SYLLABLES, WORDS
from askqa_builder.verify.register import HeardTurn, Register

USUAL_TIMES = np.array([0.14, 0.07, 0.083, 0.035, 0.01, 0.063, 0.05, 0.03, 0.36, 0.39, 0.65])
"""Seconds of each of FEATURES at rate 1, the mean of flite's and espeak's voices: where fitting starts, and stays
where a dataset is small."""

_TIMES_VARY = 0.5
"""Relative standard deviation of USUAL_TIMES over engines."""

_LENGTH_SPREAD, _LENGTH_SPREAD_PER_SYLLABLE = 0.025, 0.28
"""Spread of log length: of long texts, and what a single syllable adds; it falls with the root of their number."""

_SURE_OF_LENGTH = (8, 15)
_STRICTNESS = (6.0, 3.0)
"""Words up to which a length is judged loosely and from which it is judged closely, and how many spreads that is."""

_NARROWEST_LENGTH = 0.15

_VOICED_SPREAD, _VOICED_SPREAD_PER_SECOND = 0.35, 0.9
"""Spread of F0 in semitones: of long speech, and what a single second adds; it falls with the seconds."""

_SURE_OF_PITCH = 5.0
_LOOSE_PITCH = {2.0: 3.5, 3.5: 2.3}
"""Seconds from which pitch is judged closely; tolerances in semitones for less, none below the first."""

_NARROWEST_PITCH, _WIDEST_PITCH = 1.5, 2.0
"""Limits of the close tolerance, which is five spreads of the voice's long turns, in semitones."""

_VOICE_PACE_VARIES = (0.05, 0.25)
_VOICE_PITCH_VARIES = (1.0, 6.0)
"""Limits of the spread over the voices of an engine; the second also where there are too few voices to tell."""

_FEWEST_VOICES = 4


def find_outliers(register: Register) -> Iterator[Finding]:
    """Yield the turns of the register whose pace or pitch is wrong, engine by engine."""
    voices: dict[str, list[str]] = {}
    for engine, voice in register.voices():
        voices.setdefault(engine, []).append(voice)
    for engine, names in voices.items():
        samples = {voice: register.sampled(engine, voice) for voice in names}
        pace, pitch = PaceModel(samples), PitchModel(samples)
        for voice in names:
            for turn in register.turns(engine, voice):
                yield from pace.judge(voice, turn)
                yield from pitch.judge(voice, turn)


class PaceModel:
    """How long the voices of one engine take for a text; samples: turns by voice."""

    def __init__(self, samples: dict[str, list[HeardTurn]]) -> None:
        turns = [turn for sample in samples.values() for turn in sample]
        owner = _owners(samples)
        counts = np.array([turn.measure.features for turn in turns])
        spreads = _length_spread(counts[:, SYLLABLES].sum(axis=1))
        taken = np.array([turn.measure.seconds * turn.measure.rate for turn in turns])
        self._times = USUAL_TIMES
        for _ in range(3):
            residuals = np.log(taken) - self._log_usual(counts)
            voices = _medians(residuals, 1 / np.maximum(spreads, 0.06) ** 2, owner)
            own = taken * np.exp(-voices[owner])
            # relative errors: each turn's equation is divided by its own length
            self._times = robust_fit(
                counts / own[:, None],
                np.ones(len(own)),
                spreads,
                1 / (_TIMES_VARY * USUAL_TIMES),
                USUAL_TIMES,
            )
        residuals = np.log(taken) - self._log_usual(counts)
        voices = _medians(residuals, 1 / np.maximum(spreads, 0.06) ** 2, owner)
        self._prior = _prior(voices, _VOICE_PACE_VARIES)
        self._scale = max(1.0, robust_spread((residuals - voices[owner]) / spreads))
        seconds = np.array([turn.measure.seconds for turn in turns])
        self._voices = _baselines(samples, residuals, np.maximum(spreads, 0.06), seconds)

    def judge(self, voice: str, turn: HeardTurn) -> Iterator[Finding]:
        """Yield a finding if the turn is too long or too short."""
        measure = turn.measure
        usual = float(self._log_usual(np.array([measure.features]))[0]) - np.log(measure.rate)
        offset, variance = self._voices[voice].without(turn.sample, measure.seconds, self._prior)
        strictness = float(np.interp(measure.features[WORDS], _SURE_OF_LENGTH, _STRICTNESS))
        spread = float(_length_spread(np.array([measure.syllables]))[0])
        own = max(_NARROWEST_LENGTH, strictness * spread) * self._scale
        tolerance = float(np.hypot(own, 3 * np.sqrt(variance)))
        expected = float(np.exp(usual + offset))
        off = float(np.log(measure.seconds / expected))
        if abs(off) > tolerance:
            factor = f"{np.exp(-off):.2f} times the pace expected"
            measured = f"{measure.seconds:.2f} s for {measure.syllables:.0f} syllables, {factor}"
            low, high = expected * np.exp(-tolerance), expected * np.exp(tolerance)
            yield _finding("pace", turn, measured, f"{low:.2f} to {high:.2f} s at rate {measure.rate:.2f}")

    def _log_usual(self, counts: Array) -> Array:
        """Log seconds at rate 1, shape [turns]; what a fit to few turns makes of odd texts is kept within reason."""
        usual = counts @ USUAL_TIMES
        logarithm: Array = np.log(np.clip(counts @ self._times, 0.4 * usual, 2.5 * usual))
        return logarithm


class PitchModel:
    """How high the voices of one engine speak; samples: turns by voice, judged where enough is voiced."""

    def __init__(self, samples: dict[str, list[HeardTurn]]) -> None:
        samples = {voice: [turn for turn in sample if turn.measure.f0 is not None] for voice, sample in samples.items()}
        self._voices: dict[str, VoiceBaseline] = {}
        self._spread: dict[str, float] = {}
        samples = {voice: sample for voice, sample in samples.items() if sample}
        if not samples:
            return
        turns = [turn for sample in samples.values() for turn in sample]
        owner = _owners(samples)
        heights = np.array([_height(turn) for turn in turns])
        spreads = _pitch_spread(np.array([turn.measure.f0_seconds for turn in turns]))
        shapes = np.array([_shape(turn) for turn in turns])
        self._trend = np.zeros(shapes.shape[1])
        for _ in range(5):
            voices = _medians(heights - shapes @ self._trend, 1 / spreads**2, owner)
            nothing = np.zeros(shapes.shape[1])
            self._trend = robust_fit(shapes, heights - voices[owner], spreads, nothing + 2.0, nothing)
        residuals = heights - shapes @ self._trend
        voices = _medians(residuals, 1 / spreads**2, owner)
        self._prior = _prior(voices, _VOICE_PITCH_VARIES)
        self._voices = _baselines(samples, residuals, spreads, np.array([_compared_seconds(turn) for turn in turns]))
        for i, voice in enumerate(samples):
            sure = (owner == i) & (spreads <= _pitch_spread(np.array([_SURE_OF_PITCH]))[0])
            self._spread[voice] = robust_spread(residuals[sure] - np.median(residuals[sure])) if sure.any() else 0.0

    def judge(self, voice: str, turn: HeardTurn) -> Iterator[Finding]:
        """Yield a finding if the turn is too high or too low."""
        measure = turn.measure
        baseline = self._voices.get(voice)
        if baseline is None or measure.f0 is None or measure.f0_seconds < min(_LOOSE_PITCH):
            return
        offset, variance = baseline.without(turn.sample, _compared_seconds(turn), self._prior)
        expected = offset + float(_shape(turn) @ self._trend) + measure.pitch
        close = float(np.clip(5 * self._spread.get(voice, 0.0), _NARROWEST_PITCH, _WIDEST_PITCH))
        own = np.interp(measure.f0_seconds, [*_LOOSE_PITCH, _SURE_OF_PITCH], [*_LOOSE_PITCH.values(), close])
        tolerance = float(np.hypot(own, 3 * np.sqrt(variance)))
        off = measure.f0 - expected
        if abs(off) > tolerance:
            measured = f"{_hertz(measure.f0):.1f} Hz, {off:+.1f} semitones from the pitch expected"
            low, high = _hertz(expected - tolerance), _hertz(expected + tolerance)
            yield _finding("pitch", turn, measured, f"{low:.1f} to {high:.1f} Hz at pitch {measure.pitch:+.2f}")


def _length_spread(syllables: Array) -> Array:
    spread: Array = np.hypot(_LENGTH_SPREAD, _LENGTH_SPREAD_PER_SYLLABLE / np.sqrt(np.maximum(syllables, 1)))
    return spread


def _pitch_spread(seconds: Array) -> Array:
    spread: Array = np.hypot(_VOICED_SPREAD, _VOICED_SPREAD_PER_SECOND / np.maximum(seconds, 0.3))
    return spread


def _height(turn: HeardTurn) -> float:
    """F0 in semitones with what was requested taken off."""
    assert turn.measure.f0 is not None
    return turn.measure.f0 - turn.measure.pitch


def _shape(turn: HeardTurn) -> Array:
    """What moves F0 whatever the voice: speech falls as it goes on, though not for ever, and questions rise."""
    length = np.log(max(_compared_seconds(turn), 0.3) / 3)
    question = float(turn.measure.is_question)
    return np.array([length, length**2, question, question * length, question * length**2])


def _compared_seconds(turn: HeardTurn) -> float:
    """Seconds of a turn as far as they matter to its pitch: a minute of speech is no higher than its beginning."""
    return min(turn.measure.f0_seconds, F0_SECONDS)


def _owners(samples: dict[str, list[HeardTurn]]) -> Array:
    return np.repeat(np.arange(len(samples)), [len(sample) for sample in samples.values()])


def _medians(values: Array, weights: Array, owner: Array) -> Array:
    """Weighted median of each voice's values, shape [voices]; owner: number of the voice of each value."""
    medians = np.zeros(int(owner.max()) + 1)
    for i in range(len(medians)):
        mine = np.flatnonzero(owner == i)
        mine = mine[np.argsort(values[mine])]
        medians[i] = weighted_median(values[mine], weights[mine])
    return medians


def _prior(voices: Array, limits: tuple[float, float]) -> tuple[float, float]:
    """Mean and spread over voices, for those of which little is heard."""
    middle = float(np.median(voices))
    if len(voices) < _FEWEST_VOICES:
        return middle, limits[1]
    return middle, float(np.clip(1.5 * robust_spread(voices - middle), *limits))


def _baselines(
    samples: dict[str, list[HeardTurn]], residuals: Array, spreads: Array, seconds: Array
) -> dict[str, VoiceBaseline]:
    baselines, first = {}, 0
    for voice, sample in samples.items():
        mine = slice(first, first + len(sample))
        baselines[voice] = VoiceBaseline(
            residuals[mine], spreads[mine], seconds[mine], [turn.sample for turn in sample]
        )
        first = mine.stop
    return baselines


def _hertz(semitones: float) -> float:
    return float(2 ** (semitones / 12))


def _finding(check: str, turn: HeardTurn, measured: str, wanted: str) -> Finding:
    return Finding(check, turn.file, turn.row, turn.measure.index, measured, wanted)
