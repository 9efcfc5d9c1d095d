from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.speech.spoken_text import SpokenText

RULES = st.sampled_from(
    [
        (r"[aeiou]", ""),
        (r"\d+", " number "),
        (r"\b", "|"),
        (r"^|$", "-"),
        (r"\s+", " "),
        (r"(?<=b)", "xyz"),
        (r"b+", "c"),
    ]
)


def check(spoken: SpokenText, source: str) -> None:
    """Hold a spoken text to what its type promises."""
    assert len(spoken.text) == len(spoken.starts) == len(spoken.ends)
    for ends in (spoken.starts, spoken.ends):
        assert list(ends) == sorted(ends)
    for start, end in zip(spoken.starts, spoken.ends, strict=True):
        assert 0 <= start <= end <= len(source)


@given(st.text("ab 1\n2e"), st.lists(RULES, max_size=5))
def test_spans_follow_any_chain_of_rules(source: str, rules: list[tuple[str, str]]) -> None:
    spoken = SpokenText(source)
    for pattern, replacement in rules:
        spoken = spoken.sub(re.compile(pattern), replacement)
        check(spoken, source)


@given(st.text("ab 1\n2e"), RULES)
def test_sub_replaces_as_re_does(source: str, rule: tuple[str, str]) -> None:
    pattern, replacement = rule
    assert SpokenText(source).sub(re.compile(pattern), replacement).text == re.sub(pattern, replacement, source)


def test_new_characters_stand_for_all_of_the_match() -> None:
    spoken = SpokenText("it costs $5 now").sub(re.compile(r"\$(\d)"), lambda match: "five dollars")
    assert spoken.text == "it costs five dollars now"
    assert spoken.source_span(9, 13) == (9, 11)
    assert spoken.source_span(14, 21) == (9, 11)
    assert spoken.source_span(22, 25) == (12, 15)


def test_what_a_rule_leaves_as_it_is_keeps_its_own_characters() -> None:
    spoken = SpokenText("one two").sub(re.compile(r"\w+"), lambda match: match.group())
    assert (spoken.text, spoken.starts) == ("one two", list(range(7)))


def test_an_insertion_stands_for_nothing() -> None:
    spoken = SpokenText("ab").sub(re.compile(r"(?<=a)"), "--")
    assert (spoken.text, spoken.starts, spoken.ends) == ("a--b", [0, 1, 1, 1], [1, 1, 1, 2])


def test_an_insertion_into_a_replaced_word_keeps_the_order() -> None:
    spoken = SpokenText("7 b").sub(re.compile("7"), "xx").sub(re.compile("(?<=x)(?=x)"), "-")
    assert spoken.text == "x-x b"
    check(spoken, "7 b")


@pytest.mark.parametrize(("start", "end"), [(0, 0), (2, 1), (-1, 2), (0, 4), (3, 4)])
def test_a_range_without_characters_has_no_source(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no characters"):
        SpokenText("abc").source_span(start, end)
