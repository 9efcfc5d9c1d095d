"""What `askqa styles questions` makes of real conversations, and what their text alone gives away."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from askqa_builder import build, questions
from askqa_builder.dataset.manifest import read_manifest, shard_records
from askqa_builder.proportions import wilson
from askqa_builder.tasks.checking import check_tasks
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.leakage import Guessed, LeakageSample
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

SHUFFLES = 100

TASK = Paralinguistics(load_wordings())


def main() -> None:
    """Print its tables. Argument: the folder of a finished dataset, in place of one that is built."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = Path(sys.argv[1]) if sys.argv[1:] else folder / "dataset"
        if not sys.argv[1:]:
            build(corpus(folder, CONVERSATIONS), dataset, profiles="styled-flite", seed=1, cache="none")
            print(f"{CONVERSATIONS} conversations of {corpus_name()}, profile set styled-flite, seed 1.\n")
        guessed, shuffled = [], []
        for seed in SEEDS:
            out = folder / f"questions-{seed}"
            questions(dataset, out, seed=seed)
            found = [one for record in shard_records(_manifest(out)) for one in examples_of(out, record.file)]
            guessed.append(_kinds(found))
            if seed == SEEDS[0]:
                _print_questions(dataset, out, found)
                shuffled = [_kinds(_shuffled(found, number)) for number in range(SHUFFLES)]
            for clip in out.rglob("*.flac"):  # all of them together would be a gigabyte
                clip.unlink()
    print("A bag of words on the text alone, five folds by story, with its 95 % interval:\n")
    table(["seed", "kind", "questions with labels", "guessed", "chance"], list(_rows(guessed)))
    print(
        "Each example is learnt from when others are asked, so these intervals are too narrow. What they should be "
        f"shows where there is nothing to guess: the labels of seed {SEEDS[0]}'s questions, shuffled {SHUFFLES} times "
        "among those of a kind and a choice of labels.\n"
    )
    table(["kind", "guessed with shuffled labels (95 % of the shuffles)"], list(_shuffles(shuffled)))


def _kinds(found: Iterable[Example]) -> Mapping[str, Guessed]:
    """Measure what the text gives away of each kind."""
    sample = LeakageSample([TASK])
    for one in found:
        sample.offer(one)
    measured = sample.measure()
    assert measured is not None
    return measured.kinds


def _shuffled(found: Iterable[Example], number: int) -> Iterator[Example]:
    """Yield the examples that have labels, these shuffled among those that could have the same."""
    choices: dict[tuple[object, ...], list[Example]] = defaultdict(list)
    for one in found:
        if one.label is not None and (labels := TASK.labels_of(one)):
            choices[one.kind, labels].append(one)
    for ones in choices.values():
        others = [one.label for one in ones]
        Random(number).shuffle(others)
        yield from (replace(one, label=label) for one, label in zip(ones, others, strict=True))


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


def _rows(guessed: list[Mapping[str, Guessed]]) -> Iterator[tuple[object, ...]]:
    for kind in sorted(guessed[0]):
        ones = [kinds[kind] for kinds in guessed]
        for seed, one in zip(SEEDS, ones, strict=True):
            yield seed, kind, one.examples, _told(one.accuracy, (one.low, one.high)), f"{one.chance:.1%}"
        count = sum(one.examples for one in ones)
        right = sum(round(one.accuracy * one.examples) for one in ones)
        yield "all", kind, count, _told(right / count, wilson(right, count)), f"{ones[0].chance:.1%}"


def _shuffles(shuffled: list[Mapping[str, Guessed]]) -> Iterator[tuple[str, str]]:
    for kind in sorted(shuffled[0]):
        low, middle, high = np.percentile([kinds[kind].accuracy for kinds in shuffled], (2.5, 50.0, 97.5))
        yield kind, _told(float(middle), (float(low), float(high)))


def _told(accuracy: float, interval: tuple[float, float]) -> str:
    return f"{accuracy:.1%} ({interval[0]:.1%} to {interval[1]:.1%})"


def _manifest(out: Path) -> dict[str, Any]:
    manifest = read_manifest(out)
    assert manifest is not None
    return manifest


if __name__ == "__main__":
    main()
