from __future__ import annotations

import math

import numpy as np
import pytest

from askqa_builder.voices.channels import DrawnRoom

pytest.importorskip("pyroomacoustics", reason="the room extra is not installed")
from askqa_builder.recording.channel.room import SPEED_OF_SOUND, impulse_responses, reverberation_time

ROOMS = {
    "office": DrawnRoom((5.0, 4.0, 2.7), 0.4, (2.4, 2.1, 1.1), ((3.1, 2.4, 1.1), (2.0, 2.6, 1.1), (3.9, 1.2, 1.1))),
    "booth": DrawnRoom((3.0, 2.5, 2.4), 0.2, (1.4, 1.3, 1.0), ((1.9, 1.5, 1.0), (1.2, 0.9, 1.0), (1.0, 2.0, 1.0))),
    "hall": DrawnRoom((9.0, 7.0, 3.2), 0.6, (4.4, 3.3, 1.3), ((5.4, 3.3, 1.3), (4.4, 5.3, 1.3), (1.9, 1.3, 1.3))),
}


@pytest.mark.parametrize("name", ROOMS)
def test_the_reverberation_time_is_the_one_drawn(name: str) -> None:
    room = ROOMS[name]
    for response in impulse_responses(room, 16000):
        assert reverberation_time(response, 16000) == pytest.approx(room.rt60, rel=0.15)


def test_reverberation_is_measured_rightly() -> None:
    decay = np.random.default_rng(1).standard_normal(32000) * 10 ** (-3 * np.arange(32000) / 16000 / 0.7)
    assert reverberation_time(decay, 16000) == pytest.approx(0.7, rel=0.03)


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
def test_the_direct_sound_is_the_first_sample(rate: int) -> None:
    room = ROOMS["office"]
    responses = impulse_responses(room, rate)
    for response, talker in zip(responses, room.talkers, strict=True):
        assert response[0] == np.abs(response).max()
        assert np.sum(np.square(response, dtype=float)) == pytest.approx(1, rel=1e-4)
        distance = math.dist(talker, room.microphone)
        mirrored = math.hypot(distance, 2 * room.microphone[2])  # by the floor, the nearest surface
        first_echo = int((mirrored - distance) / SPEED_OF_SOUND * rate) - 4
        assert np.abs(response[1:first_echo]).max() < 0.03 * response[0]


def test_farther_away_there_is_more_room() -> None:
    near, far = (impulse_responses(room, 16000)[0] for room in at_two_distances())
    assert near[0] > 1.5 * far[0]


def at_two_distances() -> tuple[DrawnRoom, DrawnRoom]:
    microphone = (2.4, 2.1, 1.1)
    rooms = (DrawnRoom((5.0, 4.0, 2.7), 0.3, microphone, ((2.4 + distance, 2.1, 1.1),) * 3) for distance in (0.5, 2.0))
    near, far = rooms
    return near, far


def test_the_library_keeps_its_settings() -> None:
    import pyroomacoustics

    names = ("num_threads", "rir_hpf_enable")
    before = [pyroomacoustics.constants.get(name) for name in names]
    impulse_responses(ROOMS["booth"], 11025)
    assert [pyroomacoustics.constants.get(name) for name in names] == before
