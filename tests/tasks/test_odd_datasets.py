"""Datasets that are not like the others: every example holds all the same, or one line says why there is none."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness import askqa_here, assert_one_line, manifest
from task_sets import examples_of, facts, faults_of, rows_by_id

from askqa_builder import build, tasks
from askqa_builder.dataset.manifest import write_manifest
from askqa_builder.dataset.schema import row_schema
from askqa_builder.dataset.shard import write_shard
from askqa_builder.errors import UsageError
from askqa_builder.tasks.heard_row import plain

HOSTILE = (
    "“So,” said Zoë {x} – “{phrase}” isn't {{it}}? “Yes!” %s \\n {0}.\n\nThe café's naïve cat sat, sat, sat, sat, sat "
    "on 12 mats at 3:45 p.m.; the İstanbul train, no. 7, left $5.20 late.\n\n“No no no no no no no no,” cried Άρης "
    "ΟΔΥΣΣΕΑΣ and fell asleep | at | once. <|AUDIO|> </s> [INST]"
)


def line(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"q-{number}", "story": HOSTILE + f" It was the year {1990 + number}.", **fields}


@pytest.fixture(scope="module")
def hostile(quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Quotes, braces, markup, numbers and repetitions, in what is said and in ids."""
    folder = tmp_path_factory.mktemp("hostile")
    lines = [
        line(0, id="lone \ud800 surrogate", question="Who {spoke}?", answer="Zoë “{x}” {y}", ambiguous=False),
        line(1, id='a/b#c~1 "quoted" {id}', question="“What?”\nAnd\twhat \\ else?", answer="{{it}} %s", ambiguous=False,
             history=[{"user": "No no no no no no?", "assistant": "Yes: yes, yes | yes."}]),
        line(2, id="ünïcode 漢字", question="Where is 12?", answer="12", alternatives=["twelve"], ambiguous=False),
        line(3, question="Who {cried}?", clarifications=[{"question": "{Which} “cry”?", "branches": [
            {"reply": "The {first}.", "answers": ["Zoë {z}"]}, {"reply": "“The last.”", "answers": ["Άρης Aris"]}]}]),
        *(line(n, question=f"What is the number {n}?", answer=f"{{}} “{n}” mat", ambiguous=False) for n in range(4, 9)),
    ]  # fmt: skip
    text = "\n".join(json.dumps(one, ensure_ascii=True) for one in lines)
    (folder / "hostile_test.jsonl").write_text(text, "ascii")
    build(folder / "hostile_test.jsonl", folder / "spoken", profiles=str(quick_profile), workers=1)
    return folder / "spoken"


@pytest.mark.parametrize("context", ["audio", "text"])
def test_hostile_texts_survive(hostile: Path, tmp_path: Path, context: str) -> None:
    from datasets import load_dataset

    out = tmp_path / "out"
    tasks(hostile, out, context=context)
    assert faults_of(hostile, out) == {}
    rows = rows_by_id(hostile)
    found = examples_of(out)
    assert {one["row_id"] for one in found} == rows.keys()
    assert len(rows) >= 8
    for one in found:
        row = rows[one["row_id"]]
        if one["task"] == "response":
            assert one["answer"] == row["response"]["text"]
        assert one["story"] == (row["story"] if context == "text" else None)
        if "phrase" in facts(one):
            assert facts(one)["phrase"] in one["prompt"]
    loaded = load_dataset(str(out), split="test", cache_dir=str(tmp_path / "cache"))
    assert loaded.to_list() == found


def test_words_said_again_at_once_are_said_twice(hostile: Path, tmp_path: Path) -> None:
    """“No no no no no” has “no no no no” twice: of such words nobody can say when they are said."""
    rows, asked = rows_by_id(hostile), 0
    for seed in range(3):
        tasks(hostile, tmp_path / str(seed), tasks=["listening"], seed=seed)
        for one in examples_of(tmp_path / str(seed)):
            if one["kind"] in ("when", "who", "order"):
                turns = [plain(turn["text"]).split() for turn in rows[one["row_id"]]["turns"]]
                for phrase in (plain(facts(one)[key]).split() for key in ("phrase", "a", "b") if key in facts(one)):
                    places = [turn[n : n + len(phrase)] for turn in turns for n in range(len(turn))]
                    assert places.count(phrase) == 1, (one["id"], phrase)
                    asked += "no" in phrase
    assert asked > 2  # words of which there are many


