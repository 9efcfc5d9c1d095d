"""Questions about how it is said: each found in its row anew, asked once, and of what somebody vouches for."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from harness import askqa_here, manifest
from scipy.stats import binomtest
from styled import changed_rows, give_style, intend, recognise, said_in, style, style_and_cast, style_of
from task_sets import Example, examples_of, faults_of, files_of, meddled, rows_by_id

from askqa_builder import export, questions, tasks
from askqa_builder.errors import UsageError
from askqa_builder.tasks.heard_row import plain
from askqa_builder.tasks.paralinguistics.rules import unfit

KINDS = ("direct", "c", "ce", "cg")


SPOKEN_OF = ("delivery", "gender", "only", "faster", "louder", "higher", "livelier", "what", "then")
"""Forms that ask of a turn without its words, by its place or how it is said: the same may be asked of another turn."""

SUITS = {"positive": "lively", "negative": "subdued"}


def of_form(found: list[Example], *forms: str) -> list[Example]:
    return [one for one in found if said_in(one)["form"] in forms]


def test_every_kind_is_asked_and_found_in_its_row(styled_book: Path, questions_made: Path) -> None:
    found = examples_of(questions_made)
    kinds = Counter(one["kind"] for one in found)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) > 50
    assert faults_of(styled_book, questions_made) == {}
    assert not (questions_made / "rejected.jsonl").exists()


def test_the_answers_are_those_of_the_rows(styled_book: Path, questions_made: Path) -> None:
    """Not by the task's own check: a style is looked up here by the words that are quoted."""
    rows = rows_by_id(styled_book)
    words = {"neutral": "usual", "lively": "li", "subdued": "(subdued|restraint|held-back)"}
    seen = Counter[str]()
    for one in of_form(examples_of(questions_made), "how", "is", "which", "what"):
        facts = said_in(one)
        styles = {plain(turn["text"]): style_of(turn) for turn in rows[one["row_id"]]["turns"]}
        if facts["form"] == "how":
            name, said = styles[plain(facts["phrase"])], facts[one["answer"].lower()]
        elif facts["form"] == "which":
            name, said = styles[plain(facts[one["answer"].lower()])], facts["delivery"]
        elif facts["form"] == "what":
            name, said = styles[plain(one["answer"])], facts["delivery"]
        else:
            name, said = styles[plain(facts["phrase"])], facts["delivery"]
            if one["answer"] == "no":
                assert not re.search(words[name], said) or name == "neutral"
                continue
        assert re.search(words[name], said), one
        assert name != "neutral" or " than usual" not in said.replace("no differently than usual", "")
        seen[facts["form"]] += 1
    assert set(seen) == {"how", "is", "which", "what"}


def test_each_change_of_a_question_is_found(styled_book: Path, questions_made: Path, tmp_path: Path) -> None:
    def change(ones: list[Example]) -> list[Example]:
        swapped = {"A": "B", "B": "A", "yes": "no", "no": "yes", "man": "woman", "woman": "man"}
        for number, one in enumerate(ones):
            if one["answer"] in swapped and number % 2:
                one["answer"] = one["label"] = swapped[one["answer"]]
            elif number % 3 == 0:
                one["answer"] += " indeed"
            elif number % 3 == 1:
                one["prompt"] += " Look at the transcript."
            else:
                one["metadata_readable"] = not one["metadata_readable"]
        return ones

    changed = meddled(questions_made, tmp_path / "meddled", change)
    assert faults_of(styled_book, tmp_path / "meddled").keys() == changed
    assert len(changed) == len(examples_of(questions_made))


def test_no_question_is_asked_twice_of_a_story(questions_made: Path) -> None:
    prompts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in examples_of(questions_made):
        facts = said_in(one)
        told = (facts.get(name) for name in ("role", "phrase", "a", "b", "ordinal", "first", "second", "gender"))
        if facts["form"] not in SPOKEN_OF:
            prompts[one["story_id"], facts["form"]].append(" ".join(filter(None, told)))
        assert one["prompt"] not in prompts[one["row_id"], "all"]
        prompts[one["row_id"], "all"].append(one["prompt"])
    for key, asked in prompts.items():
        assert key[1] == "all" or len(set(asked)) == len(asked), key


