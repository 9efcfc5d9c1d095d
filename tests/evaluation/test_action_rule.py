from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.evaluation.actions.rule import action_of, is_clarifying_question

CLARIFYING = [
    "Do you mean the blue kettle?",
    "do you mean the blue kettle",
    "By 'they' do you mean the twins or the neighbours?",
    "Which kettle are you referring to?",
    "Which kettle?",
    "Which one?",
    "When?",
    "When did what happen?",
    "Who lost what?",
    "Other than whom?",
    "Another what?",
    "You mean the first time?",
    "Are you asking about the ferry or the bridge?",
    "Was the letter about the farm?",
    "Who did she meet?",
    "I'm not sure which kettle you mean.",
    "Could you clarify which of the twins you are talking about?",
    "Please specify the year.",
    "There were two kettles. Do you want to know the colour of the first?",
    "I need more context to answer that.",
]
ANSWERING = [
    "The blue kettle.",
    "In the kitchen",
    "yes",
    "unknown",
    "I don't know.",
    "When every boat had come back",
    "What she had planned",
    "Where the map said",
    "was pleased with it",
    "How to bake bread",
    "is the capital",
    'She said, "Do you mean the blue one?"',
    "“Which one?” he asked.",
    "He asked 'who are you?' and left",
    "She wondered why they had come",
    "The blue kettle. Is there anything else you would like to know?",
    "It was in May. Would you like to know more?",
    "What if it rains?",
    "",
    "???",
]


@pytest.mark.parametrize("response", CLARIFYING)
def test_a_clarifying_question_is_one(response: str) -> None:
    assert is_clarifying_question(response)
    assert action_of(response) == "clarify"


@pytest.mark.parametrize("response", ANSWERING)
def test_an_answer_is_none(response: str) -> None:
    assert not is_clarifying_question(response)
    assert action_of(response) == "answer"


@pytest.mark.parametrize("response", [*CLARIFYING, *ANSWERING])
def test_the_words_tell_and_not_the_mark(response: str) -> None:
    assert is_clarifying_question(response.replace("?", ".")) is is_clarifying_question(response)
    assert is_clarifying_question(response.rstrip(".?") + "?") is is_clarifying_question(response)


def test_a_bare_choice_asks_where_its_mark_says_so() -> None:
    assert is_clarifying_question("The plum cake or the onion soup?")
    assert not is_clarifying_question("The plum cake or the onion soup")


@pytest.mark.parametrize("response", [*CLARIFYING, *ANSWERING])
def test_letter_case_counts_for_nothing(response: str) -> None:
    assert is_clarifying_question(response.upper()) is is_clarifying_question(response)


@given(st.text(max_size=200))
def test_any_text_is_the_one_or_the_other(response: str) -> None:
    assert action_of(response) in ("clarify", "answer")


@pytest.mark.parametrize("mark", ["„", "“", "«", "‘", "'", '"'])
def test_marks_that_open_quotes_and_close_none_hide_no_question(mark: str) -> None:
    """Many of them take no more time than other text: minutes, if each were followed to the end."""
    assert is_clarifying_question(f"{f'{mark}x ' * 100_000}. Which one do you mean?")


def test_the_demo_conversations_are_told_apart(demo_items: list[dict[str, Any]]) -> None:
    for item in demo_items:
        if item["ambiguity"] == "ambiguous":
            assert is_clarifying_question(item["clarification_turn"]["question"])
        else:
            assert not is_clarifying_question(item["target_turn"]["answer"])


def test_the_real_test_split_is_told_apart(abg_coqa_folder: Path) -> None:
    items = json.loads((abg_coqa_folder / "coqa_abg_test.json").read_text("utf-8"))["data"]
    ambiguous = [item for item in items if item["ambiguity"] == "ambiguous"]
    questions = [item[key]["question"] for item in ambiguous for key in ("clarification_turn", "clarification_turn_2")]
    answers = [item["target_turn"]["answer"] for item in items if item["ambiguity"] != "ambiguous"]
    assert sum(map(is_clarifying_question, questions)) / len(questions) >= 0.98
    assert sum(map(is_clarifying_question, answers)) / len(answers) <= 0.01
