"""Scoring, with the real PocketSphinx where it matters: what it fills in, and that it changes nothing else."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness import askqa_here, assert_one_line, digests, loaded_rows, manifest, rows, run_askqa

from askqa_builder import build, score
from askqa_builder.dataset.manifest import write_manifest
from askqa_builder.dataset.schema import TURN_SCORES, row_schema
from askqa_builder.dataset.shard import write_shard
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.recognition.error_rate import error_rate

pytest.importorskip("pocketsphinx", reason="the asr extra is not installed")


def turns(dataset: Path) -> list[dict[str, Any]]:
    return [turn for config in ("initial", "clarified") for row in rows(dataset, config) for turn in row["turns"]]


def without_scores(table: pa.Table) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = table.to_pylist()
    for row in content:
        for turn in row["turns"]:
            for name in TURN_SCORES:
                turn.pop(name, None)
    return content


def replace_rows(dataset: Path, place: int, rows: pa.Table) -> None:
    """Write a shard with other rows, as if it had been built so."""
    content = manifest(dataset)
    entry = content["shards"][place]
    record = write_shard(
        dataset, entry["file"], rows.to_batches(), config=entry["config"], split=entry["split"], sampling_rate=16000
    )
    content["shards"][place] = record.to_json()
    write_manifest(dataset, content)


def test_builds_leave_the_scores_open(built: Path) -> None:
    assert all(turn[name] is None for turn in turns(built) for name in TURN_SCORES)


def test_each_turn_is_heard_and_compared(scored: Path) -> None:
    heard = turns(scored)
    assert len(heard) == 4 * 2 + 4 * 4
    for turn in heard:
        assert turn["wer"] == error_rate(turn["spoken_text"], turn["asr_text"])
        assert turn["mos"] is None
    assert statistics.median(turn["wer"] for turn in heard) < 0.4


def test_nothing_but_scores_changes(scored: Path, built: Path) -> None:
    for entry in manifest(built)["shards"]:
        before, after = pq.read_table(built / entry["file"]), pq.read_table(scored / entry["file"])
        assert after.schema.equals(before.schema, check_metadata=True)
        assert after.column("audio").equals(before.column("audio"))
        assert without_scores(after) == without_scores(before)
    changed = {name for name, digest in digests(built).items() if digests(scored)[name] != digest}
    assert changed == {"README.md", "askqa.json", *(entry["file"] for entry in manifest(built)["shards"])}
    assert digests(scored).keys() == digests(built).keys()


def test_the_manifest_says_who_listened(scored: Path, built: Path) -> None:
    content = manifest(scored)
    asr = content["scoring"]["asr"]
    assert (asr["name"], asr["model"], asr["licence"]) == ("pocketsphinx", "en-us", "BSD-2-Clause")
    assert asr["version"]
    assert set(asr["scorer"]) == {"jiwer", "whisper-normalizer"}
    for entry in content["shards"]:
        assert entry["bytes"] == (scored / entry["file"]).stat().st_size
        assert entry["sha256"] == digests(scored)[entry["file"]]
    assert {voice["voice"] for voice in content["scoring"]["voices"]} == {"rms", "slt"}
    untouched = {key: value for key, value in content.items() if key not in ("shards", "scoring")}
    before = {key: value for key, value in manifest(built).items() if key not in ("shards", "manifest_digest")}
    assert {key: value for key, value in untouched.items() if key != "manifest_digest"} == before
    assert "pocketsphinx" in (scored / "README.md").read_text("utf-8")


def test_it_loads_and_belongs_to_its_build_still(scored: Path, short_corpus: tuple[Path, Path], tmp_path: Path) -> None:
    assert loaded_rows(scored, tmp_path) == {"initial": 4, "clarified": 4}
    before = digests(scored)
    corpus, profile = short_corpus
    assert build(corpus, scored, profiles=str(profile), workers=1).already_complete
    assert digests(scored) == before


def test_a_second_time_there_is_nothing_to_do(scored: Path) -> None:
    before = digests(scored)
    report = score(scored, asr="pocketsphinx", workers=1)
    assert report.already_complete
    assert {voice.voice: voice.turns for voice in report.voices} == {"rms": 4 * 1 + 4 * 2, "slt": 4 * 1 + 4 * 2}
    assert digests(scored) == before


def test_a_swapped_turn_is_far_above_its_voices_baseline(unscored: Path) -> None:
    """Of two narrations each gets the other's text, as where recordings are mixed up."""
    table = pq.read_table(unscored / manifest(unscored)["shards"][0]["file"])
    content = table.to_pylist()
    first, second = content[0]["turns"][0], content[2]["turns"][0]
    first["spoken_text"], second["spoken_text"] = second["spoken_text"], first["spoken_text"]
    replace_rows(unscored, 0, pa.Table.from_pylist(content, schema=row_schema(16000)))
    report = score(unscored, asr="pocketsphinx", workers=1)
    baseline = next(voice.baseline for voice in report.voices if voice.voice == "rms")
    assert baseline is not None
    swapped = {content[place]["id"] for place in (0, 2)}
    found = {turn.row_id: turn for turn in report.worst if turn.turn == 0}
    assert swapped <= found.keys()
    assert all(found[row].above > 0.5 and found[row].wer > baseline + 0.5 for row in swapped)
    right = [row["turns"][0]["wer"] for row in rows(unscored, "initial") if row["id"] not in swapped]
    assert max(right) < min(found[row].wer for row in swapped)


