"""What may be said of a local model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.options import is_number, is_text, require, require_known

DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, kw_only=True)
class TransformersOptions:
    """A model that transformers loads, and how it is asked; UsageError where an option is not as it must be.

    model: name on the Hub, or a folder. revision: commit, branch or tag. adapter: folder with adapters that peft has
    saved, as LoRA. model_class: of transformers, where another
    one than the checkpoint names is wanted. device: cpu, cuda or cuda:1; None for a GPU where there is one. dtype: of
    DTYPES; None for bfloat16 on a GPU and float32 on a CPU. max_new_tokens: of a response. system: text of a system
    message.
    """

    model: str
    revision: str | None = None
    adapter: str | None = None
    model_class: str | None = None
    device: str | None = None
    dtype: str | None = None
    max_new_tokens: int = 256
    system: str | None = None

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> TransformersOptions:
        """Make them of what YAML gave. Raises UsageError."""
        require_known(options, [one.name for one in fields(cls)])
        if "model" not in options:
            raise UsageError("model: is missing; give a name on the Hub, or a folder")
        return cls(**options)

    def __post_init__(self) -> None:
        require(is_text(self.model), "model", self.model, "a name on the Hub, or a folder")
        for name in ("revision", "adapter", "model_class", "device", "system"):
            value = getattr(self, name)
            require(value is None or is_text(value), name, value, "text")
        require(self.dtype in (None, *DTYPES), "dtype", self.dtype, ", ".join(DTYPES))
        fits = is_number(self.max_new_tokens, 1, 100_000, whole=True)
        require(fits, "max_new_tokens", self.max_new_tokens, "1 to 100000")
