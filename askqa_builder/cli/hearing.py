"""Options of the commands that hand audio to a model: what it hears of a row."""

from __future__ import annotations

from typing import Annotated

import typer

Context = Annotated[str, typer.Option(help="The story: audio, text (in the prompt), evidence (its paragraph), none.")]
Layout = Annotated[str, typer.Option(help="joined, turns (a clip each) or stereo (assistant left, others right).")]
Segments = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Cut at ends of sentences into clips of at most this length.")
]
Window = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|SECONDS", help="What the target hears of a clip, as qwen2-audio; longer ones are an error."
    ),
]
Metadata = Annotated[
    bool, typer.Option("--metadata", help="Put time-stamped labels of how it is said into the prompts.")
]
