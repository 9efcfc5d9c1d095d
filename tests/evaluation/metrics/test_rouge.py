from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from askqa_builder.evaluation.metrics.rouge import rouge_l

WORDS = st.lists(st.sampled_from(["the", "Red", "cake", "it's", "soup,", "a-b", "7", "é", "ÀB", "—", "İ"]), max_size=12)
TEXTS = st.one_of(WORDS.map(" ".join), st.text(max_size=20))


@given(TEXTS, TEXTS)
def test_it_is_the_packages(response: str, reference: str) -> None:
    theirs = RougeScorer(["rougeL"], use_stemmer=False).score(reference, response)["rougeL"].fmeasure
    assert rouge_l(response, reference) == theirs


@pytest.mark.parametrize(
    ("response", "reference", "score"),
    [
        ("police killed the gunman", "police kill the gunman", 3 / 4),  # Lin 2004, section 3.1
        ("the gunman kill police", "police kill the gunman", 2 / 4),
        ("a b c d", "a x d", 2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3)),
        ("", "a", 0.0),
        ("a", "", 0.0),
        ("?", "!", 0.0),
    ],
)
def test_the_longest_common_subsequence_counts(response: str, reference: str, score: float) -> None:
    assert rouge_l(response, reference) == score
