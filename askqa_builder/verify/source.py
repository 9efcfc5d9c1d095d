"""A dataset's rows against the corpus that they were made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from askqa_builder.corpus.conversation import Clarification, Conversation, ResponsePoint, Stage
from askqa_builder.corpus.grouping import GroupSplit
from askqa_builder.corpus.published import local_source
from askqa_builder.corpus.reading_choice import make_reading
from askqa_builder.corpus.rejects import Reject
from askqa_builder.corpus.selection import Corpus, read_corpus
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.corpus.sources import find_sources
from askqa_builder.dataset.manifest import HISTORY_USE, MANIFEST_NAME
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.errors import UsageError
from askqa_builder.verify.findings import Finding
from askqa_builder.verify.register import Register
from askqa_builder.verify.structure import missing_values

_COLUMNS = [
    "id",
    "conversation_id",
    "story_id",
    "source",
    "target_turn_id",
    "stage",
    "branch",
    "ambiguous",
    "language",
    "license",
    "story",
    "turns",
    "response",
    "evidence",
    "clarifications",
]

_SHOWN_CHARACTERS = 60


class SourceCheck:
    """The conversations of a corpus, as the build that the manifest describes chose them."""

    def __init__(self, source: Path, manifest: Mapping[str, Any], coqa: Path | None = None) -> None:
        """Read the corpus. coqa: where the build took history from. Raises UsageError where they cannot be read."""
        self._manifest = manifest
        self._files = _with_splits(source, manifest)
        grouping = manifest["selection"].get("group_split")
        reading = make_reading(self._files, manifest["selection"].get("turns"), _history(manifest, coqa))
        corpus = read_corpus(
            self._files,
            limit=manifest["selection"]["limit"],
            domains=manifest["selection"]["domains"],
            redistributable=manifest["selection"]["redistributable"],
            grouping=GroupSplit.from_json(grouping) if grouping is not None else None,
            reading=reading,
        )
        self._conversations = {conversation.id: (split, conversation) for split, conversation in corpus.conversations}
        self._corpus: Corpus = corpus
        self._files += reading.history
        known = {entry["sha256"] for entry in manifest["sources"]}
        self._whole = known <= {file.sha256 for file in self._files}

    def check_files(self) -> Iterator[Finding]:
        """Yield the sources that are not among the manifest's."""
        known = {entry["sha256"]: entry["name"] for entry in self._manifest["sources"]}
        for file in self._files:
            if file.sha256 not in known:
                measured = f"{file.name}, SHA-256 {file.sha256}"
                yield Finding("source", MANIFEST_NAME, None, None, measured, "one of the manifest's sources")

    def check_shard(self, dataset: Path, record: ShardRecord) -> Iterator[Finding]:
        """Yield the rows of a readable shard that are not the corpus's; the audio is not read."""
        with pq.ParquetFile(dataset / record.file) as parquet:
            for batch in parquet.iter_batches(batch_size=256, columns=_COLUMNS):
                for read in batch.to_pylist():
                    row = dict.fromkeys(_COLUMNS) | read
                    if missing_values(row):  # which were found when the row was read
                        continue
                    for turn, measured, wanted in self._differences(row, record.split):
                        yield Finding("source", record.file, row["id"], turn, measured, wanted)

    def missing_rows(self, rejects: Iterable[Reject], register: Register) -> Iterator[Finding]:
        """Yield what should have a row or a reject and has neither."""
        rejected = {reject.id for reject in rejects}
        stages = [Stage(stage) for stage in self._manifest["stages"]]
        for _, conversation in self._conversations.values():
            for rendition in range(self._manifest["renditions"]):
                suffix = f"~{rendition}" if rendition else ""
                for point in conversation.points(stages):
                    row_id = f"{conversation.id}{point.suffix}{suffix}"
                    gone = row_id not in rejected and f"{conversation.id}{suffix}" not in rejected
                    if gone and not register.has(row_id):
                        place = f"a row, or a line in rejected.jsonl ({conversation.file}, item {conversation.index})"
                        yield Finding("missing_row", None, row_id, None, "neither row nor reject", place)

    def _differences(self, row: Mapping[str, Any], split: str) -> Iterator[tuple[int | None, str, str]]:
        """Yield turn, what stands there, what the corpus has."""
        if row["conversation_id"] not in self._conversations:
            if self._whole:
                yield None, f"conversation {row['conversation_id']!r}", "one of the corpus's that the build chose"
            return
        own_split, conversation = self._conversations[row["conversation_id"]]
        if split != own_split:
            yield None, f"split {split}", own_split
        point = next((point for point in conversation.points(tuple(Stage)) if _is_of(point, row)), None)
        if point is None:
            yield None, f"{row['stage']}, branch {row['branch']}", "a response point of the conversation"
            return
        for name, wanted in _columns(conversation, point).items():
            found = _plain(row[name])
            if found != wanted:
                yield None, f"{name} {_shown(found)}", _shown(wanted)
        if len(row["turns"]) != len(point.turns):
            yield None, f"{len(row['turns'])} turns", f"{len(point.turns)} turns"
            return
        for i, (turn, wanted_turn) in enumerate(zip(row["turns"], point.turns, strict=True)):
            heard = (turn["role"], turn["act"], turn["text"])
            wanted = (wanted_turn.role.value, wanted_turn.act.value, wanted_turn.text)
            if heard != wanted:
                yield i, _shown(heard), _shown(wanted)


