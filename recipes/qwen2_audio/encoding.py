"""From examples to the model's inputs, by the model's own processor; and which of the tokens are learnt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from askqa_builder.corpus.rejects import quote
from askqa_builder.errors import UsageError

from qwen2_audio.examples import SAMPLING_RATE, WINDOW, Example, read_clip

if TYPE_CHECKING:
    import torch

IGNORED = -100
"""The label of what is not learnt, as torch's cross entropy leaves it out."""

Batch = dict[str, "torch.Tensor"]


@dataclass(frozen=True)
class Encoded:
    """An example as tokens. prompt: up to and with the start of the assistant's turn, a token for every 40 ms of
    audio among them; answer: its words and the token that ends the turn. features: [clips, mel bins, frames]."""

    prompt: list[int]
    answer: list[int]
    features: torch.Tensor | None
    features_mask: torch.Tensor | None


class Encoder:
    """Encodes examples with a model's processor; the same prompt for training and for generating.

    Raises UsageError where it hears clips otherwise than `examples` takes for granted.
    """

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self._tokenizer = processor.tokenizer
        extractor = processor.feature_extractor
        if (extractor.sampling_rate, extractor.n_samples) != (SAMPLING_RATE, WINDOW):
            raise UsageError(
                f"the model hears {extractor.n_samples} samples at {extractor.sampling_rate} Hz, not {WINDOW} at "
                f"{SAMPLING_RATE} Hz as Qwen2-Audio does; give a Qwen2-Audio model"
            )

    def check_texts(self, examples: Sequence[Example]) -> None:
        """Raise UsageError where a text holds a token that steers the model, which no text may do."""
        known = self._tokenizer.added_tokens_decoder.values()
        # one pattern: the released model has some thousands of them, as one for each moment of a clip
        steering = re.compile("|".join(re.escape(token.content) for token in known if token.special))
        found = ((one.id, steering.search("\n".join(one.texts))) for one in examples)
        bad = [(which, match[0]) for which, match in found if match]
        if bad:
            raise UsageError(
                f"{len(bad)} of {len(examples)} examples have a text with a token that steers the model; first: "
                f"{quote(bad[0][0])} has {bad[0][1]}; leave them out"
            )

    def encode(self, example: Example) -> Encoded:
        """Encode one example. Raises UsageError where the chat template does not leave texts as they are."""
        prompt, answer = self._render(example)
        clips = [read_clip(path) for path in example.clips]
        heard = {"audio": clips, "sampling_rate": SAMPLING_RATE} if clips else {}
        inputs = self._processor(text=prompt, return_tensors="pt", **heard)
        return Encoded(
            prompt=inputs["input_ids"][0].tolist(),
            answer=self._tokenizer(answer, add_special_tokens=False)["input_ids"],
            features=inputs["input_features"] if clips else None,
            features_mask=inputs["feature_attention_mask"] if clips else None,
        )

    def training_batch(self, examples: Sequence[Example]) -> Batch:
        """Return inputs and `labels` [examples, tokens], padded on the right; IGNORED but for the answers."""
        encoded = [self.encode(example) for example in examples]
        batch = self._padded([one.prompt + one.answer for one in encoded], left=False)
        labels = [[IGNORED] * len(one.prompt) + one.answer for one in encoded]
        batch["labels"] = _rows(labels, IGNORED, left=False)
        return batch | _features(encoded)

    def prompt_batch(self, examples: Sequence[Example]) -> Batch:
        """Return inputs that end where the assistant begins, padded on the left."""
        encoded = [self.encode(example) for example in examples]
        return self._padded([one.prompt for one in encoded], left=True) | _features(encoded)

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, without those that steer the model."""
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return text

    @property
    def pad_token(self) -> int:
        """The token that fills up."""
        token: int | None = self._tokenizer.pad_token_id
        if token is None:
            raise UsageError("the model's tokenizer has no padding token; is it a Qwen2-Audio model?")
        return token

    def end_token(self, example: Example) -> int:
        """Return the token that ends the assistant's turn."""
        return self._tokenizer(self._render(example)[1], add_special_tokens=False)["input_ids"][-1]  # type: ignore[no-any-return]

    def _render(self, example: Example) -> tuple[str, str]:
        """Return the prompt, and the answer up to the token that ends the turn."""
        messages = list(example.messages)
        answered = [*messages, {"role": "assistant", "content": [{"type": "text", "text": example.answer}]}]
        prompt: str = self._processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        whole: str = self._processor.apply_chat_template(answered, tokenize=False)
        if not whole.startswith(prompt + example.answer):
            raise UsageError("the model's chat template changes what is said before an answer, or the answer")
        # a line break after the end of the turn is no part of it: who learns it goes on after the end
        return prompt, whole[len(prompt) :].rstrip("\n")

    def _padded(self, rows: Sequence[list[int]], *, left: bool) -> Batch:
        return {
            "input_ids": _rows(rows, self.pad_token, left=left),
            "attention_mask": _rows([[1] * len(row) for row in rows], 0, left=left),
        }


def _features(encoded: Sequence[Encoded]) -> Batch:
    import torch

    features = [one.features for one in encoded if one.features is not None]
    masks = [one.features_mask for one in encoded if one.features_mask is not None]
    if not features:
        return {}
    return {"input_features": torch.cat(features), "feature_attention_mask": torch.cat(masks)}


def _rows(rows: Sequence[list[int]], filler: int, *, left: bool) -> torch.Tensor:
    import torch

    longest = max(map(len, rows))
    fillers = [[filler] * (longest - len(row)) for row in rows]
    return torch.tensor([fill + row if left else row + fill for row, fill in zip(rows, fillers, strict=True)])
