"""How turns are said, in figures."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from styling import NUMBERS
from whole_rows import whole_rows

from askqa_builder import stats

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_styles_are_counted_and_compared_with_neutral(filled: Path) -> None:
    found = stats(filled).styles.set_index(["by", "group"])
    seen, counts = set(), {}
    for row in whole_rows(filled):
        for place, turn in enumerate(row["turns"]):
            key = (row["conversation_id"], place, turn["seed"], turn["start"])
            if key not in seen:
                seen.add(key)
                counts[turn["style"]["name"]] = counts.get(turn["style"]["name"], 0) + 1
    assert {group: of["turns"] for (by, group), of in found.iterrows() if by == "style"} == counts
    assert found.loc[("draw", "independent"), "turns"] == len(seen)
    assert found.loc[("intended", "happy"), "turns"] == counts["happy"]
    assert ("recognised", "happy") in found.index
    for name in ("lively", "subdued"):
        line = found.loc[("style", name)]
        assert line["compared"] == counts[name]
        assert line["f0_change"] == pytest.approx(NUMBERS[name]["pitch"])
        assert line["articulation_rate_change"] == pytest.approx(NUMBERS[name]["rate"])
        assert line["energy_change"] == pytest.approx(NUMBERS[name]["loudness"])
        assert line["f0_range_change"] == pytest.approx(8 * (NUMBERS[name]["pitch_range"] - 1))
    assert found.loc[("style", "neutral"), "compared"] == 0


def test_it_is_printed_where_it_is_known(askqa: Run, filled: Path, voiced: Path) -> None:
    printed = askqa("stats", filled).stdout
    assert "HOW IT IS SAID" in printed
    assert "lively" in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert "HOW IT IS SAID" not in askqa("stats", voiced).stdout