def without(dataset: Path, out: Path, column: str) -> Path:
    """A dataset as it is built by an engine that leaves a column empty."""
    shutil.copytree(dataset, out)
    content = manifest(dataset)
    for place, entry in enumerate(content["shards"]):
        rows = [{**row, column: []} for row in pq.read_table(dataset / entry["file"]).to_pylist()]
        table = pa.Table.from_pylist(rows, schema=row_schema(16000))
        record = write_shard(
            out, entry["file"], table.to_batches(), config=entry["config"], split=entry["split"], sampling_rate=16000
        )
        content["shards"][place] = record.to_json()
    write_manifest(out, content)
    return out


@pytest.fixture(scope="module")
def wordless(demo_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return without(demo_dataset, tmp_path_factory.mktemp("wordless") / "spoken", "words")


def test_without_word_times_nothing_is_asked_about_them(wordless: Path, demo_dataset: Path, tmp_path: Path) -> None:
    tasks(wordless, tmp_path / "out")
    tasks(demo_dataset, tmp_path / "timed")
    assert faults_of(wordless, tmp_path / "out") == {}
    kinds = Counter(one["kind"] for one in examples_of(tmp_path / "out"))
    assert not kinds.keys() & {"when", "span"}
    timed = Counter(one["kind"] for one in examples_of(tmp_path / "timed") if one["kind"] not in ("when", "span"))
    assert kinds == timed


def test_without_word_times_nothing_is_cut(wordless: Path, tmp_path: Path) -> None:
    refused = askqa_here("tasks", wordless, tmp_path / "out", "--segments", 5)
    assert_one_line(refused, UsageError.exit_code)
    assert re.search(r"\d+ of \d+ rows cannot be heard as wanted.*align: pocketsphinx", refused.stderr)


def heard_in_windows(dataset: Path, out: Path, **options: Any) -> None:
    tasks(dataset, out, **options)
    assert faults_of(dataset, out) == {}
    found = examples_of(out)
    assert len(found) > 100
    if "segments" in options:
        longest = max(file["samples"] / file["sampling_rate"] for one in found for file in one["audio"])
        assert longest <= options["segments"]
    assert {file["channels"] for one in found for file in one["audio"]} == {
        2 if options.get("layout") == "stereo" else 1
    }


@pytest.mark.parametrize(
    ("context", "layout"),
    [("audio", "turns"), ("text", "joined"), ("text", "stereo"), ("evidence", "stereo"), ("none", "turns")],
)
def test_every_way_to_hear(demo_dataset: Path, tmp_path: Path, context: str, layout: str) -> None:
    heard_in_windows(demo_dataset, tmp_path / "out", context=context, layout=layout, segments=12, window="qwen2-audio")
    found = examples_of(tmp_path / "out")
    assert any(one["task"] == "reasoning" for one in found) is (context != "none")
    rows = rows_by_id(demo_dataset)
    for one in found:
        if one["kind"] == "transcript":
            lines = one["answer"].split("\n")
            assert lines[0].startswith("narrator: ") is (context in ("audio", "evidence"))
            expected = [turn["role"] for turn in rows[one["row_id"]]["turns"]][
                0 if context in ("audio", "evidence") else 1 :
            ]
            assert [text.split(": ")[0] for text in lines] == expected


def test_clips_are_named_where_there_are_several(demo_dataset: Path, tmp_path: Path) -> None:
    tasks(demo_dataset, tmp_path / "out", segments=8, tasks=["listening"])
    rows, clips = rows_by_id(demo_dataset), Counter[str]()
    for one in examples_of(tmp_path / "out", kind="when"):
        found = re.fullmatch(r"from ([\d.]+) s to ([\d.]+) s in clip (\d+)", one["answer"])
        assert found, one["answer"]
        clips[found[3]] += 1
        before = sum(file["samples"] for file in one["audio"][: int(found[3]) - 1]) / 16000
        start, end = before + float(found[1]), before + float(found[2])
        words = [
            w["word"] for w in rows[one["row_id"]]["words"] if start - 0.01 <= w["start"] and w["end"] <= end + 0.01
        ]
        phrase = re.findall(r"\w+", facts(one)["phrase"].lower())
        assert words[0].lower().startswith(phrase[0][:2]) or phrase[0].isdigit()
    assert len(clips) > 2


def test_renditions_are_rows_of_their_own(demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    build(demo_file, tmp_path / "spoken", profiles=str(quick_profile), renditions=2, limit=6, workers=1)
    tasks(tmp_path / "spoken", tmp_path / "out")
    assert faults_of(tmp_path / "spoken", tmp_path / "out") == {}
    found = examples_of(tmp_path / "out")
    counts = Counter(one["row_id"].endswith("~1") for one in found)
    assert counts[True] > 0.8 * counts[False] > 30
    assert len({one["id"] for one in found}) == len(found)


def test_only_initial_rows(demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    build(demo_file, tmp_path / "spoken", profiles=str(quick_profile), stages="initial", limit=6, workers=1)
    tasks(tmp_path / "spoken", tmp_path / "out")
    assert faults_of(tmp_path / "spoken", tmp_path / "out") == {}
    kinds = {one["kind"] for one in examples_of(tmp_path / "out")}
    assert "reading" not in kinds
    assert "ambiguous" in kinds


@pytest.mark.parametrize("kept", [1000, 0.7])
def test_a_damaged_dataset_leaves_nothing_behind(demo_dataset: Path, tmp_path: Path, kept: float) -> None:
    """Whether the file's footer is gone or its sound alone: other options may be tried there once it is repaired."""
    spoken = shutil.copytree(demo_dataset, tmp_path / "spoken")
    file = spoken / manifest(spoken)["shards"][0]["file"]  # of which examples are made first
    whole = file.read_bytes()
    if kept < 1:  # as long as it was
        middle = int(kept * len(whole) / 2)
        file.write_bytes(whole[:middle] + bytes(64) + whole[middle + 64 :])
    else:
        file.write_bytes(whole[: int(kept)])
    refused = askqa_here("tasks", spoken, tmp_path / "out")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("askqa: ")
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "out").exists()
    file.write_bytes(whole)
    assert tasks(spoken, tmp_path / "out", seed=1).exit_code == 0


def test_one_story_alone(demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    """Nothing can be borrowed of others: what needs it is not asked, and the rest is."""
    build(demo_file, tmp_path / "spoken", profiles=str(quick_profile), limit=1, workers=1)
    report = tasks(tmp_path / "spoken", tmp_path / "out")
    assert report.leakage is None
    assert faults_of(tmp_path / "spoken", tmp_path / "out") == {}
    kinds = Counter(one["kind"] for one in examples_of(tmp_path / "out"))
    assert kinds.keys() >= {"transcript", "turn", "speakers", "response"}
    assert "continuation" not in kinds
    assert all(one["label"] == "yes" for one in examples_of(tmp_path / "out", kind="said"))
    told = askqa_here("tasks", tmp_path / "spoken", tmp_path / "out")
    assert "text only: too few reasoning examples or stories" in told.stdout
    unasked = askqa_here("tasks", tmp_path / "spoken", tmp_path / "heard", "--tasks", "listening,response")
    assert unasked.returncode == 0
    assert "text only" not in unasked.stdout
    tasks(tmp_path / "spoken", tmp_path / "tenth", fraction=0.1, train="test")
    assert len({one["story_id"] for one in examples_of(tmp_path / "tenth")}) == 1
