"""Questions with another answer, or about something else, than their row has: the check of each form finds them all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from storybook import write_storybook

from askqa_builder import build, questions
from askqa_builder.dataset.source import Source
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.options import Hearing
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.heard_row import HeardRow, one_line
from askqa_builder.tasks.listening.transcripts import ORDINALS
from askqa_builder.tasks.paralinguistics.form import choice
from askqa_builder.tasks.paralinguistics.task import Paralinguistics
from askqa_builder.tasks.reading import examples_of, tasks_manifest
from askqa_builder.tasks.wordings import load_wordings
from askqa_builder.voices.style_files import shipped_styles

Facts = dict[str, Any]
Asked = tuple[Example, HeardRow]

WORDINGS = load_wordings().table["paralinguistics"]
DELIVERIES = {name: words for name, words in WORDINGS.items() if name.startswith(("style_", "emotion_"))}
STYLES = shipped_styles()
TASK = Paralinguistics(load_wordings())

PAIRS = (("A", "B"), ("yes", "no"), ("man", "woman"), ("before", "after"))
FLIPPED = {one: other for pair in PAIRS for one, other in (pair, pair[::-1])}
ROLES = ("narrator", "user", "assistant")
SWAPPED = {
    **dict.fromkeys(("how", "which", "which_by", "order"), ("a", "b")),
    **dict.fromkeys(("faster", "louder", "higher", "livelier"), ("first", "second")),
}
WORDS_OF_ONE = {
    "style_loud": ("loudness", 2.0), "style_soft": ("loudness", -2.0), "style_hurried": ("rate", 1.05),
    "style_drawn-out": ("rate", 0.95), "style_flat": ("pitch_range", 0.8),
}  # fmt: skip
"""Styles whose words name one thing alone, and from which number on it is heard."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[Asked]:
    """Questions about stories that flite tells in all shipped styles."""
    folder = tmp_path_factory.mktemp("forged")
    build(write_storybook(folder / "texts"), folder / "spoken", profiles="styled-flite", limit=6, seed=3, workers=1)
    questions(folder / "spoken", folder / "out")
    rows = {
        row["id"]: HeardRow(row, hear(row, Hearing()), split) for row, split in Source(folder / "spoken").all_texts()
    }
    files = [shard["file"] for shard in tasks_manifest(folder / "out")["shards"]]
    return [(one, rows[one.row_id]) for file in files for one in examples_of(folder / "out", file)]


def of_form(asked: list[Asked], *forms: str) -> Iterator[tuple[Example, HeardRow, Facts]]:
    for example, row in asked:
        facts = json.loads(example.facts)
        if facts["form"] in forms:
            yield example, row, facts


def forged(example: Example, facts: Facts, answer: str | None = None, **changed: Any) -> Example:
    """The example with other facts, in the words of its prompt, and another answer, with its label if it had one."""
    before, after = ({**facts, "statement": example.statement, **more} for more in ({}, changed))
    wording = next(one for one in WORDINGS[facts["form"]] if one.format(**before) == example.prompt)
    prompt, said = wording.format(**after), example.answer if answer is None else answer
    label = example.label if answer is None or example.label is None else said
    return replace(example, prompt=prompt, answer=said, label=label, facts=json.dumps({**facts, **changed}))


def fault(example: Example, row: HeardRow) -> str | None:
    return TASK.fault(example, row)


def wrong_answers(example: Example, row: HeardRow, facts: Facts) -> list[str]:
    if example.answer in FLIPPED and facts["form"] not in ("reply", "before", "what", "then", "only", "wanted"):
        return [FLIPPED[example.answer]]
    if facts["form"] == "delivery":
        return [said for said in facts["each"] if said != example.answer]
    if facts["form"] in ("speaker", "fastest", "highest"):
        return [role for role in ROLES if role != example.answer]
    if facts["form"] == "asked_before":
        return [str(int(example.answer) + 1), "-1"]
    told = {one_line(row.text(turn)) for turn in row.turns}
    return sorted(told - {example.answer})


def test_they_are_right_as_they_are(asked: list[Asked]) -> None:
    assert [fault(*one) for one in asked if fault(*one) is not None] == []
    forms = Counter(facts["form"] for *_, facts in of_form(asked, *WORDINGS))
    assert {*WORDINGS} - {*DELIVERIES} - {*forms} <= {"fastest"}, "which needs long turns of two speakers"


def test_every_other_answer_is_found(asked: list[Asked]) -> None:
    for example, row, facts in of_form(asked, *WORDINGS):
        others = wrong_answers(example, row, facts)
        assert others, example
        for answer in others:
            found = fault(forged(example, facts, answer), row)
            assert found is not None, (answer, example)
            assert "wordings" not in found


def test_what_is_asked_about_cannot_be_exchanged(asked: list[Asked]) -> None:
    """The two things between which one chooses change places, and the answer does not."""
    seen = Counter[str]()
    for example, row, facts in of_form(asked, *SWAPPED):
        one, other = SWAPPED[facts["form"]]
        found = fault(forged(example, facts, **{one: facts[other], other: facts[one]}), row)
        assert found is not None, example
        assert "wordings" not in found
        seen[facts["form"]] += 1
    assert set(seen) == set(SWAPPED)