def test_what_is_quoted_in_part_is_of_one_sentence(styled_book: Path, questions_made: Path) -> None:
    rows = rows_by_id(styled_book)
    in_part = 0
    for one in examples_of(questions_made):
        facts = said_in(one)
        turns = [" ".join(turn["text"].split()) for turn in rows[one["row_id"]]["turns"]]
        for phrase in (facts[name] for name in ("phrase", "a", "b") if f"“{facts.get(name)}”" in one["prompt"]):
            if phrase not in turns:
                assert not re.search(r"[.?!][”’\"')]*\s", phrase), one["prompt"]
                in_part += 1
    assert in_part > 20


def test_a_quotation_across_sentences_is_found(styled_book: Path, questions_made: Path, tmp_path: Path) -> None:
    rows = rows_by_id(styled_book)
    ends = re.compile(r"(?:\S+ ){2}\S+\.\s+(?:\S+ ){2}\S+")

    def change(ones: list[Example]) -> list[Example]:
        for one in ones:
            facts, story = said_in(one), rows[one["row_id"]]["turns"][0]["text"]
            found = ends.search(story)
            if facts["form"] == "speaker" and one["answer"] == "narrator" and found is not None:
                words = " ".join(found[0].split())
                one["prompt"] = one["prompt"].replace(facts["phrase"], words)
                one["facts"] = json.dumps({**facts, "phrase": words})
        return ones

    changed = meddled(questions_made, tmp_path / "meddled", change)
    faults = faults_of(styled_book, tmp_path / "meddled")
    assert faults.keys() == changed
    assert any("is of more than one sentence" in fault for fault in faults.values())


def test_no_question_takes_a_text_for_granted(questions_made: Path) -> None:
    assert [one["prompt"] for one in examples_of(questions_made) if unfit(one["prompt"])] == []


def test_styles_are_never_called_emotions(questions_made: Path) -> None:
    for one in examples_of(questions_made, kind="ce"):
        asked = re.sub("“[^”]*”", "", one["prompt"])
        assert not re.search(r"emotion|feel|happy|sad|angry|mood", asked), one["prompt"]


def test_labels_stand_as_often_as_each_other(questions_made: Path) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in examples_of(questions_made):
        if one["kind"] in ("ce", "cg") and one["label"]:
            counts[said_in(one)["form"]][one["label"]] += 1
    assert set(counts) == {"how", "is", "which", "man_or_woman", "said_by", "which_by"}
    for form, labels in counts.items():
        assert len(labels) == 2
        assert binomtest(max(labels.values()), labels.total()).pvalue > 0.001, (form, labels)


def test_the_text_gives_ce_and_cg_away_by_chance_alone(questions_made: Path) -> None:
    leakage = manifest(questions_made)["leakage"]
    assert set(leakage["kinds"]) == {"ce", "cg"}
    for found in leakage["kinds"].values():
        assert found["chance"] == 0.5
        assert found["low"] <= found["chance"] + 0.05


def test_what_labels_answer_is_tagged(questions_made: Path) -> None:
    for one in examples_of(questions_made):
        form = said_in(one)["form"]
        assert one["metadata_readable"] is (form not in {"which", "what", "then", "only"} and one["kind"] != "c")


def test_comparisons_have_a_safe_margin(styled_book: Path, questions_made: Path) -> None:
    rows = rows_by_id(styled_book)
    seen = 0
    for one in of_form(examples_of(questions_made), "faster", "louder", "higher", "livelier"):
        facts = said_in(one)
        turns = [turn for turn in rows[one["row_id"]]["turns"] if turn["role"] == facts["role"]]
        a, b = (turns[("first", "second", "third", "fourth").index(facts[which])] for which in ("first", "second"))
        more, less = (a, b) if one["answer"] == "A" else (b, a)
        column = {"faster": "articulation_rate", "louder": "energy", "higher": "f0_mean", "livelier": "f0_range"}
        high, low = (turn["measured"][column[facts["form"]]] for turn in (more, less))
        if facts["form"] == "louder":
            assert high - low >= 3
        else:
            assert high > 1.12 * low
        seen += 1
    assert seen > 10


def test_splits_stay_splits(styled_book: Path, questions_made: Path) -> None:
    rows = rows_by_id(styled_book)
    for file in files_of(questions_made):
        for one in examples_of(questions_made, file.name.split("-")[0]):
            assert rows[one["row_id"]]["split"] == file.name.split("-")[0]


