"""Spoken-SQuAD's JSON, read by the package's own reader of SQuAD and as `datasets` has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from harness import askqa_here
from speech_exports import (
    Row,
    assert_same_samples,
    changed_dataset,
    exported,
    json_lines,
    resampled,
    rows_of,
    sound,
    without_words,
)

from askqa_builder.corpus.conversation import Conversation
from askqa_builder.corpus.formats import FORMATS
from askqa_builder.corpus.sources import find_sources
from askqa_builder.errors import AskqaError
from askqa_builder.export.formats.squad_answers import answers_of, why_left_out


def articles(out: Path, split: str) -> list[dict[str, Any]]:
    document = json.loads((out / f"{split}.json").read_bytes())
    assert document["version"] == "1.1"
    found: list[dict[str, Any]] = document["data"]
    return found


def passages(out: Path, split: str) -> list[dict[str, Any]]:
    return [passage for article in articles(out, split) for passage in article["paragraphs"]]


def test_our_own_reader_reads_every_question(demo_dataset: Path, tmp_path: Path) -> None:
    exported(demo_dataset, tmp_path / "out", "spoken-squad")
    [file] = find_sources(tmp_path / "out" / "test.json", None)
    assert file.format == "squad"
    read = list(FORMATS["squad"].read(file, set()))
    assert all(isinstance(outcome, Conversation) for outcome in read)
    rows = {row["id"]: row for row, _ in rows_of(demo_dataset)}
    left_out = {line["id"]: line["reason"] for line in json_lines(tmp_path / "out" / "left_out.jsonl")}
    assert {one.id for one in read if isinstance(one, Conversation)} == rows.keys() - left_out.keys()
    for one in read:
        assert isinstance(one, Conversation)
        row = rows[one.id]
        assert one.story == row["story"]
        assert one.turns[-1].text == row["turns"][-1]["text"]
        assert one.evidence is not None
        assert row["story"][one.evidence.char_start : one.evidence.char_end] == one.response.text
        assert row["evidence"]["char_start"] <= one.evidence.char_start
        assert one.evidence.char_end <= row["evidence"]["char_end"]
    for row_id, reason in left_out.items():
        row = rows[row_id]
        asks_back = row["response"]["action"] == "clarify" or row["stage"] == "clarified"
        assert reason == ("ambiguous" if asks_back else "unanswerable")
        assert asks_back or row["response"]["text"] == "unknown"


def test_datasets_reads_it_as_squad(demo_dataset: Path, tmp_path: Path) -> None:
    from datasets import Dataset, Features, List, Value, load_dataset

    exported(demo_dataset, tmp_path / "out", "spoken-squad")
    loaded = load_dataset(
        "json", data_files=str(tmp_path / "out" / "test.json"), field="data", cache_dir=str(tmp_path / "cache")
    )["train"]
    answers = {"text": List(Value("string")), "answer_start": List(Value("int32"))}
    texts = {name: Value("string") for name in ("id", "title", "context", "question")}
    squad = Dataset.from_list(
        [
            {
                "id": asked["id"],
                "title": article["title"],
                "context": passage["context"],
                "question": asked["question"],
                "answers": {key: [answer[key] for answer in asked["answers"]] for key in answers},
            }
            for article in loaded
            for passage in article["paragraphs"]
            for asked in passage["qas"]
        ],
        features=Features({**texts, "answers": answers}),
    )
    assert len(squad) == sum(why_left_out(row) is None for row, _ in rows_of(demo_dataset))
    for line in squad:
        for text, start in zip(line["answers"]["text"], line["answers"]["answer_start"], strict=True):
            assert text
            assert line["context"][start : start + len(text)] == text


@pytest.mark.parametrize("rate", [None, 22050])
def test_each_story_stands_there_once_with_the_sound_of_its_first_row(
    scattered: Path, tmp_path: Path, rate: int | None
) -> None:
    report = exported(scattered, tmp_path / "out", "spoken-squad", sample_rate=rate)
    rows = [(row, samples) for row, samples in rows_of(scattered) if not row["rendition"] and why_left_out(row) is None]
    renditions = [row["id"] for row, _ in rows_of(scattered) if row["rendition"] and why_left_out(row) is None]
    reasons = json_lines(tmp_path / "out" / "left_out.jsonl")
    assert [line["id"] for line in reasons if line["reason"] == "rendition"] == renditions
    found = passages(tmp_path / "out", "train")
    assert [passage["context"] for passage in found] == list(dict.fromkeys(row["story"] for row, _ in rows))
    assert report.audio_files == len(found) < len(rows)
    wanted_rate = rate or 16000
    for passage in found:
        its = [(row, samples) for row, samples in rows if row["story"] == passage["context"]]
        assert [asked["id"] for asked in passage["qas"]] == [row["id"] for row, _ in its]
        row, recording = its[0]
        start, end = (round(row["turns"][0][key] * 16000) for key in ("start", "end"))
        samples, found_rate = sound(tmp_path / "out" / passage["audio"])
        assert found_rate == wanted_rate
        assert_same_samples(samples, resampled(recording[start:end], 16000, wanted_rate), exact=rate is None)
        assert passage["duration"] == len(samples) / found_rate
        check_times(row, passage, wanted_rate)


def check_times(row: Row, passage: dict[str, Any], rate: int) -> None:
    """Compare the answers' seconds with the words of the row that is heard."""
    offset = row["turns"][0]["start"]
    for asked in passage["qas"]:
        for answer in asked["answers"]:
            first, last = answer["answer_start"], answer["answer_start"] + len(answer["text"])
            words = [
                word
                for word in row["words"]
                if word["turn"] == 0 and word["char_start"] < last and word["char_end"] > first
            ]
            assert abs(answer["audio_full_answer_start"] - (words[0]["start"] - offset)) <= 1 / rate
            assert abs(answer["audio_full_answer_end"] - (words[-1]["end"] - offset)) <= 1 / rate
            assert answer["audio_full_answer_end"] <= passage["duration"]


