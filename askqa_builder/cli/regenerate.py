"""`askqa regenerate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


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
    shard_size: Annotated[str, typer.Option(help="Target size of a Parquet file.")] = "500MB",
    workers: Annotated[int | None, typer.Option(help="Worker processes.", show_default="one per core")] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda, cuda:1 or cuda:0,1.", show_default="a GPU where there is one")
    ] = None,
    executor: Annotated[str, typer.Option(help="local, or ray.")] = "local",
    ray_address: Annotated[
        str | None, typer.Option(help="Of a Ray cluster.", show_default="this job's, or one made here")
    ] = None,
    cache: Annotated[
        str | None,
        typer.Option(help="Folder of utterances spoken before, or none.", show_default="in the user's cache directory"),
    ] = None,
    cache_size: Annotated[str, typer.Option(help="At most so much is kept there.")] = "10GB",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Discard the dataset or run of other settings in OUT.")
    ] = False,
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
