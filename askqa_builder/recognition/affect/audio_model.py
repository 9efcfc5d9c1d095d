"""A model of transformers that hears clips, of several lengths at once, and gives some numbers for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askqa_builder.errors import UsageError
from askqa_builder.options import require
from askqa_builder.recognition.affect.origin import ModelOrigin
from askqa_builder.recognition.recogniser import Appetite, Clip, ListenerInfo, missing_library
from askqa_builder.torch_support import choose_device, import_torchaudio, loading

_BATCH_SECONDS = {"cuda": 512.0, "cpu": 64.0}

_TRAINING_ONLY = "masked_spec_embed"
"""A parameter that nothing is computed with but in training, and that some checkpoints lack."""


class AudioModel:
    """A model with its feature extractor, on a device. config: transformers' configuration of it."""

    def __init__(self, name: str, model: str | None, revision: str | None, device: str | None, threads: int) -> None:
        """Find configuration and feature extractor; the weights come with `load`.

        name: of the recogniser. model: a folder, or a name on the Hub. Raises UsageError.
        """
        model = checked_model(name, model, ("torch", "transformers"), "affect")
        require(isinstance(threads, int) and threads >= 0, "threads", threads, "a whole number from 0")
        from transformers import AutoConfig, AutoFeatureExtractor

        self.name, self.model = name, model
        self._revision = {} if revision is None else {"revision": revision}
        self._device = choose_device(device)
        self._threads = threads
        with loading(model):
            self.config = AutoConfig.from_pretrained(model, **self._revision)
            self._extractor = AutoFeatureExtractor.from_pretrained(model, **self._revision)

    def load(self, kind: Any) -> None:
        """Load the weights into a class of transformers. Raises UsageError where some are not in the checkpoint."""
        import torch

        if self._threads and self._device.type == "cpu":
            torch.set_num_threads(self._threads)
        with loading(self.model), _quietly():
            loaded, told = kind.from_pretrained(
                self.model, dtype=torch.float32, output_loading_info=True, **self._revision
            )
        lacking = {*told["missing_keys"], *(str(key) for key in told["mismatched_keys"])}
        missing = sorted(key for key in lacking if not key.endswith(_TRAINING_ONLY))
        if missing:
            raise UsageError(
                f"{self.model}: the checkpoint lacks weights that {self.name} needs ({', '.join(missing[:3])}); "
                "it is a model of another kind"
            )
        self._network = loaded.eval().requires_grad_(False).to(self._device)

    @property
    def info(self) -> ListenerInfo:
        """Who listens."""
        return ModelOrigin(self.model).info(
            self.name,
            "transformers",
            f"{version('transformers')} (torch {version('torch')})",
            getattr(self.config, "_commit_hash", None),
            self._device,
        )

    @property
    def appetite(self) -> Appetite:
        """As `appetite_on` tells."""
        return appetite_on(self._device)

    def numbers(self, batch: Sequence[Clip]) -> NDArray[np.float64]:
        """Return the model's outputs for each clip, [clips, outputs]."""
        rate = self._extractor.sampling_rate
        waves = [clip.at(rate) for clip in batch]
        found: list[NDArray[np.float64] | None] = [None] * len(waves)
        for places in self._together(waves):
            for place, numbers in zip(places, self._run([waves[place] for place in places], rate), strict=True):
                found[place] = numbers
        return np.array(found, dtype=np.float64)

    def _together(self, waves: Sequence[NDArray[np.float32]]) -> Iterator[list[int]]:
        """Yield the places of clips that may be padded to one length without changing each other's numbers.

        A wav2vec 2.0 whose extractor makes no attention mask normalises over time, padding included.
        """
        by_length: dict[int, list[int]] = {}
        for place, wave in enumerate(waves):
            by_length.setdefault(0 if self._pads_well() else len(wave), []).append(place)
        yield from by_length.values()

    def _pads_well(self) -> bool:
        return bool(getattr(self._extractor, "return_attention_mask", True)) or not self._takes_waves()

    def _takes_waves(self) -> bool:
        return type(self._extractor).__name__ == "Wav2Vec2FeatureExtractor"

    def _run(self, waves: Sequence[NDArray[np.float32]], rate: int) -> NDArray[np.float64]:
        import torch

        padding = {"padding": True} if self._takes_waves() else {}  # others pad to a length of their own
        convolutions = zip(*(getattr(self.config, f"conv_{name}", ()) for name in ("kernel", "stride")), strict=True)
        least = samples_of_a_frame(tuple(convolutions))
        features = self._extractor(
            [long_enough(wave, least) for wave in waves], sampling_rate=rate, return_tensors="pt", **padding
        )
        with torch.inference_mode():
            answer = self._network(**features.to(self._device)).logits
        numbers: NDArray[np.float64] = answer.float().cpu().numpy().astype(np.float64)
        return numbers

    def close(self) -> None:
        """Forget the model."""
        del self._network


def checked_model(name: str, model: str | None, libraries: Sequence[str], extra: str) -> str:
    """Return the model that was given, when its libraries are installed. Raises UsageError."""
    if model is None:
        raise UsageError(f"{name} needs a model: give {name}:FOLDER, or {name}:NAME as on the Hub")
    for library in libraries:
        if find_spec(library) is None:
            raise missing_library(name, library, extra)
    if find_spec("torchaudio") is not None:  # transformers and funasr import it where it is there
        import_torchaudio()
    return model


def appetite_on(device: Any) -> Appetite:
    """Large batches on a GPU; on a CPU torch shares one among the cores."""
    return Appetite(batch_seconds=_BATCH_SECONDS.get(device.type, 64.0), one_core=False)


def samples_of_a_frame(convolutions: Sequence[tuple[int, int]]) -> int:
    """Return how many samples a model's first frame is made of. convolutions: kernel and stride of each, in order."""
    least = 1
    for kernel, stride in reversed(convolutions):
        least = (least - 1) * stride + kernel
    return least


def long_enough(wave: NDArray[np.float32], least: int) -> NDArray[np.float32]:
    """Add silence to what is shorter than `least` samples."""
    return np.pad(wave, (0, max(least - len(wave), 0)))


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep transformers from drawing bars and telling of a checkpoint what is told here, or does not matter."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
