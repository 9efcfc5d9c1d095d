"""One run of `score`: who listens to each turn, and what is written into the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.dataset.listening.listeners import Listener
from askqa_builder.dataset.listening.parts import Stretch, Turns
from askqa_builder.dataset.listening.session import Digests, ListeningSession
from askqa_builder.dataset.listening.store import HeardStore
from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.reading import reading_errors
from askqa_builder.dataset.replacing import Replacement
from askqa_builder.dataset.scores import is_scored, mark
from askqa_builder.progress import Progress
from askqa_builder.recognition.error_rate import error_rate
from askqa_builder.recording.timeline import to_samples
from askqa_builder.scoring.figures import VoiceFigures, WorstTurn, figures_by_voice, scored_turns, worst_turns
from askqa_builder.scoring.listeners import Choice, describe


@dataclass(frozen=True)
class ScoreReport:
    """A scored dataset.

    listeners: who listened, by what they give (`asr`, `mos`), as in the manifest. already_complete: nothing was left
    to do. voices, worst: see `scoring.figures`.
    """

    dataset: Path
    listeners: Mapping[str, Mapping[str, Any]]
    rows: int
    voices: Sequence[VoiceFigures]
    worst: Sequence[WorstTurn]
    already_complete: bool


class Session(ListeningSession):
    """A dataset locked for scoring, with its listeners open; use as a context manager."""

    store_name = "heard.sqlite"

    def __init__(self, dataset: Path, choices: Sequence[Choice], workers: int, progress: Progress) -> None:
        """Prepare to let the chosen listeners listen; workers: processes for those that compute on one core."""
        super().__init__(dataset, {choice.kind: choice for choice in choices}, workers, progress)

    def run(self) -> ScoreReport:
        """Score what is not scored yet, then add up."""
        with reading_errors(self._dataset):
            listened = self._listen()
            records = shard_records(self._manifest)
            voices = figures_by_voice(scored_turns(self._dataset, records))
            worst = worst_turns(scored_turns(self._dataset, records), voices)
            self._tell("scoring", self._scoring(voices))
        return ScoreReport(
            dataset=self._dataset,
            listeners=self.wanted,
            rows=sum(record.rows for record in records),
            voices=voices,
            worst=worst,
            already_complete=not listened,
        )

    def _scoring(self, voices: Sequence[VoiceFigures]) -> dict[str, Any]:
        """Return what the manifest says of a finished run.

        A listener whose run was never finished is forgotten: what it gave stands in some shards only.
        """
        whole = {kind: who for kind, who in self._manifest["scoring"].items() if is_scored(self._manifest, kind)}
        return {**whole, "voices": [voice.to_json() for voice in voices]}

    def _describe(self, key: str, listener: Listener) -> dict[str, Any]:
        return describe(key, listener.info)

    def _missing(self, entry: Mapping[str, Any]) -> list[str]:
        """Return what a shard still lacks: `asr`, `mos`."""
        marks = entry.get("scored", {})
        return [kind for kind, description in self.wanted.items() if marks.get(kind) != mark(description)]

    def _stretches(self, turns: Turns, sampling_rate: int) -> Iterator[Stretch]:
        for place, turn in enumerate(turns):
            start, end = (to_samples(turn[name], sampling_rate) for name in ("start", "end"))
            yield Stretch(place, start, end, end - start)

    def _replacement(
        self, entry: Mapping[str, Any], keys: Sequence[str], digests: Digests, store: HeardStore
    ) -> Replacement:
        scoring = {**self._manifest.get("scoring", {}), **{kind: self.wanted[kind] for kind in keys}}
        scoring.pop("voices", None)  # figures of what is no more
        marks = {**entry.get("scored", {}), **{kind: mark(self.wanted[kind]) for kind in keys}}
        waiting = iter(digests)

        def rewrite(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
            return {"turns": [self._scored(row["turns"], next(waiting), keys, store) for row in rows]}

        return Replacement(("turns",), rewrite, {"scored": marks}, {"scoring": scoring})

    def _scored(
        self, turns: Turns, digests: Sequence[bytes], kinds: Sequence[str], store: HeardStore
    ) -> list[dict[str, Any]]:
        """Return the turns of a row with their new scores."""
        return [
            {**turn, **self._scores(turn, digest, kinds, store)} for turn, digest in zip(turns, digests, strict=True)
        ]

    def _scores(
        self, turn: Mapping[str, Any], digest: bytes, kinds: Sequence[str], store: HeardStore
    ) -> dict[str, Any]:
        scores: dict[str, Any] = {}
        if "asr" in kinds:
            text = str(store.value(mark(self.wanted["asr"]), digest))
            scores |= {"asr_text": text, "wer": error_rate(turn["spoken_text"], text)}
        if "mos" in kinds:
            scores["mos"] = store.value(mark(self.wanted["mos"]), digest)
        return scores
