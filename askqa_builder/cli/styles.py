"""`askqa styles`: how it is said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

styles_app = typer.Typer(
    help="How it is said: labels that recognisers give, and questions about them.", rich_markup_mode=None
)


@styles_app.callback()
def styles() -> None:
    """Labels of how speech sounds, and questions about them."""


@styles_app.command("annotate")
def annotate_command(
    dataset: Annotated[
        Path | None, typer.Argument(help="Folder of a built dataset; annotated in place.", show_default=False)
    ] = None,
) -> int:
    """Label how speech sounds, window by window, with recognisers of emotions; resumable."""
    raise NotImplementedError(dataset)