def test_another_gender_turn_or_speaker_is_found(asked: list[Asked]) -> None:
    for example, row, facts in of_form(asked, "said_by", "which_by", "only"):
        assert fault(forged(example, facts, gender=FLIPPED[facts["gender"]]), row) is not None
    for example, row, facts in of_form(asked, "only"):
        other = next(place for place in ORDINALS[::-1] if place != facts["ordinal"])
        assert fault(forged(example, facts, ordinal=other), row) is not None
    for example, row, facts in of_form(asked, "how", "is", "which", "reply", "before", "asked_before"):
        other = next(role for role in ROLES if role != facts["role"])
        assert fault(forged(example, facts, role=other), row) is not None
    for example, row, facts in of_form(asked, *WORDINGS):
        assert fault(forged(example, facts, ground="hearsay"), row) is not None


def test_options_are_those_asked_and_each_but_one_is_surely_wrong(asked: list[Asked]) -> None:
    for example, row, facts in of_form(asked, "delivery"):
        own = example.answer
        for each in ([own], [own, own], [own, "in some way"], [*facts["each"], WORDINGS[f"style_{example.label}"][0]]):
            assert fault(forged(example, facts, each=each, options=choice(each)), row) is not None
        assert fault(forged(example, facts, each=[own, "in some way"]), row) is not None
    for example, row, facts in of_form(asked, "fastest", "highest", "speaker"):
        assert fault(forged(example, facts, roles=example.answer), row) is not None


def test_words_of_another_delivery_are_said_in_another_turn(asked: list[Asked]) -> None:
    for example, row, facts in of_form(asked, "what", "then"):
        turn = row.row["turns"][example.turn if facts["form"] == "what" else example.turn - 1]
        for name in {*DELIVERIES} - {f"style_{turn['style']['name']}"}:
            assert fault(forged(example, facts, delivery=DELIVERIES[name][0]), row) is not None


def test_a_no_needs_words_that_are_surely_wrong_of_the_turn(asked: list[Asked]) -> None:
    """Of all words that there are for deliveries: "in a louder voice than usual" is right of lively speech, too."""
    seen = Counter[bool]()
    for example, row, facts in of_form(asked, "is"):
        style = row.row["turns"][example.turn]["style"]
        for name, words in DELIVERIES.items():
            accepted = fault(forged(example, facts, "no", delivery=words[0]), row) is None
            own = name == f"style_{style['name']}"
            right = own or (name in WORDS_OF_ONE and holds(style, *WORDS_OF_ONE[name]))
            assert not (right and accepted), (style["name"], words[0])
            assert (fault(forged(example, facts, "yes", delivery=words[1]), row) is None) is own
            seen[accepted] += 1
        for words in ("in some way", "", "than usual"):
            assert fault(forged(example, facts, "no", delivery=words), row) is not None
    assert min(seen[True], seen[False]) > 30


def holds(style: dict[str, Any], number: str, least: float) -> bool:
    """Whether a style's number is as far from nothing as `least`, on its side."""
    nothing = STYLES["neutral"].to_json()[number]
    return bool((style[number] - least) * (least - nothing) >= 0)


def test_both_of_two_options_cannot_be_right(asked: list[Asked]) -> None:
    """The wrong one gives way to words that hold of the turn as well, or that say nothing."""
    seen = 0
    for example, row, facts in of_form(asked, "how"):
        style = row.row["turns"][example.turn]["style"]
        wrong = {"A": "b", "B": "a"}[example.answer]
        for name, (number, least) in WORDS_OF_ONE.items():
            if holds(style, number, least) and name != f"style_{style['name']}":
                assert fault(forged(example, facts, **{wrong: WORDINGS[name][0]}), row) is not None
                seen += 1
        for words in ("in some way", *WORDINGS[f"style_{style['name']}"]):
            assert fault(forged(example, facts, **{wrong: words}), row) is not None
    assert seen > 3


def test_of_two_things_only_one_can_be_said_so(asked: list[Asked]) -> None:
    """Words of which both turns, or neither, may be an example are no question."""
    for example, row, facts in of_form(asked, "which"):
        turns = {letter: row.row["turns"][_turn_of(row, facts[letter.lower()])] for letter in "AB"}
        for name, words in DELIVERIES.items():
            right = [letter for letter, turn in turns.items() if name == f"style_{turn['style']['name']}"]
            if name in WORDS_OF_ONE:
                right = [letter for letter, turn in turns.items() if holds(turn["style"], *WORDS_OF_ONE[name])]
            accepted = [
                letter for letter in "AB" if fault(forged(example, facts, letter, delivery=words[0]), row) is None
            ]
            assert accepted in ([], right), (name, turns)


def _turn_of(row: HeardRow, phrase: str) -> int:
    return next(turn for turn in row.turns if phrase in one_line(row.text(turn)))
