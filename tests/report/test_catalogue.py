"""Rows are found by number, id, text and filters, and come whole."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutations import Row, remade
from whole_rows import whole_rows

from askqa_builder import build
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.report.catalogue import Catalogue
from askqa_builder.report.details import detail, line, media_type
from askqa_builder.report.pairs import open_catalogues, takes
from askqa_builder.report.peaks import PER_SECOND, peaks
from askqa_builder.report.query import Query
from askqa_builder.report.sound import playable


@pytest.fixture(scope="session")
def catalogue(voiced: Path) -> Catalogue:
    return Catalogue(voiced)


@pytest.fixture(scope="session")
def all_rows(voiced: Path) -> list[Row]:
    return whole_rows(voiced)


def test_every_row_comes_whole(catalogue: Catalogue, all_rows: list[Row]) -> None:
    assert len(catalogue) == len(all_rows)
    for number, row in enumerate(all_rows):
        found = catalogue.row(number)
        assert found == row
        assert catalogue.numbers[row["id"]] == number
        heard = [turn["text"] for turn in row["turns"]]
        after = row["stage"] == "clarified"
        assert catalogue.requests[number] == (f"{heard[-3]} → {heard[-1]}" if after else heard[-1])
        assert catalogue.voices[number] == [speaker["voice"] for speaker in row["speakers"]]
    for number in (-1, len(all_rows)):
        with pytest.raises(IndexError):
            catalogue.row(number)


def test_queries_leave_what_fits(catalogue: Catalogue, all_rows: list[Row]) -> None:
    def expected(keep: object) -> list[int]:
        return [number for number, row in enumerate(all_rows) if keep(row)]  # type: ignore[operator]

    voice = all_rows[0]["speakers"][1]["voice"]
    word = all_rows[0]["story"].split()[3].upper()
    cases = {
        Query(): expected(lambda row: True),
        Query(config="clarified"): expected(lambda row: row["stage"] == "clarified"),
        Query(ambiguous="no"): expected(lambda row: not row["ambiguous"]),
        Query(ambiguous="yes", config="initial"): expected(lambda row: row["ambiguous"] and row["stage"] == "initial"),
        Query(voice=voice): expected(lambda row: voice in [speaker["voice"] for speaker in row["speakers"]]),
        Query(text=word): expected(
            lambda row: any(word.lower() in turn["text"].lower() for turn in row["turns"]) or word.lower() in row["id"]
        ),
        Query(text=all_rows[2]["id"]): [2],
        Query(text="no such words"): [],
        Query(split="train"): [],
        Query(order="duration"): sorted(expected(lambda row: True), key=lambda n: -all_rows[n]["duration"]),
    }
    for query, numbers in cases.items():
        assert query.numbers(catalogue) == numbers, query


@pytest.mark.parametrize(
    "parameters",
    [{"from": "-1"}, {"from": "x"}, {"count": "1000"}, {"order": "id"}, {"file": "/etc/passwd"}, {"from": "²"}],
)
def test_odd_parameters_are_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        Query.from_parameters(parameters)


def test_peaks_are_the_loudest_samples_of_each_fiftieth(all_rows: list[Row]) -> None:
    samples, rate = soundfile.read(io.BytesIO(all_rows[0]["audio"]["bytes"]), dtype="int16")
    outline = peaks(samples, rate)
    assert len(outline) == -(-len(samples) * PER_SECOND // rate)
    for place in (0, 7, len(outline) - 1):
        part = samples[place * rate // PER_SECOND : (place + 1) * rate // PER_SECOND].astype(int)
        assert outline[place] == round(np.abs(part).max() * 255 / 32767)
    assert peaks(np.array([-32768], np.int16), 16000).tolist() == [255]
    assert len(peaks(np.zeros(0, np.int16), 16000)) == 0


def test_a_detail_holds_no_sound_and_the_list_no_text_of_stories(catalogue: Catalogue, all_rows: list[Row]) -> None:
    shown = detail(all_rows[0], "initial", "test")
    assert "audio" not in shown
    assert shown["type"] == "audio/flac"
    first = all_rows[0]["words"][0]
    assert shown["words"][0] == [first[name] for name in ("turn", "start", "end", "char_start", "char_end")]
    assert all_rows[0]["story"] not in str(line(catalogue, 0))


def test_a_recording_that_is_no_sound_is_told(all_rows: list[Row]) -> None:
    row = {**all_rows[0], "audio": {"bytes": b"RIFF", "path": "x.wav"}}
    with pytest.raises(AskqaError, match="cannot be read"):
        detail(row, "initial", "test")


def test_a_row_and_its_partner(voiced: Path, recast: Path) -> None:
    both = open_catalogues([voiced, recast])
    for number in range(len(both[0])):
        found = takes(both, number)
        assert len({row["id"] for row in found}) == 1
        assert len(found) == 1 + (found[0]["id"] in both[1].numbers)
        assert len({row["pcm_sha256"] for row in found}) == len(found)


def test_mp3_is_played_as_what_it_decodes_to(demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    build(demo_file, tmp_path / "mp3", profiles=str(quick_profile), audio_format="mp3", limit=1, workers=1)
    row = Catalogue(tmp_path / "mp3").row(0)
    found = playable(row)["audio"]
    decoded, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")
    played, same_rate = soundfile.read(io.BytesIO(found["bytes"]), dtype="int16")
    assert rate == same_rate
    assert (decoded == played).all()
    assert media_type(found) == "audio/flac"
    with pytest.raises(AskqaError, match="cannot be read"):
        playable({**row, "audio": {"bytes": b"ID3", "path": "x.mp3"}})


def test_datasets_with_nothing_in_common(voiced: Path, tmp_path: Path) -> None:
    def rename(rows: list[Row]) -> None:
        for row in rows:
            row["id"] = "other-" + row["id"]

    other = remade(remade(voiced, tmp_path / "half", rename), tmp_path / "other", rename, "clarified")
    with pytest.raises(UsageError, match="no row in common"):
        open_catalogues([voiced, other])
