"""One value as one line of JSON, for readers of any kind."""

from __future__ import annotations

import json
from typing import Any

_LINE_ENDS = {end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
"""Characters at which some readers end a line (`str.splitlines`), and which JSON leaves as they are."""


def json_line(value: Any) -> str:
    """Return a value as JSON on one line, without its end.

    Text is readable as it is, but for what some readers take for the end of a line. A lone surrogate, which UTF-8 has
    no bytes for, makes it ASCII with escapes.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, allow_nan=False)
    for end, escape in _LINE_ENDS.items():  # `translate` takes a second for some megabytes of base64
        text = text.replace(end, escape)
    return text
