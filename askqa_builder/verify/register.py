"""What must be remembered of all rows: ids, shared prefixes, measures of turns. On disk: memory does not grow."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from askqa_builder.seeds import digest
from askqa_builder.verify.findings import Finding
from askqa_builder.verify.measures import FEATURES, TurnMeasure

SAMPLED_TURNS = 200
"""Turns of a voice that others are compared with."""

_KEY_BYTES = 16

_FEATURE_COLUMNS = ", ".join(f"feature_{i} REAL" for i in range(len(FEATURES)))

_TABLES = f"""
CREATE TABLE ids (id TEXT PRIMARY KEY, file TEXT) WITHOUT ROWID;
CREATE TABLE prefixes (key BLOB PRIMARY KEY, start INT, stop INT, samples BLOB, row TEXT) WITHOUT ROWID;
CREATE TABLE turns (file TEXT, row TEXT, sample BLOB, turn INT, engine TEXT, voice TEXT, rate REAL, pitch REAL,
    seconds REAL, {_FEATURE_COLUMNS}, question INT, f0 REAL, f0_seconds REAL);
CREATE INDEX of_voice ON turns (engine, voice, sample);
"""


@dataclass(frozen=True)
class SharedPrefix:
    """A row up to the end of one of its turns. key: conversation, rendition and the texts so far.

    start, end: of that turn, in samples. samples: digest of all samples up to `end`, empty where the codec is lossy.
    """

    key: bytes
    start: int
    end: int
    samples: bytes


@dataclass(frozen=True)
class RowFacts:
    """What one row adds to the register."""

    file: str
    id: str
    prefixes: Sequence[SharedPrefix]
    turns: Sequence[TurnMeasure]


@dataclass(frozen=True)
class HeardTurn:
    """A measured turn with where it is. sample: the same for the same turn in several rows of a conversation."""

    file: str
    row: str
    sample: bytes
    measure: TurnMeasure


def prefix_keys(conversation: str, rendition: int, texts: Sequence[Sequence[str]]) -> list[bytes]:
    """Return a key for each prefix of a row, equal in rows that share it; texts: role, act and text of each turn."""
    keys = []
    chain = digest(conversation, rendition)
    for parts in texts:
        chain = digest(chain.hex(), *parts)
        keys.append(chain[:_KEY_BYTES])
    return keys


class Register:
    """Takes the facts of all rows; use as a context manager. file: made anew, and the caller's to remove."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES}")
        self._database.execute("BEGIN")

    def __enter__(self) -> Register:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, facts: RowFacts) -> Iterator[Finding]:
        """Take a row, and yield what contradicts those that came before it."""
        added = self._database.execute("INSERT OR IGNORE INTO ids VALUES (?, ?)", (facts.id, facts.file))
        if not added.rowcount:
            other = self._database.execute("SELECT file FROM ids WHERE id = ?", (facts.id,)).fetchone()[0]
            yield Finding("duplicate_id", facts.file, facts.id, None, f"also in {other}", "each id once")
        yield from self._compare(facts)
        for turn in facts.turns:
            prefix = facts.prefixes[turn.index]
            index, engine, voice, rate, pitch, seconds, features, question, f0, f0_seconds = astuple(turn)
            values = (facts.file, facts.id, prefix.samples or prefix.key, index, engine, voice, rate, pitch, seconds)
            values = (*values, *features, question, f0, f0_seconds)
            self._database.execute(f"INSERT INTO turns VALUES ({', '.join('?' * len(values))})", values)

    def has(self, row_id: str) -> bool:
        """Tell whether a row of this id was added."""
        return self._database.execute("SELECT 1 FROM ids WHERE id = ?", (row_id,)).fetchone() is not None

    def voices(self) -> list[tuple[str, str]]:
        """Return the (engine, voice) pairs heard, sorted."""
        return self._database.execute("SELECT DISTINCT engine, voice FROM turns ORDER BY engine, voice").fetchall()

    def turns(self, engine: str, voice: str) -> Iterator[HeardTurn]:
        """Yield all turns of a voice in the order of the dataset."""
        yield from self._select("engine = ? AND voice = ? ORDER BY rowid", engine, voice)

    def sampled(self, engine: str, voice: str) -> list[HeardTurn]:
        """Return at most SAMPLED_TURNS different turns of a voice, drawn by their digests."""
        where = f"engine = ? AND voice = ? GROUP BY sample, turn ORDER BY sample LIMIT {SAMPLED_TURNS}"
        return list(self._select(where, engine, voice))

    def _compare(self, facts: RowFacts) -> Iterator[Finding]:
        """Compare what a row shares with another; what follows the first difference differs with it."""
        for i, prefix in enumerate(facts.prefixes):
            values = (prefix.key, prefix.start, prefix.end, prefix.samples, facts.id)
            if self._database.execute("INSERT OR IGNORE INTO prefixes VALUES (?, ?, ?, ?, ?)", values).rowcount:
                continue
            query = "SELECT start, stop, samples, row FROM prefixes WHERE key = ?"
            start, end, samples, other = self._database.execute(query, (prefix.key,)).fetchone()
            if (start, end, samples) != values[1:4] and other != facts.id:
                same_times = (start, end) == (prefix.start, prefix.end)
                measured = "other samples" if same_times else f"samples {prefix.start} to {prefix.end}"
                wanted = f"as in {other}" if same_times else f"{start} to {end}, as in {other}"
                yield Finding("prefix", facts.file, facts.id, i, measured, wanted)
                return

    def _select(self, where: str, *values: str) -> Iterator[HeardTurn]:
        for file, row, sample, index, engine, voice, rate, pitch, seconds, *rest in self._database.execute(
            f"SELECT * FROM turns WHERE {where}", values
        ):
            features, (question, f0, f0_seconds) = tuple(rest[: len(FEATURES)]), rest[len(FEATURES) :]
            measure = TurnMeasure(index, engine, voice, rate, pitch, seconds, features, bool(question), f0, f0_seconds)
            yield HeardTurn(file, row, sample, measure)
