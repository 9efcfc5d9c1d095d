"""Taking checked values out of an object read from JSON: a reader says what it needs, by name and type.

Two rules hold for every corpus. What is needed and absent, null, blank or of a wrong type raises
`ItemError`. What is optional may be absent, null or blank, but if it is there its type must be right.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping

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
    if any(c.isascii() and c.isalnum() for c in text):  # most texts, at once
        return True
    return any(c.isalnum() for c in anyascii(text))


def check_pronounceable(place: str, text: str) -> None:
    """Raise ItemError `unpronounceable` where a text has nothing to pronounce."""
    if not is_pronounceable(text):
        raise ItemError("unpronounceable", f"{place} has nothing to pronounce: {quote(text)}")


def check_length(place: str, key: str, text: str, most: int = MAX_TEXT_CHARACTERS) -> None:
    """Raise ItemError `<key>_too_long` where a text has more characters than allowed."""
    if len(text) > most:
        raise ItemError(f"{key}_too_long", f"{place} has {len(text)} characters, more than {most}")


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

    def __contains__(self, key: str) -> bool:
        """Tell whether a field is there, and not null."""
        return self._values.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the fields, in the order of the source."""
        return iter(self._values)

    def allow_only(self, *names: str) -> None:
        """Raise ItemError `unknown_field` where there is a field of another name, such as a misspelt one."""
        for key in self:
            if key not in names:
                where = f"{self._where} has" if self._where else "there is"
                raise ItemError("unknown_field", f"{where} no field {quote(key)}; the fields are {', '.join(names)}")

    def text(self, key: str, max_characters: int = MAX_TEXT_CHARACTERS) -> str:
        """Return a text as it stands: not blank, without lone surrogates, of at most `max_characters`."""
        return self._filled_text(key, self.place(key), self._needed(key), max_characters)

    def optional_text(self, key: str) -> str | None:
        """Return a text, None where it is absent, null or blank."""
        value = self._values.get(key)
        if value is None:
            return None
        text = self._any_text(key, self.place(key), value, MAX_TEXT_CHARACTERS)
        return text if text.strip() else None

    def optional_name(self, key: str) -> str | None:
        """Return the name of something, None where it is absent, null or blank."""
        return None if self.optional_text(key) is None else self.text(key, MAX_NAME_CHARACTERS)

    def spoken_text(self, key: str) -> str:
        """Return a text that has something pronounceable in it."""
        text = self.text(key)
        check_pronounceable(self.place(key), text)
        return text

    def long_text(self, key: str) -> str:
        """Return a text of any length that is not to be spoken as a whole."""
        return self.text(key, sys.maxsize)

    def count(self, key: str) -> int:
        """Return an integer ≥ 0 that fits 64 bits."""
        number = self._integer(key, self._needed(key))
        if not 0 <= number <= _MAX_INT64:
            raise ItemError("bad_number", f"{self.place(key)} is {describe(number)}, not one from 0 to 2^63 - 1")
        return number

    def optional_count(self, key: str) -> int | None:
        """Return an integer ≥ 0 that fits 64 bits, None where it is absent or null."""
        return None if self._values.get(key) is None else self.count(key)

    def integer(self, key: str) -> int:
        """Return any integer."""
        return self._integer(key, self._needed(key))

    def optional_integer(self, key: str) -> int | None:
        """Return any integer, None where it is absent or null."""
        value = self._values.get(key)
        return None if value is None else self._integer(key, value)

    def optional_truth(self, key: str) -> bool | None:
        """Return true or false, None where it is absent or null."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, bool):
            raise self._wrong_type(key, value, "true or false")
        return value

    def texts(self, key: str) -> list[str]:
        """Return a list of texts, as `text` has each; it may be empty."""
        elements = self.elements(key)
        return [self._filled_text(key, place, element, MAX_TEXT_CHARACTERS) for place, element in elements]

    def texts_or_number(self, key: str) -> list[str]:
        """Return texts, at least one; a single text or number stands for a list of one."""
        value = self._needed(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if not abs(value) <= _MAX_INT64:  # nor is NaN
                raise ItemError("bad_number", f"{self.place(key)} is {describe(value)}, not one below 2^63")
            return [str(int(value) if value == int(value) else value)]
        texts = [self.text(key)] if isinstance(value, str) else self.texts(key)
        if not texts:
            raise ItemError("empty_text", f"{self.place(key)} is empty")
        return texts

    def optional_texts(self, key: str) -> list[str]:
        """Return a list of texts, as `text` has each; none where it is absent or null."""
        return [] if self._values.get(key) is None else self.texts(key)

    def nested(self, key: str) -> Fields:
        """Return the fields of a nested object."""
        return Fields(self._needed(key), self.place(key))

    def optional_nested(self, key: str) -> Fields | None:
        """Return the fields of a nested object, None where it is absent, null or empty."""
        value = self._values.get(key)
        return None if value is None or value == {} else Fields(value, self.place(key))

    def optional_nested_list(self, key: str) -> list[Fields]:
        """Return the fields of each object of a list; none where it is absent or null."""
        return [Fields(element, place) for place, element in self.optional_elements(key)]

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

    def _filled_text(self, key: str, place: str, value: object, most: int) -> str:
        text = self._any_text(key, place, value, most)
        if not text.strip():
            raise ItemError("empty_text", f"{place} is empty")
        return text

    def _any_text(self, key: str, place: str, value: object, most: int) -> str:
        if not isinstance(value, str):
            raise ItemError("wrong_type", f"{place} is {describe(value)}, not a text")
        check_length(place, key, value, most)
        if _LONE_SURROGATE.search(value):
            raise ItemError("lone_surrogate", f"{place} holds half of a surrogate pair")
        return value

    def _integer(self, key: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong_type(key, value, "an integer")
        return value

    def _elements(self, key: str, value: object) -> list[tuple[str, object]]:
        if not isinstance(value, list):
            raise self._wrong_type(key, value, "a list")
        return [(f"{self.place(key)}[{index}]", element) for index, element in enumerate(value)]
