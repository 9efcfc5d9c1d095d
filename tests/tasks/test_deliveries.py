"""Which deliveries are told apart, in which words, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from styled import STYLES

from askqa_builder.seeds import Stream
from askqa_builder.tasks.paralinguistics.deliveries import Deliveries, Delivery, delivery_of
from askqa_builder.tasks.paralinguistics.form import choice
from askqa_builder.tasks.paralinguistics.grounds import INTENDED, RECOGNISED, STYLE
from askqa_builder.tasks.paralinguistics.rules import asks_why_it_feels, is_repeated, unfit
from askqa_builder.tasks.wordings import load_wordings
from askqa_builder.voices.emotion import CATEGORIES
from askqa_builder.voices.style import Style
from askqa_builder.voices.style_files import shipped_styles

WORDS = Deliveries(load_wordings())

styles = st.builds(
    Delivery,
    st.just(STYLE),
    st.sampled_from(("neutral", "mine", "lively")),
    st.tuples(*[st.sampled_from((-1, 0, 1))] * 4),
)
emotions = st.builds(Delivery, st.sampled_from((INTENDED, RECOGNISED)), st.sampled_from(CATEGORIES))
deliveries = styles | emotions


@given(deliveries, deliveries)
def test_two_differ_both_ways_or_not_at_all(one: Delivery, other: Delivery) -> None:
    assert one.differs_from(other) is other.differs_from(one)
    assert not one.differs_from(one)


@given(styles, styles)
def test_styles_that_differ_are_never_said_in_words_that_fit_both(one: Delivery, other: Delivery) -> None:
    """By numbers: what is said of one is wrong of the other in at least one word."""
    named = [Delivery(STYLE, "mine", each.claims) for each in (one, other)]
    said = [WORDS.say(each, Stream("x")) for each in named]
    if named[0].differs_from(named[1]) and None not in said:
        assert said[0] != said[1]
        assert not WORDS.says(named[1], said[0] or "")
        claims = [{(place, sign) for place, sign in enumerate(each.claims) if sign} for each in named]
        assert claims[0] - claims[1]
        assert claims[1] - claims[0]


@given(deliveries, st.integers(0, 99))
def test_words_are_recognised_as_those_of_their_delivery(delivery: Delivery, number: int) -> None:
    said = WORDS.say(delivery, Stream(number))
    assert said is None or WORDS.says(delivery, said)
    nothing_to_say = delivery.name in ("other", "unknown") if delivery.is_emotion else delivery.name == "mine"
    assert (said is None) is (nothing_to_say and not any(delivery.claims))


def turn(**style: Any) -> dict[str, Any]:
    return {"style": style or None, "emotion": None}


def delivered(**style: Any) -> Delivery | None:
    return delivery_of({"turns": [turn(**style)], "affect": []}, 0)


def shipped(name: str) -> Delivery:
    found = delivered(name=name, **STYLES[name])
    assert found is not None
    return found


def test_shipped_styles_say_what_they_change() -> None:
    assert shipped("neutral").claims == (0, 0, 0, 0)
    assert shipped("lively").claims == (1, 1, 1, 1)
    assert shipped("subdued").claims == (-1, -1, -1, -1)
    soft = delivered(name="soft", pitch=-0.5, pitch_range=0.9, rate=0.97, loudness=-6.0, pauses=1.05)
    assert soft is not None
    assert not soft.differs_from(shipped("subdued"))  # which is softer than usual, too
    assert soft.differs_from(shipped("neutral"))


@pytest.mark.parametrize(
    ("named", "true_as_well_of"),
    [
        ("loud", ("lively", "emphatic")),
        ("soft", ("subdued",)),
        ("hurried", ("lively",)),
        ("drawn-out", ("subdued", "emphatic")),
        ("flat", ("subdued", "hurried")),
    ],
)
def test_a_style_is_no_alternative_to_one_of_which_its_words_are_true(named: str, true_as_well_of: tuple[str]) -> None:
    """The words name one change ("in a louder voice than usual"), though the style changes more."""
    for other in true_as_well_of:
        assert not delivery_in(shipped_styles(), named).differs_from(delivery_in(shipped_styles(), other))


def delivery_in(styles: Mapping[str, Style], name: str) -> Delivery:
    found = delivered(**{**styles[name].to_json(), "name": name, "native": False})
    assert found is not None
    return found


def test_a_style_of_ones_own_is_said_by_its_numbers() -> None:
    mine = delivered(name="mine", pitch=2.0, pitch_range=0.5, rate=1.0, loudness=3.0, pauses=1.0)
    assert mine is not None
    assert WORDS.say(mine, Stream("x")) == "higher and with fewer ups and downs and louder than usual"
    slow = delivered(name="slow", pitch=0.0, pitch_range=1.0, rate=0.8, loudness=0.0, pauses=1.0)
    assert slow is not None
    assert WORDS.say(slow, Stream("x")) == "more slowly than usual"


def test_of_a_turn_without_a_style_nothing_is_known() -> None:
    assert delivered() is None
    nothing = dict.fromkeys(("name", "pitch", "pitch_range", "rate", "loudness", "pauses", "native"))
    assert delivered(**nothing) is None
    assert delivered(**{**STYLES["lively"], "name": "happy", "native": True}) is None  # asked for, and not noted


def test_options_that_have_parts_are_parted_by_semicolons() -> None:
    assert choice(["user", "narrator", "assistant"]) == "user, narrator or assistant"
    assert choice(["as usual"]) == "as usual"
    numbers = "higher and louder than usual"
    assert choice([numbers, "as plainly as usual"]) == f"{numbers}; or as plainly as usual"
    held_back = "in a quieter, more held-back way than usual"
    assert choice([held_back, "as usual", numbers]) == f"{held_back}; as usual; or {numbers}"
    assert choice(["higher and louder than usual"]) == numbers


@pytest.mark.parametrize(
    "prompt",
    [
        "What does the passage say about the fox?",
        "In the text, who is angry?",
        "Does the user read the answer in a hurry?",
        "According to the transcript, who speaks first?",
        "Which word is written with a capital?",
        "What is the label of the second turn?",
    ],
)
def test_what_takes_a_text_for_granted_is_unfit(prompt: str) -> None:
    assert unfit(prompt) is not None


@pytest.mark.parametrize(
    "prompt",
    [
        "How does the user say “What did he read?”: softly (A) or loudly (B)?",
        'Who says "he wrote a passage" first?',
        "Is the context of the answer already said?",
        "Which thread of the story comes back?",
    ],
)
def test_what_is_heard_may_be_quoted(prompt: str) -> None:
    assert unfit(prompt) is None


def test_quoted_words_with_marks_of_their_own_may_be_any() -> None:
    words = "So says the bear,” he read"
    assert unfit(f"Who says “{words}”?") is not None
    assert unfit(f"Who says “{words}”?", [words]) is None


def test_the_same_question_in_nearly_the_same_words_is_repeated() -> None:
    asked = ["Why does the user speak louder when asking about the bear?"]
    assert is_repeated("Why does the user speak LOUDER, when asking about the bear", asked)
    assert is_repeated("Why does the user speak louder when asking about a bear?", asked)
    assert not is_repeated("What does the assistant answer about the bear?", asked)
    assert asks_why_it_feels("Why does the speaker feel so sad at the end?")
    assert not asks_why_it_feels("Why does “I feel sad” come after the bear?")
    assert not asks_why_it_feels("Who says that they feel sad?")


@given(
    st.lists(
        st.sampled_from(["who", "says", "that", "the", "old", "bear", "came", "back", "home"]), min_size=1, max_size=9
    )
)
def test_a_question_repeats_itself_whatever_its_order_and_marks(words: list[str]) -> None:
    assert is_repeated(" ".join(words).upper() + "?", [" ".join(reversed(words))])
