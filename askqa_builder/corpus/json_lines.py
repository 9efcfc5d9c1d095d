"""Reading JSON Lines that somebody else wrote: a line that cannot be read is told, the others go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from askqa_builder.corpus.fields import ItemError
from askqa_builder.corpus.json_file import decode, shown_path
from askqa_builder.corpus.rejects import escape
from askqa_builder.errors import UsageError


def parse_lines(data: bytes, path: Path) -> Iterator[tuple[int, object]]:
    """Yield each line that is not blank: its number from 1, and its value or the ItemError that says why it has none.

    Lines end with a line feed alone or after a carriage return: JSON may hold the other line separators of Unicode.
    Raises UsageError where the file is empty or not UTF-8.
    """
    text = decode(data, shown_path(path))
    if not text.strip():
        raise UsageError(f"{shown_path(path)} is empty; give another file")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _value(line)


def _value(line: str) -> object:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        return ItemError("bad_json", f"not JSON: {escape(error.msg)} (column {error.colno})")
    except RecursionError:
        return ItemError("bad_json", "nested too deeply")
    except ValueError:  # the one ValueError that is not a JSONDecodeError
        return ItemError("bad_json", "holds a number with too many digits")
