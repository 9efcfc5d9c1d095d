"""Local models that hear, run with transformers: Qwen2-Audio, Qwen-Omni's thinkers, Voxtral, Audio Flamingo and others.

Whatever has a processor with a chat template that takes `{"type": "audio"}` parts.
"""

from __future__ import annotations

import time
from base64 import b64encode
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.models.model import Request, Response
from askqa_builder.evaluation.models.sound import Sound, as_mono, as_wav, at_rate
from askqa_builder.evaluation.models.transformers_loading import (
    extractor_of,
    load_model,
    load_processor,
    require_libraries,
    weights_identity,
)
from askqa_builder.evaluation.models.transformers_options import TransformersOptions
from askqa_builder.recording.timeline import FULL_SCALE
from askqa_builder.torch_support import choose_device

_PROBE_SECONDS = 1.0
_TAIL_SECONDS = 0.02
_TEXT = "What is said?"


class TransformersModel:
    """Says the likeliest token each time, one request at a time.

    Clips are made mono and resampled to what the model hears. One that is longer than its window is a UsageError, and
    never cut: feature extractors of Whisper's kind drop what is beyond it without a word. Raises UsageError where a
    library, the model or the device is missing.
    """

    concurrency = 1

    def __init__(self, options: TransformersOptions) -> None:
        require_libraries(adapter=options.adapter is not None)
        self._options = options
        device = choose_device(options.device)
        config, self._processor = load_processor(options)
        self._extractor = extractor_of(self._processor)
        self._rate = int(self._extractor.sampling_rate)
        self._model = load_model(options, config, device)
        self._weights = weights_identity(options, config)
        self._ends = self._likeliest_tokens()
        self._lock = Lock()
        self._require_placeholder()
        self._window = self._find_window()
        self._longest_heard = 0

    @property
    def identity(self) -> dict[str, Any]:
        """What may change its responses."""
        import transformers

        options = self._options
        return {
            **self._weights,
            "model_class": type(self._model).__name__,
            "dtype": str(self._model.dtype),
            "device": self._model.device.type,
            "max_new_tokens": options.max_new_tokens,
            "system": options.system,
            "transformers": transformers.__version__,
        }

    def respond(self, request: Request) -> Response:
        """Generate. Raises UsageError where a clip, or all of them together, are longer than the model takes."""
        clips = [at_rate(clip, request.sampling_rate, self._rate) for clip in request.clips]
        with self._lock:
            began = time.monotonic()
            for clip in clips:
                self._require_heard(clip, request.item.row_id)
            inputs = self._inputs(clips, request.prompt).to(self._model.device, self._model.dtype)
            tokens = self._generate(inputs, request.item.row_id)
            return self._response(tokens, inputs["input_ids"].shape[1], time.monotonic() - began)

    def close(self) -> None:
        """Forget the model."""
        del self._model

    def _generate(self, inputs: Any, where: str) -> list[int]:
        import torch

        prompt = inputs["input_ids"].shape[1]
        room = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        if room is not None and prompt + self._options.max_new_tokens > room:
            raise UsageError(
                f"{where}: {prompt} tokens, and {self._options.max_new_tokens} for the response, where the model takes "
                f"{room} in all; see --context"
            )
        with torch.inference_mode():
            tokens: list[int] = self._model.generate(**inputs)[0, prompt:].tolist()
        return tokens

    def _response(self, tokens: list[int], prompt: int, seconds: float) -> Response:
        length = next((place for place, token in enumerate(tokens) if token in self._ends), None)
        text = self._processor.tokenizer.decode(tokens[:length], skip_special_tokens=True).strip()
        return Response(
            text,
            unfit="cut_off" if length is None else None,
            seconds=seconds,
            prompt_tokens=prompt,
            completion_tokens=len(tokens),
        )

    def _likeliest_tokens(self) -> list[int]:
        """Let the model say the likeliest tokens, and return those that end a response."""
        from transformers import GenerationConfig

        own = self._model.generation_config
        tokenizer = self._processor.tokenizer
        named = [own.eos_token_id] if isinstance(own.eos_token_id, int) else list(own.eos_token_id or [])
        ends = sorted({*named, *([] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id])})
        if not ends:
            raise UsageError(f"{self._options.model}: neither model nor tokenizer names a token that ends a response")
        # in its place, not beside it: it may sample, and punish repetition
        self._model.generation_config = GenerationConfig(
            do_sample=False,
            max_new_tokens=self._options.max_new_tokens,
            eos_token_id=ends,
            pad_token_id=ends[0] if own.pad_token_id is None else own.pad_token_id,
            bos_token_id=own.bos_token_id,
            decoder_start_token_id=own.decoder_start_token_id,
        )
        return ends

    def _inputs(self, clips: list[Sound], prompt: str) -> Any:
        system = self._options.system
        before = [] if system is None else [{"role": "system", "content": [{"type": "text", "text": system}]}]
        parts = [*map(self._audio_part, clips), {"type": "text", "text": prompt}]
        try:
            return self._processor.apply_chat_template(
                [*before, {"role": "user", "content": parts}],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                # a story or a response that holds a control token is text all the same
                **({} if self._is_mistral else {"sanitize_control_tokens": True}),
            )
        except Exception as error:  # templates and processors raise whatever they like
            why = " ".join(str(error).split())
            raise UsageError(
                f"{self._options.model}: its processor does not take {len(clips)} clips and a prompt "
                f"({type(error).__name__}: {why}); see --layout"
            ) from error

    def _audio_part(self, clip: Sound) -> dict[str, Any]:
        if self._is_mistral:  # its template is not transformers' own, and takes files
            return {"type": "audio", "base64": b64encode(as_wav(clip, self._rate)).decode("ascii")}
        return {"type": "audio", "audio": as_mono(clip)}

    @property
    def _is_mistral(self) -> bool:
        return type(self._processor).__name__ == "VoxtralProcessor"

    def _require_placeholder(self) -> None:
        """Raise UsageError where the chat template leaves a clip out."""
        silence = np.zeros(round(_PROBE_SECONDS * self._rate), np.int16)
        with_clip, without = (self._inputs(clips, _TEXT)["input_ids"].shape[1] for clips in ([silence], []))
        if with_clip <= without:
            raise UsageError(f"{self._options.model}: its chat template takes no audio; give a model whose does")

    def _require_heard(self, clip: Sound, where: str) -> None:
        """Raise UsageError where the end of a clip does not reach the model; what is no longer than others does."""
        if self._window is not None and len(clip) > self._window:
            raise self._too_long(clip, where, f"hears {self._window / self._rate:g} s of a clip")
        if len(clip) <= self._longest_heard:
            return
        if not self._hears_the_last(clip, max(1, round(_TAIL_SECONDS * self._rate))):
            raise self._too_long(clip, where, "does not hear the end of it")
        self._longest_heard = len(clip)

    def _too_long(self, clip: Sound, where: str, hears: str) -> UsageError:
        return UsageError(
            f"{where}: a clip of {len(clip) / self._rate:.6g} s, and {self._options.model} {hears}; see --window, "
            "--segments and --context"
        )

    def _find_window(self) -> int | None:
        """Return the samples that are heard of a clip, where the extractor names them and drops the others."""
        named = getattr(self._extractor, "n_samples", None)
        if named is None:
            return None
        beyond = round(_PROBE_SECONDS * self._rate)
        noise = np.random.default_rng(0).normal(0, 0.05, named + beyond)
        return None if self._hears_the_last(_scaled(noise), beyond) else int(named)

    def _hears_the_last(self, clip: Sound, samples: int) -> bool:
        """Tell whether what the model is given changes with the last samples of a clip."""
        import torch

        other = clip.copy()
        other[-samples:] = _scaled(np.random.default_rng(1).normal(0, 0.2, other[-samples:].shape))
        one, two = self._inputs([clip], _TEXT), self._inputs([other], _TEXT)
        return any(not torch.equal(one[name], two[name]) for name in one if torch.is_tensor(one[name]))


def _scaled(samples: NDArray[np.float64]) -> Sound:
    return np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE).astype(np.int16)
