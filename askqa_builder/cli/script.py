"""`askqa script`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from askqa_builder.build.script import Line


def script_command(
    dataset: Annotated[Path, typer.Argument(help="A finished dataset: of synthesis, for its text.")],
    roles: Annotated[
        str, typer.Option(help="Whose turns people are to read, as user; the others are shown.")
    ] = "narrator,user,assistant",
    missing: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Ask only for what has no recording in this folder yet.")
    ] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A table for recording tools: file, role, act, text; what is read only.")
    ] = False,
) -> int:
    """Print the sheet to read from, for `askqa build --recordings`."""
    from askqa_builder.build.options import parse_roles
    from askqa_builder.build.script import script

    lines = script(dataset, parse_roles(roles, "roles"), missing)
    if as_csv:
        table = csv.writer(sys.stdout)
        table.writerow(["file", "role", "act", "text"])
        table.writerows([line.file, line.role.value, line.act.value, line.text] for line in lines if line.file)
        return 0
    for line in _sheet(lines):
        print(line)
    return 0


def _sheet(lines: Iterator[Line]) -> Iterator[str]:
    from askqa_builder.corpus.rejects import escape

    last = None
    for line in lines:
        if (line.conversation, line.rendition) != last:
            last = (line.conversation, line.rendition)
            rendition = f", rendition {line.rendition}" if line.rendition else ""
            yield ""
            yield escape(f"# {line.conversation}{rendition}")
        text = escape(" ".join(line.text.split()))  # the dataset may be anybody's
        if line.file is None:
            yield f"    ({line.role.value}: {text})"
        else:
            yield ""
            yield f"{line.file}  [{line.role.value}, {line.act.value.replace('_', ' ')}]"
            yield f"    {text}"
