"""XTTS v2 of Coqui: natural voices, its own and cloned ones, for non-commercial use only.

The engine only finds files and reads names when it is made; torch loads the 1.8 GB of weights when it first speaks.
The model is under the Coqui Public Model License (CPML), which users alone can agree to: nothing here does it.
"""

from __future__ import annotations

import reprlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.seeds import derive_seed
from askqa_builder.speech.engine import EngineInfo, Pace, Samples, Speech, Utterance
from askqa_builder.speech.engines.coqui.library import (
    ModelFiles,
    computing,
    device_failure,
    find_model,
    is_device_failure,
    library_versions,
    local_model,
    read_config,
    require_coqui,
    with_files,
)
from askqa_builder.speech.letters import joined_letters
from askqa_builder.speech.pieces import pause_after, split_text
from askqa_builder.speech.plausible import plausible_seconds
from askqa_builder.torch_support import torch_device
from askqa_builder.voices.reference import Reference
from askqa_builder.voices.voice import Controls, Voice

if TYPE_CHECKING:
    from askqa_builder.speech.engines.coqui.xtts_model import Latents, XttsFiles, XttsModel

XTTS_V2 = "tts_models/multilingual/multi-dataset/xtts_v2"
TRIES = 4
"""How often a piece is spoken, each time from another seed, until its length is plausible."""

_SAMPLING: dict[str, tuple[float, float]] = {
    "temperature": (0.01, 2.0),
    "top_k": (1, 1000),
    "top_p": (0.01, 1.0),
    "repetition_penalty": (1.0, 50.0),
}
_CPML = "CPML: non-commercial use only, its speech included"
_SHORTEST_CLIP = 0.33  # s; the model ignores shorter ones
_SILENT = 0.01  # of the loudest sample, -40 dB
# A server core speaks at 0.11 to 0.14 × real time (full size, random weights); a text may need all tries, and
# workers share the machine's memory bandwidth.
_MINIMUM_SPEED_CPU, _MINIMUM_SPEED_CUDA = 0.02, 0.5

# The `speed` of the library stretches the GPT's latents, 46 ms apart, by linear interpolation before they are decoded.
# Pitch stays, since nothing is resampled, but what lasts no longer than a latent or two is blurred, lengths are exact
# to 46 ms only (a tenth of a short "Yes."), and what it does to the speech is not measured. What is added after every
# engine without a rate of its own is measured and exact.
_CONTROLS = Controls(rate=None, pitch=None, word_times=False)


