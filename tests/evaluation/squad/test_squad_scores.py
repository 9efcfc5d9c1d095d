"""SQuAD's F1 and exact match."""

from __future__ import annotations

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.evaluation.metrics.squad_scores import normalise_squad, says_unanswerable, score_squad


def by_the_official_rules(answer: str, references: list[str]) -> tuple[float, float]:
    """What evaluate-v1.1.py does, step by step and without what the package has."""

    def words(text: str) -> list[str]:
        kept = "".join(character for character in text.lower() if character not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", kept).split()

    def f1(reference: str) -> float:
        said, wanted = words(answer), words(reference)
        same = sum(min(said.count(word), wanted.count(word)) for word in set(said))
        return (
            0.0
            if same == 0
            else 2 * (same / len(said)) * (same / len(wanted)) / (same / len(said) + same / len(wanted))
        )

    exact = [" ".join(words(answer)) == " ".join(words(reference)) for reference in references]
    return max(map(f1, references)), float(max(exact))


@pytest.mark.parametrize(
    ("answer", "references", "f1", "exact"),
    [
        ("The Stone Hills.", ["the Stone Hills"], 1.0, True),
        ("in the Stone Hills", ["the Stone Hills"], 0.8, False),  # 2 of 3 words right, 2 of 2 found
        ("in the Stone Hills", ["the Stone Hills", "in the Stone Hills"], 1.0, True),
        ("corn corn", ["corn"], 2 / 3, False),  # words count as often as they are said: DROP's sets would make it 1
        ("New York, New York", ["new york new york"], 1.0, True),
        ("New York", ["New York, New York"], 2 / 3, False),
        ("nineteen-year-old", ["nineteen year old"], 0.0, False),  # no blank where a hyphen was
        ("1820.0", ["1820"], 0.0, False),  # numbers are words
        ("it was 1820", ["1820", "it was in the year 1820"], 0.75, False),  # 3 of 3, 3 of 5
        ("mill", ["corn"], 0.0, False),
        ("the", ["a"], 0.0, True),  # nothing is left of either: as in the script
        (None, ["corn"], 0.0, False),
    ],
)
def test_scores_are_those_by_hand(answer: str | None, references: list[str], f1: float, exact: bool) -> None:
    score = score_squad(answer, references)
    assert (score.f1, score.exact, score.answerable) == (pytest.approx(f1, abs=1e-15), exact, True)


TEXTS = st.lists(
    st.sampled_from(["the", "A", "an", "mill", "Mill", "corn,", "1820", "3.5", "river-bank", "it's", "—", "  ", "ſt"])
    | st.text(max_size=6),
    max_size=7,
).map(" ".join)


@given(TEXTS, st.lists(TEXTS.filter(lambda text: text.strip().lower() != "unknown"), min_size=1, max_size=3))
def test_scores_are_the_official_ones(answer: str, references: list[str]) -> None:
    score = score_squad(answer, references)
    if score.answerable:
        assert (score.f1, float(score.exact)) == pytest.approx(by_the_official_rules(answer, references), abs=1e-12)


@given(TEXTS, TEXTS)
def test_f1_is_symmetric_bounded_and_whole_for_the_same_words(one: str, other: str) -> None:
    score, turned = score_squad(one, [other]), score_squad(other, [one])
    if score.answerable and turned.answerable:
        assert 0 <= score.f1 <= 1
        assert score.f1 == pytest.approx(turned.f1)
        same = Counter(normalise_squad(one).split()) == Counter(normalise_squad(other).split())
        assert (score.f1 == pytest.approx(1)) == (same and bool(normalise_squad(one)))


@given(TEXTS, TEXTS, TEXTS)
def test_another_reference_never_makes_it_worse(answer: str, one: str, other: str) -> None:
    alone, both = score_squad(answer, [one]), score_squad(answer, [one, other])
    assert both.f1 >= alone.f1
    assert both.exact >= alone.exact


@given(TEXTS)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise_squad(text)
    assert normalise_squad(once) == once


@pytest.mark.parametrize(
    "answer",
    [
        "unknown", "Unknown.", "It is unknown.", "Unanswerable", "I don't know.", "I do not know",
        "Sorry, I can't tell.", "The story does not say.", "It doesn't say who built it.",
        "That is not mentioned in the story.", "No answer.",
        "The passage doesn't mention who built the bridge.", "Not stated", "There is no information about that.",
        "The question cannot be answered.", "The answer isn't given.", "I'm sorry, but the story does not tell.",
    ],
)  # fmt: skip
def test_saying_that_there_is_no_answer_is_right_where_there_is_none(answer: str) -> None:
    assert says_unanswerable(answer)
    score = score_squad(answer, ["unknown"])
    assert (score.f1, score.exact, score.answerable) == (1.0, True, False)


@pytest.mark.parametrize(
    "answer",
    [
        "", None, "Alder", "the unknown soldier", "Nobody knows, but I say Alder.", "No", "He did not say.", "no one",
        "He never told.", "In 1820; the story does not say more.", "Knowing him, Alder.", "Note the mill.",
        "The story says Alder.", "unknown soldiers", "That is Alder.", "It is not Alder.",
    ],
)  # fmt: skip
def test_any_other_answer_is_wrong_where_there_is_none(answer: str | None) -> None:
    score = score_squad(answer, ["unknown"])
    assert (score.f1, score.exact, score.answerable) == (0.0, False, False)


def test_saying_that_there_is_no_answer_is_wrong_where_there_is_one() -> None:
    assert score_squad("The story does not say.", ["in 1820"]).f1 == 0


def test_without_a_reference_there_is_no_score() -> None:
    with pytest.raises(ValueError, match="no reference"):
        score_squad("corn", [])
