"""`askqa build`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from askqa_builder.build.report import BuildReport, Estimate


def build_command(
    source: Annotated[Path, typer.Argument(help="An Abg-CoQA JSON file, or a folder of them.")],
    out: Annotated[Path, typer.Argument(help="Folder for the dataset; an unfinished build there is resumed.")],
    profiles: Annotated[str, typer.Option(help="Shipped profile set, or a YAML file.")] = "flite",
    channel: Annotated[
        str | None,
        typer.Option(help="Shipped channel as telephone, a YAML file, or none.", show_default="the profile set's"),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Of a file: the split it is. Of a folder: build this split only.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same dataset.")] = 0,
    limit: Annotated[int | None, typer.Option(help="At most so many conversations of each split.")] = None,
    stages: Annotated[str, typer.Option(help="Configurations to write.")] = "initial,clarified",
    domains: Annotated[str | None, typer.Option(help="Keep these domains only, as mctest,cnn.")] = None,
    redistributable: Annotated[
        bool, typer.Option("--redistributable", help="Keep only text whose licence allows passing it on.")
    ] = False,
    renditions: Annotated[int, typer.Option(help="Recordings of each conversation, each newly cast.")] = 1,
    share_narration: Annotated[
        bool, typer.Option("--share-narration", help="Narrate each story once in a split, for all its conversations.")
    ] = False,
    sample_rate: Annotated[str, typer.Option(help="Hz, or native for the engine's own.")] = "16000",
    audio_format: Annotated[str, typer.Option(help="flac, wav, mp3 or ogg.")] = "flac",
    shard_size: Annotated[str, typer.Option(help="Target size of a Parquet file.")] = "500MB",
    workers: Annotated[int | None, typer.Option(help="Worker processes.", show_default="one per core")] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda, cuda:1 or cuda:0,1.", show_default="a GPU where there is one")
    ] = None,
    executor: Annotated[str, typer.Option(help="local, or ray: on a cluster, or on this machine.")] = "local",
    ray_address: Annotated[
        str | None, typer.Option(help="Cluster, as head:6379 or auto.", show_default="RAY_ADDRESS, else this machine")
    ] = None,
    cache: Annotated[
        str | None,
        typer.Option(help="Folder of utterances spoken before, or none.", show_default="in the user's cache directory"),
    ] = None,
    cache_size: Annotated[str, typer.Option(help="At most so much is kept there.")] = "10GB",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be built, and write nothing.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Discard the dataset or build of other settings in OUT.")
    ] = False,
) -> int:
    """Build a spoken dataset from conversations; exit code 3 where some had to be left out."""
    options: dict[str, Any] = {
        "profiles": profiles,
        "channel": channel,
        "split": split,
        "seed": seed,
        "limit": limit,
        "stages": stages,
        "domains": domains,
        "redistributable": redistributable,
        "renditions": renditions,
        "share_narration": share_narration,
        "sample_rate": sample_rate,
        "audio_format": audio_format,
        "shard_size": shard_size,
        "workers": workers,
        "device": device,
        "executor": executor,
        "ray_address": ray_address,
        "cache": cache,
        "cache_size": cache_size,
        "overwrite": overwrite,
    }
    if dry_run:
        from askqa_builder.build.run import estimate_build

        _print_estimate(estimate_build(source, **options))
        return 0
    from askqa_builder.build.run import build
    from askqa_builder.cli.progress import progress_for

    report = build(source, out, progress=progress_for(sys.stderr), **options)
    _print_report(report)
    return report.exit_code


def _print_estimate(estimate: Estimate) -> None:
    rows = ", ".join(f"{count} {config}" for config, count in estimate.rows.items())
    shards = f"{estimate.shards} shard{'s' if estimate.shards != 1 else ''}"
    print(f"conversations  {estimate.conversations}")
    print(f"rows           {rows}")
    print(f"audio          about {estimate.hours:.2f} hours, {_size(estimate.size)} in {shards}")
    gate = f", and what the gate's {estimate.gate} takes" if estimate.gate else ""
    print(f"time           about {_time(estimate.seconds)} with {estimate.workers} workers on this machine{gate}")
    print(f"voices         {estimate.voices}")
    print(f"left out       {_reasons(estimate.rejected)}")


def _print_report(report: BuildReport) -> None:
    rows = ", ".join(f"{count} {config} ({report.hours[config]:.2f} h)" for config, count in report.rows.items())
    state = "already complete" if report.already_complete else "done"
    left_out = f"; left out: {_reasons(report.rejected)} (see rejected.jsonl)" if report.rejected else ""
    if report.rejected and not any(report.rows.values()):
        left_out += ", and nothing is left"
    print(f"{state}: {report.dataset}: rows {rows}; {report.voices}{left_out}")


def _reasons(rejected: Any) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in rejected.items()) or "nothing"


def _size(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
