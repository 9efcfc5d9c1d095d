"""Load what transformers has of models that hear: processor, weights, adapters."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.models.transformers_options import TransformersOptions
from askqa_builder.torch_support import import_torchaudio, torch_device

_THINKERS = {
    "Qwen2_5OmniModel": "Qwen2_5OmniThinkerForConditionalGeneration",
    "Qwen2_5OmniForConditionalGeneration": "Qwen2_5OmniThinkerForConditionalGeneration",
    "Qwen3OmniMoeForConditionalGeneration": "Qwen3OmniMoeThinkerForConditionalGeneration",
}
"""Of models that also speak, the part that hears and writes."""

_WHOLE_FILE = 1 << 26
_BLOCK, _BLOCKS = 1 << 20, 16


def require_libraries(adapter: bool) -> None:
    """Import what runs models. Raises UsageError, with the line to type, where something is missing."""
    needed = ("torch", "transformers", *(["peft"] if adapter else []))
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise UsageError(f'a local model needs {", ".join(missing)}: pip install "askqa-builder[train]"')
    if find_spec("torchaudio") is not None:  # transformers imports it where it is there, and nothing here uses it
        import_torchaudio()


def choose_device(asked: str | None) -> Any:
    """Return the torch device; None is a GPU where there is one. Raises UsageError."""
    try:
        return torch_device(asked)
    except RuntimeError as error:
        raise UsageError(f"device: {asked!r} is none that torch knows; give cpu, cuda or cuda:1") from error


def load_processor(options: TransformersOptions) -> tuple[Any, Any]:
    """Return configuration and processor. Raises UsageError where it hears nothing, or has no chat template."""
    from transformers import AutoConfig, AutoProcessor

    with loading(options.model):
        # first, and alone: without a network each file of a processor is tried for half a minute
        config = AutoConfig.from_pretrained(options.model, **_revision(options))
        processor = AutoProcessor.from_pretrained(options.model, **_revision(options))
    if extractor_of(processor) is None:
        raise UsageError(f"{options.model}: is no model that hears ({config.model_type}); give one with audio input")
    return config, processor


def extractor_of(processor: Any) -> Any:
    """Return what makes features of sound in a processor; None where nothing does."""
    found = (getattr(processor, name, None) for name in ("feature_extractor", "audio_processor"))
    return next((extractor for extractor in found if extractor is not None), None)


def load_model(options: TransformersOptions, config: Any, device: Any) -> Any:
    """Return the model with its adapters, to generate with, on a device. Raises UsageError."""
    import torch
    import transformers

    named = options.model_class or next(iter(config.architectures or ["AutoModelForMultimodalLM"]))
    name = named if options.model_class else _THINKERS.get(named, named)
    kind = getattr(transformers, name, None)
    if kind is None:
        raise UsageError(
            f"{options.model}: transformers {transformers.__version__} has no class {name}; give model_class"
        )
    dtype = getattr(torch, options.dtype or ("bfloat16" if device.type == "cuda" else "float32"))
    with loading(options.model):
        model = kind.from_pretrained(options.model, dtype=dtype, **_revision(options))
    if options.adapter is not None:
        from peft import PeftModel

        with loading(options.adapter), warnings.catch_warnings():
            # peft asks transformers for a property by its old name: nobody can do anything about it here
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            model = PeftModel.from_pretrained(model, options.adapter).get_base_model()  # they stay in its layers
    return model.eval().requires_grad_(False).to(device)


def weights_identity(options: TransformersOptions, config: Any) -> dict[str, Any]:
    """Return which weights these are, without the folders that they are in."""
    folder = Path(options.model)
    model = {"model": folder.name, "files": folder_digest(folder)} if folder.is_dir() else {"model": options.model}
    commit = getattr(config, "_commit_hash", None) or options.revision
    adapter = None if options.adapter is None else folder_digest(Path(options.adapter))
    return {**model, "revision": commit, "adapter": adapter}


def folder_digest(folder: Path) -> str:
    """Return a digest of a folder's files; of a large one, of its size and of 16 places in it: training changes all."""
    hasher = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        size = path.stat().st_size
        hasher.update(json.dumps([path.name, size]).encode())
        with path.open("rb") as file:
            if size <= _WHOLE_FILE:
                hasher.update(file.read())
                continue
            for number in range(_BLOCKS):
                file.seek((size - _BLOCK) * number // (_BLOCKS - 1))
                hasher.update(file.read(_BLOCK))
    return hasher.hexdigest()[:32]


@contextmanager
def loading(what: str) -> Iterator[None]:
    """Turn what transformers and peft raise for what they cannot load into one line."""
    try:
        yield
    except Exception as error:  # they raise whatever they like
        why = " ".join(str(error).split()).partition(". ")[0] or type(error).__name__
        raise UsageError(
            f"{what} cannot be loaded ({why}); give a folder that save_pretrained wrote, with its processor, or a name "
            "on the Hub that can be reached or was downloaded before"
        ) from error


def _revision(options: TransformersOptions) -> dict[str, str]:
    return {} if options.revision is None else {"revision": options.revision}
