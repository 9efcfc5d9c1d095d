from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from askqa_builder.speech.reading import LONGEST_WORD, read_aloud

ANYTHING = st.text(st.characters(), max_size=60) | st.text(
    "$£€¥0123456789.,- _stndrh\n%½×\u200b\ud800’“…—", max_size=40
)
WORDS = st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
@example("\x00")
@example("\ud800\udfff")
@example("שָׁלוֹם مرحبا ٣٤٥")
@example("👩‍👩‍👧 🇩🇪 ①②")
@example("9" * 5000)
@example("$" + "1," * 300)
@example("\u2028\u2029\x85\x1c")
def test_any_text_becomes_printable_ascii_with_spans(source: str) -> None:
    spoken = read_aloud(source)
    assert re.fullmatch(r"[\x20-\x7e]*", spoken.text)
    assert spoken.text == spoken.text.strip()
    assert "  " not in spoken.text
    assert spoken.text == "" or any(character.isalnum() for character in spoken.text)
    assert all(len(word) <= LONGEST_WORD for word in spoken.text.split())
    assert len(spoken.text) == len(spoken.starts) == len(spoken.ends)
    assert list(spoken.starts) == sorted(spoken.starts)
    assert list(spoken.ends) == sorted(spoken.ends)
    assert all(0 <= a <= b <= len(source) for a, b in zip(spoken.starts, spoken.ends, strict=True))


@given(WORDS, st.sampled_from([" 1986 ", " $5.20 ", " — ", " “ü” ", "\u200b ", " & ", "\n\n", " ___ ", " 50% "]))
def test_words_left_alone_point_at_themselves(words: list[str], between: str) -> None:
    source = between.join(words)
    spoken = read_aloud(source)
    cursor = cursor_in_source = 0
    for word in words:
        at, at_source = spoken.text.index(word, cursor), source.index(word, cursor_in_source)
        while spoken.starts[at] != at_source:  # the same letters inside a number's words
            at = spoken.text.index(word, at + 1)
        assert spoken.source_span(at, at + len(word)) == (at_source, at_source + len(word))
        cursor, cursor_in_source = at + len(word), at_source + len(word)


@given(st.text(st.characters(codec="ascii", categories=["Lu", "Ll"]), min_size=1, max_size=30))
def test_plain_words_are_not_changed(word: str) -> None:
    assert read_aloud(f"The {word} sat, still.").text == f"The {word} sat, still."


CASES = {
    "controls": [
        ("a\x00b", "a b"),
        ("soft\u00adhyphen zero\u200bwidth \ufeffmark", "softhyphen zerowidth mark"),
        ("\u202eabc\u202c", "abc"),
        ("tab\tand\x1funit", "tab and unit"),
    ],
    "punctuation": [
        ("“Hi,” she said. ‘No’", "\"Hi,\" she said. 'No'"),
        ("didn`t didn’t didn´t", "didn't didn't didn't"),
        ("''quoted''", '"quoted"'),
        ("one -- two—three – four - five", "one, two, three, four, five"),
        ("well-known", "well-known"),
        ("wait…", "wait..."),
    ],
    "blanks": [
        ("He went to ___ .", "He went to blank."),
        ("_ is it", "blank is it"),
        ("_really_ snake_case", "really snake case"),
    ],
    "currency": [
        ("$5", "five dollars"),
        ("$5.2 million", "five point two million dollars"),
        ("£1,300 and €4", "one thousand three hundred pounds and four euros"),
        ("¥5", "five yen"),
        ("5 $", "five dollars"),
    ],
    "symbols": [
        ("50% of AT&T @ #1", "fifty percent of AT and T at number one"),
        ("2 + 2 = 4", "two plus two equals four"),
        ("20° and ½", "twenty degrees and one half"),
        ("3×4÷2", "three times four divided by two"),
        ("a/b [c] <d> {e} ~f|g^h", "a b c d e f g h"),
    ],
    "numbers": [
        ("in 1986", "in nineteen eighty six"),
        ("the 1990s and 1900s", "the nineteen nineties and nineteen hundreds"),
        ("1066 men", "one thousand sixty six men"),
        ("2010", "twenty ten"),
        ("1st 2nd 3rd 22nd 100th", "first second third twenty second one hundredth"),
        ("3.14", "three point one four"),
        ("1,300", "one thousand three hundred"),
        ("0 and 7", "zero and seven"),
        ("9:15", "nine:fifteen"),
        ("59-8", "fifty nine-eight"),
        ("1234567890123456", "one two three four five six seven eight nine zero one two three four five six"),
        ("٣ cats", "three cats"),
    ],
    "folding": [
        ("Café naïve Łódź", "Cafe naive Lodz"),
        ("Москва", "Moskva"),
        ("\ud800 hi", "hi"),
    ],
    "long words": [("a" * 41 + " b", "a" * 40 + " a b"), ("a" * 40, "a" * 40)],
    "spaces": [
        ("area of .  Next", "area of. Next"),
        ("Wait , what ?", "Wait, what?"),
        ("one, , two,, three;; four", "one, two, three, four"),
        ("  , so what", "so what"),
        ("A Heading\n\nThe text", "A Heading. The text"),
        ("A Heading\r\n \r\nThe text", "A Heading. The text"),
        ("It ends.\n\nNext", "It ends. Next"),
        ("broken\nline", "broken line"),
    ],
    "nothing to say": [("...", ""), ("", ""), (" \n", ""), ("?!", ""), ("—", ""), ("“”", "")],
}


@pytest.mark.parametrize(("source", "spoken"), [case for cases in CASES.values() for case in cases])
def test_rules(source: str, spoken: str) -> None:
    assert read_aloud(source).text == spoken


@pytest.mark.parametrize(
    ("source", "spoken", "stands_for"),
    [
        ("He paid $5.2 million for it", "million", "$5.2 million"),
        ("He paid $5.2 million for it", "dollars", "$5.2 million"),
        ("He paid $5.2 million for it", "for", "for"),
        ("born in 1986, he", "eighty", "1986"),
        ("born in 1986, he", "he", "he"),
        ("Café “Blau” today", "Cafe", "Café"),
        ("Café “Blau” today", "Blau", "Blau"),
        ("up 50% -- again", "percent", "%"),
        ("up 50% -- again", "again", "again"),
        ("fill ___ in", "blank", "___"),
        ("Title\n\nText", "Text", "Text"),
    ],
)
def test_what_a_word_stands_for(source: str, spoken: str, stands_for: str) -> None:
    text = read_aloud(source)
    place = re.search(rf"\b{spoken}\b", text.text)
    assert place is not None
    start, end = text.source_span(*place.span())
    assert source[start:end] == stands_for


@pytest.mark.parametrize(
    "unit", [" ", "\n", "\u00a0", "1", "1,", "1.", "123,", "1999,", "-", " -", "$", ", ", "—", "9th", "x\n\n"]
)
def test_long_runs_are_read_in_linear_steps(unit: str) -> None:
    """Patterns that rescan a run take minutes on a story of nothing else; the time-out is the test runner's."""
    story = f"a{unit * (20_000 // len(unit))}b"
    spoken = read_aloud(story)
    assert spoken.text.startswith("a")
    assert spoken.text.endswith("b")