def test_the_stories_are_scattered_over_shards(scattered: Path) -> None:
    manifest = json.loads((scattered / "askqa.json").read_bytes())
    initial = [shard for shard in manifest["shards"] if shard["config"] == "initial" and shard["rows"]]
    assert len(initial) > 2
    import pyarrow.parquet as pq

    of_shards = [set(pq.read_table(scattered / s["file"], columns=["story"])["story"].to_pylist()) for s in initial]
    assert any(a & b for i, a in enumerate(of_shards) for b in of_shards[i + 1 :])


def test_what_is_left_out_does_not_count(demo_dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for state in ("done", "already complete"):
        result = askqa_here("export", demo_dataset, out, "--to", "spoken-squad")
        questions = sum(len(passage["qas"]) for passage in passages(out, "test"))
        left_out = len(json_lines(out / "left_out.jsonl"))
        assert questions + left_out == len(list(rows_of(demo_dataset)))
        assert result.stdout.startswith(f"{state}: {out}: {questions} in test (")
        assert f"; left out: {left_out} that have no place there (see left_out.jsonl)\n" in result.stdout
    assert f"{questions} rows ({questions} in test)" in (out / "README.md").read_text("utf-8")
    assert f"Of {questions + left_out} rows {left_out} are left out" in (out / "README.md").read_text("utf-8")


def test_a_dataset_without_a_question_for_it_is_one_line(demo_dataset: Path, tmp_path: Path) -> None:
    def unanswerable(row: Row) -> None:
        row["response"]["answerable"] = False

    bare = changed_dataset(demo_dataset, tmp_path / "none", unanswerable)
    result = askqa_here("export", bare, tmp_path / "out", "--to", "spoken-squad")
    assert result.returncode == AskqaError.exit_code
    assert "rows has a place in spoken-squad; docs/export.md says which have none" in result.stderr


def test_answers_are_spans_of_the_story() -> None:
    story = "Ann had two cats. No one knew where the two cats slept. Ann did."

    def row(response: str, evidence: str | None, references: tuple[str, ...] = ()) -> Row:
        start = story.index(evidence) if evidence else None
        end = start + len(evidence) if evidence and start is not None else None
        return {
            "story": story,
            "turns": [{"act": "story"}],
            "stage": "initial",
            "response": {"action": "answer", "text": response, "references": references, "answerable": True},
            "evidence": {"text": evidence, "char_start": start, "char_end": end},
        }

    def texts(*given: Any) -> list[str]:
        return [story[start:end] for start, end in answers_of(row(*given))]

    assert texts("Two  cats.", "the two cats slept") == ["two cats"]
    assert texts("cat", "the two cats slept") == ["the two cats slept"], "not a whole word"
    assert texts("no", " No one knew ") == ["No one knew"], "yes and no are not looked for"
    assert texts("x", "the two cats slept", ("two", "slept")) == ["two", "slept"]
    assert texts("No one", None) == ["No one"]
    assert texts("two", None) == [], "it stands there twice"
    assert why_left_out(row("two", None)) == "no_span"
    assert why_left_out({**row("two", "two"), "turns": [{"act": "question"}]}) == "no_story"


def test_stories_without_word_times_have_answers_without_seconds(demo_dataset: Path, tmp_path: Path) -> None:
    bare = changed_dataset(demo_dataset, tmp_path / "bare", without_words)
    exported(bare, tmp_path / "out", "spoken-squad")
    exported(demo_dataset, tmp_path / "timed", "spoken-squad")
    found, timed = passages(tmp_path / "out", "test"), passages(tmp_path / "timed", "test")
    for passage in timed:
        for asked in passage["qas"]:
            for answer in asked["answers"]:
                assert answer.pop("audio_full_answer_start") < answer.pop("audio_full_answer_end")
    assert [passage["qas"] for passage in found] == [passage["qas"] for passage in timed]
