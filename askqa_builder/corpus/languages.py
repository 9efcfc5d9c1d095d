"""The languages that are read aloud."""

from __future__ import annotations

import re

from askqa_builder.corpus.fields import ItemError
from askqa_builder.corpus.rejects import quote

_ENGLISH = re.compile(r"en(glish)?([-_][A-Za-z0-9]{2,8})*", re.IGNORECASE)


def require_english(place: str, language: str) -> None:
    """Raise ItemError `unsupported_language` where a tag such as "en" or "en-GB", or a name, is not that of English.

    place: what says it, for the message.

    The rules that turn written into spoken text are English: of another language they would make nonsense, unnoticed.
    """
    if not _ENGLISH.fullmatch(language):
        raise ItemError("unsupported_language", f"{place} is {quote(language)}; only English is read aloud")
