"""Categories of emotion by any audio classifier of transformers whose labels are emotions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from askqa_builder.recognition.affect.audio_model import AudioModel
from askqa_builder.recognition.affect.label_names import read_labels
from askqa_builder.recognition.affect.recogniser import Verdict
from askqa_builder.recognition.recogniser import Clip
from askqa_builder.voices.emotion import Affect


class CategoriesRecogniser:
    """wav2vec 2.0, HuBERT, WavLM and whatever else `AutoModelForAudioClassification` loads, as superb's -er models."""

    tells = ("category",)

    def __init__(
        self,
        model: str | None = None,
        labels: Mapping[str, str] | None = None,
        revision: str | None = None,
        device: str | None = None,
        threads: int = 0,
    ) -> None:
        """Load a model.

        model: a folder, or a name on the Hub. labels: what the checkpoint's labels mean, of the nine categories, where
        that is not plain from their names; two may mean the same. revision: commit, branch or tag. device: cpu, cuda
        or cuda:N; None for a GPU where there is one. threads: on a CPU; 0 for torch's choice.
        Raises UsageError where library, model or device are missing, or a label means nothing known.
        """
        self._model = AudioModel("wav2vec2-categories", model, revision, device, threads)
        names = {int(place): str(name) for place, name in self._model.config.id2label.items()}
        self._meanings = read_labels(self._model.model, names, labels)
        from transformers import AutoModelForAudioClassification

        self._model.load(AutoModelForAudioClassification)
        self.info = self._model.info
        self.appetite = self._model.appetite

    def recognise(self, batch: Sequence[Clip]) -> list[Verdict]:
        """Return the most probable category of each clip; labels that mean the same count together."""
        return likeliest(self._meanings, self._model.numbers(batch))

    def close(self) -> None:
        """Forget the model."""
        self._model.close()


def likeliest(meanings: Sequence[str], logits: NDArray[np.float64]) -> list[Verdict]:
    """Return the most probable category of each clip, with its probability.

    meanings: the category that each output stands for; those of outputs that mean the same count together. logits:
    [clips, outputs], minus infinity where an output is never the answer.
    """
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return [_verdict(meanings, row.tolist()) for row in shares]


def _verdict(meanings: Sequence[str], shares: Sequence[float]) -> Verdict:
    together: dict[str, float] = {}
    for meaning, share in zip(meanings, shares, strict=True):
        together[meaning] = together.get(meaning, 0.0) + share
    category = max(together, key=lambda name: together[name])
    return Verdict(Affect(category=category), min(together[category], 1.0))
