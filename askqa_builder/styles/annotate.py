"""`styles annotate`: label how speech sounds with recognisers of emotions; resumable at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from askqa_builder.errors import UsageError
from askqa_builder.machine import checked_workers, usable_cores
from askqa_builder.progress import Progress, Silent
from askqa_builder.styles.agreement import Rule
from askqa_builder.styles.labelling import Settings
from askqa_builder.styles.listeners import Spec, choose
from askqa_builder.styles.recordings.files import find_recordings
from askqa_builder.styles.recordings.session import RecordingsReport, RecordingsSession
from askqa_builder.styles.session import AnnotationReport, AnnotationSession
from askqa_builder.styles.windows import CONTEXT, LENGTH, Windowing


def annotate(
    dataset: str | Path,
    recognisers: Sequence[Spec],
    *,
    rule: str = Rule.MAJORITY.value,
    margin: float = 0.0,
    least_share: float = 0.5,
    window: float = LENGTH,
    context: float = CONTEXT,
    device: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> AnnotationReport:
    """Label windows, turns and words of a finished dataset: `affect`, `turns[].emotion.recognised`, `words`, in place.

    recognisers: each as NAME or NAME:MODEL, as wav2vec2-categories:FOLDER, as a YAML file with `name` and options, or
    as what such a file holds. rule, margin, least_share, window, context: see `styles.labelling.Settings`. device:
    cpu, cuda or cuda:N, for what can compute there. workers: processes of recognisers that use one core, threads of
    others on a CPU.

    Only these columns, the manifest and the card change; other recognisers or settings label all anew. After a kill
    the same call goes on where it stopped. Raises UsageError (wrong usage, a missing library or model, no finished
    dataset), StorageError, AskqaError (a damaged shard).
    """
    settings = read_settings(rule, margin, least_share, window, context)
    workers = checked_workers(workers)
    choices = choose(recognisers, device, workers)
    with AnnotationSession(
        Path(dataset), choices, settings, workers or usable_cores(), progress or Silent()
    ) as session:
        return session.run()


def annotate_recordings(
    folder: str | Path,
    out: str | Path,
    recognisers: Sequence[Spec],
    *,
    rule: str = Rule.MAJORITY.value,
    margin: float = 0.0,
    least_share: float = 0.5,
    window: float = LENGTH,
    context: float = CONTEXT,
    device: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> RecordingsReport:
    """Label the recordings in a folder as `annotate` labels turns, into JSON lines, one for each recording.

    out: the file of labels; beside it are written `.about.json` (recognisers, settings, figures) and, where something
    is left out, `.rejected.jsonl`. Windows go over the whole recording; nobody listens to silent ones. Words with times
    beside a recording (`NAME.words.jsonl`, `NAME.ctm`) get labels, too. Raises what `annotate` raises.
    """
    settings = read_settings(rule, margin, least_share, window, context)
    workers = checked_workers(workers)
    found = find_recordings(Path(folder))
    choices = choose(recognisers, device, workers)
    workers, progress = workers or usable_cores(), progress or Silent()
    with RecordingsSession(Path(out), choices, settings, workers, progress) as session:
        return session.run(found)


def read_settings(rule: str, margin: float, least_share: float, window: float, context: float) -> Settings:
    """Check what the user asks for. Raises UsageError."""
    rules = [one.value for one in Rule]
    if rule not in rules:
        raise UsageError(f"rule: {rule!r} is not allowed; give {' or '.join(rules)}")
    return Settings(Windowing(window, context), Rule(rule), margin, least_share)
