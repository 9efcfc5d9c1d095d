"""Reading a JSON file that somebody else wrote: whatever is wrong with it is one line."""

from __future__ import annotations

import codecs
import json
import stat
from pathlib import Path

from askqa_builder.corpus.rejects import escape
from askqa_builder.errors import UsageError

_SHOWN_PATH_CHARACTERS = 160
_GZIP = b"\x1f\x8b"


def shown_path(path: Path) -> str:
    """Return a path on one line for a message; of a long one, the end, which tells more."""
    text = escape(str(path))
    return text if len(text) <= _SHOWN_PATH_CHARACTERS else "…" + text[-_SHOWN_PATH_CHARACTERS:]


def read_bytes(path: Path) -> bytes:
    """Read a regular file. UsageError where it is missing, a folder, a device or unreadable."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{shown_path(path)} is not a file; give a JSON file")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"{shown_path(path)} does not exist; check the path") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        why = getattr(error, "strerror", None) or "not a valid path"
        raise UsageError(f"cannot read {shown_path(path)} ({why}); check the path and its permissions") from error


def parse_json(data: bytes, path: Path) -> object:
    """Parse the content of `path`: UTF-8, with or without a byte order mark.

    UsageError where it is empty, in another encoding, not JSON, truncated, nested too deeply, or holds an
    integer with more digits than Python converts.
    """
    shown = shown_path(path)
    text = decode(data, shown)
    if not text.strip():
        raise UsageError(f"{shown} is empty; download it again")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        ends_early = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        what = "ends too early, it is truncated" if ends_early else f"is not JSON: {escape(error.msg)}"
        raise UsageError(f"{shown} {what} (line {error.lineno}, column {error.colno}); download it again") from error
    except RecursionError as error:
        raise UsageError(f"{shown} is nested too deeply to be a corpus; download it again") from error
    except ValueError as error:  # the one ValueError that is not a JSONDecodeError
        raise UsageError(f"{shown} holds a number with too many digits; correct it or download it again") from error


def decode(data: bytes, shown: str) -> str:
    """Return the text of a file, UTF-8 with or without a byte order mark. UsageError where it is none.

    shown: the file's path as messages have it.
    """
    if data.startswith(_GZIP):
        raise UsageError(f"{shown} is compressed; unpack it first, as with gunzip")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data[:4]:
        raise UsageError(f"{shown} is UTF-16 or UTF-32 text; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
