"""Writing the files of a set, one for each of the dataset's, and the sounds that they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.source import Source
from askqa_builder.hearing.clip_files import ClipFiles
from askqa_builder.progress import Progress, Totals
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.folder import TasksFolder, shard_file, write_examples
from askqa_builder.tasks.left_out import LeftOut, refused
from askqa_builder.tasks.making import Maker
from askqa_builder.tasks.preparing import Prepared


def write_files(
    source: Source, folder: TasksFolder, prepared: Prepared, clips: ClipFiles, progress: Progress
) -> list[ShardRecord]:
    """Write the files that are not committed yet, and what is left out of them; return the records of all.

    Raises AskqaError where a task fails or a shard of the dataset is damaged, and StorageError.
    """
    files = _files(source.records)
    known = {file: record for file in files if (record := folder.committed(file)) is not None}
    left_out = LeftOut(folder.out, prepared.rejects, known)
    done = sum(record.rows for record, file in zip(source.records, files, strict=True) if file in known)
    seconds = prepared.survey.seconds / prepared.survey.rows if prepared.survey.rows else 0.0
    progress.start(Totals(prepared.survey.rows, prepared.survey.seconds), Totals(done, done * seconds))
    try:
        for shard, file in zip(source.records, files, strict=True):
            if file not in known:
                one = _File(source, shard, file, prepared.maker, clips)
                known[file] = write_examples(folder.out, file, shard.split, one.examples(progress))
                left_out.add(file, one.refused)
                folder.commit(known[file])
    finally:
        progress.stop()
    return [known[file] for file in files]


class _File:
    """The examples of one file, and their sounds. refused: what is left out of it, once `examples` is exhausted."""

    def __init__(self, source: Source, shard: ShardRecord, file: str, maker: Maker, clips: ClipFiles) -> None:
        self._source, self._shard, self._file = source, shard, file
        self._maker, self._clips = maker, clips
        self.refused: list[Reject] = []

    def examples(self, progress: Progress) -> Iterator[Example]:
        for row in self._source.whole(self._shard):
            made = self._maker.of_row(row, self._shard.split)
            self.refused += [refused(one.id, one.task, one.kind, self._file, fault) for one, fault in made.refused]
            if made.kept:
                self._clips.write(row, made.heard, self._shard.split)
            yield from made.kept
            progress.advance(1, row["duration"], row["duration"])


def _files(records: Sequence[ShardRecord]) -> list[str]:
    """Return the name of each dataset shard's examples: numbered through its split, configuration by configuration."""
    of = Counter(record.split for record in records)
    numbers: Counter[str] = Counter()
    names = []
    for record in records:
        names.append(shard_file(record.split, numbers[record.split], of[record.split]))
        numbers[record.split] += 1
    return names