def test_the_command_line_prints_what_there_is(styled_book: Path, questions_made: Path) -> None:
    made = askqa_here("styles", "questions", styled_book, questions_made)
    assert made.returncode == 0
    total, readable = len(examples_of(questions_made)), 0
    for one in examples_of(questions_made):
        readable += one["metadata_readable"]
    for kind in KINDS:
        count = len(examples_of(questions_made, "test", kind=kind))
        assert re.search(rf"^test +paralinguistics +{kind} +{count}$", made.stdout, re.MULTILINE)
    assert f"metadata-readable: {readable} ({readable / total:.1%})" in made.stdout
    assert re.search(r"of each kind \(chance\): ce \d+% \(50%\) within \d+% to \d+%, cg \d+% \(50%\)", made.stdout)
    assert made.stdout.splitlines()[-1] == f"already complete: {questions_made}: {total} examples"
    checked = askqa_here("styles", "questions", styled_book, questions_made, "--check")
    assert (checked.returncode, checked.stdout.split(": ")[2].strip()) == (
        0,
        f"{total} examples checked against their rows, 0 faults",
    )


def test_the_card_says_what_answers_rest_on(questions_made: Path) -> None:
    card = (questions_made / "README.md").read_text("utf-8")
    grounds = Counter((one["kind"], said_in(one)["ground"]) for one in examples_of(questions_made))
    style_told = "the style that a processor gave the turn: how it departs from its speaker's own delivery, no emotion"
    assert f"| ce | {style_told} | {grounds['ce', 'style']} |" in card
    assert f"| cg | the gender that the engine's own catalogue gives its voice | {grounds['cg', 'catalogue']} |" in card
    assert "paralinguistics** (not one of" not in card
    assert "`metadata_readable` true" in card


def test_only_some_kinds(styled_book: Path, tmp_path: Path) -> None:
    report = questions(styled_book, tmp_path / "out", kinds=["ce", "direct"], without=["direct"])
    assert {kind for _, _, kind in report.counts} == {"ce"}
    with pytest.raises(UsageError, match=r"unknown kind 'cx' \(close: c\); allowed: direct"):
        questions(styled_book, tmp_path / "other", kinds=["cx"])
    assert askqa_here("styles", "questions", styled_book, tmp_path / "c", "--kinds", "c, cg").returncode == 0
    assert {one["kind"] for one in examples_of(tmp_path / "c")} == {"c", "cg"}


def test_they_are_a_task_among_others(styled_book: Path, questions_made: Path, tmp_path: Path) -> None:
    tasks(styled_book, tmp_path / "both", tasks=["response", "paralinguistics"])
    own, among = (
        [(one["id"], one["prompt"], one["answer"]) for one in examples_of(out, task="paralinguistics")]
        for out in (questions_made, tmp_path / "both")
    )
    assert own == among
    made = export(questions_made, tmp_path / "swift", to="ms-swift", window="none")
    assert made is not None


@pytest.mark.parametrize("context", ["none", "text", "evidence"])
def test_they_are_of_what_is_heard(styled_book: Path, tmp_path: Path, context: str) -> None:
    questions(styled_book, tmp_path / "out", context=context, segments=30)
    assert faults_of(styled_book, tmp_path / "out") == {}
    found = examples_of(tmp_path / "out")
    assert {one["kind"] for one in found} == set(KINDS)
    if context != "evidence":
        assert all("narrator" not in said_in(one).get("roles", "") for one in found)


def test_without_styles_and_genders_only_the_rest_is_asked(storybook: Path, tmp_path: Path) -> None:
    """The voices of the storybook are a man's, so who is asked about could say "a man" always."""
    questions(storybook, tmp_path / "out")
    kinds = Counter(one["kind"] for one in examples_of(tmp_path / "out"))
    assert set(kinds) <= {"c", "direct"}
    assert kinds["c"] > 50
    assert of_form(examples_of(tmp_path / "out"), "gender", "delivery") == []


def test_gender_inferred_from_pitch_is_not_asked_about(storybook: Path, tmp_path: Path) -> None:
    def infer(row: dict[str, Any]) -> None:
        style_and_cast(row)
        for speaker in row["speakers"]:
            speaker["metadata_source"] = "f0"

    inferred = changed_rows(storybook, tmp_path / "inferred", infer)
    questions(inferred, tmp_path / "out")
    assert of_form(examples_of(tmp_path / "out"), "gender") == []
    assert examples_of(tmp_path / "out", kind="cg") == []
    embedded = changed_rows(
        inferred,
        tmp_path / "embedded",
        lambda row: [speaker.update(metadata_source="embedding") for speaker in row["speakers"]] and None,
    )
    questions(embedded, tmp_path / "embedded-out")
    found = examples_of(tmp_path / "embedded-out", kind="cg")
    assert {said_in(one)["ground"] for one in found} == {"embedding"}


