"""`score`: fill in what a recogniser hears in each turn and how it sounds; resumable at any moment."""

from __future__ import annotations

import os
from pathlib import Path

from askqa_builder.errors import UsageError
from askqa_builder.machine import checked_workers, usable_cores
from askqa_builder.progress import Progress, Silent
from askqa_builder.recognition.recogniser import RECOGNISERS, takes_option
from askqa_builder.scoring.listeners import Choice
from askqa_builder.scoring.session import ScoreReport, Session


def score(
    dataset: str | Path,
    *,
    asr: str | None = None,
    model: str | None = None,
    mos: str | None = None,
    mos_model: str | Path | None = None,
    mos_samples: str | None = None,
    device: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> ScoreReport:
    """Listen to each turn of a finished dataset and fill in `turns[].asr_text`, `wer` and `mos`, in place.

    asr: a recogniser, as whisper or pocketsphinx; model: its model, by name or as a folder. mos: a quality predictor,
    as utmos; mos_model, mos_samples: its file, and whether that takes float32 or int16. One of asr and mos has to be
    given; what the other fills in stays as it is. device: cpu, cuda or cuda:N, for what can compute there. workers:
    processes of recognisers that use one core, threads of others on a CPU.

    Only these columns, the manifest and the card change. After a kill the same call goes on where it stopped.
    Raises UsageError (wrong usage, a missing library or model, no finished dataset), StorageError, AskqaError (a
    damaged shard).
    """
    choices = _choices(asr, model, mos, mos_model, mos_samples, device, workers)
    with Session(Path(dataset), choices, workers or usable_cores(), progress or Silent()) as session:
        return session.run()


def _choices(
    asr: str | None,
    model: str | None,
    mos: str | None,
    mos_model: str | Path | None,
    mos_samples: str | None,
    device: str | None,
    workers: int | None,
) -> list[Choice]:
    """Check what the user asks for. Raises UsageError."""
    if asr is None and mos is None:
        raise UsageError("nothing to score with: give --asr whisper, --asr pocketsphinx or --mos utmos")
    checked_workers(workers)
    for value, needed, names in (
        (model, asr, "--model needs --asr"),
        (mos_model, mos, "--mos-model needs --mos"),
        (mos_samples, mos, "--mos-samples needs --mos"),
    ):
        if value is not None and needed is None:
            raise UsageError(names)
    choices = []
    if asr is not None:
        threads = workers if takes_option(RECOGNISERS, asr, "threads") else None
        on = device if device != "cpu" or takes_option(RECOGNISERS, asr, "device") else None
        choices.append(Choice.of("asr", asr, model=model, device=on, threads=threads))
    if mos is not None:
        path = None if mos_model is None else os.fspath(mos_model)
        choices.append(Choice.of("mos", mos, model=path, samples=mos_samples, device=device))
    return choices
