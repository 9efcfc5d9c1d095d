"""What listeners to styles hear: which turns, after which others, and what the page does not tell."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from changing import rewrite
from harness import assert_one_line, manifest

from askqa_builder import listening_sheet
from askqa_builder.errors import UsageError
from askqa_builder.report.listening.clips import Heard
from askqa_builder.report.listening.deliveries import CANNOT_TELL, choice, choices
from askqa_builder.report.listening.style_clips import draw_styles

WAYS = ["neutral", "happy", "lively", "subdued"]


@pytest.fixture(scope="module")
def heard(filled: Path) -> Heard:
    return Heard(filled)


def turn_of(heard: Heard, row: int, place: int) -> dict[str, Any]:
    found: dict[str, Any] = heard._rows.whole(row)["turns"][place]
    return found


def test_ways_of_speaking_are_drawn_evenly(heard: Heard) -> None:
    drawn = draw_styles(heard, 16, seed=0)
    assert drawn.choices == WAYS
    assert Counter(clip.group for clip in drawn.clips) == dict.fromkeys(WAYS, 4)
    for clip in drawn.clips:
        assert turn_of(heard, clip.row, clip.turn)["style"]["name"] == clip.group
    assert len({(clip.row_id, clip.turn) for clip in drawn.clips}) == 16
    assert [clip.key for clip in drawn.clips] == sorted(clip.key for clip in drawn.clips)
    assert all(clip.role != "narrator" for clip in drawn.clips)  # all stories are told in one way


def test_each_clip_comes_after_a_neutral_turn_of_its_speaker(heard: Heard) -> None:
    drawn = draw_styles(heard, 24, seed=1)
    assert drawn.anchored
    clips = {(clip.row, clip.turn) for clip in drawn.clips}
    rows = heard.frames.rows
    for clip in drawn.clips:
        assert clip.anchor is not None
        assert (clip.anchor.row, clip.anchor.turn) not in clips
        before = turn_of(heard, clip.anchor.row, clip.anchor.turn)
        assert before["style"]["name"] == "neutral"
        assert before["role"] == clip.role
        assert rows["conversation_id"].loc[clip.anchor.row] == rows["conversation_id"].loc[clip.row]


def test_all_clips_are_heard_alone_where_neutral_ones_would_be(filled: Path, tmp_path: Path) -> None:
    """Speakers with one neutral turn each: only the neutral clips would have none before them."""
    copy = Path(shutil.copytree(filled, tmp_path / "copy"))

    def change(row: dict[str, Any]) -> None:
        met: set[str] = set()
        for turn in row["turns"]:
            turn["style"]["name"] = "lively" if turn["role"] in met else "neutral"
            turn["emotion"]["intended"]["category"] = None
            met.add(turn["role"])

    for place in range(len(manifest(copy)["shards"])):
        rewrite(copy, place, change)
    drawn = draw_styles(Heard(copy), 8, seed=0)
    assert not drawn.anchored
    assert all(clip.anchor is None for clip in drawn.clips)
    assert {clip.group for clip in drawn.clips} == {"neutral", "lively"}


def test_the_page_holds_both_passages_and_no_styles(filled: Path, heard: Heard, tmp_path: Path) -> None:
    written = listening_sheet(filled, tmp_path / "sheet.html", 12, styles=True)
    page = written.path.read_text("utf-8")
    block = re.search(r'<script type="application/json" id="sheet">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    content = json.loads(block[1])
    assert (written.styles, written.anchored, written.clips) == (dict.fromkeys(WAYS, 3), True, 12)
    assert [scale["name"] for scale in content["scales"]] == ["heard_as", "naturalness"]
    assert [answer["name"] for answer in content["scales"][0]["choices"]] == [*WAYS, CANNOT_TELL]
    drawn = {clip.key: clip for clip in draw_styles(heard, 12, seed=0).clips}
    for told in content["clips"]:
        assert set(told) == {"key", "sound", "from"}
        clip = drawn[told["key"]]
        assert clip.anchor is not None
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(told["sound"])), dtype="int16")
        passage, before = heard.cut(clip)[0], heard.cut(clip.anchor)[0]
        begin = round(told["from"] * rate)
        assert np.array_equal(samples[: len(before)], before)
        assert not samples[len(before) : begin].any()
        assert np.array_equal(samples[begin:], passage)
    assert [told["key"] for told in content["clips"]] == sorted(drawn)
    assert manifest(filled)["config_digest"] not in page
    again = listening_sheet(filled, tmp_path / "again.html", 12, styles=True)
    assert again.path.read_bytes() == written.path.read_bytes()
    other = listening_sheet(filled, tmp_path / "other.html", 12, styles=True, seed=1)
    assert other.id != written.id


def test_a_role_s_act_that_is_said_in_one_way_is_not_asked_for(heard: Heard) -> None:
    turns = heard.turns
    assert "neutral" in set(turns.loc[turns["role"] == "narrator", "style"])
    assert choices(turns[turns["role"] == "narrator"]) == []


def test_ways_of_speaking_without_words_of_ours_are_called_by_their_name() -> None:
    assert choice("my-own_way").title == "My own way"
    assert choice("drawn-out").title == "Drawn out"


def test_datasets_and_counts_that_make_no_test(voiced: Path, filled: Path, recast: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.html"
    with pytest.raises(UsageError, match="no two styles to tell apart"):
        listening_sheet(voiced, out, 8, styles=True)
    with pytest.raises(UsageError, match="too few for 4 ways of speaking"):
        listening_sheet(filled, out, 3, styles=True)
    with pytest.raises(UsageError, match="of one dataset"):
        listening_sheet(filled, out, 8, styles=True, against=recast)
    assert not out.exists()


def test_the_command(askqa: Any, filled: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.html"
    printed = askqa("report", filled, "--rate", 8, "--styles", "--out", out)
    assert printed.returncode == 0, printed.stderr
    assert "neutral 2, happy 2, lively 2, subdued 2; each after a neutral turn of its speaker" in printed.stdout
    assert "--into-card" in printed.stdout
    assert_one_line(askqa("report", filled, "--styles"), 2)
    assert_one_line(askqa("report", filled, "--serve", "--styles"), 2)
