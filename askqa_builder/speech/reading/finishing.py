"""Rules that bring what is left into the characters that engines know, and give it an end."""

from __future__ import annotations

import re

from anyascii import anyascii

from askqa_builder.speech.reading import tables
from askqa_builder.speech.reading.rule import Rule, beyond_ascii, rule

LONGEST_WORD = 40
"""Longer runs without a space are no words; engines overflow or hang on them."""

_PIECE = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")


def _divided(match: re.Match[str]) -> str:
    return _PIECE.sub(r"\g<0> ", match.group())


def _after_paragraph(match: re.Match[str]) -> str:
    """End a heading, or whatever has no full stop at a paragraph's end, as a sentence of its own."""
    before = match.string[max(match.start() - 4, 0) : match.start()].rstrip(" ,").rstrip("\"'")
    return ". " if before[-1:].isalnum() else " "


def _has_beyond_print(text: str) -> bool:
    """Tell without a pattern, which looks at each character."""
    return "`" in text or not text.isascii() or not text.replace("\n", "").isprintable()


def _has_long_word(text: str) -> bool:
    return max(map(len, text.split()), default=0) > LONGEST_WORD


FINISHING: tuple[Rule, ...] = (
    rule("symbol", "[" + re.escape("".join(tables.SYMBOLS)) + "]", lambda match: tables.SYMBOLS[match.group()]),
    rule("other symbol", r"[\\/*^|{}\[\]]+", " "),
    rule("letter beyond ASCII", r"[^\x00-\x7f]", lambda match: anyascii(match.group()), beyond_ascii),
    rule("character beyond print", r"[^\n\x20-\x7e`]+|`+", " ", _has_beyond_print),
    rule("long word", rf"\S{{{LONGEST_WORD + 1},}}", _divided, _has_long_word),
    rule("heading", r"\n[\n ]*", _after_paragraph, "\n"),
    rule("space", " {2,}", " "),
    rule("space before a mark", r" (?=[,.;:!?](?: |$|\"))", ""),
    rule("pauses on end", r"[,;:](?: ?[,;:])+", ","),
    rule(
        "pause before a stop",
        r"[,;:]\s?(?=[.!?](?:\s|$|\"))|(?<=[.!?])\s?[,;:](?=\s|$)",
        "",
        r"[,;:]\s?[.!?]|[.!?]\s?[,;:]",
    ),
    rule("pause within quotation marks", r"(?<=[,;])\s(?=\"(?:\s|$))|(?<=\s\")[,;]\s?", "", r"[,;]\s\"|\"[,;]"),
    rule("beginning", r"\A[ ,;:.!?)\]]+", "", lambda text: text[:1] in " ,;:.!?)]"),
    rule("end", r"[ ,;:-]+\Z", "", lambda text: text[-1:] in " ,;:-"),
)
