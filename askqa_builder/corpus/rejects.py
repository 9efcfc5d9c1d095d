"""What is left out of a dataset, and why; and how the texts of a corpus are quoted in messages."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

RejectStage = Literal["read", "cast", "speak", "write", "filter"]

QUOTED_CHARACTERS = 80
"""No message quotes more of a corpus's text than this."""


@dataclass(frozen=True)
class Reject:
    """One item, or one branch of an item, that has no row in the dataset.

    id: of the conversation, or of the row where only a branch is rejected; None where the item has no
    usable id. file: name of the source file, without its folder; of a filtered row, its shard. index: 0-based place
    of the item in the file. reason: a stable slug to count by, such as `duplicate_id`. detail: one readable line.
    """

    id: str | None
    file: str
    index: int | None
    stage: RejectStage
    reason: str
    detail: str

    def to_dict(self) -> dict[str, str | int | None]:
        """Return the line of `rejected.jsonl` as a JSON-able mapping."""
        return asdict(self)


def escape(text: str) -> str:
    """Return the text on one line: control characters, format characters and surrogates as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def quote(text: str) -> str:
    """Return the text in quotes, on one line, clipped to `QUOTED_CHARACTERS` characters."""
    if len(text) > QUOTED_CHARACTERS:
        text = text[: QUOTED_CHARACTERS - 1] + "…"
    return f'"{escape(text)}"'


def describe(value: object) -> str:
    """Name a value read from JSON in a few words, without its content where that may be long."""
    if isinstance(value, str):
        return f"the text {quote(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        digits = str(value)
        return f"the number {digits}" if len(digits) <= QUOTED_CHARACTERS else "a number of many digits"
    return "a list" if isinstance(value, list) else "an object"
