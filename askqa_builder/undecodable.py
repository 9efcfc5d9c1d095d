"""What is wrong with a sound file that cannot be read, in words that say so, and decoders that do not speak themselves.

libsndfile tells of its own state rather than of the file: of one that is no MP3 it says that it "does not exist or is
not a regular file (possibly a pipe?)". libmpg123 beneath it writes to the terminal.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_IN_PLAIN_WORDS = (
    ("System error", "it is not there, or may not be read"),
    ("File does not exist or is not a regular file", "it holds no sound of its kind, or nothing at all"),
    ("Format not recognised", "it holds no sound of a kind that can be read"),
    ("Error in WAV", "its header is damaged, or cut off"),
    ("Unspecified internal error", "it is damaged: decoding stops in the middle"),
    ("lost sync", "it is damaged or cut off: decoding stops in the middle"),
    ("Internal psf_fseek", "it is damaged or cut off: decoding stops in the middle"),
)
_STDERR = 2


def what_is_wrong(error: Exception) -> str:
    """Return why a file cannot be decoded; error: of soundfile, or the operating system's."""
    told = str(getattr(error, "error_string", None) or getattr(error, "strerror", None) or error)
    plain = next((plain for raw, plain in _IN_PLAIN_WORDS if raw in told), None)
    return plain or " ".join(told.removeprefix("Error : ").split()).rstrip(". ")


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """Keep what libraries write to standard error themselves from it; for the time of one call alone."""
    kept, nowhere = os.dup(_STDERR), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)
