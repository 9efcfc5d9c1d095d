"""A multi-speaker VITS (Kim et al. 2021, arXiv 2106.06103) spoken in batches whose items do not know of each other.

Coqui's `Vits.inference` is taken apart into its own modules. Text encoder and duration predictor run first, over
all items: they are 1 % of the work, and then each item's length is known exactly. Flow and decoder follow in
batches of nearly equal lengths. Random numbers are drawn per item, on the CPU, and the decoder's padding is kept
at zero; so an item alone, in a batch and in another order is the same speech.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from askqa_builder.errors import EngineError
from askqa_builder.speech.engine import Samples
from askqa_builder.speech.engines.coqui.library import is_device_failure
from askqa_builder.speech.engines.coqui.vits_decoder import BatchDecoder, Precision, fp32_only, prepare_for_inference

_TOKENS_A_BATCH = 16384
"""Padded tokens whose durations a GPU predicts at once; attention over 300 tokens takes 0.7 MB each."""

_LONGEST_TOKEN_SECONDS = 10.0
"""A sound that is longer is the model's failure."""

_CPU_STEP = 32

_MOST_PADDING, _ENOUGH = 0.1, 0.25
"""Share of a batch that may be padding, once it holds this share of the most it may hold."""

_RATE_STEPS = 40
_HOST_BATCHES = 2
"""Batches whose samples are on their way to the host while the device works on the next."""


@dataclass(frozen=True)
class Item:
    """One stretch of speech. ids: tokens. speaker: row of the embedding. seed: 0 ≤ seed < 2**63. rate: factor."""

    ids: tuple[int, ...]
    speaker: int
    seed: int
    rate: float = 1.0


class Spoken(NamedTuple):
    """samples: exactly the item's own. durations: frames of each token; their sum times the hop is the length."""

    samples: Samples
    durations: NDArray[np.int64]


class DeviceError(Exception):
    """A device failed. places: of the items that it had in hand."""

    def __init__(self, places: frozenset[int]) -> None:
        super().__init__(f"the device failed with {len(places)} items in hand")
        self.places = places


@dataclass
class Counts:
    """What a model has done. frames: of speech. padded: frames computed for it, padding included."""

    encoder_calls: int = 0
    decoder_calls: int = 0
    frames: int = 0
    padded: int = 0
    halved: int = 0


class _Prior(NamedTuple):
    """An item after the text encoder. means, log_scales: [channels, tokens], on the device."""

    place: int
    item: Item
    means: torch.Tensor
    log_scales: torch.Tensor
    durations: NDArray[np.int64]
    generator: torch.Generator

    @property
    def frames(self) -> int:
        return int(self.durations.sum())


class _OnItsWay(NamedTuple):
    """A decoded batch whose samples [items, samples] are still being copied to the host."""

    batch: Sequence[_Prior]
    samples: torch.Tensor
    arrived: Any


