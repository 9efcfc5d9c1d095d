"""Ratings of styles: what `stats` makes of them, and what the card then says."""

from __future__ import annotations

import csv
import json
import math
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from harness import assert_one_line, manifest

from askqa_builder import filter as filter_dataset
from askqa_builder import stats, verify
from askqa_builder.dataset.card_listeners import LISTENERS_KEY
from askqa_builder.errors import UsageError
from askqa_builder.report.listening.clips import Heard
from askqa_builder.report.listening.draw import Clip
from askqa_builder.report.listening.ratings_file import COLUMNS, STYLE_COLUMNS
from askqa_builder.report.listening.style_clips import draw_styles

Run = Callable[..., subprocess.CompletedProcess[str]]
Judge = Callable[[str, Clip], tuple[object, object]]

NOT_VALIDATED = "Styles: not validated by listeners."


def rated(path: Path, clips: Sequence[Clip], raters: Sequence[str], judge: Judge) -> Path:
    """Write what raters say of clips, as a sheet of styles does."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(STYLE_COLUMNS)
        for rater in raters:
            for position, clip in enumerate(clips):
                answers = judge(rater, clip)
                writer.writerow(["s", rater, clip.key, position + 1, *answers, "", 1, "2026-05-31T16:20:00.000Z"])
    return path


@pytest.fixture(scope="session")
def clips(filled: Path) -> list[Clip]:
    """Four clips of each of four ways of speaking."""
    return draw_styles(Heard(filled), 16, seed=0).clips


def confused(rater: str, clip: Clip) -> tuple[object, object]:
    """Ann hears all; to Bob what is happy is lively, and what is subdued nothing he could name."""
    heard = {"happy": "lively", "subdued": "cannot tell"} if rater == "Bob" else {}
    return heard.get(clip.group, clip.group), {"neutral": 4, "lively": 3}.get(clip.group, 2)


def test_rates_and_confusion(filled: Path, clips: list[Clip], tmp_path: Path) -> None:
    found = stats(filled, ratings=[rated(tmp_path / "a.csv", clips, ["Ann", "Bob"], confused)]).style_ratings
    assert found is not None
    assert (found.raters, found.clips, found.ratings, found.replaced) == (2, 16, 32, 0)
    assert found.choices == ["neutral", "happy", "lively", "subdued"]
    assert found.chance == 0.25
    assert found.cannot_tell == pytest.approx(4 / 32)
    rates = {of.style: of.recognised for of in found.styles}
    assert {name: of.mean for name, of in rates.items() if of} == {
        "neutral": 1, "lively": 1, "happy": 0.5, "subdued": 0.5,
    }  # fmt: skip
    # nothing scatters where all are right: Wilson's interval of four clips, 1 / (1 + 1.96² / 4) at the least
    assert rates["neutral"] is not None
    assert (rates["neutral"].low, rates["neutral"].high) == (pytest.approx(0.510, abs=0.001), 1.0)
    assert rates["happy"] is not None
    assert 0 <= rates["happy"].low < 0.5 < rates["happy"].high <= 1
    assert found.recognised is not None
    assert found.recognised.mean == pytest.approx(0.75)
    assert found.recognised.low <= 0.75 <= found.recognised.high  # two raters are too few to say more
    assert found.confusion["happy"] == {"happy": 4, "lively": 4}
    assert found.confusion["subdued"] == {"subdued": 4, "cannot tell": 4}
    assert [of.style for of in found.styles if of.intended] == ["happy"]
    changes = {of.style: of.naturalness_change for of in found.styles}
    assert changes["neutral"] is None
    assert changes["lively"] is not None
    assert changes["lively"].mean == pytest.approx(-1)
    assert 0 < (found.agreement["heard_as"] or 0) < 1
    assert found.agreement["naturalness"] == 1


def test_one_answer_to_everything_is_chance(filled: Path, clips: list[Clip], tmp_path: Path) -> None:
    uneven = [clip for clip in clips if clip.group == "lively"] + [clip for clip in clips if clip.group != "lively"][
        ::3
    ]
    file = rated(tmp_path / "a.csv", uneven, ["Ann", "Bob"], lambda rater, clip: ("lively", ""))
    found = stats(filled, ratings=[file]).style_ratings
    assert found is not None
    assert found.recognised is not None
    assert found.recognised.mean == pytest.approx(found.chance)
    assert found.agreement == {"heard_as": None, "naturalness": None}
    assert all(of.naturalness is None for of in found.styles)


def test_tables_of_ratings(askqa: Run, filled: Path, clips: list[Clip], tmp_path: Path) -> None:
    file = rated(tmp_path / "a.csv", clips, ["Ann", "Bob"], confused)
    printed = askqa("stats", filled, "--ratings", file)
    assert printed.returncode == 0, printed.stderr
    assert "RATINGS OF STYLES" in printed.stdout
    assert "so chance is 25 %" in " ".join(printed.stdout.split())
    assert "happy 50 %, lively 50 %" in printed.stdout
    assert max(map(len, printed.stdout.splitlines())) <= 80
    content = json.loads(askqa("stats", filled, "--ratings", file, "--json").stdout)
    assert content["ratings"] is None
    assert content["style_ratings"]["recognised"]["mean"] == pytest.approx(0.75)
    assert content["style_ratings"]["styles"][0]["naturalness_change"] is None


def test_ratings_of_both_kinds_at_once(askqa: Run, filled: Path, clips: list[Clip], tmp_path: Path) -> None:
    of_styles = rated(tmp_path / "a.csv", clips, ["Ann", "Bob"], confused)
    line = ["s", "Ann", clips[0].key, "1", "4", "5", "3", "", "1", "2026-05-31T16:20:00.000Z"]
    others = tmp_path / "b.csv"
    others.write_text(f"{','.join(COLUMNS)}\n{','.join(line)}\n", "utf-8")
    printed = askqa("stats", filled, "--ratings", of_styles, "--ratings", others)
    assert printed.returncode == 0, printed.stderr
    titles = [text for text in printed.stdout.splitlines() if text.isupper()]
    assert titles == ["RATINGS", "RATINGS OF STYLES"]


def test_answers_and_clips_of_another_dataset(filled: Path, clips: list[Clip], voiced: Path, tmp_path: Path) -> None:
    file = rated(tmp_path / "a.csv", clips, ["Ann"], lambda rater, clip: ("hurried", 3))
    with pytest.raises(UsageError, match='heard_as is "hurried"; the dataset has neutral, happy, lively, subdued'):
        stats(filled, ratings=[file])
    rated(file, clips, ["Ann"], confused)
    with pytest.raises(UsageError, match="16 of 16 rated clips are not of"):
        stats(voiced, ratings=[file])
    with pytest.raises(UsageError, match="of one dataset"):
        stats(filled, ratings=[file], against=voiced)


def test_the_card_says_whether_anybody_listened(askqa: Run, styled: Path, voiced: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(styled, tmp_path / "copy"))
    drawn = draw_styles(Heard(copy), 12, seed=0).clips
    file = rated(tmp_path / "a.csv", drawn, ["Ann", "Bob", "Cy", "Dee"], confused)
    assert "not validated" not in (voiced / "README.md").read_text("utf-8")
    assert NOT_VALIDATED in (copy / "README.md").read_text("utf-8").splitlines()
    printed = askqa("stats", copy, "--ratings", file, "--into-card")
    assert printed.returncode == 0, printed.stderr
    card = (copy / "README.md").read_text("utf-8")
    assert NOT_VALIDATED not in card
    line = next(line for line in card.splitlines() if line.startswith("Styles:"))
    assert line.startswith("Styles: heard by 4 listeners in 12 clips. Recognised, with 95 % intervals: 92 % (")
    assert "(chance: 33 %); neutral 100 % (51–100 %); lively 100 % (51–100 %); subdued 75 % (" in line
    told = manifest(copy)[LISTENERS_KEY]
    assert told["raters"] == 4
    assert "Ann" not in json.dumps(told) + card
    assert "in 3 styles (4 listeners judged them)." in stats(copy).sentences[-2]
    assert "in 3 styles (not validated by listeners)." in stats(styled).sentences[-2]
    assert not (copy / ".askqa").exists()
    assert verify(copy).findings == []
    kept = filter_dataset(copy, tmp_path / "kept", where="duration > 0").dataset
    assert "12 clips, in the dataset that this one was filtered from." in (kept / "README.md").read_text("utf-8")


def test_nothing_is_kept_where_there_is_nothing_to_keep(
    askqa: Run, filled: Path, clips: list[Clip], tmp_path: Path
) -> None:
    assert_one_line(askqa("stats", filled, "--into-card"), 2)
    copy = Path(shutil.copytree(filled, tmp_path / "copy"))
    (copy / ".askqa").mkdir()
    (copy / ".askqa" / "heard.sqlite").write_bytes(b"of a scoring that was killed")
    file = rated(tmp_path / "a.csv", clips, ["Ann"], confused)
    refused = askqa("stats", copy, "--ratings", file, "--into-card")
    assert_one_line(refused, 2)
    assert "interrupted" in refused.stderr
    assert LISTENERS_KEY not in manifest(copy)


def test_an_empty_answer_is_none(filled: Path, clips: list[Clip], tmp_path: Path) -> None:
    file = rated(tmp_path / "a.csv", clips, ["Ann"], lambda rater, clip: ("", 3))
    found = stats(filled, ratings=[file]).style_ratings
    assert found is not None
    assert found.recognised is None
    assert found.cannot_tell is None
    assert all(of.recognised is None and of.naturalness is not None for of in found.styles)
    assert all(math.isnan(of.naturalness.low) for of in found.styles if of.naturalness)
