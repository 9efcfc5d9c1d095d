"""One run of `score`: shard by shard, first everything is listened to, then the shard is written anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.dataset.card import write_card
from askqa_builder.dataset.manifest import CARD_NAME, shard_records, write_manifest
from askqa_builder.dataset.reading import finished_manifest, reading_errors, row_groups
from askqa_builder.dataset.schema import FORMAT_VERSION
from askqa_builder.dataset.scores import is_scored, mark
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.statistics import summarise
from askqa_builder.dataset.upgrade import check_rewritable
from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError
from askqa_builder.files import remove_temporaries, storage_errors
from askqa_builder.locking import LOCK_NAME, lock_folder, release
from askqa_builder.output_folder import STATE_FOLDER
from askqa_builder.progress import Progress, Totals
from askqa_builder.recognition.error_rate import error_rate
from askqa_builder.scoring.figures import VoiceFigures, WorstTurn, figures_by_voice, scored_turns, worst_turns
from askqa_builder.scoring.hearing import Hearing
from askqa_builder.scoring.listeners import Choice, describe
from askqa_builder.scoring.replacing import TurnScores, finish_replacing, replace_shard
from askqa_builder.scoring.store import STORE_NAME, HeardStore
from askqa_builder.scoring.workers import open_room


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


class Session:
    """A dataset locked for scoring, with its listeners open; use as a context manager."""

    def __init__(self, dataset: Path, choices: Sequence[Choice], workers: int, progress: Progress) -> None:
        """Prepare to let the chosen listeners listen; workers: processes for those that compute on one core."""
        self._dataset = dataset
        self._state = dataset / STATE_FOLDER
        self._choices = choices
        self._workers = workers
        self._progress = progress
        self._wanted: dict[str, dict[str, Any]] = {}
        self._hearings: dict[str, Hearing] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Session:
        with self._stack:
            check_rewritable(finished_manifest(self._dataset))  # before models are loaded
            self._open_listeners()
            self._lock()
            self._manifest = finished_manifest(self._dataset)
            finish_replacing(self._dataset, self._manifest)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def run(self) -> ScoreReport:
        """Score what is not scored yet, then add up."""
        with reading_errors(self._dataset):
            waiting = [place for place, entry in enumerate(self._manifest["shards"]) if self._missing(entry)]
            if waiting:
                self._score_shards(waiting)
            records = shard_records(self._manifest)
            voices = figures_by_voice(scored_turns(self._dataset, records))
            worst = worst_turns(scored_turns(self._dataset, records), voices)
            self._tell(records, voices)
        return ScoreReport(
            dataset=self._dataset,
            listeners=self._wanted,
            rows=sum(record.rows for record in records),
            voices=voices,
            worst=worst,
            already_complete=not waiting,
        )

    def _open_listeners(self) -> None:
        for choice in self._choices:
            listener = choice.open()
            appetite = listener.appetite
            self._wanted[choice.kind] = description = describe(choice.kind, listener.info)
            room = open_room(choice, listener, self._workers)
            self._stack.callback(room.close)
            self._hearings[choice.kind] = Hearing(room, appetite.batch_seconds, mark(description), self._progress)

    def _lock(self) -> None:
        with storage_errors(f"write to {self._dataset}"):
            self._state.mkdir(exist_ok=True)
            refusal = f"another command is writing to {self._dataset}; wait for it or stop it"
            self._stack.callback(release, lock_folder(self._state, refusal))
            self._stack.callback(self._leave)
            remove_temporaries(self._state)
            remove_temporaries(self._dataset)  # a kill may come while manifest or card are written

    def _leave(self) -> None:
        """Remove our state, unless there is something to go on with."""
        if not (self._state / STORE_NAME).exists():
            (self._state / LOCK_NAME).unlink(missing_ok=True)
            with suppress(OSError):  # an unfinished repair keeps something there
                self._state.rmdir()

    def _missing(self, entry: Mapping[str, Any]) -> list[str]:
        """Return what a shard still lacks: `asr`, `mos`."""
        marks = entry.get("scored", {})
        return [kind for kind, description in self._wanted.items() if marks.get(kind) != mark(description)]

    def _score_shards(self, places: Sequence[int]) -> None:
        entries = self._manifest["shards"]
        done = [entry for place, entry in enumerate(entries) if place not in places]
        self._progress.start(self._totals(entries), self._totals(done))
        try:
            with HeardStore(self._state) as store:
                for place in places:
                    self._score_shard(place, store)
        finally:
            self._progress.stop()
        with storage_errors(f"remove {STORE_NAME}"):
            (self._state / STORE_NAME).unlink()

    def _totals(self, entries: Iterable[Mapping[str, Any]]) -> Totals:
        rows, seconds = 0, 0.0
        for entry in entries:
            for group in row_groups(self._dataset / entry["file"], ["turns"]):
                turns = group.column("turns").combine_chunks().flatten()
                rows += len(group)
                seconds += sum(turns.field("end").to_pylist()) - sum(turns.field("start").to_pylist())
        return Totals(rows, seconds * len(self._wanted))

    def _score_shard(self, place: int, store: HeardStore) -> None:
        """Listen to a shard, then write it anew."""
        entry = self._manifest["shards"][place]
        file = self._dataset / entry["file"]
        if sha256_of(file) != entry["sha256"]:  # a new checksum would hide what is wrong with it
            raise AskqaError(f"{entry['file']} is not as it was written; build the dataset again to repair it")
        missing = self._missing(entry)
        digests: list[list[bytes]] = []
        for kind in missing:
            digests = self._hearings[kind].hear(file, store, counting=kind == missing[0])
        scoring = {**self._manifest.get("scoring", {}), **{kind: self._wanted[kind] for kind in missing}}
        scoring.pop("voices", None)  # figures of what is no more
        marks = {**entry.get("scored", {}), **{kind: mark(self._wanted[kind]) for kind in missing}}
        changes = {"entry": {"scored": marks}, "scoring": scoring}
        replace_shard(self._dataset, self._manifest, place, self._scores(file, missing, digests, store), changes)

    def _scores(
        self, file: Path, kinds: Sequence[str], digests: Sequence[Sequence[bytes]], store: HeardStore
    ) -> Iterator[list[TurnScores]]:
        """Yield the new scores of each row's turns."""
        rows = (turns for group in row_groups(file, ["turns"]) for turns in group.column("turns").to_pylist())
        for turns, row in zip(rows, digests, strict=True):
            yield [self._turn_scores(turn, digest, kinds, store) for turn, digest in zip(turns, row, strict=True)]

    def _turn_scores(
        self, turn: Mapping[str, Any], digest: bytes, kinds: Sequence[str], store: HeardStore
    ) -> TurnScores:
        scores: dict[str, Any] = {}
        if "asr" in kinds:
            text = str(store.value(mark(self._wanted["asr"]), digest))
            scores |= {"asr_text": text, "wer": error_rate(turn["spoken_text"], text)}
        if "mos" in kinds:
            scores["mos"] = store.value(mark(self._wanted["mos"]), digest)
        return scores

    def _tell(self, records: Sequence[ShardRecord], voices: Sequence[VoiceFigures]) -> None:
        """Put the voices' figures into the manifest, and write the card, where they are not there yet.

        A listener whose run was never finished is forgotten: what it gave stands in some shards only.
        """
        whole = {kind: who for kind, who in self._manifest["scoring"].items() if is_scored(self._manifest, kind)}
        scoring = {**whole, "voices": [voice.to_json() for voice in voices]}
        if scoring == self._manifest["scoring"] and (self._dataset / CARD_NAME).exists():
            return
        self._manifest |= {"format_version": FORMAT_VERSION, "scoring": scoring}
        statistics = summarise(self._dataset, [(record.config, record.split, record.file) for record in records])
        write_card(self._dataset, self._manifest, statistics)
        write_manifest(self._dataset, self._manifest)
