"""Ratings as sheets and spreadsheets save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from askqa_builder.errors import UsageError
from askqa_builder.report.listening.ratings_file import (
    COLUMNS,
    STYLE_COLUMNS,
    is_of_styles,
    read_ratings,
    read_style_ratings,
)

HEADER = ",".join(COLUMNS)
FIRST = "s1,Ann,c1,1,4,5,3,fine,2,2026-05-31T16:20:00.000Z"
SECOND = "s1,Ann,c2,2,2,,1,,1,2026-05-31T16:21:00.000Z"


def written(folder: Path, text: str | bytes, name: str = "ratings.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def test_ratings_are_read(tmp_path: Path) -> None:
    table, replaced = read_ratings([written(tmp_path, f"\ufeff{HEADER}\r\n{FIRST}\r\n{SECOND}\r\n")])
    assert replaced == 0
    assert table["naturalness"].tolist() == [4, 2]
    assert table["intelligibility"].isna().tolist() == [False, True]
    assert table["comment"].tolist() == ["fine", ""]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_as_spreadsheets_save_it(tmp_path: Path, delimiter: str, end: str) -> None:
    lines = (line.replace(",", delimiter) for line in (HEADER, FIRST, "", SECOND, delimiter * 9))
    table, _ = read_ratings([written(tmp_path, end.join(lines))])
    assert table["clip"].tolist() == ["c1", "c2"]


def test_columns_may_stand_elsewhere(tmp_path: Path) -> None:
    text = ",".join(["mine", *reversed(COLUMNS)]) + "\n" + ",".join(["x", *reversed(FIRST.split(","))])
    assert read_ratings([written(tmp_path, text)])[0]["rater"].tolist() == ["Ann"]


def test_guarded_cells_are_read_as_they_were(tmp_path: Path) -> None:
    comments = ["=1+1", "@x", "'quoted'", 'a "word", and\nmore', "plain"]
    guarded = ['"\'=1+1"', "'@x", "''quoted'", '"a ""word"", and\nmore"', "plain"]
    lines = [FIRST.replace("c1", f"c{i}").replace("fine", cell) for i, cell in enumerate(guarded)]
    assert read_ratings([written(tmp_path, "\n".join([HEADER, *lines]))])[0]["comment"].tolist() == comments


def test_the_later_of_two_ratings_counts(tmp_path: Path) -> None:
    earlier = FIRST.replace("1,4,5,3", "1,1,1,1").replace("16:20", "16:19")
    elsewhere = FIRST.replace("s1", "s2")
    files = [
        written(tmp_path, f"{HEADER}\n{FIRST}\n", "a.csv"),
        written(tmp_path, f"{HEADER}\n{earlier}\n{elsewhere}\n", "b.csv"),
    ]
    table, replaced = read_ratings(files)
    assert replaced == 1
    assert table["naturalness"].tolist() == [4, 4]
    assert table["sheet"].tolist() == ["s1", "s2"]


def test_a_file_given_twice_counts_once(tmp_path: Path) -> None:
    file = written(tmp_path, f"{HEADER}\n{FIRST}\n{SECOND}\n")
    table, replaced = read_ratings([file, file])
    assert (len(table), replaced) == (2, 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"is empty"),
        ("\ufeff \n", r"is empty"),
        (f"{HEADER}\n", "no clip is rated"),
        ("a,b\n1,2\n", r"line 1: no column sheet, rater"),
        (HEADER.replace(",style", "") + "\n", "line 1: no column style"),
        (f"{HEADER}\n{FIRST}\n{SECOND.replace(',2,2,', ',2,6,')}\n", r'line 3: naturalness is "6", not a whole number'),
        (f"{HEADER}\n{FIRST.replace('1,4,5', '1,4.5,5')}\n", r'line 2: naturalness is "4.5"'),
        (f"{HEADER}\n{FIRST.replace('1,4,5', '1,nan,5')}\n", r'line 2: naturalness is "nan"'),
        (f"{HEADER}\n{FIRST.replace('1,4,5', '1,inf,5')}\n", r'line 2: naturalness is "inf"'),
        (f"{HEADER}\n{FIRST.replace('1,4,5', '1,good,5')}\n", r'line 2: naturalness is "good"'),
        (f"{HEADER}\n{FIRST.replace('fine,2', 'fine,-1')}\n", r'line 2: plays is "-1"'),
        (f"{HEADER}\n{FIRST.replace('Ann', ' ')}\n", "line 2: rater is empty"),
        (f"{HEADER}\n{FIRST.replace('2026-05-31T', 'May ')}\n", r"line 2: rated_at is"),
        (f"{HEADER}\n{FIRST}\ns1,Ann\n", "line 3: 2 cells, not 10"),
        (f"{HEADER}\n{FIRST.replace('fine', chr(34) + 'open')}\n", "line 2: not CSV"),
        (f"{HEADER}\n{FIRST.replace('fine', 'a' * 200_000)}\n", "line 2: not CSV"),
        (HEADER.encode() + b"\n" + FIRST.replace("fine", "sch\xf6n").encode("latin-1"), "line 2: not UTF-8"),
        (f"{HEADER}\n{FIRST}".encode("utf-16"), "line 1: not UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str | bytes, told: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError, match=told) as error:
        read_ratings([file])
    assert str(file) in str(error.value)
    assert len(str(error.value)) < 400


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        read_ratings([tmp_path])
    with pytest.raises(UsageError, match="cannot read"):
        read_ratings([tmp_path / "missing.csv"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_ratings_of_styles_are_told_from_others(tmp_path: Path, delimiter: str) -> None:
    line = "s1,Ann,c1,1,drawn-out,4,,1,2026-05-31T16:20:00.000Z"
    unsure = "s1,Ann,c2,2,,3,'=so,1,2026-05-31T16:21:00.000Z"
    nothing = "s1,Ann,c3,3,,,later,1,2026-05-31T16:22:00.000Z"
    text = "\n".join([",".join(STYLE_COLUMNS), line, unsure, nothing]).replace(",", delimiter)
    of_styles, of_others = written(tmp_path, f"\ufeff{text}", "a.csv"), written(tmp_path, f"{HEADER}\n{FIRST}", "b.csv")
    assert is_of_styles(of_styles)
    assert not is_of_styles(of_others)
    assert not is_of_styles(written(tmp_path, "", "c.csv"))
    table, _ = read_style_ratings([of_styles])
    assert table["heard_as"][0] == "drawn-out"
    assert table["heard_as"].isna().tolist() == [False, True]
    assert table["naturalness"].tolist() == [4, 3]
    assert table["comment"].tolist() == ["", "=so"]
    with pytest.raises(UsageError, match="line 1: no column heard_as"):
        read_style_ratings([of_others])
