"""How near two texts are in meaning: the cosine of their sentence embeddings, as ACT scores answers on Abg-CoQA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from askqa_builder.evaluation.metrics.numbers import Numbers
from askqa_builder.evaluation.models.transformers_loading import require_libraries
from askqa_builder.torch_support import loading

_BATCH = 64


class Embedding(Protocol):
    """Compares texts by meaning. name: as results tell it."""

    name: str

    def cosine(self, pairs: Sequence[tuple[str, str]]) -> Sequence[float]:
        """Return a number between -1 and 1 for each pair of texts."""


class TransformerEmbedding:
    """Mean pooling over the last hidden states of an encoder, as sentence-transformers' models are made for.

    Reimers and Gurevych 2019, "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks". Texts are cut at what
    the model takes, as sentence-transformers does; answers are far shorter.
    """

    def __init__(self, name: str, device: str = "cpu") -> None:
        """Load a model by its name on the Hub or its folder. Raises UsageError where it cannot be had."""
        require_libraries(adapter=False)
        import torch
        from transformers import AutoModel, AutoTokenizer

        self.name = name
        self._torch = torch
        self._device = device
        with loading(name):
            self._tokenizer: Any = AutoTokenizer.from_pretrained(name)
            self._model: Any = AutoModel.from_pretrained(name).eval().to(device)

    def cosine(self, pairs: Sequence[tuple[str, str]]) -> Sequence[float]:
        """See `Embedding.cosine`."""
        texts = sorted({text for pair in pairs for text in pair}, key=lambda text: (len(text), text))
        vectors = dict(zip(texts, (vector for part in self._embedded(texts) for vector in part), strict=True))
        return [float(np.clip(vectors[one] @ vectors[other], -1.0, 1.0)) for one, other in pairs]

    def _embedded(self, texts: Sequence[str]) -> Iterator[Numbers]:
        """Yield vectors of length 1, batch by batch."""
        for begin in range(0, len(texts), _BATCH):
            batch = list(texts[begin : begin + _BATCH])
            tokens = self._tokenizer(batch, padding=True, truncation=True, return_tensors="pt").to(self._device)
            with self._torch.inference_mode():
                states = self._model(**tokens).last_hidden_state.float()
            mask = tokens["attention_mask"].unsqueeze(-1).float()
            means = ((states * mask).sum(1) / mask.sum(1).clamp(min=1)).cpu().numpy().astype(np.float64)
            yield means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
