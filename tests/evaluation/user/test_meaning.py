from __future__ import annotations

import pytest

from askqa_builder.evaluation.item import Intent
from askqa_builder.evaluation.user.meaning import as_statement, meaning, polarity


@pytest.mark.parametrize(
    ("question", "reply", "statement"),
    [
        ("Do you mean the blue kettle?", "Yes", "I mean the blue kettle."),
        ("do you mean the blue kettle", "yes.", "I mean the blue kettle."),
        ("Do you mean the blue kettle?", "No, I mean the red one.", "I mean the red one."),
        ("Do you mean the blue kettle?", "No", "I do not mean the blue kettle."),
        ("Did you perhaps mean the ferry?", "Yeah!", "I mean the ferry."),
        ("You mean the last time?", "Yes", "I mean the last time."),
        ("Are you asking how he got home?", "Yes.", "I am asking how he got home."),
        ("Are you asking how he got home?", "No.", "I am not asking how he got home."),
        ("Are you interested in the year?", "Yes", "I am interested in the year."),
        ("Are your asking about the ferry?", "Yes", "I am asking about the ferry."),
        ("Are asking about the ferry?", "Yes", "I am asking about the ferry."),
        ("Do you want to know when the ferry left?", "Yes", "I want to know when the ferry left."),
        ("Do you want to know when the ferry left?", "no", "I do not want to know when the ferry left."),
        ("Would you like to know the year?", "Yes", "I would like to know the year."),
        ('By "they" do you mean the twins?', "Yes", 'By "they" I mean the twins.'),
        ("Sorry, I am not sure. Do you mean the twins?", "Yes", "I mean the twins."),
        ("Was it about the farm?", "Yes", "It was about the farm."),
        ("Was the letter about the farm?", "Yes", "The letter was about the farm."),
        ("Was the letter about the farm?", "No", "The letter was not about the farm."),
        ("Was the letter about the farm?", "No, it was about the mill.", "It was about the mill."),
        ("Did the twins row?", "Yes", "It is this that I mean: did the twins row."),
        ("Do you mean your sister's kettle?", "Yes", "I mean my sister's kettle."),
        ("Do you mean the ferry or the bridge?", "I mean the bridge.", "I mean the bridge."),
        ("Do you mean the ferry or the bridge?", "The bridge", "I mean the bridge."),
        ("Do you mean every evening or this evening?", "Every evening.", "I mean every evening."),
        ("Do you mean Ada or Tobias?", "Tobias.", "I mean Tobias."),
        (
            "Do you mean before or after the twins had rowed across?",
            "After.",
            "I mean after the twins had rowed across.",
        ),
        ("When did what leave?", "When did the ferry leave?", "I mean when did the ferry leave?"),
        ("Whom are you referring to?", "I'm talking about Ada.", "I'm talking about Ada."),
        ("Do you mean the twins?", "No, who rowed the boat?", "I mean who rowed the boat?"),
        (
            "Are you talking about the miller?",
            "Yes, what was his name?",
            "I am talking about the miller. What was his name?",
        ),
        ("Do you mean the miller sang?", "Yes, does he?", "I mean the miller sang."),
        ("Do you mean a kettle?", "Yes, I mean the blue kettle", "I mean the blue kettle"),
        ("Who did she meet?", "No one.", "I mean no one."),
    ],
)
def test_what_is_meant_is_a_statement(question: str, reply: str, statement: str) -> None:
    told = meaning(Intent(0, 1.0, question, reply, ("in the harbour",)))
    assert told is not None
    assert told.statement.removesuffix(".") == statement.removesuffix(".")
    assert told.statement[-1] in ".?"


def test_a_request_with_one_reading_means_nothing_beyond_it() -> None:
    assert meaning(Intent(None, 1.0, None, None, ("in the harbour",))) is None


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("Yes", (True, "")),
        ("yes, the blue one", (True, "the blue one")),
        ("No. The blue one.", (False, "The blue one.")),
        ("No the blue one", (False, "the blue one")),
        ("nope", (False, "")),
        ("Not really, the blue one", (False, "the blue one")),
        ("Nobody", (None, "Nobody")),
        ("Norway", (None, "Norway")),
        ("Yesterday", (None, "Yesterday")),
        ("Right after lunch", (None, "Right after lunch")),
        ("The blue one", (None, "The blue one")),
    ],
)
def test_yes_and_no_are_told_from_what_follows(reply: str, told: tuple[bool | None, str]) -> None:
    assert polarity(reply) == told


def test_what_is_denied_depends_on_the_question_alone() -> None:
    assert as_statement("Do you mean the twins?", denied=True) == "I do not mean the twins."
