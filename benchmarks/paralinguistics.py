"""What `askqa styles questions` makes of real conversations, and what their text alone gives away."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from redrawn import Redrawn, stories

from askqa_builder import build, questions
from askqa_builder.dataset.manifest import read_manifest, shard_records
from askqa_builder.proportions import wilson
from askqa_builder.tasks.checking import check_tasks
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.leakage import Guessed, Leakage, LeakageSample
from askqa_builder.tasks.paralinguistics.form import KINDS
from askqa_builder.tasks.paralinguistics.grounds import ground_of, told_grounds
from askqa_builder.tasks.paralinguistics.rules import unfit
from askqa_builder.tasks.paralinguistics.task import Paralinguistics
from askqa_builder.tasks.reading import examples_of
from askqa_builder.tasks.wordings import load_wordings

from common import corpus, corpus_name, table

CONVERSATIONS = 100
SEEDS = range(5)
"""Of the questions; the styles, voices and speech are the same."""

PROFILES = "styled-flite"

DRAWS = 200
"""Other seeds of styles, voices and questions."""

FEWER = (30, 10)
"""Stories, drawn from those there are."""

TASK = Paralinguistics(load_wordings())


def main() -> None:
    """Print its tables. Argument: the folder of a dataset that is built so, in place of one that is built."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = Path(sys.argv[1]) if sys.argv[1:] else folder / "dataset"
        if not sys.argv[1:]:
            build(corpus(folder, CONVERSATIONS), dataset, profiles=PROFILES, seed=1, cache="none")
        print(f"{CONVERSATIONS} conversations of {corpus_name()}, profile set {PROFILES}, seed 1.\n")
        made = []
        for seed in SEEDS:
            out = folder / f"questions-{seed}"
            questions(dataset, out, seed=seed)
            found = [one for record in shard_records(_manifest(out)) for one in examples_of(out, record.file)]
            made.append(found)
            if seed == SEEDS[0]:
                _print_questions(dataset, out, found)
            for clip in out.rglob("*.flac"):  # all of them together would be a gigabyte
                clip.unlink()
        print("A bag of words on the text alone, five folds by story, with its 95 % interval:\n")
        table(["seed", "kind", "questions with labels", "guessed", "chance"], list(_rows(made)))
        _print_coverage(Redrawn(dataset, PROFILES))


def _measured(found: Iterable[Example]) -> Leakage | None:
    """Measure what the text gives away."""
    sample = LeakageSample([TASK])
    for one in found:
        sample.offer(one)
    return sample.measure()


def _print_coverage(redrawn: Redrawn) -> None:
    """Print how often chance is in the interval where there is nothing to guess but what has been drawn."""
    drawn = [list(redrawn.examples(seed)) for seed in range(DRAWS)]
    there = len(stories([one for found in drawn for one in found]))
    rows = list(_coverage(there, [_measured(found) for found in drawn]))
    for count in FEWER:
        rows += _coverage(count, [_measured(_of_stories(found, count, seed)) for seed, found in enumerate(drawn)])
    print(
        f"Styles, voices and questions of the same conversations, drawn with {DRAWS} other seeds and not spoken: how "
        "often these intervals hold chance (95 % of them should), and how often Wilson's for as many independent "
        "questions would. Sets without five stories in any choice of labels are not measured.\n"
    )
    columns = ["stories", "kind", "sets", "questions", "guessed: mean", "standard deviation", "these intervals"]
    table([*columns, "median width", "Wilson's", "median width"], rows)


def _of_stories(found: Sequence[Example], count: int, seed: int) -> list[Example]:
    chosen = set(Random(seed).sample(stories(found), count))
    return [one for one in found if one.story_id in chosen]


def _coverage(count: int, measured: Sequence[Leakage | None]) -> Iterator[tuple[object, ...]]:
    for kind in ("ce", "cg"):
        found = [one.kinds[kind] for one in measured if one is not None and kind in one.kinds]
        shares = np.array([one.accuracy for one in found])
        ours = [(one.low, one.high) for one in found]
        alone = [wilson(one.accuracy * one.examples, one.examples) for one in found]
        yield (
            count,
            kind,
            len(found),
            round(float(np.mean([one.examples for one in found]))),
            f"{shares.mean():.1%}",
            f"{shares.std(ddof=1):.1%}",
            *_held(ours, found),
            *_held(alone, found),
        )


def _held(intervals: Sequence[tuple[float, float]], found: Sequence[Guessed]) -> tuple[str, str]:
    """Return how often chance is in an interval, and how wide these are."""
    held = [low <= one.chance <= high for (low, high), one in zip(intervals, found, strict=True)]
    return f"{np.mean(held):.1%}", f"{np.median([high - low for low, high in intervals]):.1%}"


def _print_questions(dataset: Path, out: Path, found: list[Example]) -> None:
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


def _rows(made: Sequence[Sequence[Example]]) -> Iterator[tuple[object, ...]]:
    """Yield what is guessed of each seed's questions, and of all together."""
    together = [replace(one, id=f"{seed}/{one.id}") for seed, found in zip(SEEDS, made, strict=True) for one in found]
    kinds = [(seed, _kinds(found)) for seed, found in [*zip(SEEDS, made, strict=True), ("all", together)]]
    for kind in kinds[0][1]:
        for seed, measured in kinds:
            one = measured[kind]
            yield seed, kind, one.examples, _told(one.accuracy, (one.low, one.high)), f"{one.chance:.1%}"


def _kinds(found: Iterable[Example]) -> Mapping[str, Guessed]:
    measured = _measured(found)
    assert measured is not None
    return measured.kinds


def _told(accuracy: float, interval: tuple[float, float]) -> str:
    return f"{accuracy:.1%} ({interval[0]:.1%} to {interval[1]:.1%})"


def _manifest(out: Path) -> dict[str, Any]:
    manifest = read_manifest(out)
    assert manifest is not None
    return manifest


if __name__ == "__main__":
    main()
