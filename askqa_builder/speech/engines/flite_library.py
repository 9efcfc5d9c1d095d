"""flite's shared libraries, found, opened and declared for ctypes."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import re
from typing import Any

from askqa_builder.errors import UsageError


class Wave(ctypes.Structure):
    """`cst_wave`: samples of 16 bits."""

    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class VoiceStruct(ctypes.Structure):
    """The beginning of `cst_voice`."""

    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))


def open_library(name: str) -> ctypes.CDLL:
    """Load one of flite's libraries so that the others see its symbols. Raises UsageError where it is not installed."""
    for candidate in (f"lib{name}.so.1", f"lib{name}.1.dylib", ctypes.util.find_library(name)):
        if candidate is None:
            continue
        try:
            return ctypes.CDLL(candidate, ctypes.RTLD_GLOBAL)
        except OSError:
            continue
    raise UsageError(
        f"the embedded engine needs flite's library (lib{name}): sudo apt-get install libflite1, "
        "or brew install flite; --profiles espeak needs pip only"
    )


def register_voice(voice: str) -> Any:
    """Load a voice, and return a pointer to its `VoiceStruct`."""
    library = open_library(f"flite_cmu_us_{voice}")
    register = getattr(library, f"register_cmu_us_{voice}")
    register.restype = ctypes.POINTER(VoiceStruct)
    register.argtypes = [ctypes.c_char_p]
    return register(None)


def declare(flite: ctypes.CDLL) -> None:
    """Tell ctypes what the functions take and return."""
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_float
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "flite_synth_text": (pointer, [text, pointer]),
        "utt_wave": (ctypes.POINTER(Wave), [pointer]),
        "delete_utterance": (None, [pointer]),
        "utt_relation": (pointer, [pointer, text]),
        "relation_head": (pointer, [pointer]),
        "relation_tail": (pointer, [pointer]),
        "item_next": (pointer, [pointer]),
        "item_prev": (pointer, [pointer]),
        "item_as": (pointer, [pointer, text]),
        "item_parent": (pointer, [pointer]),
        "flite_ffeature_float": (number, [pointer, text]),
        "flite_ffeature_string": (text, [pointer, text]),
        "flite_feat_set_float": (None, [pointer, text, number]),
        "flite_get_param_float": (number, [pointer, text, number]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(flite, name)
        function.restype, function.argtypes = result, arguments


class _DlInfo(ctypes.Structure):
    _fields_ = (
        ("dli_fname", ctypes.c_char_p),
        ("dli_fbase", ctypes.c_void_p),
        ("dli_sname", ctypes.c_char_p),
        ("dli_saddr", ctypes.c_void_p),
    )


def library_version(flite: ctypes.CDLL) -> str:
    """Read the version from the file that was loaded (libflite.so.2.2): the library exports none."""
    info = _DlInfo()
    address = ctypes.cast(flite.flite_init, ctypes.c_void_p)
    if ctypes.CDLL(None).dladdr(address, ctypes.byref(info)) and info.dli_fname:
        found = re.search(r"(\d+(?:\.\d+)+)", os.path.basename(os.path.realpath(info.dli_fname.decode())))  # noqa: PTH119
        if found:
            return found.group(1)
    return "unknown"
