"""Turn source text into what a reader would say: ordered, named rules over `SpokenText`.

The result is printable ASCII: words and the punctuation that engines understand. Numbers are read as an American
reads them, letters that are spelled out stand apart in capitals ("C N N"), and brackets and dashes are commas.
"""

from __future__ import annotations

import re

from askqa_builder.speech.reading.cleaning import CLEANING
from askqa_builder.speech.reading.finishing import FINISHING
from askqa_builder.speech.reading.names import NAMES
from askqa_builder.speech.reading.numbers import NUMBERS
from askqa_builder.speech.reading.rule import Rule
from askqa_builder.speech.spoken_text import SpokenText

RULES: tuple[Rule, ...] = (*CLEANING, *NUMBERS, *NAMES, *FINISHING)

_SPEAKABLE = re.compile("[A-Za-z0-9]")
_HAS_STOP = re.compile(r"[.!?][\"')\]]*$")


def read_aloud(source: str, final: str = ".") -> SpokenText:
    """Apply the rules, in order, and end with `final` where there is no full stop, question or exclamation mark.

    The text is empty where nothing in the source can be pronounced.
    """
    text = SpokenText(source)
    for one in RULES:
        text = one(text)
    if _SPEAKABLE.search(text.text) is None:  # punctuation alone is not spoken
        return SpokenText("")
    return text if _HAS_STOP.search(text.text) else text.sub(_END, final)


_END = re.compile(r"$(?!\n)")
