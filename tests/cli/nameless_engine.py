"""A third party's engine that vouches for nothing: flite's voices under other names, gender and accent unknown.

Tests copy this file next to a `*.dist-info` folder that registers it as the engine `nameless`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from askqa_builder.errors import SpeechError
from askqa_builder.speech.engine import EngineInfo, Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.voices.voice import Voice


class NamelessEngine:
    """p0 to p3; the revision of the model is what the file `revision_path` holds."""

    def __init__(self, revision_path: str | None = None, loud: bool = False) -> None:
        self._flite = FliteEngine()
        revision = None if revision_path is None else Path(revision_path).read_text("utf-8").strip()
        self.info: EngineInfo = replace(self._flite.info, name="nameless", model="nameless/one", revision=revision)
        self._own = {f"p{i}": name for i, name in enumerate(self._flite.voices)}
        self.voices: Mapping[str, Voice] = {
            name: replace(self._flite.voices[own], name=name, gender=None, accent=None, metadata_source="unknown")
            for name, own in self._own.items()
        }

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        """Speak a batch with flite."""
        return self._flite.speak([replace(utterance, voice=self._own[utterance.voice]) for utterance in batch])

    def close(self) -> None:
        """Close flite."""
        self._flite.close()
