"""A room: impulse responses from each talker to the microphone, by the image-source method of pyroomacoustics."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askqa_builder.errors import UsageError
from askqa_builder.speech.engine import Samples
from askqa_builder.voices.channels import SPEED_OF_SOUND, DrawnRoom, shortest_way

_SLOWER_DECAY = 1.25
_CLOSE_ENOUGH = 0.04
_MOST_TRIES = 8
_LEAST_ABSORPTION, _MOST_ABSORPTION = 0.005, 0.99
_CALIBRATION_RATE = 8000
_INAUDIBLE_DB = -65.0
"""Below all of the response: what comes after is cut off."""


def require_rooms() -> None:
    """Raise UsageError where the library for rooms is missing."""
    _library()


@lru_cache(maxsize=4)
def impulse_responses(room: DrawnRoom, sample_rate: int) -> tuple[Samples, ...]:
    """Return the impulse response of each talker; the direct sound is sample 0, the energy of each is 1.

    Energy 1 keeps the level of speech roughly what it was: farther away a voice is not softer, but has more room in
    it. The walls absorb as much as gives the room's RT60: Sabine's and Eyring's formulas are up to half wrong for a
    shoebox, so it is measured.
    """
    absorption = _absorption(room)
    return tuple(_response(room, talker, absorption, sample_rate) for talker in room.talkers)


def reverberation_time(response: NDArray[Any], sample_rate: int) -> float:
    """Measure RT60 in seconds by Schroeder's backward integration, as T30 of ISO 3382: from −5 to −35 dB."""
    energy = np.cumsum(np.square(response[::-1], dtype=np.float64))[::-1]
    decay = 10 * np.log10(np.maximum(energy / energy[0], 1e-12))
    first, last = (int(np.argmax(decay <= level)) for level in (-5.0, -35.0))
    last = max(last, first + 2)
    slope = np.polyfit(np.arange(first, last) / sample_rate, decay[first:last], 1)[0]
    return float(-60 / slope)


@lru_cache(maxsize=4)
def _absorption(room: DrawnRoom) -> float:
    """Return the share of energy that the walls absorb for the room to have its RT60, by trial.

    Begins with Eyring's formula, with what a shoebox is mostly off it; the decay in dB is proportional to
    ln(1 − absorption), which gives the next guess.
    """
    length, width, height = room.size
    surface = 2 * (length * width + length * height + width * height)
    eyring = 24 * math.log(10) / SPEED_OF_SOUND * length * width * height / (surface * room.rt60)
    exponent = eyring * _SLOWER_DECAY
    for _ in range(_MOST_TRIES):
        absorption = min(max(1 - math.exp(-exponent), _LEAST_ABSORPTION), _MOST_ABSORPTION)
        response = _response(room, room.talkers[0], absorption, _CALIBRATION_RATE)
        measured = reverberation_time(response, _CALIBRATION_RATE)
        if abs(measured / room.rt60 - 1) < _CLOSE_ENOUGH:
            break
        exponent *= measured / room.rt60
    return absorption


def _response(room: DrawnRoom, talker: tuple[float, float, float], absorption: float, sample_rate: int) -> Samples:
    """Compute one impulse response, without the silence before the direct sound."""
    pra = _library()
    delay, place = _whole_delay(room.microphone, talker, sample_rate)
    with _settings(pra):
        shoebox = pra.ShoeBox(
            room.size,
            fs=sample_rate,
            materials=pra.Material(absorption),
            max_order=_order(room),
            air_absorption=False,
        )
        shoebox.add_microphone(list(room.microphone))
        shoebox.add_source(list(place))
        shoebox.compute_rir()
        half = pra.constants.get("frac_delay_length") // 2
    response = np.asarray(shoebox.rir[0][0], np.float64)[half + delay :]
    energy = np.cumsum(np.square(response[::-1]))[::-1]
    audible = int(np.count_nonzero(energy > energy[0] * 10 ** (_INAUDIBLE_DB / 10)))
    return (response[:audible] / math.sqrt(energy[0])).astype(np.float32)


def _whole_delay(
    microphone: tuple[float, float, float], talker: tuple[float, float, float], sample_rate: int
) -> tuple[int, NDArray[np.float64]]:
    """Move a talker by a centimetre or so, to where the direct sound takes a whole number of samples.

    Between samples it would be spread over many, some of them before its arrival.
    """
    ear, mouth = np.array(microphone), np.array(talker)
    distance = float(np.linalg.norm(mouth - ear))
    delay = max(round(distance / SPEED_OF_SOUND * sample_rate), 1)
    return delay, ear + (mouth - ear) * (delay * SPEED_OF_SOUND / sample_rate / distance)


def _order(room: DrawnRoom) -> int:
    """Return how many reflections a sound undergoes in RT60, at most: on the shortest way round."""
    return math.ceil(SPEED_OF_SOUND * room.rt60 / shortest_way(room.size))


@contextmanager
def _settings(pra: Any) -> Iterator[None]:
    """One thread, whose sums are the same every time, and no high-pass, which would ring ahead of the direct sound."""
    wanted = {"num_threads": 1, "rir_hpf_enable": False}
    before = {name: pra.constants.get(name) for name in wanted}
    try:
        for name, value in wanted.items():
            pra.constants.set(name, value)
        yield
    finally:
        for name, value in before.items():
            pra.constants.set(name, value)


def _library() -> Any:
    try:
        import pyroomacoustics
    except ImportError as error:
        raise UsageError('a room needs a library: pip install "askqa-builder[room]"') from error
    return pyroomacoustics
