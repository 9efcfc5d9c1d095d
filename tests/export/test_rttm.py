"""RTTM and UEM, read by pyannote.database and Lhotse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from speech_exports import (
    assert_same_samples,
    changed_dataset,
    exported,
    json_lines,
    resampled,
    rows_of,
    sound,
    strange,
)

from askqa_builder.errors import UsageError

_LINE = re.compile(r"SPEAKER \S+ 1 \d+\.\d{6} \d+\.\d{6} <NA> <NA> \S+ <NA> <NA>", re.ASCII)


def loaded(out: Path) -> list[Any]:
    database = pytest.importorskip("pyannote.database")
    registry = database.registry.__class__()
    registry.load_database(out / "database.yml")
    finder = {"audio": database.FileFinder(registry=registry)}
    return list(registry.get_protocol("askqa.SpeakerDiarization.export", preprocessors=finder).test())


@pytest.mark.parametrize("rate", [None, 22050])
def test_pyannote_loads_recordings_and_who_speaks_when(demo_dataset: Path, tmp_path: Path, rate: int | None) -> None:
    exported(demo_dataset, tmp_path / "out", "rttm", sample_rate=rate)
    files = loaded(tmp_path / "out")
    rows = list(rows_of(demo_dataset))
    assert len(files) == len(rows)
    wanted_rate = rate or 16000
    names = {line["recording"]: line for line in json_lines(tmp_path / "out" / "test.recordings.jsonl")}
    for (row, recording), file in zip(rows, files, strict=True):
        assert names[file["uri"]]["row_id"] == row["id"]
        samples, found_rate = sound(Path(file["audio"]))
        assert found_rate == wanted_rate
        assert_same_samples(samples, resampled(recording, 16000, wanted_rate), exact=rate is None)
        (whole,) = file["annotated"]
        assert whole.start == 0
        assert whole.end == pytest.approx(len(samples) / found_rate, abs=1e-6)
        tracks = list(file["annotation"].itertracks(yield_label=True))
        assert [label for _, _, label in tracks] == [turn["role"] for turn in row["turns"]]
        for (segment, _, _), turn in zip(tracks, row["turns"], strict=True):
            assert abs(segment.start - turn["start"]) <= 1 / wanted_rate
            assert abs(segment.end - turn["end"]) <= 1 / wanted_rate
            assert segment.end <= whole.end + 1e-9


def test_lhotse_reads_as_many_turns(demo_dataset: Path, tmp_path: Path) -> None:
    lhotse = pytest.importorskip("lhotse")
    exported(demo_dataset, tmp_path / "out", "rttm")
    supervisions = lhotse.SupervisionSet.from_rttm(tmp_path / "out" / "test.rttm")
    assert len(supervisions) == sum(len(row["turns"]) for row, _ in rows_of(demo_dataset))
    lines = (tmp_path / "out" / "test.rttm").read_text(encoding="ascii").splitlines()
    assert all(_LINE.fullmatch(line) for line in lines)


def test_too_long_recordings_are_not_to_be_cut(demo_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="hears 5 s at once; leave the story out of the sound with --context, or give"):
        exported(demo_dataset, tmp_path / "out", "rttm", window=5)


def test_strange_ids_stay_out_of_the_fields(demo_dataset: Path, tmp_path: Path) -> None:
    odd = changed_dataset(demo_dataset, tmp_path / "odd", strange)
    exported(odd, tmp_path / "out", "rttm", context="none")
    files = loaded(tmp_path / "out")
    rows = [row for row, _ in rows_of(odd)]
    assert [len(file["annotation"]) for file in files] == [len(row["turns"]) - 1 for row in rows]
    names = {line["recording"]: line for line in json_lines(tmp_path / "out" / "test.recordings.jsonl")}
    assert [names[file["uri"]]["row_id"] for file in files] == [row["id"] for row in rows]
    assert all(Path(file["audio"]).is_relative_to(tmp_path / "out") for file in files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["odd", "out"]
