"""Options of the commands that speak: how and where, as of `build` and `regenerate`."""

from __future__ import annotations

from typing import Annotated

import typer

ShardSize = Annotated[str, typer.Option(help="Target size of a Parquet file.")]
Workers = Annotated[int | None, typer.Option(help="Worker processes.", show_default="one per core")]
Device = Annotated[
    str | None, typer.Option(help="cpu, cuda, cuda:1 or cuda:0,1.", show_default="a GPU where there is one")
]
Executor = Annotated[str, typer.Option(help="local, or ray: on a cluster, or on this machine.")]
RayAddress = Annotated[
    str | None, typer.Option(help="Cluster, as head:6379 or auto.", show_default="RAY_ADDRESS, else this machine")
]
Cache = Annotated[
    str | None,
    typer.Option(help="Folder of utterances spoken before, or none.", show_default="in the user's cache directory"),
]
CacheSize = Annotated[str, typer.Option(help="At most so much is kept there.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Discard the dataset or build of other settings in OUT.")]
