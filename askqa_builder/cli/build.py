"""`askqa build`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from askqa_builder.cli.running import Cache, CacheSize, Device, Executor, Overwrite, RayAddress, ShardSize, Workers
from askqa_builder.files import size_told

if TYPE_CHECKING:
    from askqa_builder.build.report import BuildReport, Estimate


def build_command(
    source: Annotated[
        Path, typer.Argument(help="A file of a corpus as Abg-CoQA or CoQA, a folder of them, or abg-coqa: downloaded.")
    ],
    out: Annotated[Path, typer.Argument(help="Folder for the dataset; an unfinished build there is resumed.")],
    profiles: Annotated[str, typer.Option(help="Shipped profile set, or a YAML file.")] = "flite",
    channel: Annotated[
        str | None,
        typer.Option(help="Shipped channel as telephone, a YAML file, or none.", show_default="the profile set's"),
    ] = None,
    recordings: Annotated[
        Path | None, typer.Option(help="Folder of people's recordings (WAV) to take instead of synthesis.")
    ] = None,
    recorded_roles: Annotated[
        str, typer.Option(help="Whose turns were recorded; the others are spoken.")
    ] = "narrator,user,assistant",
    split: Annotated[
        str | None,
        typer.Option(help="Of a file: the split it is. Of a folder, and with --group-split: build it alone."),
    ] = None,
    group_split: Annotated[
        str | None,
        typer.Option(help="Shares of train,validation,test as 0.8,0.1,0.1: each story whole in one split."),
    ] = None,
    turns: Annotated[
        str | None,
        typer.Option(help="Of each dialogue, the questions to respond to: last, all, or so many.", show_default="last"),
    ] = None,
    coqa: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="CoQA's files: give Abg-CoQA's items their whole history.", show_default=False
        ),
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
    shard_size: ShardSize = "500MB",
    workers: Workers = None,
    device: Device = None,
    executor: Executor = "local",
    ray_address: RayAddress = None,
    cache: Cache = None,
    cache_size: CacheSize = "10GB",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be built, and write nothing.")] = False,
    overwrite: Overwrite = False,
    push: Annotated[
        str | None, typer.Option(metavar="ORG/NAME", help="Publish it on the Hub, as askqa push does, shard by shard.")
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="With --push: see askqa push.")] = False,
    revision: Annotated[str, typer.Option(metavar="BRANCH", help="With --push: see askqa push.")] = "main",
    yes: Annotated[bool, typer.Option("--yes", help="With --push: see askqa push.")] = False,
    allow_demo_voices: Annotated[
        bool, typer.Option("--allow-demo-voices", help="With --push: see askqa push.")
    ] = False,
) -> int:
    """Build a spoken dataset from conversations; exit code 3 where some had to be left out."""
    options: dict[str, Any] = {
        "profiles": profiles,
        "channel": channel,
        "recordings": recordings,
        "recorded_roles": recorded_roles,
        "split": split,
        "group_split": group_split,
        "turns": turns,
        "coqa": coqa,
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
    push_options: dict[str, Any] = {
        "private": private,
        "revision": revision,
        "yes": yes,
        "allow_demo_voices": allow_demo_voices,
    }
    if push is None and (private or yes or allow_demo_voices or revision != "main"):
        from askqa_builder.errors import UsageError

        raise UsageError("--private, --revision, --yes and --allow-demo-voices go with --push")
    if push is not None:
        from askqa_builder.dataset.hub.repository import Target

        Target(push, revision, private)  # is it a name that the Hub takes?
    if dry_run:
        from askqa_builder.build.estimating import estimate_build

        _print_estimate(estimate_build(source, **options))
        if push is not None:
            from askqa_builder.cli.push import term_lines
            from askqa_builder.publishing.building import terms_of_build

            print(f"push           to {push}")
            for line in term_lines(terms_of_build(source, out, **options), yes, allow_demo_voices):
                print(line)
        return 0
    from askqa_builder.cli.progress import progress_for

    if push is not None:
        return _build_and_push(source, out, push, {**options, **push_options})
    from askqa_builder.build.run import build

    report = build(source, out, progress=progress_for(sys.stderr), **options)
    print_report(report)
    return report.exit_code


def _build_and_push(source: Path, out: Path, repo_id: str, options: dict[str, Any]) -> int:
    from askqa_builder.cli.progress import progress_for
    from askqa_builder.cli.push import confirm_on_terminal, describe_push, say
    from askqa_builder.publishing.building import PushAfterBuildError, build_and_push

    progress = progress_for(sys.stderr)
    try:
        report, pushed = build_and_push(
            source, out, repo_id, confirm=confirm_on_terminal(), progress=progress, say=say, **options
        )
    except PushAfterBuildError as error:
        print_report(error.built)
        raise
    print_report(report)
    print(describe_push(pushed))
    return report.exit_code


def _print_estimate(estimate: Estimate) -> None:
    rows = ", ".join(f"{count} {config}" for config, count in estimate.rows.items())
    shards = f"{estimate.shards} shard{'s' if estimate.shards != 1 else ''}"
    print(f"conversations  {estimate.conversations}")
    print(f"rows           {rows}")
    print(f"audio          about {estimate.hours:.2f} hours, {size_told(estimate.size)} in {shards}")
    gate = f", and what the gate's {estimate.gate} takes" if estimate.gate else ""
    print(f"time           about {_time(estimate.seconds)} with {estimate.workers} workers on this machine{gate}")
    print(f"voices         {estimate.voices}")
    print(f"left out       {_reasons(estimate.rejected)}")


def print_report(report: BuildReport) -> None:
    """Say in one line what is done."""
    rows = ", ".join(f"{count} {config} ({report.hours[config]:.2f} h)" for config, count in report.rows.items())
    state = "already complete" if report.already_complete else "done"
    left_out = f"; left out: {_reasons(report.rejected)} (see rejected.jsonl)" if report.rejected else ""
    if report.rejected and not any(report.rows.values()):
        left_out += ", and nothing is left"
    print(f"{state}: {report.dataset}: rows {rows}; {report.voices}{left_out}")


def _reasons(rejected: Any) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in rejected.items()) or "nothing"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
