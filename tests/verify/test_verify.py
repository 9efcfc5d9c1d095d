"""Each fault is found, in a dataset whose hashes and figures are right, and nothing else is."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from mutations import (
    Row,
    edit_manifest,
    in_format_1_0,
    long_turn,
    measure_anew,
    record_anew,
    remade,
    respeak,
    samples_of,
    shard_files,
    shift_audio,
    silence_turn,
    swap_recordings,
)
from reports import found, the_only

from askqa_builder import build
from askqa_builder.dataset.schema import FORMAT_VERSION
from askqa_builder.errors import UsageError
from askqa_builder.filtering.filter import filter_dataset
from askqa_builder.seeds import short_hash
from askqa_builder.verify.run import verify


def test_a_clean_dataset_has_no_faults(demo_dataset: Path, demo_file: Path) -> None:
    for thorough in (False, True):
        report = verify(demo_dataset, source=demo_file, workers=1, thorough=thorough)
        assert found(report) == set()
        assert report.exit_code == 0
        assert report.rows > 13
        assert report.turns > 100


def test_two_workers_find_what_one_finds(demo_dataset: Path, tmp_path: Path) -> None:
    spoilt = remade(demo_dataset, tmp_path / "spoilt", lambda rows: silence_turn(rows[3], 2))
    assert verify(spoilt, workers=2).to_json() == verify(spoilt, workers=1).to_json()


@pytest.mark.parametrize("voices", ["demo_dataset", "espeak_dataset"])
def test_rewriting_alone_is_no_fault(voices: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    dataset: Path = request.getfixturevalue(voices)

    def nothing(rows: list[Row]) -> None:
        for row in rows:
            measure_anew(row)

    assert found(verify(remade(dataset, tmp_path / "same", nothing), workers=1)) == set()


@pytest.mark.parametrize("audio_format", ["wav", "mp3", "ogg"])
def test_other_formats_are_clean_too(audio_format: str, demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    build(demo_file, out, profiles=str(quick_profile), audio_format=audio_format, limit=4, workers=1)
    assert found(verify(out, workers=1)) == set()


def test_the_first_format_and_what_is_made_of_it(small_dataset: Path, tmp_path: Path) -> None:
    older = in_format_1_0(small_dataset, tmp_path / "older")
    first = verify(older, workers=1)
    assert found(first) == set()
    filter_dataset(older, tmp_path / "kept", where="duration > 0")
    assert f'"format_version": "{FORMAT_VERSION}"' in (tmp_path / "kept" / "askqa.json").read_text("utf-8")
    anew = verify(tmp_path / "kept", workers=1)
    assert found(anew) == set()
    assert anew.turns == first.turns > 0


@pytest.mark.parametrize(
    ("column", "checks"),
    [("turns", {"value"}), ("story", {"value"}), ("channel", set()), ("target_turn_id", {"source"})],
)
def test_what_another_format_does_not_have_is_null(
    column: str, checks: set[str], small_dataset: Path, demo_file: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(small_dataset, tmp_path / "other")
    for file in shard_files(out):
        pq.write_table(pq.read_table(file).drop_columns([column]), file)

    def list_again(manifest: dict[str, Any]) -> None:
        manifest["format_version"] = "0.9"
        for shard in manifest["shards"]:
            data = (out / shard["file"]).read_bytes()
            shard.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        manifest.pop("manifest_digest")

    edit_manifest(out, list_again)
    assert {check for check, _, _ in found(verify(out, source=demo_file, workers=1))} == checks


def test_a_telephone_takes_the_pitch_and_leaves_the_pace(demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    build(demo_file, out, profiles=str(quick_profile), channel="telephone", seed=7, limit=6, workers=1)
    assert found(verify(out, workers=1)) == set()
    places: list[tuple[str, str, int]] = []

    def hurry(rows: list[Row]) -> None:
        row = next(row for row in rows if not row["ambiguous"])
        turn = long_turn(row)
        respeak(row, turn, rate=1.3)
        places.append(("pace", row["id"], turn))

    assert found(verify(remade(out, tmp_path / "spoilt", hurry), workers=1)) == set(places)


def test_nothing_structural_is_found_in_the_speech_of_random_weights(
    random_vits: Path, demo_file: Path, tmp_path: Path
) -> None:
    role = '{voices: ["*"], rate: [lognormal, 1.0, 0.08], pitch: [normal, 0, 0.5]}'
    profile = tmp_path / "vits.yaml"
    profile.write_text(
        f"engine: coqui\noptions: {{model_path: {random_vits}, precision: float32}}\n"
        f"roles: {{narrator: {role}, user: {role}, assistant: {role}}}\n",
        "utf-8",
    )
    build(demo_file, tmp_path / "dataset", profiles=str(profile), limit=2, device="cpu", workers=1)
    report = verify(tmp_path / "dataset", workers=1)
    assert [finding for finding in report.findings if finding.check not in ("pitch", "pace")] == []


class TestSpeech:
    def test_swapped_recordings(self, demo_dataset: Path, tmp_path: Path) -> None:
        names: list[str] = []

        def swap(rows: list[Row]) -> None:
            names.extend((rows[1]["id"], rows[4]["id"]))
            swap_recordings(rows, 1, 4)

        report = verify(remade(demo_dataset, tmp_path / "spoilt", swap), workers=1)
        assert {row for _, row, _ in found(report)} >= set(names)
        assert report.exit_code == 1

    def test_recordings_swapped_with_their_times(self, demo_dataset: Path, tmp_path: Path) -> None:
        """Only the texts are wrong then."""
        names: list[str] = []

        def swap(rows: list[Row]) -> None:
            pairs = [
                (i, j) for i in range(len(rows)) for j in range(i) if len(rows[i]["turns"]) == len(rows[j]["turns"])
            ]
            one, other = max(pairs, key=lambda pair: abs(len(rows[pair[0]]["story"]) - len(rows[pair[1]]["story"])))
            assert len(rows[one]["story"]) > 1.3 * len(rows[other]["story"]) or len(rows[other]["story"]) > 1.3 * len(
                rows[one]["story"]
            )
            for key in ("start", "end"):
                for a, b in zip(rows[one]["turns"], rows[other]["turns"], strict=True):
                    a[key], b[key] = b[key], a[key]
            swap_recordings(rows, one, other)
            for row in (rows[one], rows[other]):
                row["words"], row["evidence"]["start"], row["evidence"]["end"] = [], None, None
                measure_anew(row)
                names.append(row["id"])

        report = verify(remade(demo_dataset, tmp_path / "spoilt", swap), workers=1)
        assert {row for _, row, _ in found(report)} >= set(names)
        assert "pace" in report.counts

    def test_a_silent_turn(self, demo_dataset: Path, tmp_path: Path) -> None:
        names: list[str] = []

        def silence(rows: list[Row]) -> None:
            silence_turn(rows[2], 1)
            names.append(rows[2]["id"])

        report = verify(remade(demo_dataset, tmp_path / "spoilt", silence), workers=1)
        assert ("silent_turn", names[0], 1) in found(report)
        assert {row for _, row, _ in found(report)} <= {names[0], *clarified(names[0])}

    @pytest.mark.parametrize("voices", ["demo_dataset", "espeak_dataset"])
    def test_turns_at_another_rate_or_pitch(self, voices: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
        """Each in a row of its own."""
        dataset: Path = request.getfixturevalue(voices)
        changes: list[dict[str, float]] = [{"rate": 1.3}, {"rate": 0.7}, {"pitch": 3.0}, {"pitch": -3.0}]
        places: list[tuple[str, str, int]] = []

        def speak_otherwise(rows: list[Row]) -> None:
            clear = [row for row in rows if not row["ambiguous"] and row["rendition"] == 0]
            for row, change in zip(clear, changes, strict=False):
                turn = long_turn(row)
                respeak(row, turn, **change)
                places.append(("pace" if "rate" in change else "pitch", row["id"], turn))

        report = verify(remade(dataset, tmp_path / "spoilt", speak_otherwise), workers=1)
        assert len(places) == len(changes)
        assert found(report) == set(places)

    @pytest.mark.parametrize("seconds", [0.2, -0.2])
    def test_times_shifted_against_the_audio(self, seconds: float, demo_dataset: Path, tmp_path: Path) -> None:
        names: list[str] = []

        def shift(rows: list[Row]) -> None:
            shift_audio(rows[5], seconds)
            names.append(rows[5]["id"])

        report = verify(remade(demo_dataset, tmp_path / "spoilt", shift), workers=1)
        kinds = {(check, row) for check, row, _ in found(report)}
        assert {("gap", names[0]), ("edges", names[0])} <= kinds

    def test_a_clipped_turn(self, demo_dataset: Path, tmp_path: Path) -> None:
        def clip(rows: list[Row]) -> None:
            pcm = samples_of(rows[0])
            record_anew(rows[0], np.clip(pcm.astype(np.int32) * 20, -32768, 32767).astype(np.int16))

        kinds = {check for check, _, _ in found(verify(remade(demo_dataset, tmp_path / "spoilt", clip), workers=1))}
        assert {"clipping", "loudness"} <= kinds

    def test_a_long_silence_inside_a_turn(self, demo_dataset: Path, tmp_path: Path) -> None:
        def fall_silent(rows: list[Row]) -> None:
            pcm = samples_of(rows[0])
            first = round((rows[0]["turns"][0]["start"] + 2) * rows[0]["sampling_rate"])
            pcm[first : first + 4 * rows[0]["sampling_rate"]] = 0
            record_anew(rows[0], pcm)

        report = verify(remade(demo_dataset, tmp_path / "spoilt", fall_silent), workers=1)
        assert the_only(report, "silence").turn == 0


def clarified(initial: str) -> set[str]:
    """Ids of the rows that share their beginning with an initial row."""
    return {f"{initial.removesuffix('#initial')}#clarified-{branch}" for branch in range(9)}


def shift_words(row: Row) -> None:
    for word in row["words"]:
        if word["turn"] == 0:
            word["start"] += 3.0
            word["end"] += 3.0


def shift_characters(row: Row) -> None:
    story = [word for word in row["words"] if word["turn"] == 0]
    for word in story[:-2]:
        word["char_start"] += 3
        word["char_end"] += 3


def rename(row: Row) -> None:
    row["id"] = "elsewhere#initial"
    row["audio"]["path"] = f"{short_hash(row['id'])}.flac"


ROW_CHANGES: dict[str, tuple[Callable[[Row], Any], str]] = {
    "word times": (shift_words, "words"),
    "word characters": (shift_characters, "words"),
    "overlap": (lambda row: row["turns"][1].update(start=row["turns"][0]["start"]), "times"),
    "beyond the end": (lambda row: row["turns"][-1].update(end=row["duration"] + 1), "times"),
    "duration": (lambda row: row.update(duration=row["duration"] + 0.5), "length"),
    "number of samples": (lambda row: row.update(num_samples=7), "length"),
    "sampling rate": (lambda row: row.update(sampling_rate=8000), "length"),
    "digest": (lambda row: row.update(pcm_sha256="0" * 64), "samples"),
    "no recording": (lambda row: row["audio"].update(bytes=b"not audio"), "audio"),
    "id": (rename, "id"),
    "path": (lambda row: row["audio"].update(path="story.flac"), "id"),
    "null": (lambda row: row.update(story=None), "value"),
    "not a number": (lambda row: row["turns"][0].update(words_per_minute=float("nan")), "value"),
    "stage": (lambda row: row.update(stage="clarified"), "value"),
    "rendition": (lambda row: row.update(rendition=4), "value"),
    "role": (lambda row: row["turns"][1].update(role="dog"), "speakers"),
    "no speaker": (lambda row: row["speakers"].pop(), "speakers"),
    "story": (lambda row: row.update(story=row["story"] + "."), "value"),
    "evidence": (lambda row: row["evidence"].update(text="nonsense", char_start=0, char_end=8), "evidence"),
    "references": (lambda row: row["response"].update(references=[]), "response"),
    "action": (lambda row: row["response"].update(action="wait"), "response"),
    "F0": (lambda row: row["speakers"][0]["measured"].update(f0=50.0), "measured"),
    "pace": (lambda row: row["turns"][0].update(words_per_minute=9.0), "times"),
    "no rate": (lambda row: row["turns"][0].update(rate=0.0), "value"),
    "rate": (lambda row: row["turns"][0].update(rate=1e300), "value"),
    "pitch": (lambda row: row["turns"][0].update(pitch=-1e300), "value"),
    "speaker's pitch": (lambda row: row["speakers"][0]["requested"].update(pitch=1e300), "speakers"),
}

LOST: dict[str, Callable[[Row], Any]] = {
    "duration": lambda row: row.update(duration=None),
    "endless": lambda row: row.update(duration=float("inf")),
    "licence": lambda row: row.update(license=None),
    "voice": lambda row: row["speakers"][0].update(voice=None),
    "role": lambda row: row["speakers"][0].update(role=None),
    "turns": lambda row: row.update(turns=None),
    "turn": lambda row: row["turns"].insert(0, None),
}
"""Values without which the card has no figures, or the corpus nothing to be compared with."""


@pytest.mark.parametrize("name", ROW_CHANGES)
def test_a_row_that_contradicts_itself(name: str, small_dataset: Path, tmp_path: Path) -> None:
    change, check = ROW_CHANGES[name]
    names: list[str] = []

    def spoil(rows: list[Row]) -> None:
        row = next(row for row in rows if not row["ambiguous"])
        change(row)
        names.append(row["id"])

    report = verify(remade(small_dataset, tmp_path / "spoilt", spoil), workers=1)
    assert (check, names[0]) in {(kind, row) for kind, row, _ in found(report)}
    assert {row for _, row, _ in found(report)} == {names[0]}


@pytest.mark.parametrize("name", LOST)
def test_a_row_without_a_value_is_all_that_is_found(
    name: str, small_dataset: Path, demo_file: Path, tmp_path: Path
) -> None:
    names: list[str] = []

    def lose(rows: list[Row]) -> None:
        LOST[name](rows[0])
        names.append(rows[0]["id"])

    report = verify(remade(small_dataset, tmp_path / "spoilt", lose, card=False), source=demo_file, workers=1)
    assert {(check, row) for check, row, _ in found(report)} == {("value", names[0])}
    assert math.isfinite(report.seconds)


def test_a_duplicated_id(small_dataset: Path, tmp_path: Path) -> None:
    names: list[str] = []

    def double(rows: list[Row]) -> None:
        rows.append(rows[0])
        names.append(rows[0]["id"])

    report = verify(remade(small_dataset, tmp_path / "spoilt", double), workers=1)
    assert found(report) == {("duplicate_id", names[0], None)}


def test_rows_that_do_not_share_their_beginning(small_dataset: Path, tmp_path: Path) -> None:
    """The same words at the same times, a little louder in one row: only the comparison tells."""
    names: list[str] = []

    def change(rows: list[Row]) -> None:
        row = next(row for row in rows if row["ambiguous"])
        pcm = samples_of(row)
        pcm[round(row["turns"][0]["start"] * 16000) + 4000] += 1
        record_anew(row, pcm)
        names.append(row["id"])

    report = verify(remade(small_dataset, tmp_path / "spoilt", change), workers=1)
    assert {(check, turn) for check, _, turn in found(report)} == {("prefix", 0)}
    assert all(names[0] in (finding.row, finding.wanted.removeprefix("as in ")) for finding in report.findings)


class TestSource:
    def test_a_wrong_response(self, demo_dataset: Path, demo_file: Path, tmp_path: Path) -> None:
        names: list[str] = []

        def answer_otherwise(rows: list[Row]) -> None:
            row = next(row for row in rows if not row["ambiguous"])
            row["response"].update(text="a zebra", references=["a zebra"])
            names.append(row["id"])

        spoilt = remade(demo_dataset, tmp_path / "spoilt", answer_otherwise)
        assert found(verify(spoilt, workers=1)) == set()
        report = verify(spoilt, source=demo_file, workers=1)
        assert found(report) == {("source", names[0], None)}
        assert "a zebra" in report.findings[0].measured

    def test_a_wrong_label(self, demo_dataset: Path, demo_file: Path, tmp_path: Path) -> None:
        def mislabel(rows: list[Row]) -> None:
            row = next(row for row in rows if row["ambiguous"])
            text = "forty-two"
            row.update(ambiguous=False, clarifications=[])
            row["response"] = {"action": "answer", "text": text, "references": [text], "answerable": True}

        spoilt = remade(demo_dataset, tmp_path / "spoilt", mislabel)
        assert {check for check, _, _ in found(verify(spoilt, source=demo_file, workers=1))} == {"source"}

    def test_a_missing_row(self, demo_dataset: Path, demo_file: Path, tmp_path: Path) -> None:
        names: list[str] = []
        spoilt = remade(demo_dataset, tmp_path / "spoilt", lambda rows: names.append(rows.pop()["id"]))
        assert ("missing_row", names[0], None) in found(verify(spoilt, source=demo_file, workers=1))

    def test_another_corpus(self, demo_dataset: Path, demo_file: Path, tmp_path: Path) -> None:
        other = tmp_path / "other_test.json"
        other.write_text(demo_file.read_text("utf-8") + " ", "utf-8")
        report = verify(demo_dataset, source=other, workers=1)
        assert found(report) == {("source", None, None)}
        with pytest.raises(UsageError, match="no such file"):
            verify(demo_dataset, source=tmp_path / "nowhere.json")


@pytest.mark.parametrize("workers", [0, -1, True])
def test_a_number_of_workers_that_is_none(workers: int, small_dataset: Path) -> None:
    with pytest.raises(UsageError, match="workers"):
        verify(small_dataset, workers=workers)
