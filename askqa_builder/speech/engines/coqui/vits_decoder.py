"""VITS's HiFi-GAN decoder over padded batches, and in which precision a model computes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum
from typing import Any

import torch
from torch.nn.utils import parametrize

from askqa_builder.errors import UsageError

_CONVOLUTIONS = (torch.nn.Conv1d, torch.nn.ConvTranspose1d, torch.nn.Conv2d, torch.nn.ConvTranspose2d)

WINDOWS = (32, 64, 96, 128, 192, 256)
"""Frames decoded at once on a CPU. Each other length makes oneDNN compile and keep kernels of its own, which takes as
long as seconds of speech, and for long stretches much memory."""

_TRAINING_ONLY = ("posterior_encoder", "disc")
_TRAINING_ONLY_IN_DURATIONS = ("post_pre", "post_convs", "post_proj", "post_flows")


class Precision(str, Enum):
    """In what numbers flow and decoder compute; all else is float32. With bfloat16 the flow, 1 % of it, is not."""

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
        self._reach = _reach(decoder)
        self._lengths: torch.Tensor | None = None
        self._hooks: list[Any] = []
        self._in_planes = next(decoder.parameters()).device.type == "cpu"
        self._frames: Sequence[int] | None = None
        self._width = 0
        self._masks: dict[int, torch.Tensor] = {}
        if self._in_planes:
            _convolve_in_planes(decoder)
        if precision is Precision.BFLOAT16:
            decoder.bfloat16()
            # the last layer makes samples: 8 bits of mantissa would be heard there
            decoder.conv_post.float()
            hook = decoder.conv_post.register_forward_pre_hook(lambda _, inputs: (inputs[0].float(),))
            self._hooks.append(hook)
        for name, module in decoder.named_modules():
            if isinstance(module, _CONVOLUTIONS) and name != "conv_pre" and not name.startswith("cond"):
                self._hooks.append(module.register_forward_pre_hook(self._mask_tail))

    def close(self) -> None:
        """Let go of the decoder, which the hooks would keep in memory."""
        for hook in self._hooks:
            hook.remove()
        self._decoder = None

    def decode(
        self,
        latent: torch.Tensor,
        speakers: torch.Tensor | None,
        frames: Sequence[int],
        lengths: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return waveforms [items, 1, samples] of latents [items, channels, frames], which are zero behind each item.

        What the waveforms hold behind each item is not speech. frames: of each item. lengths: the same on the device,
        needed where that is a GPU.
        """
        if self._precision is Precision.BFLOAT16:
            latent = latent.bfloat16()
            speakers = speakers.bfloat16() if speakers is not None else None
        with self._precision.of_flow():
            if len(frames) == 1 and not latent.is_cuda:
                return self._in_windows(latent[:, :, : frames[0]], speakers)
            self._lengths = lengths
            return self._whole(latent, speakers, frames)

    def _whole(self, latent: torch.Tensor, speakers: torch.Tensor | None, frames: Sequence[int]) -> torch.Tensor:
        self._width = latent.shape[-1]
        self._frames = frames if min(frames) < self._width else None
        self._masks.clear()
        if not self._in_planes:
            waveform: torch.Tensor = self._decoder(latent, g=speakers)
            return waveform
        waveform = self._decoder(_plane(latent), g=_plane(speakers) if speakers is not None else None)
        return waveform.squeeze(2)

    def _in_windows(self, latent: torch.Tensor, speakers: torch.Tensor | None) -> torch.Tensor:
        """Decode one item piece by piece: no sample depends on frames farther away than the decoder reaches."""
        total = latent.shape[-1]
        width, starts = cut_windows(total, self._reach)
        if not starts:
            padded = torch.nn.functional.pad(latent, (0, width - total))
            waveform = self._whole(padded, speakers, [total])
            return waveform[:, :, : waveform.shape[-1] // width * total]
        parts = []
        done = 0
        for start in starts:
            last = start + width == total
            end = total if last else start + width - self._reach
            waveform = self._whole(latent[:, :, start : start + width], speakers, [width])
            hop = waveform.shape[-1] // width
            parts.append(waveform[:, :, (done - start) * hop : (end - start) * hop])
            done = end
        return torch.cat(parts, -1)

    def _mask_tail(self, _: Any, inputs: tuple[torch.Tensor]) -> None:
        """Zero, in place, what lies behind each item; the layers give their convolutions a tensor of their own."""
        if self._frames is None:
            return
        (x,) = inputs
        width = x.shape[-1]
        scale = width // self._width
        if self._lengths is not None and x.is_cuda:  # one kernel instead of one an item
            if width not in self._masks:
                ends = (self._lengths * scale)[:, None]
                self._masks[width] = (torch.arange(width, device=x.device) < ends).unsqueeze(1)
            x.mul_(self._masks[width])
            return
        for row, frames in enumerate(self._frames):
            x[row, ..., frames * scale :] = 0.0


def _convolve_in_planes(module: torch.nn.Module) -> None:
    """Replace convolutions over [items, channels, time] by the same over [items, channels, 1, time].

    oneDNN has its fastest kernels for channels that lie next to each other in memory, and PyTorch lets it use them on
    planes only; bfloat16 gains the most.
    """
    for name, child in module.named_children():
        if not isinstance(child, (torch.nn.Conv1d, torch.nn.ConvTranspose1d)):
            _convolve_in_planes(child)
            continue
        kind = torch.nn.Conv2d if isinstance(child, torch.nn.Conv1d) else torch.nn.ConvTranspose2d
        over_time: dict[str, Any] = {key: (1, getattr(child, key)[0]) for key in ("kernel_size", "stride", "dilation")}
        over_time["padding"] = (0, child.padding[0])
        planes = kind(child.in_channels, child.out_channels, bias=False, groups=child.groups, **over_time)
        planes.weight = torch.nn.Parameter(_plane(child.weight), requires_grad=False)
        planes.bias = child.bias
        setattr(module, name, planes)


def _plane(x: torch.Tensor) -> torch.Tensor:
    return x.unsqueeze(2).contiguous(memory_format=torch.channels_last)


def cut_windows(frames: int, reach: int) -> tuple[int, list[int]]:
    """Return one of WINDOWS and where windows of it start, for the least work; no starts if one holds all.

    Windows overlap by twice the reach, the last one by more: it ends with the item.
    """
    widths = [width for width in WINDOWS if width > 4 * reach] or [5 * reach]  # less is mostly overlap
    for width in (*WINDOWS, *widths):
        if frames <= width:
            return width, []
    counted = {width: -(-(frames - 2 * reach) // (width - 2 * reach)) for width in widths}
    width = min(counted, key=lambda one: (one * counted[one], -one))
    return width, [min(i * (width - 2 * reach), frames - width) for i in range(counted[width])]


def _reach(decoder: Any) -> int:
    """Return how many frames away an input can still change a sample: the sum of all kernels' reaches."""
    frames = _kernel_reach(decoder.conv_pre)
    scale = 1
    blocks = decoder.num_kernels
    for stage, upsampling in enumerate(decoder.ups):
        frames += upsampling.kernel_size[0] / (2 * upsampling.stride[0] * scale)
        scale *= upsampling.stride[0]
        frames += (
            max(
                sum(_kernel_reach(layer) for layer in block.modules() if isinstance(layer, torch.nn.Conv1d))
                for block in decoder.resblocks[stage * blocks : (stage + 1) * blocks]
            )
            / scale
        )
    return math.ceil(frames + _kernel_reach(decoder.conv_post) / scale)


def _kernel_reach(layer: torch.nn.Conv1d) -> float:
    return float((layer.kernel_size[0] - 1) / 2 * layer.dilation[0])


def _computes_bfloat16() -> bool:
    """Tell whether this CPU has instructions for bfloat16; emulated, it is slower than float32."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
