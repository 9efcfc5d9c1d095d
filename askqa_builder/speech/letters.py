"""Letters that are spelled out, written so that engines name them.

Spoken texts hold them apart: "the F A A said". Front ends read the A of that as the article, and know the letters'
names where full stops join them: "the F.A.A said". The text keeps its length, and with it the place of each word.
"""

from __future__ import annotations

import re

# not a letter with an ending: "D.J's" is read with a "dot"
_RUN = re.compile(r"(?<![\w.'])[A-Z](?: [A-Z](?!['\w]))+")
JOINED = re.compile(r"[A-Z](?:\.[A-Z])+")


def joined_letters(text: str, joint: str = ".") -> str:
    """Join letters that stand apart; joint: one character. Returns a text of the same length."""
    return _RUN.sub(lambda match: match.group().replace(" ", joint), text)
