"""One run of `styles annotate` on a dataset: who listens to each window, and what is written into the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.dataset.annotation import ANNOTATED_KEY, ANNOTATION_KEY
from askqa_builder.dataset.listening.listeners import Listener
from askqa_builder.dataset.listening.parts import Stretch, Turns
from askqa_builder.dataset.listening.session import Digests, ListeningSession
from askqa_builder.dataset.listening.store import HeardStore
from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.reading import reading_errors, row_groups
from askqa_builder.dataset.replacing import Replacement
from askqa_builder.dataset.scores import mark
from askqa_builder.progress import Progress
from askqa_builder.styles.figures import Figures, windows_by_turn
from askqa_builder.styles.labelling import Settings, overall
from askqa_builder.styles.listeners import AffectChoice, described
from askqa_builder.styles.row_labels import RowLabels, turn_windows


@dataclass(frozen=True)
class AnnotationReport:
    """An annotated dataset.

    recognisers: who listened, by the names of their votes, as in the manifest. figures: windows, those that were kept
    or why not, turns by category, and the agreement. already_complete: nothing was left to do.
    """

    dataset: Path
    recognisers: Mapping[str, Mapping[str, Any]]
    figures: Mapping[str, Any]
    rows: int
    already_complete: bool


class AnnotationSession(ListeningSession):
    """A dataset locked for annotation, with its recognisers open; use as a context manager."""

    store_name = "affect.sqlite"

    def __init__(
        self,
        dataset: Path,
        choices: Mapping[str, AffectChoice],
        settings: Settings,
        workers: int,
        progress: Progress,
    ) -> None:
        """Prepare to let the chosen recognisers listen; workers: processes for those that compute on one core."""
        super().__init__(dataset, choices, workers, progress)
        self._settings = settings

    def run(self) -> AnnotationReport:
        """Annotate what is not annotated so yet, then add up."""
        with reading_errors(self._dataset):
            listened = self._listen()
            figures = self._manifest.get(ANNOTATION_KEY, {}).get("figures")
            if listened or figures is None:
                figures = self._figures()
            self._tell(ANNOTATION_KEY, {**self._who(), "figures": figures})
        return AnnotationReport(
            dataset=self._dataset,
            recognisers=self.wanted,
            figures=figures,
            rows=sum(record.rows for record in shard_records(self._manifest)),
            already_complete=not listened,
        )

    def _who(self) -> dict[str, Any]:
        """Return what the manifest says of recognisers and settings."""
        return {"recognisers": self.wanted, "settings": self._settings.to_json()}

    def _describe(self, key: str, listener: Listener) -> dict[str, Any]:
        return described(key, listener)

    def _missing(self, entry: Mapping[str, Any]) -> list[str]:
        """Return all recognisers, or none: labels are what they agree in."""
        return [] if entry.get(ANNOTATED_KEY) == mark(self._who()) else list(self.wanted)

    def _stretches(self, turns: Turns, sampling_rate: int) -> Iterator[Stretch]:
        for place, turn in enumerate(turns):
            for window in turn_windows(turn, sampling_rate, self._settings.windowing):
                yield Stretch(place, window.heard_start, window.heard_end, window.end - window.start)

    def _replacement(
        self, entry: Mapping[str, Any], keys: Sequence[str], digests: Digests, store: HeardStore
    ) -> Replacement:
        marks = {name: mark(self.wanted[name]) for name in keys}
        labels = RowLabels(marks, store, self._settings, self._manifest["sampling_rate"])
        waiting = iter(digests)

        def rewrite(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
            labelled = [labels.of(row, next(waiting)) for row in rows]
            return {name: [columns[name] for columns in labelled] for name in ("turns", "words", "affect")}

        told = {ANNOTATED_KEY: mark(self._who())}
        return Replacement(("turns", "words"), rewrite, told, {ANNOTATION_KEY: self._who()})

    def _figures(self) -> dict[str, Any]:
        figures = Figures({name: told["tells"] for name, told in self.wanted.items()})
        for entry in self._manifest["shards"]:
            for group in row_groups(self._dataset / entry["file"], ["turns", "affect"]):
                for batch in group.to_batches(max_chunksize=64):
                    for row in batch.to_pylist():
                        for windows in windows_by_turn(row):
                            seconds = sum(window.end - window.start for window in windows)
                            figures.add(windows, overall(windows, self._settings.least_share), seconds)
        return figures.to_json("turns")