def test_an_intended_emotion_is_asked_about_as_one(storybook: Path, tmp_path: Path) -> None:
    def speak(row: dict[str, Any]) -> None:
        style(row)
        categories = {"neutral": None, "lively": "happy", "subdued": "sad"}
        for turn in row["turns"]:
            if name := style_of(turn):
                intend(turn, categories[name])

    spoken = changed_rows(storybook, tmp_path / "spoken", speak)
    questions(spoken, tmp_path / "out", kinds=["ce", "direct"])
    found = examples_of(tmp_path / "out", kind="ce")
    assert {said_in(one)["ground"] for one in found} == {"intended", "style"}
    asked = " ".join(one["prompt"] for one in found)
    assert re.search("happy|joy", asked)
    assert re.search("sad", asked)
    assert faults_of(spoken, tmp_path / "out") == {}


@pytest.mark.parametrize(
    ("votes", "kept", "asked"),
    [
        (["{c}", "{c}"], True, True),
        (["{c}", "{c}", None], True, True),
        (["{c}", "neutral"], True, False),
        (["{c}", None], True, False),
        (["{c}", "{c}"], False, False),
    ],
    ids=["two agree", "two of three", "they disagree", "one alone", "filtered"],
)
def test_a_recognised_emotion_needs_two_who_agree(
    storybook: Path, tmp_path: Path, votes: list[str | None], kept: bool, asked: bool
) -> None:
    def annotate(row: dict[str, Any]) -> None:
        for number, turn in enumerate(row["turns"]):
            if turn["role"] == "user":
                category = "happy" if len(turn["text"]) % 2 else "sad"
                told = [None if vote is None else vote.format(c=category) for vote in votes]
                recognise(row, number, category, told, kept=kept)

    annotated = changed_rows(storybook, tmp_path / "annotated", annotate)
    questions(annotated, tmp_path / "out")
    found = examples_of(tmp_path / "out", kind="ce")
    assert bool(found) is asked
    assert {said_in(one)["ground"] for one in found} <= {"recognised"}


def test_words_that_suit_a_style_are_no_hint(storybook: Path, tmp_path: Path) -> None:
    """Congruent styles: of each label of the words only what is drawn for it is offered, as often as it is right."""

    def suit(row: dict[str, Any]) -> None:
        style(row)
        for turn in row["turns"]:
            if name := style_of(turn):
                label = "positive" if "work" in turn["text"] or "years" in turn["text"] else "negative"
                suiting = name if name in ("neutral", SUITS[label]) else SUITS[label]
                give_style(turn, suiting, draw="congruent", text_label=label)

    suited = changed_rows(storybook, tmp_path / "suited", suit)
    questions(suited, tmp_path / "out", kinds=["ce"])
    rows = rows_by_id(suited)
    for one in of_form(examples_of(tmp_path / "out"), "how"):
        turn = rows[one["row_id"]]["turns"][one["turn"]]
        options = " ".join(said_in(one)[letter] for letter in "ab")
        hint = "subdued|restraint|held-back" if turn["style"]["text_label"] == "positive" else "livel|more life"
        assert not re.search(hint, options)


def test_the_same_seed_gives_the_same_bytes(styled_book: Path, questions_made: Path, tmp_path: Path) -> None:
    questions(styled_book, tmp_path / "again")
    questions(styled_book, tmp_path / "other", seed=1)
    files = [files_of(out) for out in (questions_made, tmp_path / "again", tmp_path / "other")]
    first, again, other = ([file.read_bytes() for file in ones] for ones in files)
    assert first == again
    assert all(one != two for one, two in combinations([first[0], other[0]], 2))


def test_labels_as_text_answer_what_is_tagged(styled_book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    questions(styled_book, out, kinds=["direct"], metadata=True)
    found = of_form(examples_of(out), "delivery")
    assert all(f"style {one['label']}" in one["metadata"] for one in found)
    assert all(one["metadata_readable"] for one in found)
    assert faults_of(styled_book, out) == {}