def test_turns_that_rows_share_are_heard_once(
    counting: str, unscored_brief: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from askqa_builder.dataset.listening.hearing import Hearing

    batches: list[int] = []
    feed = Hearing._batches

    def watched(*args: Any) -> Any:
        for batch in feed(*args):
            batches.append(len(batch))
            yield batch

    monkeypatch.setattr(Hearing, "_batches", watched)
    score(unscored_brief, asr=counting, workers=1)
    # of each conversation the story and the question; of the ambiguous one the clarifying question and two replies
    assert sum(batches) == 2 * 2 + 3


def test_datasets_of_the_first_format_are_brought_up_to_date(
    counting: str, unscored_brief: Path, scored_brief: Path
) -> None:
    """Format 1.0 has no columns for scores."""
    for place, entry in enumerate(manifest(unscored_brief)["shards"]):
        file = unscored_brief / entry["file"]
        table = pq.read_table(file)
        old = pa.Table.from_pylist(without_scores(table), schema=_first_schema(table.schema))
        pq.write_table(old, file)
        content = manifest(unscored_brief)
        content["shards"][place] |= {"bytes": file.stat().st_size, "sha256": digests(unscored_brief)[entry["file"]]}
        write_manifest(unscored_brief, {**content, "format_version": "1.0"})
    score(unscored_brief, asr=counting, workers=1)
    for entry in manifest(scored_brief)["shards"]:
        assert digests(unscored_brief)[entry["file"]] == digests(scored_brief)[entry["file"]]
    assert manifest(unscored_brief)["format_version"] == manifest(scored_brief)["format_version"]


def _first_schema(schema: pa.Schema) -> pa.Schema:
    place = schema.get_field_index("turns")
    fields = [field for field in schema.field(place).type.value_type if field.name not in TURN_SCORES]
    return schema.set(place, pa.field("turns", pa.list_(pa.struct(fields)))).remove_metadata()


def test_a_later_format_is_refused(unscored: Path) -> None:
    write_manifest(unscored, {**manifest(unscored), "format_version": "1.99"})
    before = digests(unscored)
    with pytest.raises(UsageError, match=r"format 1\.99.*upgrade"):
        score(unscored, asr="pocketsphinx")
    assert digests(unscored) == before


def test_a_damaged_shard_is_told_and_left_as_it_is(counting: str, scored_brief: Path, tmp_path: Path) -> None:
    """A new checksum would hide the damage for ever."""
    dataset = Path(shutil.copytree(scored_brief, tmp_path / "damaged"))
    content = manifest(dataset)
    for entry in content["shards"]:
        entry.pop("scored")
    write_manifest(dataset, content)
    file = dataset / content["shards"][1]["file"]
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    file.write_bytes(data)
    with pytest.raises(AskqaError, match=r"clarified/.* is not as it was written; build"):
        score(dataset, asr=counting, workers=1)
    assert file.read_bytes() == bytes(data)


def test_quality_beside_a_recogniser_leaves_its_texts(scored_copy: Callable[[], Path], tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Loudness(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, wave: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
            return wave.abs().mean()

    torch.jit.trace(Loudness(), torch.ones(1, 16000)).save(str(tmp_path / "loudness.pt"))
    dataset = scored_copy()
    before = turns(dataset)
    report = score(dataset, mos="utmos", mos_model=tmp_path / "loudness.pt", device="cpu", workers=1)
    after = turns(dataset)
    assert [turn["asr_text"] for turn in after] == [turn["asr_text"] for turn in before]
    assert all(0.001 < turn["mos"] < 0.5 for turn in after)
    assert set(manifest(dataset)["scoring"]) == {"asr", "mos", "voices"}
    assert all(voice.mos is not None and voice.baseline is not None for voice in report.voices)
    assert str(tmp_path) not in (dataset / "askqa.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give --asr"),
        (["--asr", "wisper"], "whisper"),
        (["--asr", "pocketsphinx", "--model", "de"], "pocketsphinx takes no model"),
        (["--asr", "pocketsphinx", "--device", "cuda"], "computes on the CPU"),
        (["--asr", "pocketsphinx", "--workers", "0"], "workers"),
        (["--mos", "utmos"], "--mos-model FILE"),
        (["--mos-model", "x.pt", "--asr", "pocketsphinx"], "needs --mos"),
        (["--mos-samples", "int16", "--asr", "pocketsphinx"], "--mos-samples needs --mos"),
        (["--asr", "whisper", "--model", "./nowhere"], "no such folder"),
    ],
)
def test_wrong_usage_is_told_in_one_line(built: Path, arguments: list[str], said: str) -> None:
    before = digests(built)
    result = askqa_here("score", built, *arguments)
    assert_one_line(result, 2)
    assert said in result.stderr
    assert digests(built) == before


def test_a_model_that_cannot_be_had_is_told_in_one_line(built: Path, tmp_path: Path) -> None:
    arguments = ("--asr", "whisper", "--model", "tiny.en")
    result = run_askqa("score", built, *arguments, env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)})
    assert_one_line(result, 2)
    assert "cannot be downloaded" in result.stderr


def test_what_is_no_dataset_is_refused(tmp_path: Path, built: Path) -> None:
    assert_one_line(askqa_here("score", tmp_path, "--asr", "pocketsphinx"), 2)
    assert list(tmp_path.iterdir()) == []
    unfinished = Path(shutil.copytree(built, tmp_path / "unfinished"))
    (unfinished / "askqa.json").unlink()
    assert_one_line(askqa_here("score", unfinished, "--asr", "pocketsphinx"), 2)


def test_the_table_and_its_json(scored: Path) -> None:
    import json

    shown = askqa_here("score", scored, "--asr", "pocketsphinx", "--workers", "1")
    assert shown.returncode == 0
    header, *lines = shown.stdout.splitlines()
    assert header.split() == ["voice", "turns", "baseline", "p90", "far", "above", "mos"]
    assert [line.split()[0] for line in lines[:2]] == ["rms", "slt"]
    assert lines[-1].startswith("already complete: ")
    told = askqa_here("score", scored, "--asr", "pocketsphinx", "--workers", "1", "--json")
    figures = json.loads(told.stdout)
    assert figures["rows"] == 8
    assert figures["voices"] == manifest(scored)["scoring"]["voices"]
