"""Tokens a second of a random model on this machine, in training and in generating."""

from __future__ import annotations

import math
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from askqa_builder.errors import UsageError
from askqa_builder.machine import usable_cores

from qwen2_audio.encoding import Encoder
from qwen2_audio.evaluation import respond
from qwen2_audio.examples import RESPONSE, SAMPLING_RATE, WINDOW, Example
from qwen2_audio.model import add_adapters, load_model, load_processor
from qwen2_audio.settings import Generation, TrainingSettings
from qwen2_audio.training import SECONDS_BETWEEN_LINES, answer_loss

NEW_TOKENS = 32
_PROMPT = "You hear a story and a conversation about it. What do you say next?"
_ANSWER = "Do you mean the first time that they met, or the second?"


@dataclass(frozen=True)
class Load:
    """What is measured. clips: of 30 s in each example. seconds: of training that is timed, a step at the least."""

    size: str
    batch_size: int
    clips: int
    seconds: float

    def __post_init__(self) -> None:
        """Raise UsageError for a value that cannot be meant."""
        for name in ("batch_size", "clips"):
            if getattr(self, name) < 1:
                raise UsageError(f"--{name.replace('_', '-')}: {getattr(self, name)} is not above 0")
        if not (math.isfinite(self.seconds) and self.seconds >= 0):
            raise UsageError(f"--seconds: {self.seconds:g} is not 0 or above")


def load_for(device: Any, size: str | None, batch_size: int | None, clips: int | None, seconds: float) -> Load:
    """Return the load that is asked for; what is None is as suits the device: a CPU is done in a minute or two."""
    usual = Load("middle", 4, 3, seconds) if device.type == "cuda" else Load("small", 1, 1, seconds)
    asked: dict[str, Any] = {"size": size, "batch_size": batch_size, "clips": clips}
    return replace(usual, **{name: value for name, value in asked.items() if value is not None})


def measure(load: Load, device: Any) -> None:
    """Print how fast a model of random weights learns and responds; on which device, is said too.

    Clips are noise: what they hold does not change what is computed.
    """
    import torch

    from qwen2_audio.random_model import write_random_model

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _tell(f"making a {load.size} model")
        settings = TrainingSettings(model=str(write_random_model(folder / "model", [_PROMPT, _ANSWER], load.size)))
        encoder = Encoder(load_processor(settings.model, None))
        examples = _examples(folder, load.batch_size, load.clips)
        model = add_adapters(load_model(settings, device), settings)
        batch = {one: rows.to(device) for one, rows in encoder.training_batch(examples).items()}
        tokens = int(batch["attention_mask"].sum())
        at_once = load.batch_size
        _print_machine(load.size, model, device)
        seconds = _time_training(model, batch, load.seconds, device)
        print(
            f"training: {tokens / seconds:,.0f} tokens/s ({at_once} examples of {tokens // at_once} tokens a step, "
            f"{seconds:.3f} s each; {load.clips * at_once / seconds:,.2f} clips of 30 s a second)"
        )
        if device.type == "cuda":
            print(f"most memory of the device: {torch.cuda.max_memory_allocated(device) / 2**30:.1f} GiB")
        seconds, said = _time_responding(model, encoder, examples, device)
        print(f"responding: {said / seconds:,.1f} new tokens/s (prompts included; {at_once} at a time)")


def _examples(folder: Path, number: int, clips: int) -> list[Example]:
    noise = np.random.default_rng(0).normal(0, 0.05, WINDOW)
    clip = folder / "noise.wav"
    soundfile.write(clip, noise, SAMPLING_RATE)
    contents = [{"type": "audio", "audio_url": clip.name}] * clips + [{"type": "text", "text": _PROMPT}]
    messages = ({"role": "user", "content": contents},)
    seconds = clips * WINDOW / SAMPLING_RATE
    return [
        Example(f"example-{i}", RESPONSE, "story", None, (), messages, _ANSWER, (clip,) * clips, seconds)
        for i in range(number)
    ]


def _print_machine(size: str, model: Any, device: Any) -> None:
    import torch

    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{usable_cores()} cores, no GPU"
    parameters = sum(one.numel() for one in model.parameters())
    precision = str(next(model.get_base_model().parameters()).dtype).removeprefix("torch.")
    print(f"device: {device} ({name}), torch {torch.__version__}")
    print(f"model: {size}, random weights, {parameters / 1e6:,.0f} million parameters, {precision}")


def _time_training(model: Any, batch: dict[str, Any], seconds: float, device: Any) -> float:
    """Return the seconds of a step, the mean of those that begin within `seconds` after warming up."""
    import torch

    optimizer = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad])
    model.train()
    warming_up = 3 if device.type == "cuda" else 1
    begun = told = time.perf_counter()
    step = -warming_up
    while True:
        answer_loss(model, batch).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        _wait_for(device)
        step += 1
        now = time.perf_counter()
        if now - told >= SECONDS_BETWEEN_LINES or step <= 0:
            _tell(f"training: step {step}, {now - begun:.0f} s" if step > 0 else f"warming up: {now - begun:.0f} s")
            told = now
        if step == 0:
            begun = now
        elif step > 0 and now - begun >= seconds:
            return (now - begun) / step


def _time_responding(model: Any, encoder: Encoder, examples: list[Example], device: Any) -> tuple[float, int]:
    """Return the seconds of responding to all examples, and how many tokens that made."""
    generation = Generation(max_new_tokens=NEW_TOKENS, batch_size=len(examples))
    seconds = 0.0
    for what in ("warming up", "responding"):
        _tell(what)
        _wait_for(device)
        begun = time.perf_counter()
        said = list(respond(model, encoder, examples, generation, whole=True))
        _wait_for(device)
        seconds = time.perf_counter() - begun
    return seconds, NEW_TOKENS * sum(not one.finished for one in said)


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _wait_for(device: Any) -> None:
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)
