"""What a verification finds: single faults, and the report of them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

MOST_FINDINGS = 10_000
"""So many findings are kept; the others are only counted, so that a ruined dataset does not fill the memory."""

CHECKS = {
    "unfinished": "a build was interrupted here",
    "manifest": "askqa.json contradicts itself or the dataset",
    "card": "the card's figures are not the dataset's",
    "rejects": "rejected.jsonl is not what the manifest counts",
    "missing_file": "a shard is missing",
    "unlisted_file": "a file is among the shards that the manifest does not list",
    "hash": "a shard's bytes are not those that were written",
    "unreadable": "a shard, or a part of it, cannot be read",
    "schema": "columns are missing or of another type",
    "row_count": "a shard has more or fewer rows than the manifest says",
    "value": "a value is missing or not allowed",
    "id": "an id or a file name is not of the form it must have",
    "duplicate_id": "two rows have the same id",
    "audio": "a recording cannot be decoded or is of another format",
    "samples": "a recording's samples are not those of pcm_sha256",
    "length": "num_samples, duration or sampling_rate do not fit the recording",
    "times": "turns are out of order or outside the recording",
    "style": "a turn's style, emotion or measures contradict each other, the profile set, or what speech can be",
    "affect": "recognised emotions do not fit the turns, or words and turns do not fit their windows",
    "words": "words are out of order, outside their turn, or point to other text",
    "evidence": "the evidence does not stand, or is not narrated, where the row says",
    "response": "the response contradicts the row",
    "speakers": "a role is without speaker, or stands there twice",
    "prefix": "rows of one conversation differ in what they share",
    "gap": "something is heard where no turn is",
    "edges": "no speech within 20 ms of a turn's start or end",
    "silent_turn": "a turn without speech",
    "clipping": "samples at full scale",
    "level": "a recording louder than -1 dBFS, or quality.peak_dbfs is another",
    "loudness": "a turn is not as loud as requested",
    "measured": "speakers[].measured is not what is measured",
    "silence": "a long silence inside a turn",
    "pace": "a turn too long or too short for its text, voice and requested rate",
    "pitch": "a turn higher or lower than its voice at the requested pitch",
    "source": "the corpus is not what the manifest says, or a row is not the corpus's",
    "missing_row": "a row of the corpus is neither in the dataset nor rejected",
}
"""What can be found, by the slug in `Finding.check`."""


class Fault(NamedTuple):
    """Something wrong in a row whose place is known to whoever asked; turn: index in `turns`, None for the row."""

    check: str
    turn: int | None
    measured: str
    wanted: str


@dataclass(frozen=True)
class Finding:
    """Something wrong in a dataset.

    check: a key of CHECKS. file: relative to the dataset, None where no one file is meant. row: id of the row.
    turn: index in its `turns`. measured, wanted: in words, with units; they may hold text of the dataset.
    """

    check: str
    file: str | None
    row: str | None
    turn: int | None
    measured: str
    wanted: str


@dataclass
class VerifyReport:
    """What a verification found.

    findings: at most MOST_FINDINGS. counts: of all that was found, by check. rows, seconds: of recordings that were
    read. turns: that were measured.
    """

    dataset: Path
    thorough: bool
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    turns: int = 0
    seconds: float = 0.0

    def add(self, found: Iterable[Finding]) -> None:
        """Take note of findings."""
        for finding in found:
            self.counts[finding.check] += 1
            if len(self.findings) < MOST_FINDINGS:
                self.findings.append(finding)

    @property
    def total(self) -> int:
        """Number of findings, also of those that were only counted."""
        return self.counts.total()

    @property
    def exit_code(self) -> int:
        """0 where nothing was found, else 1."""
        return 1 if self.total else 0

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON-able mapping."""
        return {
            "thorough": self.thorough,
            "rows": self.rows,
            "turns": self.turns,
            "seconds": round(self.seconds, 3),
            "counts": dict(self.counts),
            "findings": [asdict(finding) for finding in self.findings],
        }
