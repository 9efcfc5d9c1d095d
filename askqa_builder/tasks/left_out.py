"""What is left out of a set: examples that a task's own check refuses, and stories about which nothing was written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from askqa_builder.corpus.rejects import Reject, escape, quote
from askqa_builder.dataset.manifest import read_rejected, write_rejected

REFUSED = "refused_by_check"
"""The reason of an example that its task's check refuses."""

MOST_REFUSED = 0.1
"""Of a kind's examples; a check that refuses more is told in words of its own."""


def refused(example_id: str, task: str, kind: str, file: str, fault: str) -> Reject:
    """Return the entry of an example in `rejected.jsonl`. file: in which it would stand."""
    return Reject(example_id, file, None, "write", REFUSED, f"{task}/{kind}: {fault}")


class LeftOut:
    """The rejects of a set in the making; on the disk it is never behind the files that are committed."""

    def __init__(self, out: Path, stories: Sequence[Reject], committed: Collection[str]) -> None:
        """Begin with the stories that the writer failed at, and what was refused of files that are committed."""
        self._out = out
        self._stories = stories
        self._of_file: dict[str, list[Reject]] = defaultdict(list)
        for reject in read_rejected(out):
            if reject.file in committed:
                self._of_file[reject.file].append(reject)
        self._write()

    def add(self, file: str, rejects: Sequence[Reject]) -> None:
        """Note what was refused of a file, before it is committed."""
        if rejects:
            self._of_file[file] = list(rejects)
            self._write()

    def _write(self) -> None:
        write_rejected(self._out, chain(self._stories, *(self._of_file[file] for file in sorted(self._of_file))))


def reasons(rejects: Iterable[Reject]) -> dict[str, int]:
    """Count rejects by their reason."""
    return dict(sorted(Counter(reject.reason for reject in rejects).items()))


def mostly_refused(rejects: Iterable[Reject], made: Mapping[tuple[str, str, str], int]) -> list[str]:
    """Describe each kind of which a task's check refuses more than a tenth. made: examples by split, task and kind."""
    kinds: dict[str, list[Reject]] = defaultdict(list)
    for reject in rejects:
        if reject.reason == REFUSED:
            kinds[reject.detail.partition(": ")[0]].append(reject)
    kept: Counter[str] = Counter()
    for (_, task, kind), count in made.items():
        kept[f"{task}/{kind}"] += count
    told = []
    for kind, ones in sorted(kinds.items()):
        of_all = len(ones) + kept[kind]
        if len(ones) > MOST_REFUSED * of_all:
            share = "all" if not kept[kind] else f"{len(ones)} of"
            first, why = escape(ones[0].id or ""), quote(ones[0].detail.partition(": ")[2])
            told.append(
                f"{kind}: its own check refuses {share} {of_all} examples, the first, {first}, as {why}; mend the task"
            )
    return told
