"""Frames and overview of a dataset, checked: it may be anybody's."""

from __future__ import annotations

from pathlib import Path

from askqa_builder.corpus.rejects import describe
from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.reading import finished_manifest
from askqa_builder.errors import AskqaError
from askqa_builder.report.foreign import foreign_errors
from askqa_builder.report.frames import Frames, read_frames
from askqa_builder.report.overview import Overview, look_over


def read_figures(dataset: Path) -> tuple[Frames, Overview]:
    """Return what a dataset's rows and manifest say.

    Raises UsageError where there is no finished dataset, AskqaError where it is damaged or none of askqa's.
    """
    with foreign_errors(dataset):
        frames = read_frames(dataset)
        told = sum(record.rows for record in shard_records(finished_manifest(dataset)))
        if len(frames.rows) != told or frames.rows["id"].isna().any():
            raise AskqaError(f"{dataset} holds other rows than its manifest says; see askqa verify")
        overview = look_over(dataset, frames)
        _check_kinds(overview)
        return frames, overview


def _check_kinds(overview: Overview) -> None:
    """Raise TypeError where a manifest holds something else than is shown of it."""
    texts = [overview.audio_format]
    for engine in (*overview.engines, *overview.listeners.values(), *overview.recognisers):
        texts += [engine.name, engine.library, engine.version, engine.licence, engine.model or ""]
    counts = [overview.sampling_rate, *overview.rejected.values()]
    for values, kind in ((texts, str), (counts, int)):
        for value in values:
            if not isinstance(value, kind):
                raise TypeError(f"{describe(value)} is no {'text' if kind is str else 'count'}")
