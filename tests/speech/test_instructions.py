"""An emotion in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.speech.instructions import instructions_for
from askqa_builder.voices.emotion import DIMENSIONS, NO_EMOTION, SPEAKABLE, Affect
from askqa_builder.voices.style_files import shipped_styles

LEVELS = st.none() | st.floats(0.0, 1.0)


def test_what_is_known_is_told_and_no_more() -> None:
    happy = "Speak in a happy voice, as somebody who feels happy."
    assert instructions_for(Affect("happy")) == happy
    assert instructions_for(Affect("happy", 0.5, 0.5, 0.5)) == happy
    assert instructions_for(Affect("happy", 0.95, 0.61, 0.39)) == (
        f"{happy} The feeling is very pleasant. Keep the energy of your voice high. Sound unsure of yourself."
    )


@given(st.sampled_from(SPEAKABLE), LEVELS, LEVELS, LEVELS)
def test_every_emotion_has_words(
    category: str, valence: float | None, arousal: float | None, dominance: float | None
) -> None:
    told = instructions_for(Affect(category, valence, arousal, dominance))
    assert told.startswith(instructions_for(Affect(category)))
    assert told.endswith(".")
    assert "\n" not in told


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_five_levels_of_a_dimension_are_five_wordings(dimension: str) -> None:
    told = {instructions_for(Affect("sad", **{dimension: value / 100})) for value in range(101)}
    assert len(told) == 5


def test_categories_differ() -> None:
    assert len({instructions_for(Affect(category)) for category in SPEAKABLE}) == len(SPEAKABLE)


def test_the_shipped_emotions_lie_where_their_names_say() -> None:
    known = {name: style.emotion for name, style in shipped_styles().items() if style.emotion is not None}
    assert known.keys() == {*SPEAKABLE} - {NO_EMOTION}
    assert all(emotion.category == name for name, emotion in known.items())
    for dimension, highest, lowest in (
        ("valence", "happy", "fearful"),
        ("arousal", "surprised", "sad"),
        ("dominance", "happy", "fearful"),
    ):
        ordered = sorted(known, key=lambda name: getattr(known[name], dimension))
        assert (ordered[0], ordered[-1]) == (lowest, highest)
    assert len({instructions_for(emotion) for emotion in known.values()}) == len(known)
