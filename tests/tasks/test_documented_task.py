"""The task of one's own in docs/tasks.md works as it stands there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from task_sets import examples_of, facts, faults_of, meddled, rows_by_id

from askqa_builder import tasks
from askqa_builder.seeds import Stream
from askqa_builder.tasks.example import Draft
from askqa_builder.tasks.heard_row import HeardRow

PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"


def test_the_documented_task_makes_examples_and_checks_them(
    demo_dataset: Path, tmp_path: Path, install_documented: Callable[[str, str], str]
) -> None:
    page = PAGE.read_text("utf-8")
    code, points = (re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)[-1] for kind in ("python", "toml"))
    assert install_documented(code, points) == "longer"
    out = tmp_path / "out"
    tasks(demo_dataset, out, tasks=["longer", "response"])
    found, rows = examples_of(out, task="longer"), rows_by_id(demo_dataset)
    counts = Counter(one["answer"] for one in found)
    assert len(counts) == 2
    assert min(counts.values()) > 0.2 * len(found)
    for one in found:
        row = rows[one["row_id"]]
        spoken = {letter: [w for w in row["words"] if w["turn"] == facts(one)[letter.lower()]] for letter in "AB"}
        lasts = {letter: words[-1]["end"] - words[0]["start"] for letter, words in spoken.items()}
        if abs(lasts["A"] - lasts["B"]) > 0.1:  # turns last a little longer than their words
            assert one["answer"] == max(lasts, key=lambda letter: lasts[letter])
    assert faults_of(demo_dataset, out) == {}
    swapped = {"A": "B", "B": "A"}
    changed = meddled(
        out, tmp_path / "other", lambda ones: [{**o, "answer": swapped.get(o["answer"], "")} for o in ones]
    )
    assert faults_of(demo_dataset, tmp_path / "other").keys() == changed


def test_the_page_names_what_is_there() -> None:
    page = PAGE.read_text("utf-8")
    for kind in (HeardRow, Stream):
        for name in (name for name in vars(kind) if not name.startswith("_")):
            assert f"{name}" in page, name
    assert all(f"`{name}`" in page for name in Draft.__dataclass_fields__)
