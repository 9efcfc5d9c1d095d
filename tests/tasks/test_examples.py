"""What is made of a dataset: every kind of question, each as its row has it, loaded by `datasets`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import soundfile
from task_sets import examples_of, facts, faults_of, rows_by_id

from askqa_builder import tasks
from askqa_builder.dataset.reading import find_row
from askqa_builder.dataset.sound import decoded

KINDS = {
    "listening": {
        "transcript", "turn", "span", "last_question", "who", "speakers", "voices", "turns", "when", "order", "said",
    },
    "reasoning": {"statement", "reading", "continuation", "ambiguous"},
    "response": {"response"},
}  # fmt: skip


def test_every_kind_occurs_in_every_split(examples_made: Path) -> None:
    for split in ("train", "validation", "test"):
        found = examples_of(examples_made, split)
        for task, kinds in KINDS.items():
            assert {one["kind"] for one in found if one["task"] == task} == kinds, (split, task)


def test_the_check_finds_nothing(storybook: Path, examples_made: Path) -> None:
    assert faults_of(storybook, examples_made) == {}


def test_the_demo_dataset_gives_ten_examples_a_conversation(demo_dataset: Path, tmp_path: Path) -> None:
    report = tasks(demo_dataset, tmp_path / "out")
    assert faults_of(demo_dataset, tmp_path / "out") == {}
    assert sum(report.counts.values()) == len(examples_of(tmp_path / "out")) >= 10 * 13
    assert {kind for _, _, kind in report.counts} >= KINDS["listening"] | KINDS["response"]


def test_examples_say_what_their_rows_say(storybook: Path, examples_made: Path) -> None:
    rows = rows_by_id(storybook)
    found = examples_of(examples_made)
    assert len({one["id"] for one in found}) == len(found) > 1000
    assert {one["row_id"] for one in found} == rows.keys()
    for one in found:
        row = rows[one["row_id"]]
        for name in ("conversation_id", "story_id", "language", "license"):
            assert one[name] == row[name]
        assert one["id"].startswith(f"{row['id']}/{one['task']}/{one['kind']}")
        assert one["references"][0] == one["answer"]
        assert one["story"] is None
        assert one["seed"] == 0


def test_answers_are_found_in_rows_without_the_package(storybook: Path, examples_made: Path) -> None:
    """A second opinion on the kinds whose answers a few lines can find."""
    rows = rows_by_id(storybook)
    for one in examples_of(examples_made):
        turns = rows[one["row_id"]]["turns"]
        said = {turn["role"]: turn["text"] for turn in turns}
        match one["kind"]:
            case "transcript":
                assert one["answer"].split() == " ".join(f"{t['role']}: {t['text']}" for t in turns).split()
            case "speakers":
                assert one["answer"].split(", ") == [turn["role"] for turn in turns]
            case "last_question":
                assert one["answer"] == [turn["text"] for turn in turns if turn["act"] == "question"][-1]
            case "turns":
                assert int(one["answer"]) == sum(turn["role"] == facts(one)["role"] for turn in turns)
            case "who":
                assert facts(one)["phrase"] in " ".join(said[one["answer"]].split()) or len(turns) > 3
            case "response":
                assert one["answer"] == rows[one["row_id"]]["response"]["text"]
                assert one["action"] == ("clarify" if one["answer"].endswith("?") else "answer")
            case "ambiguous":
                assert one["label"] == ("yes" if rows[one["row_id"]]["ambiguous"] else "no")


def test_times_in_answers_are_where_the_words_are(storybook: Path, examples_made: Path) -> None:
    rows = rows_by_id(storybook)
    found = examples_of(examples_made, kind="when")
    for one in found:
        start, end = (float(text.split()[0]) for text in one["answer"].removeprefix("from ").split(" s to "))
        row = rows[one["row_id"]]
        inside = [w for w in row["words"] if start - 0.006 <= w["start"] and w["end"] <= end + 0.006]
        text = row["turns"][inside[0]["turn"]]["text"][inside[0]["char_start"] : inside[-1]["char_end"]]
        assert " ".join(text.split()) == facts(one)["phrase"].strip(".,:?“”")
    assert len(found) > 100


def test_sounds_are_the_rows_recordings(storybook: Path, examples_made: Path) -> None:
    for one in examples_of(examples_made, kind="transcript")[::20]:
        (file,) = one["audio"]
        samples, rate = soundfile.read(examples_made / file["path"], dtype="int16")
        recording, own_rate = decoded(find_row(storybook, one["row_id"]))
        assert rate == own_rate == file["sampling_rate"]
        assert np.array_equal(samples, recording)


def test_labels_are_about_even(examples_made: Path) -> None:
    """Each label of a kind is as likely: no wide bounds are needed to see that one is never drawn."""
    for kind, labels in {"said": 2, "order": 2, "continuation": 4, "statement": 3, "reading": 3}.items():
        counts = Counter(one["label"] for one in examples_of(examples_made, kind=kind))
        assert len(counts) == labels
        assert min(counts.values()) > 0.6 * sum(counts.values()) / labels, (kind, counts)


def test_datasets_loads_them(examples_made: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    loaded = load_dataset(str(examples_made), cache_dir=str(tmp_path))
    assert set(loaded) == {"train", "validation", "test"}
    for split, examples in loaded.items():
        assert examples.to_list() == examples_of(examples_made, split)


def test_a_task_alone_gives_the_same_examples(demo_dataset: Path, tmp_path: Path) -> None:
    tasks(demo_dataset, tmp_path / "all")
    for task in KINDS:
        tasks(demo_dataset, tmp_path / task, tasks=[task])
        assert examples_of(tmp_path / task) == examples_of(tmp_path / "all", task=task) != []


def test_another_seed_draws_others(demo_dataset: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        tasks(demo_dataset, tmp_path / str(seed), tasks=["listening"], seed=seed)
    first, second = ({one["id"]: one["prompt"] for one in examples_of(tmp_path / str(seed))} for seed in (0, 1))
    same = [name for name in first.keys() & second.keys() if first[name] == second[name]]
    assert 0 < len(same) < len(first) / 2
    assert {one["seed"] for one in examples_of(tmp_path / "1")} == {1}
