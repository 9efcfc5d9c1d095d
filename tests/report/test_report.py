"""The page of one file: what is on it, how large it gets, and how it is told."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from harness import assert_one_line, run_askqa
from mutations import remade
from whole_rows import whole_rows

from askqa_builder import report
from askqa_builder.errors import UsageError


def block(page: str, name: str) -> str:
    """Return the text of one of the page's data blocks."""
    found = re.search(rf'<script type="[^"]+" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None, name
    return found[1]


def listed(page: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(block(page, "setup"))["rows"]
    return rows


def test_the_page_brings_the_dataset_s_own_recordings(voiced: Path, tmp_path: Path) -> None:
    written = report(voiced, tmp_path / "page.html")
    page = written.path.read_text("utf-8")
    rows = whole_rows(voiced)
    assert (written.rows, written.of, written.with_audio) == (len(rows),) * 3
    assert [row["id"] for row in listed(page)] == [row["id"] for row in rows]
    for number, row in enumerate(rows):
        assert base64.b64decode(block(page, f"sound-a-{number}")) == row["audio"]["bytes"]
        take = json.loads(block(page, f"row-{number}"))["takes"][0]
        assert take["id"] == row["id"]
        assert [turn["text"] for turn in take["turns"]] == [turn["text"] for turn in row["turns"]]
    assert not re.search(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:|//)", page)
    assert re.search(r"demo voices", page)


def test_figures_are_of_all_rows_and_sound_fits_the_budget(voiced: Path, tmp_path: Path) -> None:
    small = report(voiced, tmp_path / "small.html", max_audio_mb=2.5)
    page = small.path.read_text("utf-8")
    sounds = re.findall(r'id="sound-[ab]-\d+">([^<]*)<', page)
    assert 0 < len(sounds) == small.rows < small.of
    assert sum(map(len, sounds)) <= 2.5e6
    assert f"{small.rows} of {small.of} recordings" in page
    everything = report(voiced, tmp_path / "all.html").path.read_text("utf-8")
    figures = [
        re.findall(r'<div class="figures">.*<section class="listen"', text, re.DOTALL) for text in (page, everything)
    ]
    assert figures[0] == figures[1] != []


def test_rows_without_sound(voiced: Path, tmp_path: Path) -> None:
    written = report(voiced, tmp_path / "silent.html", max_audio_mb=0, rows=3)
    page = written.path.read_text("utf-8")
    assert (written.rows, written.with_audio) == (3, 0)
    assert "sound-a-" not in page.split("<script>")[-1].split("</script>")[-1]
    ids = [row["id"] for row in whole_rows(voiced)]
    assert [row["id"] for row in listed(page)] == [ids[0], ids[(len(ids) - 1) // 2], ids[-1]]


def test_a_dataset_without_rows(voiced: Path, tmp_path: Path) -> None:
    half = remade(voiced, tmp_path / "half", lambda rows: rows.clear())
    empty = remade(half, tmp_path / "empty", lambda rows: rows.clear(), "clarified")
    written = report(empty, tmp_path / "empty.html")
    assert (written.rows, written.of) == (0, 0)
    assert "0 conversations about 0 stories" in written.path.read_text("utf-8")


def test_a_row_without_a_recording_is_told(voiced: Path, tmp_path: Path) -> None:
    mute = remade(voiced, tmp_path / "mute", lambda rows: rows[0].update(audio=None))
    result = run_askqa("report", mute, "--out", tmp_path / "mute.html")
    assert_one_line(result, 1)
    assert "has no recording" in result.stderr
    assert not (tmp_path / "mute.html").exists()


def test_the_same_dataset_gives_the_same_page(voiced: Path, tmp_path: Path) -> None:
    pages = [report(voiced, tmp_path / name).path.read_bytes() for name in ("one.html", "two.html")]
    assert pages[0] == pages[1]


def test_two_datasets_side_by_side(voiced: Path, recast: Path, tmp_path: Path) -> None:
    page = report(voiced, tmp_path / "two.html", against=recast).path.read_text("utf-8")
    ids = {row["id"] for row in whole_rows(recast)}
    assert {row["id"] for row in listed(page)} == ids  # those that both have
    for number in range(len(ids)):
        takes = json.loads(block(page, f"row-{number}"))["takes"]
        assert takes[0]["id"] == takes[1]["id"]
        assert block(page, f"sound-a-{number}") != block(page, f"sound-b-{number}")


def test_text_is_escaped_wherever_it_stands(voiced: Path, tmp_path: Path) -> None:
    own = shutil.copytree(voiced, tmp_path / "<script>alert(1)<")
    page = report(own, tmp_path / "page.html").path.read_text("utf-8")
    assert html.escape("<script>alert(1)<") in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "holds no finished dataset"),
        (("DATASET", "--out", "no/such/folder.html"), "no such folder"),
        (("DATASET", "--out", "."), "is a folder"),
        (("DATASET", "--rows", "-1"), "--rows"),
        (("DATASET", "--against", "nowhere"), "holds no finished dataset"),
        (("DATASET", "--serve", "--out", "x.html"), "does nothing"),
        (("DATASET", "--port", "80"), "does nothing"),
        (("DATASET", "--seed", "1"), "does nothing"),
        (("DATASET", "--rate", "5", "--rows", "3"), "does nothing"),
        (("DATASET", "--rate", "5", "--serve"), "not both"),
        (("DATASET", "--rate", "0"), "--rate"),
    ],
)
def test_wrong_usage_is_one_line(arguments: tuple[str, ...], said: str, voiced: Path, tmp_path: Path) -> None:
    result = run_askqa(
        "report", *(voiced if word == "DATASET" else word for word in arguments), shell_prefix=f"cd {tmp_path};"
    )
    assert_one_line(result, 2)
    assert said in result.stderr
    assert not list(tmp_path.iterdir())


def test_the_command_names_the_file_after_the_dataset(voiced: Path, tmp_path: Path) -> None:
    result = run_askqa("report", voiced, shell_prefix=f"cd {tmp_path};")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "dataset-report.html").exists()
    assert result.stdout.startswith("dataset-report.html: ")


def test_a_listening_test_by_command(voiced: Path, recast: Path, tmp_path: Path) -> None:
    command = ("report", voiced, "--rate", 6, "--against", recast)
    result = run_askqa(*command, shell_prefix=f"cd {tmp_path};")
    assert result.returncode == 0, result.stderr
    assert "6 clips" in result.stdout
    assert (tmp_path / "dataset-listening.html").exists()
    again = run_askqa(*command, "--seed", 1, "--out", tmp_path / "other.html")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "other.html").read_bytes() != (tmp_path / "dataset-listening.html").read_bytes()


def test_numbers_below_zero(voiced: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="negative"):
        report(voiced, tmp_path / "x.html", rows=-1)