class XttsEngine:
    """The built-in speakers of an XTTS model, and voices cloned from recordings.

    Raises UsageError where the library, the model, a GPU that is asked for, a recording or an option is not there,
    and where the user has not agreed to the model's licence.
    """

    def __init__(
        self,
        *,
        model: str = XTTS_V2,
        model_path: str | None = None,
        config_path: str | None = None,
        licence: str | None = None,
        language: str = "en",
        sampling: Mapping[str, float] | None = None,
        references: Mapping[str, Reference] | None = None,
        device: str | None = None,
    ) -> None:
        """Find a model, read its configuration and the names of its speakers, and look at the recordings.

        model: name of a released one. model_path: a model of one's own instead, its folder or its checkpoint, with
        `config_path` (else `config.json` beside it) and its `licence`. language: of the texts, a code such as "en".
        sampling: temperature, top_k, top_p or repetition_penalty where not the model's own.
        references: recordings to clone, by the voice's name; it speaks the emotions of which there is a recording.
        device: "cpu", "cuda", "cuda:N"; None for a GPU where there is one.
        """
        require_coqui()

        from askqa_builder.speech.engines.coqui.xtts_model import built_in_voices

        self._device = torch_device(device)
        self._files, self._config = _find(model, model_path, config_path, licence)
        self._language = language
        self._characters = _character_limit(self._files.model, self._config, language)
        self._sampling = _sampling(self._config, sampling or {})
        self._built_in = built_in_voices(self._files)
        self._cloned: dict[str, Latents] = {}  # by the digest of the clip
        self._references = dict(references or {})
        for name, reference in self._references.items():
            _check_reference(name, reference, self._built_in)
        names = sorted({*self._built_in, *self._references})
        if not names:
            raise UsageError(f"model {self._files.model.name} has no speakers of its own; give recordings to clone")
        self._voices = {name: Voice(name, language, None, None, "unknown", self._controls(name)) for name in names}
        self._model: XttsModel | None = None

    @cached_property
    def info(self) -> EngineInfo:
        """Name, versions, licence."""
        cuda = self._device.type == "cuda"
        return EngineInfo(
            name="xtts",
            library="coqui-tts",
            version=library_versions("transformers"),
            model=self._files.model.name,
            revision=self._files.model.revision,
            licence=f"{_in_full(self._files.model.licence)} (model); MPL-2.0 (library)",
            sample_rate=int(self._config.model_args.output_sample_rate),
            pace=Pace(
                words_per_minute=165.0,
                minimum_speed=_MINIMUM_SPEED_CUDA if cuda else _MINIMUM_SPEED_CPU,
                start_seconds=600.0,
                apart=cuda,
            ),
            numeric_mode=f"{self._device.type}-float32",
        )

    @property
    def voices(self) -> Mapping[str, Voice]:
        """The model's speakers and the cloned voices by name; nobody vouches for anybody's gender or accent."""
        return self._voices

    @property
    def model(self) -> XttsModel:
        """The model on its device, loaded on first use. Raises UsageError where its weights cannot be read."""
        if self._model is None:
            from askqa_builder.speech.engines.coqui.xtts_model import XttsModel

            self._model = XttsModel(self._files, self._config, self._device, self._language)
        return self._model

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        """Speak one utterance after the other, each from its own seed; see `Engine.speak`.

        Raises EngineError where a GPU fails; it names the utterance.
        """
        spoken: list[Speech | SpeechError] = []
        for utterance in batch:
            try:
                with computing:
                    spoken.append(self._speak_one(utterance))
            except SpeechError as error:
                spoken.append(error)
            except Exception as error:
                if not is_device_failure(error):
                    raise
                raise device_failure("xtts", self._device, error, [utterance]) from error
        return spoken

    def close(self) -> None:
        """Release the model's memory; a later `speak` loads it again."""
        self._model = None

    def _speak_one(self, utterance: Utterance) -> Speech:
        """Raise SpeechError where there is nothing to say, or a piece is not spoken in a plausible time."""
        sample_rate = self.model.sample_rate
        parts: list[Samples] = []
        pause = quiet = 0.0
        for start, end in split_text(utterance.text, self._characters):
            text = joined_letters(utterance.text[start:end])
            letters = self.model.letters(text)
            if not letters:
                continue
            samples = self._say(text, letters, self._voice(utterance), derive_seed(utterance.seed, start))
            before, after = _silence(samples)
            if parts:  # what the model itself is silent before and after counts
                parts.append(np.zeros(max(round(pause * sample_rate - quiet - before), 0), dtype=np.float32))
            parts.append(samples)
            pause, quiet = pause_after(text), after
        if not parts:
            raise SpeechError("nothing in the text can be pronounced")
        return Speech(np.concatenate(parts), sample_rate)

    def _say(self, text: str, letters: int, voice: Latents, seed: int) -> Samples:
        """Speak a piece, again and again from other seeds until it is neither too short nor too long.

        XTTS hallucinates, above all in short texts (coqui-ai/TTS issue 3516, idiap/coqui-ai-TTS issue 310): it adds
        sounds or goes on until its limit, or leaves words out. Raises SpeechError when the last try fails too.
        """
        model = self.model
        shortest, longest = plausible_seconds(letters)
        faults = []
        for attempt in range(TRIES):
            said = model.say(text, voice, derive_seed(seed, attempt), self._sampling, longest)
            seconds = len(said.samples) / model.sample_rate
            if not said.ended:
                faults.append(f"no end within {seconds:.1f} s")
            elif seconds < shortest:
                faults.append(f"only {seconds:.1f} s")
            elif not np.isfinite(said.samples).all() or not said.samples.any():
                faults.append("no sound")
            else:
                return said.samples
        raise SpeechError(
            f"{reprlib.repr(text)} is not spoken in {shortest:.1f} to {longest:.1f} s after {TRIES} tries "
            f"({', '.join(faults)})"
        )

    def _controls(self, name: str) -> Controls:
        reference = self._references.get(name)
        return _CONTROLS if reference is None else replace(_CONTROLS, emotions=reference.speakable)

    def _voice(self, utterance: Utterance) -> Latents:
        """Return a built-in voice, or what is cloned from the clip in which the speaker sounds as asked."""
        if utterance.voice in self._built_in:
            return self._built_in[utterance.voice]
        clip = self._references[utterance.voice].spoken_from(utterance.emotion)
        if clip.sha256 not in self._cloned:
            self._cloned[clip.sha256] = self.model.clone(clip)
        return self._cloned[clip.sha256]


