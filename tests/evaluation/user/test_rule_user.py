"""What the rule-based user says, whatever he is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meant_items import dialogue, item_of, kettles

from askqa_builder.evaluation.item import Item, Said
from askqa_builder.evaluation.user.meaning import meaning
from askqa_builder.evaluation.user.rule import RuleUser
from askqa_builder.evaluation.user.words import content

FIRST, SECOND = 0, 1


def reply(item: Item, branch: int, question: str, *later: Said) -> str:
    return RuleUser().reply(item, item.intents[branch], dialogue(item, question, *later))


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        # the annotator's own words
        ("Do you mean the first kettle?", "Yes", "No, I mean the second kettle."),
        ("do you mean the FIRST kettle", "Yes", "No, I mean the second kettle."),
        ("I am not sure. Do you mean the first kettle?", "Yes", "No, I mean the second kettle."),
        # proposals
        ("Are you asking about the first one?", "Yes.", "No, I mean the second kettle."),
        ("Do you mean the second kettle?", "No, I mean the first kettle.", "Yes."),
        ("You want to know the colour of the second kettle, right?", "No, I mean the first kettle.", "Yes."),
        ("When you ask what colour it was, do you mean the second kettle?", "No, I mean the first kettle.", "Yes."),
        ("Could you tell me if you mean the second one?", "No, I mean the first kettle.", "Yes."),
        ("The second one?", "No, I mean the first kettle.", "Yes."),
        ("Was it the 2nd kettle?", "No, I mean the first kettle.", "Yes."),
        # neither
        ("Do you mean the third kettle?", "No, I mean the first kettle.", "No, I mean the second kettle."),
        # open questions and choices
        ("What do you mean?", "I mean the first kettle.", "I mean the second kettle."),
        ("Which one?", "I mean the first kettle.", "I mean the second kettle."),
        ("Which kettle, the first?", "I mean the first kettle.", "I mean the second kettle."),
        ("Do you mean the first or the second kettle?", "I mean the first kettle.", "I mean the second kettle."),
        ("Could you tell me which kettle?", "I mean the first kettle.", "I mean the second kettle."),
        ("Could you clarify?", "I mean the first kettle.", "I mean the second kettle."),
        # in doubt
        ("Do you mean the kettle?", "I mean the first kettle.", "I mean the second kettle."),
        ("Do you mean the lid beside the first kettle?", "I mean the first kettle.", "I mean the second kettle."),
        ("You don't mean the first kettle, do you?", "I mean the first kettle.", "I mean the second kettle."),
        ("Do you mean both kettles?", "I mean the first kettle.", "I mean the second kettle."),
        ("Do you mean the kettle other than the first?", "I mean the first kettle.", "I mean the second kettle."),
        ("Do you mean the one on the left?", "I mean the first kettle.", "I mean the second kettle."),
        ("The weather is fine.", "I mean the first kettle.", "I mean the second kettle."),
        ("", "I mean the first kettle.", "I mean the second kettle."),
    ],
)
def test_a_question_gets_the_reply_of_the_reading(question: str, first: str, second: str) -> None:
    assert reply(kettles(), FIRST, question) == first
    assert reply(kettles(), SECOND, question) == second


def test_a_name_that_is_meant_is_confirmed_and_another_one_denied() -> None:
    item = item_of("Was she late?", "Who do you mean?", ("Ada.", ["no"]), ("I mean Mrs. Lund.", ["yes"]))
    assert reply(item, FIRST, "Do you mean Ada?") == "Yes."
    assert reply(item, SECOND, "Do you mean Ada?") == "No, I mean Mrs. Lund."
    assert reply(item, SECOND, "Are you asking about Mrs. Lund?") == "Yes."
    assert reply(item, FIRST, "Do you mean Ada or Mrs. Lund?") == "I mean Ada."


def test_words_of_request_and_annotators_question_are_about_all_readings() -> None:
    item = item_of(
        "What did he pay?", "Which boat, the red or the green one?", ("Red", ["$4"]), ("The green one", ["$5"])
    )
    assert reply(item, FIRST, "Do you want to know the price of the red boat?") == "Yes."
    assert reply(item, SECOND, "Do you want to know the price of the red boat?") == "No, I mean the green one."


def test_a_reading_that_is_all_of_another_one_but_a_word() -> None:
    item = item_of("Is it so?", "Do you mean on the island?", ("Yes", ["a"]), ("No, outside the island.", ["b"]))
    assert reply(item, FIRST, "Are you asking about the island?") == "Yes"
    assert reply(item, SECOND, "Are you asking what is outside the island?") == "Yes."
    assert reply(item, FIRST, "Are you asking what is outside the island?") == "No, I mean on the island."


def test_a_bare_no_denies_what_was_asked() -> None:
    item = item_of("What colour is it?", "Do you mean the ferry?", ("Yes", ["white"]), ("No", ["old"]))
    assert reply(item, SECOND, "Do you mean the ferry?") == "No"
    assert reply(item, SECOND, "Do you mean the colour of the ferry?") == "No, I do not mean the ferry."
    assert reply(item, SECOND, "What do you mean?") == "I do not mean the ferry."


def test_who_has_one_reading_says_what_he_has_asked() -> None:
    item = item_of("Where did the boats lie?", None)
    assert reply(item, 0, "Do you mean in the harbour?") == "My question is: where did the boats lie?"


def test_who_has_said_it_before_says_so() -> None:
    said = (Said("assistant", "Which one?"), Said("user", "I mean the second kettle."))
    assert reply(kettles(), SECOND, "Sorry, which one?", *said) == "As I said, I mean the second kettle."
    assert reply(kettles(), SECOND, "Do you mean the third one?", *said) == "No, as I said, I mean the second kettle."
    assert reply(kettles(), SECOND, "Do you mean the second one?", *said) == "Yes."
    once = item_of("Where did the boats lie?", None)
    asked_again = (Said("assistant", "When?"), Said("user", reply(once, 0, "When?")))
    assert reply(once, 0, "When?", *asked_again) == "As I said, my question is: where did the boats lie?"


ASKED_WITH = """do you mean are asking about the first second third kettle one or not which what colour was it green
dark red yes no before after i ? . lid said"""
WORDS = st.sampled_from(ASKED_WITH.split())
QUESTIONS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join))


@given(QUESTIONS)
def test_the_intent_is_the_same_whatever_is_asked(question: str) -> None:
    item = kettles()
    for branch, other in ((FIRST, "second kettle"), (SECOND, "first kettle")):
        intent = item.intents[branch]
        told = meaning(intent)
        assert told is not None
        said = reply(item, branch, question)
        assert said in {"Yes.", told.statement, f"No, {told.statement}", intent.reply}
        assert other not in said
        assert not any(reference in said for reference in intent.references)


@given(QUESTIONS)
def test_two_readings_never_both_say_yes(question: str) -> None:
    replies = {reply(kettles(), branch, question).rstrip(".").lower() for branch in (FIRST, SECOND)}
    assert replies != {"yes"}


@given(QUESTIONS)
def test_a_request_with_one_reading_is_asked_again_whatever_is_asked(question: str) -> None:
    item = item_of("Where did the boats lie?", None)
    assert reply(item, 0, question) == "My question is: where did the boats lie?"


SPOKEN = st.text(max_size=60).map(lambda text: f"kettle {text}")
"""Texts of a corpus have something to pronounce."""


@given(SPOKEN, SPOKEN, SPOKEN, st.sampled_from(["", "yes ", "No, ", "No. "]), QUESTIONS)
def test_a_reply_has_no_word_but_those_of_request_question_and_reply(
    request: str, asked: str, told: str, polar: str, question: str
) -> None:
    item = item_of(request, asked, (polar + told, ["zebra"]), ("Yes", ["giraffe"]))
    frame = "yes no i am not do mean it is this that my question asking as said want to would like"
    for branch, own in ((FIRST, polar + told), (SECOND, "Yes")):
        said = reply(item, branch, question)
        assert said.strip()
        assert content(said) <= content(f"{asked} {own} {frame}")
