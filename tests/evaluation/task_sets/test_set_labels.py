"""Which label a response means: the documented rules, one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_answers import item

from askqa_builder.evaluation.task_sets.labels import LabelParser

WAYS = {"lively": "in a livelier way than usual", "subdued": "in a more subdued way than usual"}
LABELS = ("A", "B", "C", "yes", "no", "supported", "contradicted", "not told", "man", "woman", "1", "3", "12")
ITEMS = {label: item(label, label) for label in LABELS} | {way: item(way, way, said) for way, said in WAYS.items()}
PARSER = LabelParser(ITEMS.values())


def label(gold: str, response: str) -> str | None:
    return PARSER.label(ITEMS[gold], response)


@pytest.mark.parametrize(
    ("gold", "response", "means"),
    [
        ("A", "A", "A"),
        ("A", "b", "B"),
        ("A", "It is B.", "B"),
        ("A", "(a)", "A"),
        ("A", "b) the second", "B"),
        ("A", "b. The second", "B"),
        ("A", "A dog barks.", None),
        ("A", "He runs. A dog barks.", None),
        ("A", "A is said first.", "A"),
        ("A", "A dog barks, so B.", "B"),
        ("A", "A, not B", "A"),
        ("A", "Both A and B", None),
        ("A", "It could be A or B. The answer is B", "B"),
        ("A", "D", None),
        ("A", "the first of them", None),
        ("A", "I'm Bob, c'est Ça", None),
    ],
)
def test_letters(gold: str, response: str, means: str | None) -> None:
    assert label(gold, response) == means


@pytest.mark.parametrize(
    ("response", "means"),
    [
        ("Yes", "yes"),
        ("yes it is", "yes"),
        ("No, it isn't; yes would be wrong.", "no"),
        ("There is no doubt about it", None),
        ("no idea at all", None),
        ("no it is not", "no"),
        ("No. Idea", "no"),
        ("I would say no.", "no"),
        ("Yes and no", None),
        ("Is it yes or no? Answer: yes", "yes"),
        ("Eyes", None),
        ("", None),
        ("…", None),
    ],
)
def test_yes_and_no(response: str, means: str | None) -> None:
    assert label("yes", response) == means


@pytest.mark.parametrize(
    ("response", "means"),
    [("3", "3"), ("Three.", "3"), ("There are 12 of them", "12"), ("1 or 3", None), ("2", None), ("the 3rd", None),
     ("one narrator and two others: the answer is 3", "3")],
)  # fmt: skip
def test_numbers(response: str, means: str | None) -> None:
    assert label("1", response) == means


@pytest.mark.parametrize(
    ("gold", "response", "means"),
    [
        ("supported", "The statement is contradicted.", "contradicted"),
        ("supported", "It's NOT TOLD", "not told"),
        ("supported", "Not supported", None),
        ("supported", "It isn’t supported but contradicted", "contradicted"),
        ("supported", "supported, though some would say contradicted", "supported"),
        ("supported", "supported or contradicted", None),
        ("supported", "unsupported", None),
        ("man", "a woman's voice", "woman"),
        ("man", "It is not a man, the answer is: woman", "woman"),
        ("lively", "In a livelier way than usual!", "lively"),
        ("lively", "lively rather than subdued", "lively"),
        ("lively", "lively", "lively"),
        ("lively", "woman", "woman"),
    ],
)
def test_words(gold: str, response: str, means: str | None) -> None:
    assert label(gold, response) == means


def test_labels_are_those_of_the_kind_and_of_their_sort() -> None:
    here, there = item("a", "red", kind="colour"), item("b", "round", kind="shape")
    parser = LabelParser([here, there])
    assert parser.label(here, "round and red") == "red"
    assert parser.label(there, "red") is None
    assert PARSER.label(ITEMS["yes"], "yes, B") == "yes"
    assert PARSER.label(ITEMS["B"], "yes, B") == "B"


def test_a_long_answer_stands_for_its_label_where_its_question_offers_it() -> None:
    said = "higher and with more ups and downs and more slowly and more softly than usual"
    told, offered = item("one", "told", f"x {said}"), item("two", "pleading", said, offered=f"as usual; or {said}")
    parser = LabelParser([told, offered])
    assert parser.label(offered, f"It is {said}.") == "pleading"
    assert parser.label(told, f"x {said}") == "pleading"  # what is as long and not offered is no label's


def test_an_answer_of_two_labels_stands_for_none() -> None:
    one, other = item("a", "happy", "in a high voice"), item("b", "surprised", "in a high voice")
    parser = LabelParser([one, other])
    assert parser.label(one, "in a high voice") is None
    assert parser.label(one, "happy") == "happy"


@given(
    st.sampled_from([*LABELS, *WAYS]), st.sampled_from(["{}", "{}.", " {}\n", "The answer is {}.", "“{}”", "**{}**"])
)
def test_a_label_means_itself(name: str, frame: str) -> None:
    assert label(name, frame.format(name)) == name
    assert label(name, frame.format(name.upper())) == name


@given(st.sampled_from([*LABELS, *WAYS]), st.text())
def test_whatever_is_said_means_a_label_of_the_kind_or_none(name: str, response: str) -> None:
    assert label(name, response) in {None, *LABELS, *WAYS}
