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

from askqa_builder import listening_sheet, report
from askqa_builder.errors import AskqaError, UsageError


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
    (first,) = tmp_path.glob("dataset-listening-*.html")
    again = run_askqa(*command, "--seed", 1, shell_prefix=f"cd {tmp_path};")
    assert again.returncode == 0, again.stderr
    assert len(list(tmp_path.glob("dataset-listening-*.html"))) == 2  # raters may have the first one
    assert first.exists()


def test_nothing_but_a_page_is_replaced(changeable: Path, tmp_path: Path) -> None:
    precious = tmp_path / "thesis.html"
    precious.write_text("<html>years of work</html>")
    manifest = (changeable / "askqa.json").read_bytes()
    for write in (report, listening_sheet):
        for out, said in (
            (precious, "no page of askqa's"),
            (Path("/dev/null"), "no page of askqa's"),
            (changeable / "askqa.json", "no page of askqa's"),
            (changeable / "new.html", "lies in the dataset"),
            (tmp_path, "is a folder"),
        ):
            with pytest.raises(UsageError, match=said):
                write(changeable, out)
    assert precious.read_text() == "<html>years of work</html>"
    assert (changeable / "askqa.json").read_bytes() == manifest
    page = tmp_path / "page.html"
    report(changeable, page, rows=1)
    before = page.read_bytes()
    report(changeable, page, rows=2)
    assert page.read_bytes() != before


def test_only_what_may_be_passed_on(voiced: Path, tmp_path: Path) -> None:
    closed = remade(voiced, tmp_path / "closed", lambda rows: rows[0].update(source="cnn", license="CNN-copyright"))
    everything = report(closed, tmp_path / "all.html", max_audio_mb=0)
    assert everything.closed == 1
    some = report(closed, tmp_path / "some.html", max_audio_mb=0, redistributable=True)
    assert (some.rows, some.closed) == (everything.rows - 1, 0)
    result = run_askqa("report", closed, "--out", tmp_path / "told.html", "--max-audio-mb", 0)
    assert "1 of its" in result.stdout


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row["turns"][0].update(rate=float("nan"), words_per_minute=float("inf")),
        lambda row: row.update(source=None),
        lambda row: row["speakers"][0].update(voice=None),
        lambda row: row.update(duration=float("inf")),
        lambda row: row["turns"][1].update(text=None, act=None),
        lambda row: row.update(turns=[], words=[]),
    ],
)
def test_foreign_rows_are_shown_or_told(change: Any, voiced: Path, tmp_path: Path) -> None:
    foreign = remade(voiced, tmp_path / "foreign", lambda rows: change(rows[0]), card=False)
    told = None
    try:
        report(foreign, tmp_path / "page.html")
    except AskqaError as error:
        told = str(error)
    if told is not None:
        assert "\n" not in told
    else:
        page = (tmp_path / "page.html").read_text("utf-8")
        assert "NaN" not in block(page, "row-0")
        assert len(listed(page)) == len(whole_rows(foreign))


def test_numbers_below_zero(voiced: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="negative"):
        report(voiced, tmp_path / "x.html", rows=-1)