@dataclass
class BatchedVits:
    """A model on a device. batch_seconds: of padded speech decoded at once; None decodes item by item.

    hop: samples a frame. counts: what it has done since it was made.
    """

    model: Any
    device: torch.device
    precision: Precision
    batch_seconds: float | None
    sample_rate: int
    hop: int
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self.model = prepare_for_inference(self.model).to(self.device)
        self._decoder = BatchDecoder(self.model.waveform_decoder, self.precision)
        self._drawing = ThreadPoolExecutor(1, thread_name_prefix="noise", initializer=self._enter_device)

    def close(self) -> None:
        """End the thread that draws random numbers, and let go of the model."""
        self._drawing.shutdown(wait=False, cancel_futures=True)
        self._decoder.close()
        self.model = None
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def speak(self, items: Sequence[Item]) -> list[Spoken | None]:
        """Speak the items; answer i is item i's, None where the model gives it no sensible length.

        Raises EngineError where not even one fits into memory, DeviceError where the device fails.
        """
        answers: dict[int, Spoken] = {}
        self._enter_device()
        with torch.inference_mode():
            priors = []
            for batch in self._token_batches(items):
                with _naming(place for place, _ in batch):
                    priors += self._encoded(batch)
            for prior, samples in self._decoded(priors):
                answers[prior.place] = Spoken(samples, prior.durations)
        return [answers.get(place) for place in range(len(items))]

    def _enter_device(self) -> None:
        """Make this thread's current device the model's: events and pinned memory belong to that one."""
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)

    def _token_batches(self, items: Sequence[Item]) -> Iterator[list[tuple[int, Item]]]:
        most = _TOKENS_A_BATCH if self.batch_seconds is not None else 0
        order = sorted(enumerate(items), key=lambda pair: len(pair[1].ids))
        yield from _batches(order, [len(item.ids) for _, item in order], most)

    def _encoded(self, batch: Sequence[tuple[int, Item]]) -> list[_Prior]:
        """Run text encoder and duration predictor; where the device's memory is too small, in halves."""
        try:
            return list(self._encode(batch))
        except torch.OutOfMemoryError as error:
            if len(batch) == 1:
                raise EngineError(f"{self.device} has not enough free memory for a sentence; free some") from error
        torch.cuda.empty_cache()
        self.counts.halved += 1
        middle = len(batch) // 2
        return [*self._encoded(batch[:middle]), *self._encoded(batch[middle:])]

    def _encode(self, batch: Sequence[tuple[int, Item]]) -> Iterator[_Prior]:
        """Run text encoder and duration predictor over a batch, in true float32: a flipped bit moves a frame."""
        model = self.model
        self.counts.encoder_calls += 1
        generators = [torch.Generator().manual_seed(item.seed) for _, item in batch]
        lengths = [len(item.ids) for _, item in batch]
        longest = self._rounded(max(lengths))
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        noise = torch.zeros(len(batch), 2, longest)
        for row, ((_, item), generator) in enumerate(zip(batch, generators, strict=True)):
            ids[row, : len(item.ids)] = torch.as_tensor(item.ids)
            noise[row, :, : len(item.ids)] = torch.randn(len(item.ids), 2, generator=generator).T
        with fp32_only():
            hidden, means, log_scales, mask = model.text_encoder(
                self._upload(ids), self._upload(torch.tensor(lengths)), lang_emb=None
            )
            speakers = self._speakers([item for _, item in batch]) if model.args.condition_dp_on_speaker else None
            noise = self._upload(noise) * model.inference_noise_scale_dp
            log_durations = self._log_durations(hidden, mask, speakers, noise)
        # exponential and rounding on the CPU, alike for all devices
        log_durations = log_durations[:, 0].double().cpu().numpy()
        for row, ((place, item), generator) in enumerate(zip(batch, generators, strict=True)):
            tokens = lengths[row]
            lengths_of_tokens = np.exp(log_durations[row, :tokens]) * model.length_scale
            if not lengths_of_tokens.max() * self.hop <= _LONGEST_TOKEN_SECONDS * self.sample_rate:  # or is no number
                continue
            durations = frames_at_rate(lengths_of_tokens, item.rate)
            yield _Prior(place, item, means[row, :, :tokens], log_scales[row, :, :tokens], durations, generator)

    def _log_durations(
        self, hidden: torch.Tensor, mask: torch.Tensor, speakers: torch.Tensor | None, noise: torch.Tensor
    ) -> torch.Tensor:
        """Return log durations [items, 1, tokens]; of the stochastic predictor, its reverse pass on given noise."""
        predictor = self.model.duration_predictor
        if not self.model.args.use_sdp:
            result: torch.Tensor = predictor(hidden, mask, g=speakers, lang_emb=None)
            return result
        x = predictor.pre(hidden)
        if speakers is not None:
            x = x + predictor.cond(speakers)
        x = predictor.proj(predictor.convs(x, mask)) * mask
        flows = list(reversed(predictor.flows))
        latent = noise
        for flow in [*flows[:-2], flows[-1]]:  # as in the library: the last but one does nothing useful
            latent = flow(torch.flip(latent, [1]), mask, g=x, reverse=True)
        return latent[:, :1]

    def _speakers(self, items: Sequence[Item]) -> torch.Tensor | None:
        if not hasattr(self.model, "emb_g"):
            return None
        rows = self._upload(torch.tensor([item.speaker for item in items]))
        embedding: torch.Tensor = self.model.emb_g(rows).unsqueeze(-1)
        return embedding

    def _decoded(self, priors: Sequence[_Prior]) -> Iterator[tuple[_Prior, Samples]]:
        """Yield each item's samples. The device is given the next batch before the last one's samples are taken."""
        under_way: deque[_OnItsWay] = deque()
        for batch, noise in self._with_noise(self._frame_batches(priors)):
            # a device tells of a failure when it is next asked: any batch that it still has may be the one
            with _naming(prior.place for held in (batch, *(one.batch for one in under_way)) for prior in held):
                for part in self._fitting(batch, noise):
                    under_way.append(part)
                    while len(under_way) > _HOST_BATCHES:
                        yield from self._arrived(under_way.popleft())
        while under_way:
            with _naming(prior.place for one in under_way for prior in one.batch):
                yield from self._arrived(under_way.popleft())

    def _frame_batches(self, priors: Sequence[_Prior]) -> Iterator[list[_Prior]]:
        most = int((self.batch_seconds or 0.0) * self.sample_rate / self.hop)
        order = sorted(priors, key=lambda prior: prior.frames)
        return _batches(order, [prior.frames for prior in order], most)

    def _with_noise(self, batches: Iterable[list[_Prior]]) -> Iterator[tuple[list[_Prior], torch.Tensor]]:
        """Draw each batch's noise in a thread of its own, one batch ahead."""
        waiting: deque[tuple[list[_Prior], Any]] = deque()
        for batch in batches:
            waiting.append((batch, self._drawing.submit(self._noise, batch)))
            if len(waiting) > 1:
                ready, noise = waiting.popleft()
                yield ready, noise.result()
        for ready, noise in waiting:
            yield ready, noise.result()

    def _noise(self, batch: Sequence[_Prior]) -> torch.Tensor:
        """Draw [items, channels, frames] from the items' own generators, frame by frame: one more changes no other."""
        channels = batch[0].means.shape[0]
        noise = torch.zeros(
            len(batch), channels, max(prior.frames for prior in batch), pin_memory=self.device.type == "cuda"
        )
        for row, prior in enumerate(batch):
            noise[row, :, : prior.frames] = torch.randn(prior.frames, channels, generator=prior.generator).T
        return noise

    def _fitting(self, batch: Sequence[_Prior], noise: torch.Tensor) -> Iterator[_OnItsWay]:
        """Decode a batch; where the device's memory is too small, in halves, and no larger ones from then on."""
        seconds = max(prior.frames for prior in batch) * len(batch) * self.hop / self.sample_rate
        if len(batch) == 1 or seconds <= (self.batch_seconds or 0.0):
            try:
                decoded = self._decode(batch, noise)
            except torch.OutOfMemoryError as error:
                if len(batch) == 1:
                    raise EngineError(
                        f"{self.device} has not enough free memory to speak {seconds:.1f} s; free some of it"
                    ) from error
            else:
                yield decoded
                return
            torch.cuda.empty_cache()
            self.counts.halved += 1
            self.batch_seconds = seconds / 2
        middle = len(batch) // 2
        for part, rows in ((batch[:middle], noise[:middle]), (batch[middle:], noise[middle:])):
            yield from self._fitting(part, rows[:, :, : max(prior.frames for prior in part)])

    def _decode(self, batch: Sequence[_Prior], noise: torch.Tensor) -> _OnItsWay:
        """Run flow and decoder over a batch, padded to its longest item."""
        model, frames = self.model, [prior.frames for prior in batch]
        longest = self._rounded(max(frames))
        lengths = self._upload(torch.tensor(frames))
        mask = (torch.arange(longest, device=self.device) < lengths[:, None]).unsqueeze(1)
        tokens = self._token_of_frame(batch, longest)
        means = torch.cat([prior.means for prior in batch], 1)[:, tokens].permute(1, 0, 2)
        log_scales = torch.cat([prior.log_scales for prior in batch], 1)[:, tokens].permute(1, 0, 2)
        noise = torch.nn.functional.pad(noise.to(self.device, non_blocking=True), (0, longest - noise.shape[-1]))
        latent = (means + noise * torch.exp(log_scales) * model.inference_noise_scale) * mask
        speakers = self._speakers([prior.item for prior in batch])
        with self.precision.of_flow():
            latent = model.flow(latent, mask.float(), g=speakers, reverse=True) * mask
        waveform = self._decoder.decode(latent, speakers, frames, lengths)
        self.counts.decoder_calls += 1
        self.counts.frames += sum(frames)
        self.counts.padded += longest * len(batch)
        return self._to_host(batch, waveform[:, 0].float())

    def _token_of_frame(self, batch: Sequence[_Prior], longest: int) -> torch.Tensor:
        """Return [items, frames]: which token each frame speaks, counted through the batch; padding repeats one."""
        places = np.zeros((len(batch), longest), dtype=np.int64)
        before = 0
        for row, prior in enumerate(batch):
            places[row, : prior.frames] = before + np.repeat(np.arange(len(prior.durations)), prior.durations)
            before += len(prior.durations)
        return self._upload(torch.from_numpy(places))

    def _upload(self, tensor: torch.Tensor) -> torch.Tensor:
        """Copy to the device without waiting for what it still computes, which needs pinned memory."""
        if self.device.type != "cuda":
            return tensor
        return tensor.pin_memory().to(self.device, non_blocking=True)

    def _rounded(self, length: int) -> int:
        """Return a length to pad to: on a CPU one of few, since oneDNN compiles and keeps kernels for each."""
        return -(-length // _CPU_STEP) * _CPU_STEP if self.device.type == "cpu" else length

    def _to_host(self, batch: Sequence[_Prior], waveform: torch.Tensor) -> _OnItsWay:
        if self.device.type != "cuda":
            return _OnItsWay(batch, waveform, None)
        host = torch.empty(waveform.shape, pin_memory=True)
        host.copy_(waveform, non_blocking=True)
        arrived = torch.cuda.Event(blocking=True)  # else the wait takes a whole core
        arrived.record()
        return _OnItsWay(batch, host, arrived)

    def _arrived(self, decoded: _OnItsWay) -> Iterator[tuple[_Prior, Samples]]:
        if decoded.arrived is not None:
            decoded.arrived.synchronize()
        samples = decoded.samples.numpy()
        for row, prior in enumerate(decoded.batch):
            yield prior, samples[row, : prior.frames * self.hop].copy()


@contextmanager
def _naming(places: Iterable[int]) -> Iterator[None]:
    """Say of a device's failure in the `with` block which items the device had in hand."""
    try:
        yield
    except Exception as error:
        if not is_device_failure(error):
            raise
        raise DeviceError(frozenset(places)) from error


def frames_at_rate(durations: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    """Return whole frames of each token, whose sum is that at the normal rate divided by `rate`.

    VITS rounds each token up, so a scale of 1 / rate misses by half a frame a token; the scale that hits the sum is
    found by bisection. No token falls below one frame.
    """
    durations = np.maximum(durations, np.finfo(np.float32).tiny)
    normal = np.ceil(durations)
    wanted = max(round(float(normal.sum()) / rate), 1)
    if rate == 1:
        return normal.astype(np.int64)
    low, high = 0.0, 1.0
    while np.ceil(durations * high).sum() < wanted:
        low, high = high, 2 * high
    for _ in range(_RATE_STEPS):
        middle = (low + high) / 2
        if np.ceil(durations * middle).sum() < wanted:
            low = middle
        else:
            high = middle
    return np.ceil(durations * high).astype(np.int64)


def _batches(ordered: Sequence[Any], sizes: Sequence[int], most: int) -> Iterator[list[Any]]:
    """Cut what is sorted by size, smallest first, into batches of at most `most` when padded to their largest.

    A batch that is large enough to keep a device busy ends earlier where padding would be much of it.
    """
    batch: list[Any] = []
    filled = 0
    for one, size in zip(ordered, sizes, strict=True):
        padded = size * (len(batch) + 1)
        wasteful = padded - filled - size > _MOST_PADDING * padded and padded > _ENOUGH * most
        if batch and (padded > most or wasteful):
            yield batch
            batch, filled = [], 0
        batch.append(one)
        filled += size
    if batch:
        yield batch
