"""`askqa show`: how each turn of a row is said, and all of the row for scripts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from harness import rows
from whole_rows import whole_rows

from askqa_builder.cli.show import _delivery

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_show_tells_how_each_turn_is_said(askqa: Run, filled: Path) -> None:
    row = next(row for row in whole_rows(filled) if "happy" in {turn["style"]["name"] for turn in row["turns"]})
    out = askqa("show", filled, row["id"]).stdout
    told = [line.strip() for line in out.splitlines() if line.startswith(" " * 20)]
    assert len(told) == len(row["turns"])
    for line, turn in zip(told, row["turns"], strict=True):
        assert line.startswith(f"[style {turn['style']['name']}; ")
        assert f"F0 {turn['measured']['f0_mean']:.0f} Hz, range" in line
        assert f", {turn['measured']['articulation_rate']:.1f} syll/s, " in line
        assert ("; intended happy, V 0.91, A 0.76, D 0.73; " in line) == turn["style"]["native"]
        recognised = turn["emotion"]["recognised"]["category"]
        assert ("; recognised happy, V 0.70, A 0.60 (agreement 75 %); " in line) == (recognised is not None)


def test_show_tells_what_no_label_can_be(filled: Path) -> None:
    turn = rows(filled, "initial")[0]["turns"][0]
    odd = {**turn, "emotion": {**turn["emotion"], "recognised": {"category": "bored"}}}
    *_, last = _delivery(odd)
    assert last.startswith("the rest is as no label can be: 'bored' is no emotion")


def test_show_prints_all_of_a_row_but_its_sound_as_json(askqa: Run, filled: Path, tmp_path: Path) -> None:
    row = rows(filled, "initial")[0]
    done = askqa("show", filled, row["id"], "--json", "--save", tmp_path / "row.wav")
    shown = json.loads(done.stdout)
    assert list(shown.pop("audio")) == ["path"]
    assert shown == row
    assert "recording written" in done.stderr
