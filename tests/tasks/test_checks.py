"""A check that refuses nothing checks nothing: whatever is changed in an example is found."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from harness import askqa_here, assert_one_line
from task_sets import Example, examples_of, facts, faults_of, meddled, rows_by_id

from askqa_builder import tasks
from askqa_builder.errors import UsageError

ABOUT_THE_ROW = ("row_id", "conversation_id", "story_id", "audio", "story", "language", "license", "contrast_id", "id")
ABOUT_ITS_WORDS = {"transcript", "who", "when", "order", "continuation", "span"}
"""Kinds whose examples are right for no other story."""


def of_same_kind(examples: list[Example], differs: Callable[[Example, Example], bool]) -> list[Example | None]:
    """For each example the next one of its kind that differs from it."""
    return [
        next((o for o in examples[n:] + examples[:n] if o["kind"] == one["kind"] and differs(one, o)), None)
        for n, one in enumerate(examples)
    ]


def other_answers(examples: list[Example]) -> list[Example]:
    found = of_same_kind(examples, lambda one, other: one["answer"] != other["answer"])
    return [
        {**one, "answer": other["answer"], "label": other["label"], "references": other["references"]} if other else one
        for one, other in zip(examples, found, strict=True)
    ]


def more_in_answers(examples: list[Example]) -> list[Example]:
    return [{**one, "answer": f"{one['answer']} and more"} for one in examples]


def less_in_answers(examples: list[Example]) -> list[Example]:
    return [{**one, "answer": one["answer"][:-1]} for one in examples]


def other_labels(examples: list[Example]) -> list[Example]:
    found = of_same_kind(examples, lambda one, other: one["label"] != other["label"])
    return [
        {**one, "label": other["label"]} if other and one["task"] == "reasoning" else one
        for one, other in zip(examples, found, strict=True)
    ]


def other_prompts(examples: list[Example]) -> list[Example]:
    found = of_same_kind(
        examples, lambda one, other: (one["facts"], one["statement"]) != (other["facts"], other["statement"])
    )
    return [{**one, "prompt": other["prompt"]} if other else one for one, other in zip(examples, found, strict=True)]


def more_in_prompts(examples: list[Example]) -> list[Example]:
    return [{**one, "prompt": one["prompt"] + " Be brief."} for one in examples]


def other_statements(examples: list[Example]) -> list[Example]:
    found = of_same_kind(examples, lambda one, other: one["facts"] != other["facts"])
    return [
        {**one, "statement": other["statement"], "prompt": other["prompt"]} if other and one["statement"] else one
        for one, other in zip(examples, found, strict=True)
    ]


def denied_statements(examples: list[Example]) -> list[Example]:
    """Statements that affirm, where the check is told that they deny, and the other way round."""

    def turned(one: Example) -> Example:
        told = facts(one)
        return {**one, "facts": json.dumps({**told, "affirmed": not told["affirmed"]})} if "affirmed" in told else one

    return [turned(one) for one in examples]


def options_in_another_order(examples: list[Example]) -> list[Example]:
    def turned(one: Example) -> Example:
        a, b, *_ = facts(one)["options"]
        statement = one["statement"].replace(f"A: “{a}” B: “{b}”", f"A: “{b}” B: “{a}”")
        return {**one, "statement": statement, "prompt": one["prompt"].replace(one["statement"], statement)}

    return [turned(one) if one["kind"] == "continuation" else one for one in examples]


def other_turns(examples: list[Example]) -> list[Example]:
    """Of each turn but the story's; another turn may say the same, as two that say yes."""
    return [{**one, "turn": 0 if one["turn"] else one["turn"]} for one in examples]


def other_sounds(examples: list[Example]) -> list[Example]:
    found = of_same_kind(examples, lambda one, other: one["row_id"] != other["row_id"])
    return [{**one, "audio": other["audio"]} if other else one for one, other in zip(examples, found, strict=True)]


def other_actions(examples: list[Example]) -> list[Example]:
    swapped = {"answer": "clarify", "clarify": "answer", None: None}
    return [{**one, "action": swapped[one["action"]]} for one in examples]


def other_references(examples: list[Example]) -> list[Example]:
    return [{**one, "references": [*one["references"], "x"]} if one["action"] else one for one in examples]


def other_licences(examples: list[Example]) -> list[Example]:
    return [{**one, "license": "CC0-1.0"} for one in examples]


def other_stories(examples: list[Example]) -> list[Example]:
    return [{**one, "story": "Another one."} for one in examples]


