"""What people have to read so that their recordings take the place of synthesis: `askqa script`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.build.recorded import is_shared, recording_name
from askqa_builder.corpus.conversation import Act, Role
from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.reading import finished_manifest, reading_errors, row_groups

_COLUMNS = ("conversation_id", "branch", "rendition", "turns")


@dataclass(frozen=True)
class Line:
    """A turn to read, or one that is heard before it.

    file: what its recording is to be called; None for a turn that is not read. text: as in the source.
    """

    conversation: str
    rendition: int
    role: Role
    act: Act
    file: str | None
    text: str


def script(dataset: str | Path, roles: Collection[Role] = tuple(Role), missing: Path | None = None) -> Iterator[Line]:
    """Yield the turns of a finished dataset in the order of its rows, each once; those of `roles` are to be read.

    missing: a folder of recordings; what is there need not be read again.
    Raises UsageError where there is no finished dataset, AskqaError where it is damaged.
    """
    dataset = Path(dataset)
    records = shard_records(finished_manifest(dataset))
    told: set[tuple[str, int, str, int, str]] = set()
    with reading_errors(dataset):
        for record in records:
            for table in row_groups(dataset / record.file, _COLUMNS):
                for row in table.to_pylist():
                    yield from _lines(row, roles, missing, told)


def _lines(
    row: Mapping[str, Any], roles: Collection[Role], missing: Path | None, told: set[tuple[str, int, str, int, str]]
) -> Iterator[Line]:
    """Yield the turns of a row that no row before it had, after the turn that they follow."""
    conversation, rendition = row["conversation_id"], row["rendition"]
    before: Line | None = None
    for index, turn in enumerate(row["turns"]):
        role, act = Role(turn["role"]), Act(turn["act"])
        # the clarifying question is the same for all branches
        key = (conversation, rendition, turn["role"], index, turn["text"])
        if key in told:
            before = Line(conversation, rendition, role, act, None, turn["text"])
            continue
        told.add(key)
        if before is not None:
            yield before
            before = None
        name = recording_name(conversation, rendition, None if is_shared(act) else row["branch"], index, role)
        wanted = role in roles and not (missing is not None and (missing / f"{name}.wav").is_file())
        yield Line(conversation, rendition, role, act, f"{name}.wav" if wanted else None, turn["text"])
