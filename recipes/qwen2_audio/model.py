"""Qwen2-Audio and its adapters, loaded as transformers and peft load them."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.torch_support import import_torchaudio, torch_device

from qwen2_audio.settings import MODEL, TrainingSettings

_INSTALL = 'pip install ".[train]" in the checkout of askqa-builder'
_NEEDED = ("torch", "transformers", "peft", "accelerate")


def require_libraries() -> None:
    """Import what trains. Raises UsageError, with the line to type, where something is missing."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(f"training needs {', '.join(missing)}: {_INSTALL}")
    if find_spec("torchaudio") is not None:  # transformers imports it where it is there, and nothing here uses it
        import_torchaudio()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # batches are prepared by several processes instead
    if not sys.stderr.isatty():
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()


def choose_device(asked: str | None) -> Any:
    """Return the torch device; None is a GPU where there is one.

    Raises UsageError where it is not there, and where this is one of several processes that should share a run.
    """
    import torch

    if int(os.environ.get("WORLD_SIZE") or 1) > 1:  # as torchrun and accelerate launch set it
        raise UsageError(
            "a run is one process on one device; start it with python, and several runs with --device cuda:0, cuda:1, …"
        )
    try:
        device = torch_device(asked)
    except RuntimeError as error:
        raise UsageError(f"device: {asked!r} is none that torch knows; give cpu, cuda or cuda:1") from error
    if device.type == "cuda":
        # cuBLAS reads it when it is first used; what still differs from run to run is warned about
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # a help for finding faults, and it takes time
    return device


def default_precision(device: Any) -> str:
    """Return the precision of frozen weights that suits a device."""
    return "bfloat16" if device.type == "cuda" else "float32"


def load_processor(model: str, revision: str | None) -> Any:
    """Return the model's processor. Raises UsageError."""
    from transformers import AutoConfig, Qwen2AudioConfig, Qwen2AudioProcessor

    if _means_folder(model) and not Path(model).is_dir():
        raise UsageError(
            f"--model: there is no folder {model}; give one that save_pretrained wrote, or a name on the Hub"
        )
    with _loading(model):
        # first, and alone: without a network each file of a processor is tried for half a minute
        config = AutoConfig.from_pretrained(model, **_revision(revision))
        if not isinstance(config, Qwen2AudioConfig):
            raise ValueError(f"it is a {config.model_type}")
        return Qwen2AudioProcessor.from_pretrained(model, **_revision(revision))


def load_model(settings: TrainingSettings, device: Any) -> Any:
    """Return the model without adapters, frozen, on a device. Raises UsageError."""
    import torch
    from transformers import Qwen2AudioForConditionalGeneration

    dtype = getattr(torch, settings.precision or default_precision(device))
    with _loading(settings.model):
        model = Qwen2AudioForConditionalGeneration.from_pretrained(
            settings.model, dtype=dtype, **_revision(settings.revision)
        )
    return model.requires_grad_(False).to(device)


def add_adapters(model: Any, settings: TrainingSettings) -> Any:
    """Return the model with new LoRA adapters on its language model. Raises UsageError where a layer is not there.

    Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models". The audio encoder stays as it is.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    in_language_model = [name for name, _ in model.named_modules() if "language_model." in name]
    for target in settings.lora_targets:
        if not any(name.endswith(f".{target}") for name in in_language_model):
            raise UsageError(f"--lora-targets: the language model has no layer {target!r}")
    config = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=rf".*language_model\..*\.({'|'.join(settings.lora_targets)})",
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(settings.seed)
    with _old_names():
        return get_peft_model(model, config)


def load_adapters(model: Any, folder: Path, *, trainable: bool = False) -> Any:
    """Return the model with adapters that were saved. Raises UsageError."""
    from peft import PeftModel

    with _loading(str(folder)), _old_names():
        return PeftModel.from_pretrained(model, str(folder), is_trainable=trainable)


def unwrapped(model: Any) -> Any:
    """Return the Qwen2-Audio in a model with adapters, which stay in its layers; or the model itself."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


@contextmanager
def _old_names() -> Iterator[None]:
    """Keep silent that peft asks transformers for a property by its old name: nobody can do anything about it here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        yield


@contextmanager
def _loading(what: str) -> Iterator[None]:
    """Turn what transformers and peft raise for what they cannot load into one line."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        why = " ".join(str(error).split()).partition(". ")[0]
        raise UsageError(f"{what} cannot be loaded as a Qwen2-Audio model ({why}); {_remedy(what)}") from error


def _means_folder(model: str) -> bool:
    """Tell whether a path is meant, and no name on the Hub: those are OWNER/NAME, and no OWNER is a folder here."""
    if model == MODEL:
        return False
    return model.startswith((".", "/", "~")) or ("/" in model and Path(model).parent.is_dir()) or model.count("/") > 1


def _remedy(what: str) -> str:
    """Return what to do where a model or adapters cannot be loaded; what: a folder, or a name on the Hub."""
    if Path(what).is_dir():
        return "give a folder that save_pretrained wrote, with its processor"
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return "HF_HUB_OFFLINE is set: unset it to download it, or give its folder as --model"
    return (
        "it takes a network, or its folder as --model (from where there is one: hf download NAME --local-dir FOLDER); "
        "HF_HUB_OFFLINE=1 takes what was downloaded before"
    )


def _revision(revision: str | None) -> dict[str, str]:
    return {} if revision is None else {"revision": revision}
