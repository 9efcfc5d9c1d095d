"""`askqa regenerate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from askqa_builder.cli.running import Cache, CacheSize, Device, Executor, Overwrite, RayAddress, ShardSize, Workers


def regenerate_command(
    dataset: Annotated[Path, typer.Argument(help="A finished dataset.")],
    out: Annotated[Path, typer.Argument(help="Folder for the new one; an unfinished run there is resumed.")],
    profiles: Annotated[
        str | None, typer.Option(help="Shipped profile set, or a YAML file.", show_default="the dataset's own")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="To draw new voices from.", show_default="the dataset's own, or the next one")
    ] = None,
    roles: Annotated[
        str | None,
        typer.Option(help="Who gets new voices, as user,assistant; the others keep their samples.", show_default="all"),
    ] = None,
    recordings: Annotated[
        Path | None, typer.Option(help="Folder of people's recordings (WAV) of these roles, instead of synthesis.")
    ] = None,
    renditions: Annotated[
        int | None, typer.Option(help="Recordings of each conversation.", show_default="as the dataset")
    ] = None,
    shard_size: ShardSize = "500MB",
    workers: Workers = None,
    device: Device = None,
    executor: Executor = "local",
    ray_address: RayAddress = None,
    cache: Cache = None,
    cache_size: CacheSize = "10GB",
    overwrite: Overwrite = False,
) -> int:
    """Give a finished dataset new voices; exit code 3 where some conversations had to be left out."""
    from askqa_builder.build.regeneration import regenerate
    from askqa_builder.cli.build import print_report
    from askqa_builder.cli.progress import progress_for

    report = regenerate(
        dataset,
        out,
        progress=progress_for(sys.stderr),
        profiles=profiles,
        seed=seed,
        roles=roles,
        recordings=recordings,
        renditions=renditions,
        shard_size=shard_size,
        workers=workers,
        device=device,
        executor=executor,
        ray_address=ray_address,
        cache=cache,
        cache_size=cache_size,
        overwrite=overwrite,
    )
    print_report(report)
    return report.exit_code
