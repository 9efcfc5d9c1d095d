"""What is written and not spoken is in no answer; what is asked for is whole."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from task_sets import examples_of, facts, faults_of, rows_by_id

from askqa_builder import build, tasks
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.options import Hearing
from askqa_builder.tasks.heard_row import HeardRow, one_line
from askqa_builder.tasks.marks import is_closed, is_whole
from askqa_builder.tasks.spoken_part import unspoken_words, without

STORY = (
    "Russian (ру́сский язы́к, russkiy yazyk, pronounced [ˈruskʲɪj]) is spoken in 15 countries.[citation needed] Feynman "
    "(/ˈfaɪnmən/; May 11, 1918) never learnt it (which in the end he regretted μοναχός). He said, “Nobody told me (in "
    "1986) that it is easy,” and wept. \"Never mind,\" said his wife, who spoke it well, 'never mind.' They went home "
    "(to 59 Elm Street) on the 3:45 train; the children's tickets cost $5.20."
)
UNSPOKEN = ("ру", "сский", "язы", "ˈruskʲɪj", "citation", "ˈfaɪnmən", "regretted", "μοναχός")
TRANSCRIPT = (
    "Russian (russkiy yazyk) is spoken in 15 countries. Feynman (May 11, 1918) never learnt it. He said, “Nobody told "
    "me (in 1986) that it is easy,” and wept. \"Never mind,\" said his wife, who spoke it well, 'never mind.' They "
    "went home (to 59 Elm Street) on the 3:45 train; the children's tickets cost $5.20."
)


@pytest.fixture(scope="module")
def spoken(quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unspoken")
    lines = [
        {
            "id": f"q{n}",
            "story": STORY,
            "question": f"Who wept (μοναχός) {n} times?",
            "answer": "he",
            "ambiguous": False,
        }
        for n in range(3)
    ]
    (folder / "unspoken_test.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    build(folder / "unspoken_test.jsonl", folder / "spoken", profiles=str(quick_profile), workers=1)
    return folder / "spoken"


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_not_spoken_is_asked_of_nobody(spoken: Path, tmp_path: Path, seed: int) -> None:
    tasks(spoken, tmp_path / "out", tasks=["listening"], seed=seed)
    assert faults_of(spoken, tmp_path / "out") == {}
    found = examples_of(tmp_path / "out")
    for one in found:
        told = one["answer"] + "".join(str(value) for value in facts(one).values())
        assert not [word for word in UNSPOKEN if word in told], (one["kind"], told)
    for one in found:
        if one["kind"] == "transcript":
            assert one["answer"].split("\n") == [f"narrator: {TRANSCRIPT}", f"user: Who wept {one['row_id'][1]} times?"]
        if one["kind"] in ("span", "when", "who"):
            text = one["answer"] if one["kind"] == "span" else facts(one)["phrase"]
            assert is_closed(text, 0, len(text)), text
    assert sum(one["kind"] == "span" for one in found) == 3


def test_without_word_times_it_is_told_by_what_was_spoken(spoken: Path) -> None:
    """A number that is spelt out has no time and no place in what was spoken, but another stands in its place."""
    for row in rows_by_id(spoken).values():
        wordless: dict[str, Any] = {**row, "words": []}
        timed, untimed = unspoken_words(row, 0), unspoken_words(wordless, 0)
        assert {STORY[start:end] for start, end in timed} >= set(UNSPOKEN)
        assert untimed == timed
        assert without(STORY, untimed) == TRANSCRIPT


def test_what_is_spoken_whole_is_left_as_it_is(demo_dataset: Path) -> None:
    for row in rows_by_id(demo_dataset).values():
        for turn, told in enumerate(row["turns"]):
            assert without(told["text"], unspoken_words(row, turn)) == told["text"]


CLOSED = [
    'he said "go home" now', "don't go", "'Hello,' he said", "the dogs' bone", "“a” b", "(a (b) c)", "‘don’t go’ he",
    'he said,"Go" she', '"Go," he said. "Now."', 'he -- "go" --', "«a»", "don’t", "",
]  # fmt: skip
CUT = [
    'he said "go', 'home" now', 'home." "Then', "Hello,' he", "a” b", "a) b", "‘don’t go", "a ( b", '"a (b" c)',
    "go.’ he", "the 5'10\" boy", "'Tis a", "said, “",
]  # fmt: skip


@pytest.mark.parametrize("text", CLOSED)
def test_stretches_with_marks_in_pairs_are_closed(text: str) -> None:
    assert is_closed(text, 0, len(text))


@pytest.mark.parametrize("text", CUT)
def test_stretches_that_cut_a_quotation_or_bracket_are_not(text: str) -> None:
    assert not is_closed(text, 0, len(text))


@given(st.lists(st.sampled_from(["word", "“", "”", "(", ")", "[", "]"]), max_size=8))
def test_brackets_are_closed_as_a_grammar_has_it(tokens: list[str]) -> None:
    """Taking away pairs that stand side by side leaves nothing but what is open."""
    text = before = "".join(tokens).replace("word", "")
    while True:
        for pair in ("“”", "()", "[]"):
            text = text.replace(pair, "")
        if text == before:
            break
        before = text
    written = " ".join(tokens)
    assert is_closed(written, 0, len(written)) is (text == "")


@pytest.mark.parametrize(
    "text", ["a b", "“Go,” he", '"Go!"', "(in 1986)", "$5 or 5%.", "don't", "x – y", "5° C?)", "is", "a"]
)
def test_stretches_that_begin_and_end_with_words_are_whole(text: str) -> None:
    assert is_whole(text)


@pytest.mark.parametrize(
    "text",
    [", and Geoffrey", "; Silesian German:", "and won –", "won ;", "• He came", "a • b", "book.\\", "…", "- and", ""],
)
def test_stretches_with_unspoken_marks_at_their_ends_are_not(text: str) -> None:
    assert not is_whole(text)


def test_marks_that_nobody_speaks_are_in_no_text(demo_dataset: Path) -> None:
    row: dict[str, Any] = next(iter(rows_by_id(demo_dataset).values()))
    row["words"] = []
    row["turns"][1] |= {"text": "• the  book.\\", "spoken_text": "the book."}
    assert one_line(HeardRow(row, hear(row, Hearing()), "test").text(1)) == "the book."
    row["turns"][1] |= {"text": "• the book.\\", "spoken_text": "• the book.\\"}
    assert HeardRow(row, hear(row, Hearing()), "test").text(1) == "• the book.\\"
