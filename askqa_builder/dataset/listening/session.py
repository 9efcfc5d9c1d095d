"""One run of a command that listens, shard by shard: first all of it is listened to, then it is written anew."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from askqa_builder.dataset.card import write_card
from askqa_builder.dataset.listening.hearing import Hearing, open_hearings
from askqa_builder.dataset.listening.listeners import Choice, Listener
from askqa_builder.dataset.listening.parts import Stretch, Turns, row_parts
from askqa_builder.dataset.listening.store import SUFFIX, HeardStore
from askqa_builder.dataset.manifest import CARD_NAME, shard_records, write_manifest
from askqa_builder.dataset.reading import finished_manifest, row_groups
from askqa_builder.dataset.replacing import Replacement, finish_replacing, replace_shard
from askqa_builder.dataset.schema import FORMAT_VERSION
from askqa_builder.dataset.statistics import summarise
from askqa_builder.dataset.upgrade import check_rewritable
from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError
from askqa_builder.files import remove_temporaries, storage_errors
from askqa_builder.locking import LOCK_NAME, lock_folder, release
from askqa_builder.output_folder import STATE_FOLDER
from askqa_builder.progress import Progress, Totals
from askqa_builder.recording.timeline import to_seconds

if TYPE_CHECKING:
    from typing_extensions import Self

Digests = Sequence[Sequence[bytes]]
"""Of the parts of each row of a shard."""


class ListeningSession(ABC):
    """A dataset locked for new labels, with its listeners open; use as a context manager.

    What is listened to and what becomes of it is said by who inherits. wanted: how the manifest describes each
    listener, by its key.
    """

    store_name: ClassVar[str]

    def __init__(self, dataset: Path, choices: Mapping[str, Choice], workers: int, progress: Progress) -> None:
        """Prepare to let the chosen listeners listen; workers: processes for those that compute on one core."""
        self._dataset = dataset
        self._state = dataset / STATE_FOLDER
        self._choices = choices
        self._workers = workers
        self._progress = progress
        self.wanted: dict[str, dict[str, Any]] = {}
        self._hearings: dict[str, Hearing] = {}
        self._stack = ExitStack()

    @abstractmethod
    def _describe(self, key: str, listener: Listener) -> dict[str, Any]:
        """Return the manifest's entry of a listener: all that can change what is written into rows."""

    @abstractmethod
    def _missing(self, entry: Mapping[str, Any]) -> list[str]:
        """Return the keys of the listeners whose labels a shard still lacks; none where it is done."""

    @abstractmethod
    def _stretches(self, turns: Turns, sampling_rate: int) -> Iterable[Stretch]:
        """Say what of a row to listen to."""

    @abstractmethod
    def _replacement(
        self, entry: Mapping[str, Any], keys: Sequence[str], digests: Digests, store: HeardStore
    ) -> Replacement:
        """Say what of a shard that has been listened to is written anew, and how."""

    def __enter__(self) -> Self:
        with self._stack:
            check_rewritable(finished_manifest(self._dataset))  # before models are loaded
            self.wanted, self._hearings = open_hearings(
                self._choices, self._describe, self._workers, self._progress, self._stack
            )
            self._lock()
            self._manifest = finished_manifest(self._dataset)
            finish_replacing(self._dataset, self._manifest)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _lock(self) -> None:
        with storage_errors(f"write to {self._dataset}"):
            self._state.mkdir(exist_ok=True)
            refusal = f"another command is writing to {self._dataset}; wait for it or stop it"
            self._stack.callback(release, lock_folder(self._state, refusal))
            self._stack.callback(self._leave)
            remove_temporaries(self._state)
            remove_temporaries(self._dataset)  # a kill may come while manifest or card are written

    def _leave(self) -> None:
        """Remove our state, unless there is something to go on with, for this command or another one."""
        if not any(self._state.glob(f"*{SUFFIX}")):
            (self._state / LOCK_NAME).unlink(missing_ok=True)
            with suppress(OSError):  # an unfinished repair keeps something there
                self._state.rmdir()

    def _listen(self) -> bool:
        """Listen to what is not labelled yet, and label it; tell whether there was anything."""
        entries = self._manifest["shards"]
        waiting = [place for place, entry in enumerate(entries) if self._missing(entry)]
        if not waiting:
            return False
        done = [entry for place, entry in enumerate(entries) if place not in waiting]
        self._progress.start(self._totals(entries), self._totals(done))
        try:
            with HeardStore(self._state / self.store_name) as store:
                for place in waiting:
                    self._label_shard(place, store)
                store.remove()
        finally:
            self._progress.stop()
        return True

    def _totals(self, entries: Iterable[Mapping[str, Any]]) -> Totals:
        rows, samples, rate = 0, 0, self._manifest["sampling_rate"]
        for entry in entries:
            for group in row_groups(self._dataset / entry["file"], ["turns"]):
                for turns in group.column("turns").to_pylist():
                    rows += 1
                    samples += sum(stretch.meant for stretch in self._stretches(turns, rate))
        return Totals(rows, to_seconds(samples, rate))

    def _label_shard(self, place: int, store: HeardStore) -> None:
        """Listen to a shard, then write it anew."""
        entry = self._manifest["shards"][place]
        file = self._dataset / entry["file"]
        if sha256_of(file) != entry["sha256"]:  # a new checksum would hide what is wrong with it
            raise AskqaError(f"{entry['file']} is not as it was written; build the dataset again to repair it")
        keys = self._missing(entry)
        digests: Digests = []
        for key in keys:
            parts = row_parts(file, self._stretches)
            digests = self._hearings[key].hear(parts, store, counting=key == keys[0], share=1 / len(keys))
        replace_shard(self._dataset, self._manifest, place, self._replacement(entry, keys, digests, store))

    def _tell(self, key: str, told: Mapping[str, Any]) -> None:
        """Put what is `told` into the manifest under a key, and write the card, where that is not there yet."""
        if told == self._manifest.get(key) and (self._dataset / CARD_NAME).exists():
            return
        self._manifest |= {"format_version": FORMAT_VERSION, key: told}
        places = [(record.config, record.split, record.file) for record in shard_records(self._manifest)]
        write_card(self._dataset, self._manifest, summarise(self._dataset, places))
        write_manifest(self._dataset, self._manifest)