@pytest.mark.parametrize(
    "change",
    [
        other_answers, more_in_answers, less_in_answers, other_labels, other_prompts, more_in_prompts, other_statements,
        denied_statements, options_in_another_order, other_turns, other_sounds, other_actions, other_references,
        other_licences, other_stories,
    ],
)  # fmt: skip
def test_what_is_changed_is_found(
    demo_dataset: Path, demo_examples: Path, tmp_path: Path, change: Callable[[list[Example]], list[Example]]
) -> None:
    changed = meddled(demo_examples, tmp_path / "meddled", change)
    assert changed
    assert faults_of(demo_dataset, tmp_path / "meddled").keys() == changed


def test_every_kind_has_answers_that_are_refused(demo_dataset: Path, demo_examples: Path, tmp_path: Path) -> None:
    """`other_answers` changes some of each kind, or the test above would say nothing of it."""
    changed = meddled(demo_examples, tmp_path / "meddled", other_answers)
    kinds = {one["kind"] for one in examples_of(demo_examples)}
    assert {name.split("/")[2] for name in changed} | {"voices", "statement"} == kinds
    assert len(kinds) >= 15
    assert "voices" in {name.split("/")[2] for name in meddled(demo_examples, tmp_path / "more", more_in_answers)}


@pytest.mark.parametrize("change", [other_answers, other_labels, other_statements, denied_statements])
def test_statements_that_are_changed_are_found(
    storybook: Path, examples_made: Path, tmp_path: Path, change: Callable[[list[Example]], list[Example]]
) -> None:
    """The demo dataset has but one."""

    def of_statements(examples: list[Example]) -> list[Example]:
        other = iter(change([one for one in examples if one["kind"] == "statement"]))
        return [next(other) if one["kind"] == "statement" else one for one in examples]

    changed = meddled(examples_made, tmp_path / "meddled", of_statements)
    assert len(changed) > 20
    assert faults_of(storybook, tmp_path / "meddled").keys() == changed


def test_examples_of_another_row_are_refused(storybook: Path, examples_made: Path, tmp_path: Path) -> None:
    def swap(examples: list[Example]) -> list[Example]:
        found = of_same_kind(examples, lambda one, other: one["story_id"] != other["story_id"])
        return [
            {**(other if other and one["kind"] in ABOUT_ITS_WORDS else one), **{k: one[k] for k in ABOUT_THE_ROW}}
            for one, other in zip(examples, found, strict=True)
        ]

    changed = meddled(examples_made, tmp_path / "meddled", swap)
    assert {name.split("/")[2] for name in changed} == ABOUT_ITS_WORDS
    faults = faults_of(storybook, tmp_path / "meddled")
    assert faults.keys() <= changed
    assert len(faults) > 0.95 * len(changed)  # "he said that he was" may be said of both


def test_sounds_that_are_missing_or_cut_short_are_found(demo_dataset: Path, tmp_path: Path) -> None:
    tasks(demo_dataset, tmp_path / "out", tasks=["response"], audio_format="wav")
    missing, short = sorted((tmp_path / "out" / "audio").rglob("*.wav"))[:2]
    missing.unlink()
    samples, rate = soundfile.read(short, dtype="int16")
    soundfile.write(short, samples[:-1], rate, subtype="PCM_16")
    faults = sorted(faults_of(demo_dataset, tmp_path / "out").values())
    assert len(faults) == 2
    assert all("has not the samples of its recording" in fault for fault in faults)


