"""VITS's HiFi-GAN decoder over padded batches, and in which precision a model computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum
from typing import Any

import torch
from torch.nn.utils import parametrize

from askqa_builder.errors import UsageError

_TRAINING_ONLY = ("posterior_encoder", "disc")
_TRAINING_ONLY_IN_DURATIONS = ("post_pre", "post_convs", "post_proj", "post_flows")


class Precision(str, Enum):
    """In what numbers flow and decoder compute; all else is float32."""

    FLOAT32 = "float32"
    TF32 = "tf32"
    BFLOAT16 = "bfloat16"

    @classmethod
    def choose(cls, asked: str, device: torch.device) -> Precision:
        """Return the precision that an option names; "auto" is the fastest that keeps the sound. Raises UsageError."""
        if asked == "auto":
            if device.type == "cuda":
                return cls.TF32
            return cls.BFLOAT16 if _computes_bfloat16() else cls.FLOAT32
        if asked not in [one.value for one in cls]:
            allowed = ", ".join(["auto", *(one.value for one in cls)])
            raise UsageError(f"precision: {asked!r} is not allowed; give one of {allowed}")
        if asked == cls.TF32.value and device.type != "cuda":
            raise UsageError("precision: tf32 is for CUDA devices; give float32, bfloat16 or auto")
        return cls(asked)

    def of_flow(self) -> AbstractContextManager[None]:
        """Set the precision of float32 arithmetic for what is not bfloat16."""
        return fp32_only() if self is Precision.FLOAT32 else _tf32_allowed()


@contextmanager
def fp32_only() -> Iterator[None]:
    """Compute in true float32; CUDA convolutions use TF32 if not told otherwise."""
    with _fp32_precision("ieee"):
        yield


def _tf32_allowed() -> AbstractContextManager[None]:
    return _fp32_precision("tf32") if torch.cuda.is_available() else nullcontext()


@contextmanager
def _fp32_precision(mode: str) -> Iterator[None]:
    places = (torch.backends.cuda.matmul, torch.backends.cudnn.conv)
    before = [place.fp32_precision for place in places]
    try:
        for place in places:
            place.fp32_precision = mode
        yield
    finally:
        for place, was in zip(places, before, strict=True):
            place.fp32_precision = was


def prepare_for_inference(model: Any) -> Any:
    """Bake in the weight norm, which Coqui never does for VITS, and drop what only training needs."""
    for module in model.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
    for owner, names in ((model, _TRAINING_ONLY), (model.duration_predictor, _TRAINING_ONLY_IN_DURATIONS)):
        for name in names:
            if hasattr(owner, name):
                delattr(owner, name)
    return model.eval().requires_grad_(False)


class BatchDecoder:
    """A decoder whose items do not hear each other's padding.

    HiFi-GAN has no mask: beyond an item's end its layers make something of nothing, which the next layer's kernel
    reaches back into the item's last 55 ms. So the padded tail of every convolution's input is set to zero, as if
    the item were alone.
    """

    def __init__(self, decoder: Any, precision: Precision) -> None:
        self._decoder = decoder
        self._precision = precision
        self._frames: Sequence[int] | None = None
        self._masks: dict[int, torch.Tensor] = {}
        if precision is Precision.BFLOAT16:
            decoder.bfloat16()
            # the last layer makes samples: 8 bits of mantissa would be heard there
            decoder.conv_post.float()
            decoder.conv_post.register_forward_pre_hook(lambda _, inputs: (inputs[0].float(),))
        for name, module in decoder.named_modules():
            convolves = isinstance(module, (torch.nn.Conv1d, torch.nn.ConvTranspose1d))
            if convolves and name != "conv_pre" and not name.startswith("cond"):
                module.register_forward_pre_hook(self._mask_tail)

    def decode(self, latent: torch.Tensor, speakers: torch.Tensor | None, frames: Sequence[int]) -> torch.Tensor:
        """Return waveforms [items, 1, samples] of latents [items, channels, frames], zero beyond each item's frames."""
        self._frames = frames if min(frames) < max(frames) else None
        self._masks.clear()
        if self._precision is Precision.BFLOAT16:
            latent = latent.bfloat16()
            speakers = speakers.bfloat16() if speakers is not None else None
        with self._precision.of_flow():
            waveform: torch.Tensor = self._decoder(latent, g=speakers)
        return waveform

    def _mask_tail(self, _: Any, inputs: tuple[torch.Tensor]) -> None:
        """Zero, in place, what lies behind each item; the layers give their convolutions a tensor of their own."""
        if self._frames is None:
            return
        (x,) = inputs
        width = x.shape[-1]
        scale = width // max(self._frames)
        if x.is_cuda:  # one kernel instead of one an item
            if width not in self._masks:
                ends = torch.tensor(self._frames, device=x.device) * scale
                self._masks[width] = (torch.arange(width, device=x.device) < ends[:, None]).unsqueeze(1)
            x.mul_(self._masks[width])
            return
        for row, frames in enumerate(self._frames):
            x[row, :, frames * scale :] = 0.0


def _computes_bfloat16() -> bool:
    """Tell whether this CPU has instructions for bfloat16; emulated, it is slower than float32."""
    if hasattr(torch, "cpu") and hasattr(torch.cpu, "_is_avx512_bf16_supported"):
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False
