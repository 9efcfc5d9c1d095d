"""Chat models as files name them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from askqa_builder.chat.options import ChatOptions
from askqa_builder.errors import UsageError
from askqa_builder.voices.plain_yaml import read_yaml


def read_chat_options(file: Path, who: str, page: str, defaults: Mapping[str, Any] | None = None) -> ChatOptions:
    """Read the `ChatOptions` of a YAML file.

    who: the model's part, for messages, as "the writer"; page: of the documentation. defaults: options that have
    another default than theirs. Raises UsageError.
    """
    content = read_yaml(file, f"{file}: {who}")
    if not isinstance(content, dict):
        raise UsageError(f"{file}: {who} is a mapping of options, as model: and base_url:; see {page}")
    try:
        return ChatOptions.read({**(defaults or {}), **content})
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error
