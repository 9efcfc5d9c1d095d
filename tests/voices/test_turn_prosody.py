from __future__ import annotations

from statistics import median

import pytest

from askqa_builder.corpus.conversation import Role
from askqa_builder.errors import UsageError
from askqa_builder.voices.casting import SpeakerProfile
from askqa_builder.voices.engine_choice import EngineChoice
from askqa_builder.voices.profile_files import parse_profile_set
from askqa_builder.voices.profiles import ProfileSet
from askqa_builder.voices.turn_prosody import Prosody, combined, draw_offset
from askqa_builder.voices.voice import Controls, Limits, Voice


def speaker(rate: float, pitch: float, native_rate: Limits | None = None) -> SpeakerProfile:
    voice = Voice("a", "en", None, None, "unknown", Controls(native_rate, None, False))
    return SpeakerProfile(Role.USER, EngineChoice("flite"), voice, rate, pitch, -23.0)


def profiles(**user: object) -> ProfileSet:
    roles = {role.value: {"voices": ["a"]} for role in Role}
    roles["user"] |= user  # type: ignore[arg-type]
    return parse_profile_set({"engine": "flite", "roles": roles}, "mine", "mine.yaml")


def test_rates_multiply_and_pitches_add() -> None:
    assert combined(speaker(1.1, 2.0), Prosody(0.9, -3.0)) == Prosody(1.1 * 0.9, -1.0)


def test_without_an_offset_a_turn_has_its_speaker_s_own_values() -> None:
    assert combined(speaker(1.0873, -0.4519), Prosody()) == Prosody(1.0873, -0.4519)


@pytest.mark.parametrize(
    ("offset", "native", "expected"),
    [
        (Prosody(1.9, 9.0), None, Prosody(1.4, 4.0)),
        (Prosody(0.5, -9.0), None, Prosody(0.7, -4.0)),
        (Prosody(1.25, 0.0), (0.5, 2.0), Prosody(1.5, 0.0)),
        (Prosody(1.9, 0.0), (0.5, 2.0), Prosody(2.0, 0.0)),
    ],
)
def test_the_sum_is_clipped_to_what_the_voice_allows(offset: Prosody, native: Limits | None, expected: Prosody) -> None:
    assert combined(speaker(1.2, 0.0, native), offset) == expected


def test_offsets_are_drawn_from_the_turn_s_key_alone() -> None:
    user = profiles(turn_rate=["lognormal", 1.0, 0.1], turn_pitch=["normal", 0.5, 1.0]).roles[Role.USER]
    drawn = [draw_offset(user, 7, "conversation", 0, turn, "Which one?") for turn in range(400)]
    assert draw_offset(user, 7, "conversation", 0, 3, "Which one?") == drawn[3]
    assert len(set(drawn)) == len(drawn)
    assert median(one.rate for one in drawn) == pytest.approx(1.0, abs=0.02)
    assert median(one.pitch for one in drawn) == pytest.approx(0.5, abs=0.2)


def test_by_default_there_is_none() -> None:
    assert draw_offset(profiles().roles[Role.USER], 7, "conversation") == Prosody()


def test_a_set_with_offsets_and_an_aligner_is_read_back_from_its_canonical_form() -> None:
    read = profiles(turn_rate=["uniform", 0.9, 1.1], turn_pitch=["choice", -1.0, 1.0])
    canonical = read.to_json()
    assert canonical["roles"]["user"]["turn_rate"] == ["uniform", 0.9, 1.1]
    assert canonical["roles"]["narrator"]["turn_pitch"] == 0.0
    assert parse_profile_set(canonical, "mine", "mine.yaml") == read
    aligned = parse_profile_set({**canonical, "align": "pocketsphinx"}, "mine", "mine.yaml")
    assert aligned != read
    assert parse_profile_set(aligned.to_json(), "mine", "mine.yaml") == aligned


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("turn_rate", 3.0, "roles.user.turn_rate: 3 (almost) never falls inside 0.5 to 2, factors of the speaker's"),
        ("turn_pitch", "high", "roles.user.turn_pitch"),
        ("turn_pitch", ["normal", 40, 1], "semitones from the speaker's pitch"),
    ],
)
def test_faults_are_named(key: str, value: object, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        profiles(**{key: value})
    assert said in str(caught.value)


def test_an_unknown_aligner_is_refused() -> None:
    with pytest.raises(UsageError, match=r"mine\.yaml: align: 'sphinx' is unknown.*allowed: pocketsphinx"):
        parse_profile_set({**profiles().to_json(), "align": "sphinx"}, "mine", "mine.yaml")