def _find(model: str, model_path: str | None, config_path: str | None, licence: str | None) -> tuple[XttsFiles, Any]:
    """Return the files of an XTTS model and its configuration. Raises UsageError."""
    from askqa_builder.speech.engines.coqui.xtts_model import XttsFiles

    if model_path is None:
        if config_path is not None or licence is not None:
            raise UsageError(f"{'config_path' if config_path else 'licence'}: give model_path too")
        files = find_model(model)
    else:
        folder = Path(model_path)
        files = local_model(str(folder / "model.pth") if folder.is_dir() else model_path, config_path, licence)
        files = replace(files, name=folder.name)
    config = read_config(files)
    if config.model != "xtts":
        raise UsageError(f"model {files.name} is a {config.model} model; this engine speaks with xtts models")
    if not zipfile.is_zipfile(files.checkpoint):
        raise UsageError(f"model {files.name}: {files.checkpoint.name} is damaged, or no checkpoint of torch")
    vocabulary = files.checkpoint.with_name("vocab.json")
    if not vocabulary.is_file():
        vocabulary = Path(config.model_args.tokenizer_file or "vocab.json")
        if not vocabulary.is_file():
            raise UsageError(f"model {files.name}: its {vocabulary.name} is missing")
    speakers = files.checkpoint.with_name("speakers_xtts.pth")
    further = [vocabulary, speakers] if speakers.is_file() else [vocabulary]
    return XttsFiles(with_files(files, *further), vocabulary, speakers if speakers.is_file() else None), config


def _character_limit(files: ModelFiles, config: Any, language: str) -> int:
    from askqa_builder.speech.engines.coqui.xtts_model import character_limit

    limit = character_limit(language) if language in config.languages else None
    if limit is None:
        known = ", ".join(str(one) for one in config.languages)
        raise UsageError(f"language: model {files.name} does not speak {language!r}; it speaks {known}")
    return limit


def _sampling(config: Any, asked: Mapping[str, float]) -> dict[str, float]:
    """Return how to sample: as the model's configuration says (so does Coqui's own interface), or as asked."""
    if not isinstance(asked, Mapping):
        raise UsageError(f"sampling: {asked!r} is not a mapping, such as {{temperature: 0.7}}")
    for key, value in asked.items():
        if key not in _SAMPLING:
            raise UsageError(f"sampling: {key!r} is not known; allowed: {', '.join(_SAMPLING)}")
        low, high = _SAMPLING[key]
        kind: Any = int if key == "top_k" else (int, float)
        if not isinstance(value, kind) or isinstance(value, bool) or not low <= value <= high:
            raise UsageError(f"sampling: {key}: {value!r} is not allowed; give a number from {low:g} to {high:g}")
    return {**{key: config[key] for key in _SAMPLING}, **asked}


def _check_reference(name: str, reference: Reference, built_in: Mapping[str, Any]) -> None:
    """Look at a speaker's recordings without reading them. Raises UsageError."""
    import soundfile

    if name in built_in:
        raise UsageError(f"the recording {reference.file} would hide the model's speaker {name!r}; name it by speaker:")
    for clip in reference.clips:
        try:
            seconds = soundfile.info(clip.path).duration
        except (OSError, RuntimeError) as error:
            raise UsageError(f"the recording {clip.file} cannot be read: {error}") from error
        if seconds < _SHORTEST_CLIP:
            raise UsageError(f"the recording {clip.file} lasts {seconds:.2f} s; a voice is cloned from 3 s or more")


def _in_full(licence: str) -> str:
    if licence == "CPML":
        return _CPML
    return f"unknown, or if it comes from XTTS v2 {_CPML}" if licence == "unknown" else licence


def _silence(samples: Samples) -> tuple[int, int]:
    """Return how many samples at the start and at the end are silent."""
    level = np.abs(samples)
    loud = np.flatnonzero(level > _SILENT * level.max())
    return int(loud[0]), len(samples) - 1 - int(loud[-1])
