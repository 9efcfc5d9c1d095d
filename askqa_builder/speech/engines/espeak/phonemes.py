"""Graphemes to phonemes with espeak-ng's library, in this process.

Neural voices trained on espeak's phonemes need its symbols, not its voice. The library gives those of its executable
without a process for every stretch between two punctuation marks.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import re
import shutil
import tempfile
import threading
from functools import lru_cache

from askqa_builder.errors import UsageError

# speak_lib.h
_SYNCHRONOUS, _DONT_EXIT, _UTF8 = 2, 0x8000, 1
_IPA, _SEPARATOR_SHIFT = 0x02, 8
_LONGEST_DATA_PATH = 150  # from 160 on, espeak-ng fails without a word

# the first letter of a phoneme that is a syllable's core
_VOWEL = re.compile(r"(?<![^_ ])[iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒᵻɚɝ]")
_LANGUAGE_SWITCH = re.compile(r"\(.+?\)")
_SYSTEM_LIBRARIES = ("libespeak-ng.so.1", "libespeak-ng.1.dylib")

_in_use = threading.Lock()
"""espeak-ng is one for the whole process and must not be called by two threads at once."""


class Phonemizer:
    """espeak-ng's phonemes of one language, as its command line prints them with `--ipa=1`."""

    def __init__(self, language: str, library: str | None = None, data: str | None = None) -> None:
        """Load espeak-ng and choose its voice.

        language: an espeak voice, such as en-us. library, data: its shared library, and the folder that holds
        `phontab` (None: the library's own); by default those of the package `espeakng-loader`, else the system's.

        Raises UsageError where espeak-ng is missing or has no such voice.
        """
        self._library, self.version = _load(*(library, data) if library else _find())
        self._language = language.encode()
        with _in_use:
            self._choose()

    def phonemes(self, text: str) -> str:
        """Return the phonemes of a text without punctuation, in IPA, words apart by blanks."""
        with _in_use:
            self._choose()  # another instance may have chosen another
            clauses = self._clauses(text)
        clauses = [_with_stress(_LANGUAGE_SWITCH.sub("", clause).strip()) for clause in clauses]
        return "".join(clauses).replace("_", "")

    def _choose(self) -> None:
        if self._library.espeak_SetVoiceByName(self._language) != 0:
            raise UsageError(f"espeak-ng has no voice {self._language.decode()!r}")

    def _clauses(self, text: str) -> list[str]:
        clauses = []
        rest = ctypes.c_void_p()
        buffer = ctypes.create_string_buffer(text.encode("utf-8", errors="replace"))
        rest.value = ctypes.addressof(buffer)
        mode = _IPA | ord("_") << _SEPARATOR_SHIFT
        while rest.value:  # espeak-ng moves it to the next clause
            clause = self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, mode)
            clauses.append(clause.decode() if clause else "")
        return clauses


def _with_stress(clause: str) -> str:
    """Return a clause's phonemes, still separated by `_`, with one primary stress at least.

    Before it speaks, but after `espeak_TextToPhonemes`, espeak-ng gives a clause without primary stress one: on the
    last of its most stressed syllables (count_pitch_vowels in intonation.c).
    """
    if "ˈ" in clause:
        return clause
    before, secondary, after = clause.rpartition("ˌ")
    if secondary:
        return f"{before}ˈ{after}"
    vowels = list(_VOWEL.finditer(clause))
    place = vowels[-1].start() if vowels else 0
    return f"{clause[:place]}ˈ{clause[place:]}" if vowels else clause


def _find() -> tuple[str, str | None]:
    try:
        import espeakng_loader
    except ImportError:
        for name in _SYSTEM_LIBRARIES:
            try:
                ctypes.CDLL(name)
            except OSError:
                continue
            return name, None
        message = "espeak-ng's library is missing: pip install espeakng-loader, or sudo apt-get install libespeak-ng1"
        raise UsageError(message) from None
    return str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path())


@lru_cache
def _load(path: str, data: str | None) -> tuple[ctypes.CDLL, str]:
    """Load and start the library once; return it and its version."""
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise UsageError(f"espeak-ng's library does not load: {error}") from error
    library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
    library.espeak_Info.restype = ctypes.c_char_p
    started = library.espeak_Initialize(_SYNCHRONOUS, 0, _short(data).encode() if data else None, _DONT_EXIT)
    if started <= 0:
        raise UsageError(f"espeak-ng does not start with the data in {data or 'its own folder'}")
    return library, library.espeak_Info(None).decode().split()[0]


def _short(data: str) -> str:
    """Return the folder itself, or where its path is too long for espeak-ng, a link to it."""
    if len(data) <= _LONGEST_DATA_PATH:
        return data
    folder = tempfile.mkdtemp(prefix="espeak-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    link = os.path.join(folder, "data")  # noqa: PTH118 - a plain string for C
    os.symlink(data, link)  # noqa: PTH211
    return link
