"""What the tests of tasks share: the examples of a set, what a check finds, and sets that were meddled with."""

from __future__ import annotations

import copy
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from scipy.stats import binomtest

from askqa_builder.tasks.checking import check_tasks
from askqa_builder.tasks.example import SCHEMA

_JUDGED = ("supported", "contradicted", "not told")
LABELS = {"statement": _JUDGED, "reading": _JUDGED, "continuation": tuple("ABCD"), "ambiguous": ("yes", "no")}

Example = dict[str, Any]
Row = dict[str, Any]


def files_of(out: Path) -> list[Path]:
    return sorted((out / "data" / "examples").glob("*.parquet"))


def split_of(file: Path) -> str:
    return file.name.split("-")[0]


def examples_of(out: Path, split: str | None = None, **wanted: str) -> list[Example]:
    """The examples of a set, or those of a split; `task`, `kind` and others as they should be."""
    found = [
        one for file in files_of(out) if split in (None, split_of(file)) for one in pq.read_table(file).to_pylist()
    ]
    return [one for one in found if all(one[name] == value for name, value in wanted.items())]


def facts(example: Example) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(example["facts"])
    return content


def rows_by_id(dataset: Path) -> dict[str, Row]:
    """The rows of a dataset without their audio; each with its split."""
    found = {}
    for file in sorted(dataset.glob("data/*/*.parquet")):
        for row in pq.read_table(file).drop_columns(["audio"]).to_pylist():
            found[row["id"]] = {**row, "split": split_of(file)}
    return found


def faults_of(dataset: Path, out: Path) -> dict[str, str]:
    """What a check finds: the fault by the example's id."""
    return {fault.example_id: fault.what for checked in check_tasks(dataset, out) for fault in checked.faults}


def unbalanced(examples: Sequence[Example]) -> list[str]:
    """The kinds of reasoning of which a label is rarer or more frequent than chance allows."""
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for one in examples:
        if one["task"] == "reasoning":
            labels[one["kind"]][one["label"]] += 1
    return [
        f"{kind}: {dict(counts)}"
        for kind, counts in labels.items()
        if any(binomtest(counts[label], counts.total(), 1 / len(LABELS[kind])).pvalue < 0.001 for label in LABELS[kind])
    ]


def meddled(out: Path, copy_to: Path, change: Callable[[list[Example]], Sequence[Example]]) -> set[str]:
    """Copy a set with other examples of each file in it; return the ids of those that are not as they were."""
    copy_to.mkdir(parents=True)
    (copy_to / "audio").symlink_to(out / "audio")
    shutil.copy(out / "askqa.json", copy_to)
    changed = set()
    for file in files_of(out):
        before = pq.read_table(file).to_pylist()
        after = change(copy.deepcopy(before))
        changed |= {one["id"] for one, other in zip(after, before, strict=True) if one != other}
        target = copy_to / file.relative_to(out)
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(list(after), schema=SCHEMA), target)
    return changed
