"""What listeners said of a dataset's styles, kept in its manifest and told by its card."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from askqa_builder.dataset.card import write_card
from askqa_builder.dataset.card_listeners import LISTENERS_KEY
from askqa_builder.dataset.manifest import shard_records, write_manifest
from askqa_builder.dataset.reading import finished_manifest, reading_errors
from askqa_builder.dataset.statistics import summarise
from askqa_builder.dataset.upgrade import check_rewritable
from askqa_builder.errors import UsageError
from askqa_builder.files import storage_errors
from askqa_builder.locking import LOCK_NAME, lock_folder, release
from askqa_builder.output_folder import STATE_FOLDER
from askqa_builder.report.listening.style_opinions import StyleOpinions
from askqa_builder.report.plain import plain


def keep_opinions(dataset: Path, opinions: StyleOpinions) -> None:
    """Write what listeners said into manifest and card, in the place of what was there; names of raters are not kept.

    Raises UsageError where another command writes to the dataset or has left it unfinished, StorageError where the disk
    refuses.
    """
    state = dataset / STATE_FOLDER
    with storage_errors(f"write to {dataset}"):
        state.mkdir(exist_ok=True)
        lock = lock_folder(state, f"another command is writing to {dataset}; wait for it or stop it")
    try:
        if any(path.name != LOCK_NAME for path in state.iterdir()):
            raise UsageError(f"{dataset} is being changed by a command that was interrupted; run that one again first")
        manifest = finished_manifest(dataset)
        check_rewritable(manifest)
        told = {"config_digest": manifest["config_digest"], **opinions.to_json()}
        manifest = {**manifest, LISTENERS_KEY: plain(told)}
        with reading_errors(dataset):
            records = shard_records(manifest)
            statistics = summarise(dataset, [(record.config, record.split, record.file) for record in records])
        write_card(dataset, manifest, statistics)
        write_manifest(dataset, manifest)
        (state / LOCK_NAME).unlink(missing_ok=True)
    finally:
        release(lock)
        with suppress(OSError):  # what was interrupted keeps something there
            state.rmdir()
