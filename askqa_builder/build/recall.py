"""What of a build was spoken before, by this or another one: its utterances in the cache, keyed by all that counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from askqa_builder import __version__
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.turns import Spoken
from askqa_builder.dataset.manifest import canonical_digest
from askqa_builder.errors import SpeechError
from askqa_builder.recognition.error_rate import describe_recogniser
from askqa_builder.speech.engine import Utterance
from askqa_builder.speech.prosody import native_part
from askqa_builder.speech.utterance_cache import UtteranceCache
from askqa_builder.voices.reference import Reference
from askqa_builder.voices.voice import Controls

Batches = Mapping[str, Sequence[Utterance]]
"""Utterances by the key of the engine that speaks them."""

_NO_SAMPLES = ("licence", "pace")
"""What of an engine's identity changes no sample."""


class Recall:
    """Looks up and keeps utterances of one recipe. Made anew in each process that uses it."""

    def __init__(self, recipe: Recipe, cache: UtteranceCache) -> None:
        self._cache = cache
        profiles = recipe.profiles.profiles
        gate = None
        if recipe.listening is not None and profiles.gate is not None:
            gate = {**profiles.gate.to_json(), "listener": describe_recogniser(recipe.listening.info)}
        self._controls: dict[tuple[str, str], Controls] = {}
        self._engines: dict[str, Mapping[str, Any]] = {}
        self._clips: dict[tuple[str, str], Reference] = {}
        for key, choice in profiles.engines.items():
            identity = {name: value for name, value in asdict(recipe.engines[key]).items() if name not in _NO_SAMPLES}
            # what an adapter of ours makes of an engine may change with our version
            self._engines[key] = {
                "askqa-builder": __version__,
                "engine": identity,
                "options": choice.portable_options,
                "gate": gate,
            }
            self._clips |= {(key, name): clip for name, clip in profiles.references(key).items()}
        for role, by_split in recipe.profiles.pools.items():
            key = profiles.roles[role].engine.key
            for pool in by_split.values():
                self._controls |= {(key, voice.name): voice.controls for voice in pool.voices}

    def split(self, batches: Batches) -> tuple[dict[str, dict[Utterance, Spoken]], Batches]:
        """Return what was spoken before, and what was not, by the engines' keys."""
        known: dict[str, dict[Utterance, Spoken]] = {}
        unknown: dict[str, list[Utterance]] = {}
        for key, batch in batches.items():
            for one in batch:
                speech = None if one.recordings else self._cache.get(self._key(key, one))
                if speech is None:
                    unknown.setdefault(key, []).append(one)
                else:
                    known.setdefault(key, {})[one] = speech
        return known, unknown

    def keep(self, engine: str, batch: Sequence[Utterance], spoken: Sequence[Spoken]) -> None:
        """Keep what was spoken; what failed is left to be tried again, and recordings lie on the disk already."""
        for one, speech in zip(batch, spoken, strict=True):
            if not isinstance(speech, SpeechError) and not one.recordings:
                self._cache.put(self._key(engine, one), speech)

    def _key(self, engine: str, utterance: Utterance) -> str:
        """Digest all that the engine's speech depends on; prosody that is added later is none of it."""
        asked = native_part(utterance, self._controls[engine, utterance.voice])
        voice = self._clips.get((engine, asked.voice))
        clip = None if voice is None else voice.spoken_from(asked.emotion)
        # what is spoken without an emotion has the key that it had before there were any
        manner = None if asked.emotion is None else [asked.emotion.to_json(), asked.instructions]
        return canonical_digest(
            {
                **self._engines[engine],
                **({} if manner is None else {"manner": manner}),
                "clip": None if clip is None else [clip.sha256, clip.text],
                "text": asked.text,
                "voice": asked.voice,
                "rate": asked.rate,
                "pitch": asked.pitch,
                "seed": asked.seed,
            }
        )
