"""Load what transformers has of models that hear: processor, weights, adapters."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.models.transformers_options import TransformersOptions
from askqa_builder.torch_support import folder_digest, import_torchaudio, loading

_THINKERS = {
    "Qwen2_5OmniModel": "Qwen2_5OmniThinkerForConditionalGeneration",
    "Qwen2_5OmniForConditionalGeneration": "Qwen2_5OmniThinkerForConditionalGeneration",
    "Qwen3OmniMoeForConditionalGeneration": "Qwen3OmniMoeThinkerForConditionalGeneration",
}
"""Of models that also speak, the part that hears and writes."""


def require_libraries(adapter: bool) -> None:
    """Import what runs models. Raises UsageError, with the line to type, where something is missing."""
    needed = ("torch", "transformers", *(["peft"] if adapter else []))
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise UsageError(f'a local model needs {", ".join(missing)}: pip install "askqa-builder[train]"')
    if find_spec("torchaudio") is not None:  # transformers imports it where it is there, and nothing here uses it
        import_torchaudio()


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


def _revision(options: TransformersOptions) -> dict[str, str]:
    return {} if options.revision is None else {"revision": options.revision}
