"""One XTTS model in torch: loading it, cloning a voice, and speaking a piece of text from a seed of its own.

XTTS v2 (Casanova et al. 2024, arXiv 2406.04904) is a GPT that samples audio tokens of 46 ms and a HiFi-GAN that
makes a waveform of their latents. It speaks one text at a time.
"""

from __future__ import annotations

import logging
import reprlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
import soxr
import torch
from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
from TTS.tts.models.xtts import Xtts, _legacy_safe_globals

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.speech.engine import Samples
from askqa_builder.speech.engines.coqui.library import ModelFiles, model_errors
from askqa_builder.speech.engines.coqui.vits_decoder import fp32_only
from askqa_builder.voices.reference import Reference

_CLIP_RATE = 22050
"""Hz at which the model takes the clip that it clones."""


@dataclass(frozen=True)
class XttsFiles:
    """What lies on disk. vocabulary: of its tokenizer. speakers: the built-in ones, None where it has none."""

    model: ModelFiles
    vocabulary: Path
    speakers: Path | None


class Latents(NamedTuple):
    """A voice as the model takes it: [1, n, channels] for the GPT, [1, d, 1] for the decoder."""

    gpt: Any
    decoder: Any


class Said(NamedTuple):
    """A waveform, and whether the model ended by itself; if not, it was cut off while it went on."""

    samples: Samples
    ended: bool


class XttsModel:
    """A model on its device. Raises UsageError where its files are no XTTS model."""

    def __init__(self, files: XttsFiles, config: Any, device: Any, language: str) -> None:
        self._language = language
        self._config = config
        self._device = device
        # it remarks on a configuration that Coqui gives it, and on every call with a limit of its own
        logging.getLogger("transformers").setLevel(logging.ERROR)
        # building it fills its weights with random numbers, before they are loaded
        with model_errors(files.model), _own_random_numbers(device, 0):
            model = Xtts(config)
            model._load_checkpoint = _checkpoint  # the library's own may write to the file
            model.load_checkpoint(
                config,
                checkpoint_dir=files.model.checkpoint.parent,
                checkpoint_path=files.model.checkpoint,
                vocab_path=files.vocabulary,
                speaker_file_path="",  # read before, by `built_in_voices`
                eval=True,
            )
            self._model = model.to(device)
        self.sample_rate = int(config.model_args.output_sample_rate)
        self.seconds_a_token = config.model_args.gpt_code_stride_len / config.model_args.input_sample_rate

    def letters(self, text: str) -> int:
        """Count the letters that are spoken: numbers and abbreviations are spelt out as the model's tokenizer does.

        Raises SpeechError where the tokenizer fails or the text has more tokens than the model takes at once.
        """
        tokenizer = self._model.tokenizer
        try:
            read = tokenizer.preprocess_text(text, self._language.split("-")[0])
            tokens = len(tokenizer.encode(text.strip().lower(), lang=self._language))  # as `Xtts.inference` gives it
        except Exception as error:  # from number names to whatever a language's own package raises
            raise SpeechError(f"{reprlib.repr(text)} cannot be read out ({type(error).__name__}: {error})") from error
        most = int(self._config.model_args.gpt_max_text_tokens) - 1
        if tokens > most:
            raise SpeechError(f"{reprlib.repr(text)} has {tokens} tokens, and the model takes {most} at once")
        return sum(character.isalnum() for character in read)

    def say(self, text: str, voice: Latents, seed: int, sampling: Mapping[str, float], longest: float) -> Said:
        """Speak one piece. sampling: options of `Xtts.inference`. longest: seconds after which it is cut off."""
        # asked for more tokens than it has positions for, the model reads beyond its table of them
        most = min(int(longest / self.seconds_a_token) + 1, int(self._model.gpt.max_gen_mel_tokens))
        with _own_random_numbers(self._device, seed), fp32_only():
            answer = self._model.inference(
                text, self._language, voice.gpt, voice.decoder, max_new_tokens=most, **sampling
            )
        samples = np.asarray(answer["wav"], dtype=np.float32).reshape(-1)
        return Said(samples, ended=answer["gpt_latents"].shape[1] < most)  # the token that ends speech is one of them

    def clone(self, reference: Reference) -> Latents:
        """Compute a voice from a clip, as much of it as the model's configuration says.

        The library reads clips through torchcodec, which needs ffmpeg's libraries; soundfile does not.
        Raises UsageError where the clip cannot be read.
        """
        clip = torch.from_numpy(read_clip(reference))[None]
        config = self._config
        clip = clip[:, : _CLIP_RATE * int(config.max_ref_len)]
        if config.sound_norm_refs:
            clip = clip / max(float(clip.abs().max()), 1e-5) * 0.75
        lengths = {"length": config.gpt_cond_len, "chunk_length": config.gpt_cond_chunk_len}
        with torch.inference_mode(), fp32_only():
            return Latents(
                self._model.get_gpt_cond_latents(clip, _CLIP_RATE, **lengths),
                self._model.get_speaker_embedding(clip, _CLIP_RATE),
            )


def built_in_voices(files: XttsFiles) -> dict[str, Latents]:
    """Read the speakers that come with a model, by name. Raises UsageError where the file is damaged."""
    if files.speakers is None:
        return {}
    with model_errors(files.model):
        stored = torch.load(files.speakers, map_location="cpu", weights_only=True)
        return {
            " ".join(name.split()): Latents(voice["gpt_cond_latent"], voice["speaker_embedding"])
            for name, voice in stored.items()
        }


def character_limit(language: str) -> int | None:
    """Return how many characters the model speaks at once in a language, None where it does not know it.

    Raises UsageError where the language needs a package that is not installed.
    """
    tokenizer, code = VoiceBpeTokenizer(), language.split("-")[0]
    if code not in tokenizer.char_limits:
        return None
    try:
        tokenizer.preprocess_text("a", code)
    except ImportError as error:
        raise UsageError(f"language: {language!r} needs a package of its own ({error}); install it") from error
    return int(tokenizer.char_limits[code])


def read_clip(reference: Reference) -> Samples:
    """Read a clip as the model wants it: mono, 22,050 Hz, within ±1. Raises UsageError where that fails."""
    try:
        samples, rate = soundfile.read(reference.path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"the recording {reference.file} cannot be read: {error}") from error
    mono: Samples = samples.mean(axis=1, dtype=np.float32)
    if rate != _CLIP_RATE:
        mono = soxr.resample(mono, rate, _CLIP_RATE, quality="HQ").astype(np.float32)
    if not np.isfinite(mono).all():
        raise UsageError(f"the recording {reference.file} has samples that are not numbers")
    return np.clip(mono, -1.0, 1.0)


def _checkpoint(path: Path) -> Any:
    """Read a checkpoint's weights, and never write: Coqui's own loader saves one of 2023 anew over the old.

    That would change the model's digest between two builds, and race between workers.
    """
    with _legacy_safe_globals():
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)["model"]


@contextmanager
def _own_random_numbers(device: Any, seed: int) -> Iterator[None]:
    """Let torch's global generators, from which XTTS draws, start from a seed, and give them back as they were."""
    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device.index] if cuda else []):
        torch.default_generator.manual_seed(seed)
        if cuda:
            torch.cuda.default_generators[device.index].manual_seed(seed)
        yield
