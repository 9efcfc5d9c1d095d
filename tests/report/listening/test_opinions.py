"""Ratings of known clips: what `stats` makes of them."""

from __future__ import annotations

import csv
import json
import math
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from harness import assert_one_line

from askqa_builder import stats
from askqa_builder.errors import UsageError
from askqa_builder.report.listening.clips import Heard, draw_clips
from askqa_builder.report.listening.draw import Clip
from askqa_builder.report.listening.ratings_file import COLUMNS

Run = Callable[..., subprocess.CompletedProcess[str]]
Judge = Callable[[str, Clip], tuple[object, object, object]]


def rated(path: Path, clips: Sequence[Clip], raters: Sequence[str], judge: Judge) -> Path:
    """Write what raters say of clips, as a sheet does."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for rater in raters:
            for position, clip in enumerate(clips):
                scores = judge(rater, clip)
                writer.writerow(["s", rater, clip.key, position + 1, *scores, "", 1, "2026-05-31T16:20:00.000Z"])
    return path


@pytest.fixture(scope="session")
def clips(voiced: Path) -> list[Clip]:
    return draw_clips([Heard(voiced)], 12, seed=0)


@pytest.fixture(scope="session")
def pairs(voiced: Path, recast: Path) -> list[Clip]:
    """Six turns of both datasets."""
    return draw_clips([Heard(voiced), Heard(recast)], 12, seed=0)


def test_scores_by_what_was_heard(voiced: Path, clips: list[Clip], tmp_path: Path) -> None:
    of_role = {"narrator": 5, "user": 3, "assistant": 1}
    file = rated(
        tmp_path / "a.csv",
        clips,
        ["Ann", "Bob"],
        lambda rater, clip: (of_role[clip.role], 4, "" if rater == "Bob" else 2),
    )
    found = stats(voiced, ratings=[file]).ratings
    assert found is not None
    assert (found.raters, found.clips, found.ratings, found.replaced) == (2, 12, 24, 0)
    scores = {(score.scale, score.by, score.group): score for score in found.scores}
    for role, value in of_role.items():
        score = scores["naturalness", "role", role]
        assert (score.mean, score.clips, score.raters) == (value, 4, 2)
        assert math.isnan(score.low)  # equal ratings say nothing of how far others may be from them
    overall = scores["naturalness", "overall", "all"]
    assert overall.mean == 3
    assert 1 <= overall.low < 3 < overall.high <= 5
    assert scores["style", "overall", "all"].raters == 1
    assert scores["naturalness", "engine", "flite"].ratings == 24
    voices = {clip.voice for clip in clips}
    assert {group for _, by, group in scores if by == "voice"} == voices
    of_voice = [of_role[clip.role] for clip in clips if clip.voice == "slt"]
    assert scores["naturalness", "voice", "slt"].mean == pytest.approx(sum(of_voice) / len(of_voice))
    assert found.agreement == {"naturalness": 1.0, "intelligibility": None, "style": None}
    assert found.differences == []


def test_two_datasets_and_their_difference(voiced: Path, recast: Path, pairs: list[Clip], tmp_path: Path) -> None:
    bias = {"Ann": 0, "Bob": 1, "Cy": 1}
    file = rated(tmp_path / "a.csv", pairs, list(bias), lambda rater, clip: (2 + clip.side + bias[rater], 3, 3))
    found = stats(voiced, ratings=[file], against=recast).ratings
    assert found is not None
    difference = next(of for of in found.differences if of.scale == "naturalness")
    # raters who differ do not blur what each of them hears between the two
    assert difference.mean == 1
    assert math.isnan(difference.low)
    assert (difference.pairs, difference.raters) == (6, 3)
    names = [score.group for score in found.scores if score.by == "dataset" and score.scale == "naturalness"]
    assert names == found.datasets
    assert len(set(names)) == 2  # the two folders have one name: then their paths are told
    means = [score.mean for score in found.scores if score.by == "dataset" and score.scale == "naturalness"]
    assert means[1] - means[0] == pytest.approx(1)


def test_tables_of_ratings(
    askqa: Run,
    voiced: Path,
    recast: Path,
    pairs: list[Clip],
    tmp_path: Path,
) -> None:
    one = rated(tmp_path / "a.csv", pairs, ["Ann"], lambda rater, clip: (2 + clip.side, 3, 1 + clip.turn % 5))
    again = rated(tmp_path / "b.csv", pairs[:2], ["Ann"], lambda rater, clip: (5, 5, 5))
    printed = askqa("stats", voiced, "--ratings", one, "--ratings", again, "--against", recast)
    assert printed.returncode == 0, printed.stderr
    told = printed.stdout[printed.stdout.index("RATINGS") :]
    assert "1 rater, 12 clips, 12 ratings; 2 rated twice: the later rating counts" in " ".join(told.split())
    assert "with 95 % intervals over clips only, since there is one rater" in " ".join(told.split())
    assert "heard in both by 1 rater" in " ".join(told.split())
    assert max(map(len, told.splitlines())) <= 80
    content = json.loads(askqa("stats", voiced, "--ratings", one, "--against", recast, "--json").stdout)
    assert content["ratings"]["over"] == "clips"
    assert content["ratings"]["agreement"]["naturalness"] is None


def test_one_rating(askqa: Run, voiced: Path, clips: list[Clip], tmp_path: Path) -> None:
    file = rated(tmp_path / "a.csv", clips[:1], ["=HYPERLINK(1)\x1b"], lambda rater, clip: (4, "", ""))
    printed = askqa("stats", voiced, "--ratings", file)
    assert printed.returncode == 0, printed.stderr
    assert "1 rater, 1 clip, 1 rating." in printed.stdout
    assert "one clip is too few for an interval" in printed.stdout
    score = json.loads(askqa("stats", voiced, "--ratings", file, "--json").stdout)["ratings"]["scores"][0]
    assert (score["mean"], score["low"]) == (4, None)


def test_clips_of_another_dataset(
    askqa: Run,
    voiced: Path,
    recast: Path,
    pairs: list[Clip],
    tmp_path: Path,
) -> None:
    file = rated(tmp_path / "a.csv", pairs, ["Ann"], lambda rater, clip: (3, 3, 3))
    with pytest.raises(UsageError, match=r"6 of 12 rated clips are not of .*--against"):
        stats(voiced, ratings=[file])
    printed = askqa("stats", recast, "--ratings", file)
    assert_one_line(printed, 2)
    rated(file, pairs, ["Ann"], lambda rater, clip: (3, 3, 7))
    assert_one_line(askqa("stats", voiced, "--ratings", file, "--against", recast), 2)
    with pytest.raises(UsageError, match="same build"):
        stats(voiced, ratings=[file], against=voiced)
