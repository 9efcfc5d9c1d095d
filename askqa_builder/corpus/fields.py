"""Taking checked values out of an object read from JSON: a reader says what it needs, by name and type.

Two rules hold for every corpus. What is needed and absent, null, blank or of a wrong type raises
`ItemError`. What is optional may be absent, null or blank, but if it is there its type must be right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from anyascii import anyascii

from askqa_builder.corpus.rejects import describe, quote

MAX_TEXT_CHARACTERS = 20_000
"""A longer text is no turn of a conversation; spoken, it would take over two hours."""

MAX_NAME_CHARACTERS = 1_000
"""Limit of ids and source names."""

_MAX_INT64 = 2**63 - 1
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class ItemError(Exception):
    """An item cannot be used: `reason` is a stable slug, `detail` one readable line."""

    def __init__(self, reason: str, detail: str):
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def is_pronounceable(text: str) -> bool:
    """Tell whether a letter or digit is left once the text is folded to ASCII."""
    return any(c.isalnum() for c in anyascii(text))


class Fields:
    """The fields of one JSON object; `where` is its place in the item, for messages."""

    def __init__(self, value: object, where: str = ""):
        """Raise ItemError `wrong_type` where `value` is no object."""
        if not isinstance(value, dict):
            raise ItemError("wrong_type", f"{where or 'the item'} is {describe(value)}, not an object")
        self._values: Mapping[str, object] = value
        self._where = where

    def place(self, key: str) -> str:
        """Name a field for a message: `target_turn.question`."""
        return f"{self._where}.{key}" if self._where else key

    def text(self, key: str, max_characters: int = MAX_TEXT_CHARACTERS) -> str:
        """Return a text as it stands: not blank, without lone surrogates, of at most `max_characters`."""
        text = self._any_text(key, self._needed(key), max_characters)
        if not text.strip():
            raise ItemError("empty_text", f"{self.place(key)} is empty")
        return text

    def optional_text(self, key: str) -> str | None:
        """Return a text, None where it is absent, null or blank."""
        value = self._values.get(key)
        if value is None:
            return None
        text = self._any_text(key, value, MAX_TEXT_CHARACTERS)
        return text if text.strip() else None

    def spoken_text(self, key: str) -> str:
        """Return a text that has something pronounceable in it."""
        text = self.text(key)
        if not is_pronounceable(text):
            raise ItemError("unpronounceable", f"{self.place(key)} has nothing to pronounce: {quote(text)}")
        return text

    def count(self, key: str) -> int:
        """Return an integer ≥ 0 that fits 64 bits."""
        number = self._integer(key, self._needed(key))
        if not 0 <= number <= _MAX_INT64:
            raise ItemError("bad_number", f"{self.place(key)} is {describe(number)}, not one from 0 to 2^63 - 1")
        return number

    def optional_integer(self, key: str) -> int | None:
        """Return any integer, None where it is absent or null."""
        value = self._values.get(key)
        return None if value is None else self._integer(key, value)

    def nested(self, key: str) -> Fields:
        """Return the fields of a nested object."""
        return Fields(self._needed(key), self.place(key))

    def optional_nested(self, key: str) -> Fields | None:
        """Return the fields of a nested object, None where it is absent, null or empty."""
        value = self._values.get(key)
        return None if value is None or value == {} else Fields(value, self.place(key))

    def elements(self, key: str) -> list[tuple[str, object]]:
        """Return the elements of a list, each with its place."""
        return self._elements(key, self._needed(key))

    def optional_elements(self, key: str) -> list[tuple[str, object]]:
        """Return the elements of a list, each with its place; none where it is absent or null."""
        value = self._values.get(key)
        return [] if value is None else self._elements(key, value)

    def _needed(self, key: str) -> object:
        value = self._values.get(key)
        if value is None:
            raise ItemError("missing_field", f"{self.place(key)} is missing")
        return value

    def _wrong_type(self, key: str, value: object, wanted: str) -> ItemError:
        return ItemError("wrong_type", f"{self.place(key)} is {describe(value)}, not {wanted}")

    def _any_text(self, key: str, value: object, max_characters: int) -> str:
        if not isinstance(value, str):
            raise self._wrong_type(key, value, "a text")
        if len(value) > max_characters:
            raise ItemError(
                f"{key}_too_long",
                f"{self.place(key)} has {len(value)} characters, more than {max_characters}",
            )
        if _LONE_SURROGATE.search(value):
            raise ItemError("lone_surrogate", f"{self.place(key)} holds half of a surrogate pair")
        return value

    def _integer(self, key: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong_type(key, value, "an integer")
        return value

    def _elements(self, key: str, value: object) -> list[tuple[str, object]]:
        if not isinstance(value, list):
            raise self._wrong_type(key, value, "a list")
        return [(f"{self.place(key)}[{index}]", element) for index, element in enumerate(value)]
