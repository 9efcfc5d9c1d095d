"""JSON schemas of formats whose toolkits are too heavy to be installed for tests, after their documentation."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string", "minLength": 1}


def _message(role: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["role", "content"],
        "additionalProperties": False,
        "properties": {"role": {"const": role}, "content": _TEXT},
    }


def _chat(messages: dict[str, Any]) -> dict[str, Any]:
    """One example. Keys that a toolkit does not know it leaves out; tables want texts of them, which are never null."""
    return {
        "type": "object",
        "required": ["messages", "audios"],
        "properties": {"messages": messages, "audios": {"type": "array", "items": _TEXT}},
        "not": {"anyOf": [{"required": [name]} for name in ("images", "videos", "tools", "objects", "system")]},
        "additionalProperties": {"type": "string"},
    }


_USER_THEN_ASSISTANT = {
    "type": "array",
    "prefixItems": [_message("user"), _message("assistant")],
    "minItems": 2,
    "maxItems": 2,
}

MS_SWIFT = _chat(_USER_THEN_ASSISTANT)
"""A line. https://swift.readthedocs.io/en/latest/Customization/Custom-dataset.html, "Standard Dataset Format" and
"Multimodal": `messages` is required; `audios` are paths or URLs, as many as there are `<audio>` tags."""

LLAMA_FACTORY = {"type": "array", "items": _chat(_USER_THEN_ASSISTANT)}
"""A file. https://github.com/hiyouga/LLaMA-Factory, data/README.md, "OpenAI Format" and "Multimodal Audio Dataset":
users at odd positions, assistants at even ones; as many `<audio>` tags as `audios`."""

LLAMA_FACTORY_INFO = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        "type": "object",
        "required": ["file_name", "formatting", "columns", "tags"],
        "additionalProperties": False,
        "properties": {
            "file_name": {"type": "string", "pattern": r"^[\w-]+\.json$"},
            "formatting": {"const": "sharegpt"},
            "columns": {"const": {"messages": "messages", "audios": "audios"}},
            "tags": {
                "const": {
                    "role_tag": "role",
                    "content_tag": "content",
                    "user_tag": "user",
                    "assistant_tag": "assistant",
                    "system_tag": "system",
                }
            },
        },
    },
}
"""`dataset_info.json`, at the head of the same document."""
