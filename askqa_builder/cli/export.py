"""`askqa export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from askqa_builder.cli import hearing
from askqa_builder.cli.running import Cache, Device, Workers
from askqa_builder.errors import UsageError
from askqa_builder.export.registry import NAMES
from askqa_builder.machine import usable_cores

if TYPE_CHECKING:
    from askqa_builder.build.voicing.settling import VoicingOptions


def export_command(
    source: Annotated[Path, typer.Argument(metavar="DATASET|TASKS", help="Folder of a built dataset or task set.")],
    out: Annotated[Path, typer.Argument(help="Folder for the export.")],
    to: Annotated[str, typer.Option(metavar="FORMAT", help=f"{', '.join(NAMES[:-1])} or {NAMES[-1]}.")],
    split: Annotated[str | None, typer.Option(help="One split alone.", show_default="all")] = None,
    context: Annotated[
        str | None, typer.Option(help="What of the story: audio, text, evidence or none.", show_default="audio")
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="joined, turns or stereo.", show_default="joined, or as the format has it")
    ] = None,
    segments: hearing.Segments = None,
    window: hearing.Window = None,
    metadata: hearing.Metadata = False,
    sample_rate: Annotated[
        int | None, typer.Option(metavar="HZ", help="Sampling rate.", show_default="the format's, or the recordings'")
    ] = None,
    audio_format: Annotated[str | None, typer.Option(help="wav or flac.", show_default="the format's")] = None,
    response_audio: Annotated[
        bool, typer.Option("--response-audio", help="Speak the right responses, too, in the assistant's voice.")
    ] = False,
    profiles: Annotated[
        str | None,
        typer.Option(help="... with the dataset's own profile set, by name or YAML file: where engines have files."),
    ] = None,
    channel: Annotated[str | None, typer.Option(help="... with its own channel: where noise has files.")] = None,
    workers: Workers = None,
    device: Device = None,
    cache: Cache = None,
    cache_size: Annotated[str | None, typer.Option(help="At most so much is kept there.", show_default="10GB")] = None,
    other_version: Annotated[
        bool, typer.Option("--other-version", help="... by another version of an engine than spoke the dataset.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Discard another export in OUT.")] = False,
) -> int:
    """Write a dataset or a task set in another toolkit's format; resumable.

    Exit code 3 where some rows had to be left out, since their responses cannot be spoken.
    """
    from askqa_builder.cli.progress import progress_for
    from askqa_builder.export.run import export

    voices = {
        "profiles": profiles,
        "channel": channel,
        "workers": workers,
        "device": device,
        "cache": cache,
        "cache_size": cache_size,
        "other_version": other_version or None,
    }

    report = export(
        source,
        out,
        to=to,
        split=split,
        context=context,
        layout=layout,
        segments=segments,
        window=window,
        metadata=metadata,
        sample_rate=sample_rate,
        audio_format=audio_format,
        response_audio=response_audio,
        voices=_voicing({name: value for name, value in voices.items() if value is not None}, response_audio),
        overwrite=overwrite,
        progress=progress_for(sys.stderr, "examples", "export", "h to hear in them"),
    )
    state = "already complete" if report.already_complete else "done"
    splits = ", ".join(f"{items} in {split}" for split, items in report.splits.items())
    sounds = f" and {report.audio_files} files of sound" if report.audio_files else ""
    reasons = ", ".join(f"{count} {reason}" for reason, count in report.rejected.items())
    left_out = f"; left out: {reasons} (see rejected.jsonl)" if reasons else ""
    if report.left_out:
        left_out += f"; left out: {report.files[report.left_out]} that have no place there (see {report.left_out})"
    files = (file for file in report.files if file != report.left_out)
    print(
        f"{state}: {report.folder}: {splits} ({report.seconds / 3600:.2f} h to hear in them) as {report.format}: "
        f"{', '.join(files)}{sounds}{left_out}"
    )
    return report.exit_code


def _voicing(given: dict[str, Any], response_audio: bool) -> VoicingOptions | None:
    """Return the options of who speaks responses. Raises UsageError where there are some and nobody is to speak."""
    if not response_audio:
        if given:
            option = next(iter(given)).replace("_", "-")
            raise UsageError(f"{option}: nothing is spoken in this export; give --response-audio, or leave it out")
        return None
    from askqa_builder.build.voicing.settling import VoicingOptions

    return VoicingOptions(**{"workers": usable_cores(), **given})