def _with_splits(source: Path, manifest: Mapping[str, Any]) -> list[SourceFile]:
    """Find the source files; a file's split is the one that the manifest says of these bytes."""
    splits = {entry["sha256"]: entry["split"] for entry in manifest["sources"]}
    built = set(splits.values())
    only = next(iter(built)) if len(built) == 1 else None
    local = local_source(source, only)
    files = find_sources(local, only if local != source else None)  # of a corpus by name, what the build took
    return [replace(file, split=splits.get(file.sha256, file.split)) for file in files]


def _history(manifest: Mapping[str, Any], coqa: Path | None) -> Path | None:
    """Return where the history is; UsageError where the build had some and none is given, or the other way round."""
    names = [entry["name"] for entry in manifest["sources"] if entry.get("use") == HISTORY_USE]
    if names and coqa is None:
        raise UsageError(f"the dataset takes its history from {', '.join(names)}; give that too, with --coqa")
    if coqa is not None and not names:
        raise UsageError("the dataset was built without --coqa; leave it out")
    return coqa


def _is_of(point: ResponsePoint, row: Mapping[str, Any]) -> bool:
    return (point.stage.value, point.branch) == (row["stage"], row["branch"])


def _columns(conversation: Conversation, point: ResponsePoint) -> dict[str, Any]:
    """Return what the columns that come from the corpus must hold."""
    response, evidence = point.response, conversation.evidence
    return {
        "story_id": conversation.story_id,
        "source": conversation.source,
        "target_turn_id": conversation.target_turn_id,
        "ambiguous": conversation.ambiguous,
        "language": conversation.language,
        "license": conversation.licence,
        "story": conversation.story,
        "response": {
            "action": response.action.value,
            "text": response.text,
            "references": list(response.references),
            "answerable": response.answerable,
        },
        "evidence": {
            "text": evidence.text if evidence else None,
            "char_start": evidence.char_start if evidence else None,
            "char_end": evidence.char_end if evidence else None,
        },
        "clarifications": [_clarification(clarification) for clarification in conversation.clarifications],
    }


def _clarification(clarification: Clarification) -> dict[str, Any]:
    branches = [{"reply": branch.reply, "answers": list(branch.answers)} for branch in clarification.branches]
    return {"question": clarification.question, "branches": branches}


def _plain(value: Any) -> Any:
    """Return a column's value without the times of the evidence, which the corpus does not know."""
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if key not in ("start", "end")}
    return value


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"
