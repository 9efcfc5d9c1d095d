"""Annotation: what it fills in, and that it changes nothing else; with the real classes where it matters."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness import askqa_here, digests, loaded_rows, manifest, rows
from speech_counted import Counted

from askqa_builder import annotate, build, filter, regenerate, verify
from askqa_builder.dataset.manifest import DIGEST_KEY, write_manifest
from askqa_builder.dataset.schema import WORD_AFFECT, row_schema
from askqa_builder.dataset.shard import write_shard
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.voices.emotion import DIMENSIONS

RECOGNISERS = ("loud", "bright")


def all_rows(dataset: Path) -> list[dict[str, Any]]:
    return [row for config in ("initial", "clarified") for row in rows(dataset, config)]


def without_labels(table: pa.Table) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = table.to_pylist()
    for row in content:
        row["affect"] = []
        for turn in row["turns"]:
            turn["emotion"]["recognised"] = None
        for word in row["words"]:
            word.update(dict.fromkeys(WORD_AFFECT))
    return content


def test_windows_cover_the_turns_and_each_has_its_votes(annotated: Path) -> None:
    for row in all_rows(annotated):
        for place, turn in enumerate(row["turns"]):
            windows = [window for window in row["affect"] if window["turn"] == place]
            assert (windows[0]["start"], windows[-1]["end"]) == pytest.approx((turn["start"], turn["end"]))
            assert all(one["end"] == after["start"] for one, after in pairwise(windows))
            assert all(window["end"] - window["start"] == pytest.approx(2.0) for window in windows[:-1])
            for window in windows:
                loud, bright = window["votes"]
                assert (loud["recogniser"], bright["recogniser"]) == RECOGNISERS
                assert window["category"] == loud["category"]
                assert window["valence"] == bright["valence"]
                assert window["dominance"] is None
                assert window["kept"]


def test_turns_and_words_are_labelled_from_their_windows(annotated: Path) -> None:
    found = all_rows(annotated)
    for row in found:
        for turn in row["turns"]:
            assert turn["emotion"]["recognised"]["category"] in ("angry", "neutral", None)
            assert 0.0 <= turn["emotion"]["recognised"]["valence"] <= 1.0
            assert turn["emotion"]["recognised"]["agreement"] is None  # one alone agrees with nobody
        for word in row["words"]:
            around = [w for w in row["affect"] if w["start"] < word["end"] and w["end"] > word["start"]]
            assert (word["emotion"], word["valence"]) in [(w["category"], w["valence"]) for w in around]
    assert {word["emotion"] for row in found for word in row["words"]} >= {"angry"}


@pytest.mark.usefixtures("installed")
def test_progress_and_figures_count_each_second_of_speech_once(small_copy: Path) -> None:
    """Whatever context is heard with a window, and however many listen."""
    told = Counted()
    report = annotate(small_copy, RECOGNISERS, workers=1, progress=told)
    spoken = sum(turn["end"] - turn["start"] for row in all_rows(small_copy) for turn in row["turns"])
    assert told.total == pytest.approx(spoken)
    assert told.seconds == pytest.approx(spoken)
    assert 0 < told.recorded < spoken  # rows share turns, which are heard once
    assert told.items == report.rows
    assert report.figures["seconds"] == pytest.approx(spoken, abs=1e-3)


@pytest.mark.usefixtures("installed")
def test_hours_are_told_as_a_part_of_all_and_in_the_last_line(small_copy: Path) -> None:
    spoken = sum(turn["end"] - turn["start"] for row in all_rows(small_copy) for turn in row["turns"])
    hours = f"{spoken / 3600:.2f}"
    done = askqa_here("styles", "annotate", small_copy, "--recogniser", "loud", "--recogniser", "bright")
    assert f"rows to annotate, {hours} h of speech\n" in done.stderr
    assert f" rows, {hours} of {hours} h of speech, " in done.stderr
    assert f" rows, {hours} h of speech, annotated by loud" in done.stdout


def test_nothing_but_labels_changes(annotated: Path, small: Path) -> None:
    for entry in manifest(small)["shards"]:
        before, after = pq.read_table(small / entry["file"]), pq.read_table(annotated / entry["file"])
        assert after.schema.equals(before.schema, check_metadata=True)
        assert after.column("audio").equals(before.column("audio"))
        assert without_labels(after) == without_labels(before)
    changed = {name for name, digest in digests(small).items() if digests(annotated)[name] != digest}
    assert changed == {"README.md", "askqa.json", *(entry["file"] for entry in manifest(small)["shards"])}
    assert digests(annotated).keys() == digests(small).keys()


def test_manifest_and_card_say_whose_labels_these_are(annotated: Path) -> None:
    annotation = manifest(annotated)["annotation"]
    assert list(annotation["recognisers"]) == list(RECOGNISERS)
    assert annotation["recognisers"]["bright"]["revision"] == "r1"
    assert annotation["settings"] == {
        "window": 2.0,
        "context": 1.0,
        "rule": "majority",
        "margin": 0.5,
        "least_share": 0.5,
    }
    figures = annotation["figures"]
    assert figures["windows"] == sum(len(row["affect"]) for row in all_rows(annotated))
    assert figures["windows"] == figures["kept"] + figures["undecided"] + figures["inconsistent"]
    assert figures["turns"] == sum(len(row["turns"]) for row in all_rows(annotated))
    card = (annotated / "README.md").read_text("utf-8")
    assert "labels of recognisers, not of people" in card
    assert "| bright | valence, arousal | none, r1 | bright 2.0 | CC0-1.0 |" in card


def test_it_loads_and_is_right_by_verify(annotated: Path, tmp_path: Path) -> None:
    assert loaded_rows(annotated, tmp_path) == {
        config: len(rows(annotated, config)) for config in ("initial", "clarified")
    }
    report = verify(annotated)
    assert not report.findings


def test_a_filtered_dataset_has_the_labels_and_no_figures_of_other_rows(annotated: Path, tmp_path: Path) -> None:
    whole = {row["id"]: row for row in all_rows(annotated)}
    shortest = min(row["duration"] for row in whole.values())
    filter(annotated, tmp_path / "kept", where=f"duration > {shortest}")
    kept = all_rows(tmp_path / "kept")
    assert 0 < len(kept) < len(whole)
    assert all(row["affect"] == whole[row["id"]]["affect"] for row in kept)
    assert "figures" not in manifest(tmp_path / "kept")["annotation"]
    assert "Recognised emotions" in (tmp_path / "kept" / "README.md").read_text("utf-8")
    assert not verify(tmp_path / "kept").findings


@pytest.mark.usefixtures("installed")
def test_a_second_time_there_is_nothing_to_do(annotated: Path) -> None:
    before = digests(annotated)
    assert annotate(annotated, RECOGNISERS, margin=0.5, workers=1).already_complete
    assert digests(annotated) == before


@pytest.mark.usefixtures("installed")
def test_hours_that_an_earlier_version_did_not_count_are_not_told(annotated: Path, tmp_path: Path) -> None:
    dataset = Path(shutil.copytree(annotated, tmp_path / "earlier"))
    told = manifest(dataset)
    del told["annotation"]["figures"]["seconds"]
    (dataset / "askqa.json").unlink()
    write_manifest(dataset, {key: value for key, value in told.items() if key != DIGEST_KEY})
    done = askqa_here(
        "styles", "annotate", dataset, *(f"--recogniser={name}" for name in RECOGNISERS), "--margin", "0.5"
    )
    assert done.returncode == 0, done.stderr
    assert f"{len(all_rows(dataset))} rows annotated by loud" in done.stdout


@pytest.mark.usefixtures("installed")
def test_other_recognisers_or_settings_label_anew(annotated: Path, small: Path, tmp_path: Path) -> None:
    dataset = Path(shutil.copytree(annotated, tmp_path / "again"))
    fresh = Path(shutil.copytree(small, tmp_path / "fresh"))
    quiet = {"name": "loud", "threshold": 10.0}
    report = annotate(dataset, [quiet], least_share=1.0, workers=1)
    assert not report.already_complete
    annotate(fresh, [quiet], least_share=1.0, workers=1)
    assert digests(dataset) == digests(fresh)
    assert {word["emotion"] for row in all_rows(dataset) for word in row["words"]} == {"neutral"}
    assert {word["valence"] for row in all_rows(dataset) for word in row["words"]} == {None}


@pytest.mark.usefixtures("installed")
def test_what_contradicts_itself_is_dropped(small_copy: Path) -> None:
    """All is happy here, and what is not bright is not."""
    report = annotate(small_copy, [{"name": "loud", "threshold": 0.0, "loud": "happy"}, "bright"], workers=1)
    assert report.figures["inconsistent"] > 0
    for row in all_rows(small_copy):
        for window in row["affect"]:
            assert window["kept"] == (window["valence"] >= 0.5)
    assert not verify(small_copy).findings


@pytest.mark.usefixtures("installed")
def test_two_of_a_kind_agree_in_part(small_copy: Path) -> None:
    loud, quiet = {"name": "loud"}, {"name": "loud", "threshold": 10.0}
    report = annotate(small_copy, [loud, quiet], workers=1)
    assert list(report.recognisers) == ["loud", "loud#2"]
    warning = f"2 said neutral of all {report.figures['windows']} windows: it tells nothing apart here"
    assert warning in " ".join((small_copy / "README.md").read_text("utf-8").split())
    agreement = report.figures["agreement"]
    windows = [window for row in all_rows(small_copy) for window in row["affect"]]
    alike = sum(window["votes"][0]["category"] == window["votes"][1]["category"] for window in windows)
    assert agreement["raw"] == pytest.approx(alike / len(windows))
    assert agreement["kappa"] == pytest.approx(0.0)
    assert report.figures["undecided"] == len(windows) - alike
    labelled = [turn["emotion"]["recognised"] for row in all_rows(small_copy) for turn in row["turns"]]
    assert {turn["agreement"] for turn in labelled if turn["category"] is not None} <= {1.0}


def test_the_real_recognisers_annotate_too(small_copy: Path, tiny_models: Path) -> None:
    specs = [f"wav2vec2-categories:{tiny_models / name}" for name in ("one", "two")]
    report = annotate(small_copy, [*specs, f"wav2vec2-dimensions:{tiny_models / 'dimensions'}"], device="cpu")
    assert list(report.recognisers) == ["wav2vec2-categories:one", "wav2vec2-categories:two", "wav2vec2-dimensions"]
    assert report.figures["agreement"]["windows"] == report.figures["windows"]
    for row in all_rows(small_copy):
        for window in row["affect"]:
            assert [vote["probability"] is None for vote in window["votes"]] == [False, False, True]
            assert all(window[name] == window["votes"][2][name] for name in DIMENSIONS)
    assert not verify(small_copy).findings
    assert str(tiny_models) not in (small_copy / "askqa.json").read_text("utf-8")


@pytest.mark.usefixtures("installed")
def test_datasets_of_earlier_formats_are_brought_up_to_date(small_copy: Path, annotated: Path) -> None:
    for place, entry in enumerate(manifest(small_copy)["shards"]):
        file = small_copy / entry["file"]
        table = pq.read_table(file)
        pq.write_table(_as_format_1_1(table), file)
        content = manifest(small_copy)
        content["shards"][place] |= {"bytes": file.stat().st_size, "sha256": digests(small_copy)[entry["file"]]}
        write_manifest(small_copy, {**content, "format_version": "1.1"})
    annotate(small_copy, RECOGNISERS, margin=0.5, workers=1)
    assert manifest(small_copy)["format_version"] == manifest(annotated)["format_version"]
    for old, new in zip(all_rows(small_copy), all_rows(annotated), strict=True):
        assert (old["affect"], old["words"]) == (new["affect"], new["words"])
        assert [turn["emotion"] for turn in old["turns"]] == [turn["emotion"] for turn in new["turns"]]
    assert not [found for found in verify(small_copy).findings if found.check in ("affect", "value", "schema")]


def _as_format_1_1(table: pa.Table) -> pa.Table:
    later = {"turns": ("style", "emotion", "measured"), "words": WORD_AFFECT}
    content = table.drop_columns(["affect"]).to_pylist()
    schema = table.schema.remove(table.schema.get_field_index("affect")).remove_metadata()
    for name, fields in later.items():
        place = schema.get_field_index(name)
        kept = [field for field in schema.field(place).type.value_type if field.name not in fields]
        schema = schema.set(place, pa.field(name, pa.list_(pa.struct(kept))))
        for row in content:
            row[name] = [{key: value for key, value in one.items() if key not in fields} for one in row[name]]
    return pa.Table.from_pylist(content, schema=schema)


@pytest.mark.usefixtures("installed")
def test_a_build_of_it_has_nothing_to_do_and_keeps_the_labels(
    annotated: Path, demo_file: Path, quick_profile: Path
) -> None:
    before = digests(annotated)
    assert build(demo_file, annotated, profiles=str(quick_profile), seed=7, limit=2, workers=1).already_complete
    assert digests(annotated) == before


def test_what_is_spoken_anew_has_no_labels_of_the_old_speech(
    annotated: Path, quick_profile: Path, tmp_path: Path
) -> None:
    regenerate(annotated, tmp_path / "new", profiles=str(quick_profile), roles=["user"], seed=5, workers=1)
    for row in all_rows(tmp_path / "new"):
        assert row["affect"] == []
        assert all(value is None for turn in row["turns"] for value in turn["emotion"]["recognised"].values())
        assert all(word[name] is None for word in row["words"] for name in WORD_AFFECT)
    assert "annotation" not in manifest(tmp_path / "new")
    assert not verify(tmp_path / "new").findings


Spoil = Callable[[dict[str, Any]], None]


def _shift_window(row: dict[str, Any]) -> None:
    row["affect"][0]["start"] -= 0.1


def _drop_window(row: dict[str, Any]) -> None:
    del row["affect"][1]


def _unknown_emotion(row: dict[str, Any]) -> None:
    row["affect"][0]["votes"][0]["category"] = "bored"


def _window_of_no_turn(row: dict[str, Any]) -> None:
    row["affect"][-1]["turn"] = 99


def _another_word(row: dict[str, Any]) -> None:
    row["words"][0]["emotion"] = "surprised"


def _another_turn(row: dict[str, Any]) -> None:
    row["turns"][0]["emotion"]["recognised"]["category"] = "surprised"


def _all_dropped(row: dict[str, Any]) -> None:
    for window in row["affect"]:
        window["kept"] = False


@pytest.mark.parametrize(
    "spoil",
    [_shift_window, _drop_window, _unknown_emotion, _window_of_no_turn, _another_word, _another_turn, _all_dropped],
)
def test_verify_finds_labels_that_do_not_fit(spoil: Spoil, annotated: Path, tmp_path: Path) -> None:
    dataset = Path(shutil.copytree(annotated, tmp_path / "spoilt"))
    content = manifest(dataset)
    entry = content["shards"][0]
    found = pq.read_table(dataset / entry["file"]).to_pylist()
    spoil(found[0])
    table = pa.Table.from_pylist(found, schema=row_schema(16000))
    record = write_shard(
        dataset, entry["file"], table.to_batches(), config=entry["config"], split=entry["split"], sampling_rate=16000
    )
    content["shards"][0] = {**entry, **record.to_json()}
    del content[DIGEST_KEY]
    write_manifest(dataset, content)
    findings = verify(dataset).findings
    assert {(finding.check, finding.row) for finding in findings} == {("affect", found[0]["id"])}


@pytest.mark.parametrize("told", [{"told": 3}, {"told": {"loud": ["happy"]}}, {"windows": "all"}])
def test_verify_refuses_figures_that_are_none(told: dict[str, Any], annotated: Path, tmp_path: Path) -> None:
    dataset = Path(shutil.copytree(annotated, tmp_path / "spoilt"))
    content = manifest(dataset)
    agreement = {"raw": 0.5, "kappa": 0.1, "kappa_kind": "cohen", "windows": 9, **told}
    content["annotation"]["figures"]["agreement"] = agreement
    del content[DIGEST_KEY]
    write_manifest(dataset, content)
    with pytest.raises(UsageError, match=r"annotation\.figures\.agreement"):
        verify(dataset)


@pytest.mark.usefixtures("installed")
def test_a_recogniser_that_fails_is_named_with_the_place(small_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import bright_affect_recogniser  # type: ignore[import-not-found]

    before = digests(small_copy)
    monkeypatch.setattr(bright_affect_recogniser.BrightRecogniser, "recognise", lambda *_: [None])
    with pytest.raises(AskqaError, match=r"bright returned something else than one value for each clip on turn 0 of"):
        annotate(small_copy, ["bright"], workers=1)
    assert {key: digests(small_copy)[key] for key in before} == before


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to annotate with"),
        (["--recogniser", "loud", "--recogniser", "loud"], "the same one is given twice"),
        (["--recogniser", "lood"], "close: loud"),
        (["--recogniser", "loud:model"], "has no option 'model'"),
        (["--recogniser", "wav2vec2-categories"], "needs a model"),
        (["--recogniser", "loud", "--rule", "most"], "give majority or unanimous"),
        (["--recogniser", "loud", "--margin", "2"], "margin: 2.0"),
        (["--recogniser", "loud", "--window", "0"], "window: 0.0"),
        (["--recogniser", "loud", "--workers", "0"], "workers: 0"),
        (["--recogniser", "loud", "--device", "cuda"], "loud takes no device"),
        (["--recogniser", "none.yaml"], "none.yaml"),
        (["--recogniser", "loud", "--out", "labels.jsonl"], "--recordings FOLDER --out FILE"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], message: str, small_copy: Path) -> None:
    before = digests(small_copy)
    result = askqa_here("styles", "annotate", small_copy, *arguments)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert message in result.stderr
    assert digests(small_copy) == before


@pytest.mark.usefixtures("installed")
def test_a_file_says_more_of_a_recogniser(small_copy: Path, tmp_path: Path) -> None:
    file = tmp_path / "quiet.yaml"
    file.write_text("name: loud\nthreshold: 10.0\n", "utf-8")
    result = askqa_here("styles", "annotate", small_copy, "--recogniser", file, "--workers", 1)
    assert result.returncode == 0, result.stderr
    assert "neutral" in result.stdout
    assert "these are labels of recognisers, not of people" in result.stdout
    file.write_text("threshold: 10.0\n", "utf-8")
    with pytest.raises(UsageError, match="the recogniser's name"):
        annotate(small_copy, [str(file)])