def test_sounds_of_other_samples_are_found(demo_dataset: Path, tmp_path: Path) -> None:
    """Silence of the same length, and a single sample that is not as it was."""
    tasks(demo_dataset, tmp_path / "out", tasks=["response"], audio_format="wav")
    silent, touched = sorted((tmp_path / "out" / "audio").rglob("*.wav"))[:2]
    samples, rate = soundfile.read(silent, dtype="int16")
    soundfile.write(silent, 0 * samples, rate, subtype="PCM_16")
    samples, rate = soundfile.read(touched, dtype="int16")
    samples[len(samples) // 2] ^= 1
    soundfile.write(touched, samples, rate, subtype="PCM_16")
    found = faults_of(demo_dataset, tmp_path / "out").values()
    assert len([fault for fault in found if "has not the samples" in fault]) == 2
    for sound in (silent, touched):
        sound.unlink()
    tasks(demo_dataset, tmp_path / "out", tasks=["response"], audio_format="wav")  # as the message says
    assert not faults_of(demo_dataset, tmp_path / "out")


def test_a_story_of_another_split_is_found(storybook: Path, examples_made: Path, tmp_path: Path) -> None:
    """Whoever moves examples from one split to another has a story in both, or a row that is not there."""
    shutil.copytree(examples_made, tmp_path / "out")
    train, test = (next((tmp_path / "out/data/examples").glob(f"{split}-*")) for split in ("train", "test"))
    train.write_bytes(test.read_bytes())
    with pytest.raises(UsageError, match="which is no row there"):
        faults_of(storybook, tmp_path / "out")


def test_the_command_says_what_it_finds(demo_dataset: Path, demo_examples: Path, tmp_path: Path) -> None:
    fine = askqa_here("tasks", demo_dataset, demo_examples, "--check")
    assert fine.returncode == 0
    assert fine.stdout.startswith("ok: ")
    assert f"{len(examples_of(demo_examples))} examples checked against their rows, 0 faults" in fine.stdout
    changed = meddled(demo_examples, tmp_path / "meddled", other_actions)
    found = askqa_here("tasks", demo_dataset, tmp_path / "meddled", "--check")
    assert found.returncode == 1
    assert found.stdout.count("it is not the row's response\n") == len(changed)
    assert f"{len(changed)} faults" in found.stdout.splitlines()[-1]


WHATEVER: list[dict[str, str | None]] = [
    {"facts": "{"},
    {"facts": "{}"},
    {"facts": "[]"},
    {"facts": None},
    {"kind": "unknown"},
    {"task": "unknown"},
    {"task": None},
    {"prompt": None},
    {"answer": None},
]


def test_whatever_stands_in_an_example_is_a_fault_of_it_alone(
    demo_dataset: Path, demo_examples: Path, tmp_path: Path
) -> None:
    kinds = Counter[str]()

    def change(one: Example) -> Example:
        kinds[one["kind"]] += 1
        changes = WHATEVER[kinds[one["kind"]] % len(WHATEVER)]
        return {**one, **changes} if one["kind"] in ("span", "who", "said", "order") else one

    changed = meddled(demo_examples, tmp_path / "meddled", lambda examples: [change(one) for one in examples])
    assert all(count > len(WHATEVER) for kind, count in kinds.items() if kind in ("span", "who", "said", "order"))
    assert faults_of(demo_dataset, tmp_path / "meddled").keys() == changed


DAMAGES: list[dict[str, Any]] = [
    {"made_from": {}},
    {"made_from": None},
    {"options": {}},
    {"options": {"hearing": {"contexts": "x"}}},
    {"tasks": []},
    {"tasks": {"listening": "x"}},
    {"wordings": {"listening": 3}},
    {"wordings": None},
    {"rejected": []},
    {"shards": [{}]},
    {"stories_in_two_splits": None},
]


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_damaged_manifests_are_told(
    demo_dataset: Path, demo_examples: Path, tmp_path: Path, damage: dict[str, Any]
) -> None:
    meddled(demo_examples, tmp_path / "out", lambda examples: examples)
    content = json.loads((tmp_path / "out" / "askqa.json").read_text("utf-8"))
    (tmp_path / "out" / "askqa.json").write_text(json.dumps({**content, **damage}), "utf-8")
    for options in (["--check"], []):
        refused = askqa_here("tasks", demo_dataset, tmp_path / "out", *options)
        assert_one_line(refused, UsageError.exit_code)
        assert "askqa.json: not a manifest" in refused.stderr
        assert "--overwrite" in refused.stderr


def test_a_set_of_another_version_of_a_task_is_told(demo_dataset: Path, demo_examples: Path, tmp_path: Path) -> None:
    meddled(demo_examples, tmp_path / "out", lambda examples: examples)
    content = json.loads((tmp_path / "out" / "askqa.json").read_text("utf-8"))
    content["tasks"]["listening"] = 1
    (tmp_path / "out" / "askqa.json").write_text(json.dumps(content), "utf-8")
    refused = askqa_here("tasks", demo_dataset, tmp_path / "out", "--check")
    assert_one_line(refused, UsageError.exit_code)
    assert "version 1 of the task listening made it, and 3 is installed" in refused.stderr


def test_progress_tells_hours_of_recordings(demo_dataset: Path, demo_examples: Path) -> None:
    hours = sum(row["duration"] for row in rows_by_id(demo_dataset).values()) / 3600
    told = askqa_here("tasks", demo_dataset, demo_examples, "--check").stderr.splitlines()
    assert told[0] == f"26 recordings to check examples of, about {hours:.2f} h of audio"
    assert told[-1].startswith(f"26/26 recordings, {hours:.2f} h of audio, ")


def test_a_check_needs_the_dataset_that_it_was_made_from(
    storybook: Path, demo_dataset: Path, examples_made: Path, tmp_path: Path
) -> None:
    for dataset, out, told in (
        (demo_dataset, examples_made, "was not made from"),
        (storybook, demo_dataset, "holds a dataset, no task examples"),
        (storybook, tmp_path, "holds no finished set of task examples"),
        (examples_made, examples_made, "holds task examples, no dataset"),
    ):
        refused = askqa_here("tasks", dataset, out, "--check")
        assert_one_line(refused, UsageError.exit_code)
        assert told in refused.stderr
