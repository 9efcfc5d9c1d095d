"""The scene of a run's dialogues: who is asked, and the voices in which recordings go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from askqa_builder.build.voicing.row_voices import RowVoices
from askqa_builder.build.voicing.settling import VoicingOptions
from askqa_builder.corpus.conversation import Role
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.source import Source
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.asking import Asking
from askqa_builder.evaluation.contexts import Contexts
from askqa_builder.evaluation.ledger import Ledger
from askqa_builder.evaluation.models.subject import Subject
from askqa_builder.evaluation.options import EvaluationOptions
from askqa_builder.evaluation.parties import Parties
from askqa_builder.evaluation.requests import Requests
from askqa_builder.evaluation.row_sounds import OtherRows, RecordingSounds
from askqa_builder.evaluation.speaking import SpeakingDesk
from askqa_builder.machine import usable_cores


@contextmanager
def open_voices(source: Source, subject: Subject, options: EvaluationOptions) -> Iterator[RowVoices | None]:
    """Open the voices in which recordings go on, for the `with` block; None where nobody hears them.

    Raises UsageError where there are options of voices that a control never hears, and as `RowVoices` does.
    """
    if not subject.hears and not options.keep_audio:
        if options.voices is not None and subject.stands_in:
            raise UsageError(
                f"{subject.name} hears nothing and no recording is kept, so nothing is spoken: leave --profiles, "
                "--channel, --workers, --device, --cache, --cache-size and --other-version out"
            )
        yield None
        return
    chosen = options.voices or VoicingOptions(workers=usable_cores())
    with RowVoices(source.folder, (Role.ASSISTANT, Role.USER), **vars(chosen)) as voices:
        yield voices


@contextmanager
def open_scene(
    source: Source,
    shards: Sequence[ShardRecord],
    options: EvaluationOptions,
    out: Path,
    *,
    subject: Subject,
    parties: Parties,
    voices: RowVoices | None,
    ledger: Ledger,
) -> Iterator[Asking]:
    """Make the scene for the `with` block. out: where recordings are kept, if they are to be."""
    others = OtherRows(source, shards, options.hearing)
    with _desk(voices) as desk:
        yield Asking(
            subject=subject,
            classifiers=parties.classifiers,
            user=parties.user,
            requests=Requests(options.hearing, sound=subject.hears, clips=subject.takes_clips),
            sounds=lambda recording: RecordingSounds(recording, options.hearing, others),
            ledger=ledger,
            desk=desk,
            contexts=Contexts(out) if options.keep_audio else None,
        )


@contextmanager
def _desk(voices: RowVoices | None) -> Iterator[SpeakingDesk | None]:
    if voices is None:
        yield None
        return
    with SpeakingDesk(voices) as desk:
        yield desk
