"""What `askqa styles questions` makes of real conversations, and what their text alone gives away."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from askqa_builder import build, questions
from askqa_builder.dataset.manifest import read_manifest, shard_records
from askqa_builder.tasks.checking import check_tasks
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.paralinguistics.form import KINDS
from askqa_builder.tasks.paralinguistics.grounds import ground_of, told_grounds
from askqa_builder.tasks.paralinguistics.rules import unfit
from askqa_builder.tasks.reading import examples_of

from common import corpus, corpus_name, table

CONVERSATIONS = 100
SEEDS = range(5)
"""Of the questions; the styles, voices and speech are the same."""


def main() -> None:
    """Print three tables. Argument: the folder of a finished dataset, in place of one that is built."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = Path(sys.argv[1]) if sys.argv[1:] else folder / "dataset"
        if not sys.argv[1:]:
            build(corpus(folder, CONVERSATIONS), dataset, profiles="styled-flite", seed=1, cache="none")
            print(f"{CONVERSATIONS} conversations of {corpus_name()}, profile set styled-flite, seed 1.\n")
        leakages = []
        for seed in SEEDS:
            out = folder / f"questions-{seed}"
            questions(dataset, out, seed=seed)
            leakages.append((seed, _manifest(out)["leakage"]))
            if seed == 0:
                _print_questions(dataset, out)
            for clip in out.rglob("*.flac"):  # all of them together would be a gigabyte
                clip.unlink()
    print("A bag of words on the text alone, five folds by story, with its 95 % interval:\n")
    table(["seed", "kind", "questions with labels", "guessed", "chance"], list(_guessed(leakages)))


def _print_questions(dataset: Path, out: Path) -> None:
    found = [one for record in shard_records(_manifest(out)) for one in examples_of(out, record.file)]
    faults = Counter(fault.example_id.split("/")[2] for each in check_tasks(dataset, out) for fault in each.faults)
    rows = [(kind, *_counted([one for one in found if one.kind == kind], faults[kind])) for kind in KINDS]
    rows.append(("all", *_counted(found, faults.total())))
    columns = ["kind", "questions", "faults found by the checks", "asked twice of a row", "metadata-readable"]
    table([*columns, "that take a text for granted"], rows)
    grounds = Counter((one.kind, ground_of(one)) for one in found)
    told = [(kind, told_grounds(ground), count) for (kind, ground), count in sorted(grounds.items())]
    table(["kind", "the answer rests on", "questions"], told)


def _counted(found: list[Example], faults: int) -> tuple[int, ...]:
    twice = len(found) - len({(one.row_id, one.prompt) for one in found})
    readable = sum(bool(one.metadata_readable) for one in found)
    return len(found), faults, twice, readable, sum(unfit(one.prompt) is not None for one in found)


def _guessed(leakages: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[object, ...]]:
    for seed, leakage in leakages:
        for kind, one in leakage["kinds"].items():
            interval = f"{one['accuracy']:.1%} ({one['low']:.1%} to {one['high']:.1%})"
            yield seed, kind, one["examples"], interval, f"{one['chance']:.1%}"


def _manifest(out: Path) -> dict[str, Any]:
    manifest = read_manifest(out)
    assert manifest is not None
    return manifest


if __name__ == "__main__":
    main()
