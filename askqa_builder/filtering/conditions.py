"""What a row must fulfil to be kept, and what is said of one that does not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from askqa_builder.corpus.rejects import describe, quote
from askqa_builder.dataset.scores import is_scored
from askqa_builder.errors import UsageError
from askqa_builder.filtering.where import Where, parse_where
from askqa_builder.scoring.figures import Voice, voices_of


@dataclass(frozen=True)
class Conditions:
    """Conditions on rows; None asks nothing. Checked when made: UsageError.

    max_wer: the most that `wer` of any turn may be. max_wer_over_baseline: the most that it may lie above the
    baseline of the turn's voice. min_mos: the least that `mos` of any turn may be. where: see `filtering.where`.
    A turn without the figure, as one with no words to compare, fulfils them.
    """

    max_wer: float | None = None
    max_wer_over_baseline: float | None = None
    min_mos: float | None = None
    where: str | None = None

    def __post_init__(self) -> None:
        if all(value is None for value in self.to_json().values()):
            raise UsageError("nothing to filter by: give --max-wer, --max-wer-over-baseline, --min-mos or --where")
        for name in ("max_wer", "max_wer_over_baseline", "min_mos"):
            value = getattr(self, name)
            wrong = isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf
            if value is not None and wrong:
                raise UsageError(f"{name.replace('_', ' ')}: {value!r} is not allowed; give a number from 0")
        if self.where is not None:
            parse_where(self.where)

    def to_json(self) -> dict[str, Any]:
        """Return the manifest's entry."""
        return {
            "max_wer": self.max_wer,
            "max_wer_over_baseline": self.max_wer_over_baseline,
            "min_mos": self.min_mos,
            "where": self.where,
        }

    def check_scored(self, manifest: Mapping[str, Any]) -> None:
        """Raise UsageError where the dataset has not been scored, to the end, by what the conditions ask for."""
        scoring = manifest.get("scoring", {})
        asked = {
            "asr": self.max_wer is not None or self.max_wer_over_baseline is not None,
            "mos": self.min_mos is not None,
        }
        for kind, wanted in asked.items():
            if wanted and not ("voices" in scoring and is_scored(manifest, kind)):
                name = {"asr": "--asr whisper", "mos": "--mos utmos --mos-model FILE"}[kind]
                raise UsageError(
                    f"the dataset has no such scores, or not all of them; first: askqa score DATASET {name}"
                )


@dataclass(frozen=True)
class Verdict:
    """Why a row is left out. reason: slug to count by. detail: one readable line."""

    row_id: str
    reason: str
    detail: str


class Judge:
    """Judges rows by conditions and the dataset's baselines."""

    def __init__(self, conditions: Conditions, manifest: Mapping[str, Any]) -> None:
        """Prepare for a dataset. Raises UsageError where it lacks scores that the conditions ask for."""
        conditions.check_scored(manifest)
        self._conditions = conditions
        self._where: Where | None = None if conditions.where is None else parse_where(conditions.where)
        self._baselines: dict[Voice, float | None] = {
            (voice["engine"], voice["voice"]): voice["baseline"]
            for voice in manifest.get("scoring", {}).get("voices", [])
        }

    @property
    def columns(self) -> list[str]:
        """The columns that have to be read to judge."""
        named = [] if self._where is None else [column.split(".")[0] for column in self._where.columns]
        return list(dict.fromkeys(["id", "turns", "speakers", *named]))

    def judge(self, rows: pa.Table) -> Iterator[Verdict | None]:
        """Yield for each row why it is left out; None where it is kept. Columns as `dataset.upgrade` gives them."""
        fulfilled = [True] * len(rows) if self._where is None else self._where.holds(rows)
        for row, holds in zip(rows.select(self.columns).to_pylist(), fulfilled, strict=True):
            yield self._judge_row(row, holds)

    def _judge_row(self, row: Mapping[str, Any], holds: bool) -> Verdict | None:
        if not holds and self._where is not None:
            values = ", ".join(f"{name} is {_said(_value(row, name))}" for name in self._where.columns)
            return Verdict(row["id"], "where", values)
        voices = voices_of(row)
        for place, turn in enumerate(row["turns"]):
            fault = self._fault(turn, voices[turn["role"]])
            if fault is not None:
                reason, detail = fault
                return Verdict(row["id"], reason, f"turn {place}, {quote(turn['spoken_text'])}: {detail}")
        return None

    def _fault(self, turn: Mapping[str, Any], voice: Voice) -> tuple[str, str] | None:
        conditions, wer, mos = self._conditions, turn["wer"], turn["mos"]
        if conditions.max_wer is not None and wer is not None and wer > conditions.max_wer:
            return "wer_above_maximum", f"wer {wer:.3f}, allowed {conditions.max_wer:g}"
        most, baseline = conditions.max_wer_over_baseline, self._baselines.get(voice)
        if most is not None and wer is not None and baseline is not None and wer - baseline > most:
            return (
                "wer_above_baseline",
                f"wer {wer:.3f}, baseline of {quote(voice[1])} {baseline:.3f}, allowed {most:g} above",
            )
        if conditions.min_mos is not None and mos is not None and mos < conditions.min_mos:
            return "mos_below_minimum", f"mos {mos:.3f}, wanted {conditions.min_mos:g}"
        return None


def _value(row: Mapping[str, Any], name: str) -> Any:
    value: Any = row
    for part in name.split("."):
        value = None if value is None else value[part]
    return value


def _said(value: Any) -> str:
    return quote(value) if isinstance(value, str) else describe(value).removeprefix("the number ")
