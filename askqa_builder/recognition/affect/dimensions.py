"""Valence, arousal and dominance by wav2vec 2.0 models that were trained to rate them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.recognition.affect.audio_model import AudioModel
from askqa_builder.recognition.affect.label_names import read_labels
from askqa_builder.recognition.affect.recogniser import Verdict
from askqa_builder.recognition.recogniser import Clip
from askqa_builder.voices.emotion import DIMENSIONS, Affect

REGRESSION = "Wav2Vec2ForSpeechClassification"
"""Architecture that the models of Wagner et al. name in their configuration; transformers has no such class."""


class DimensionsRecogniser:
    """The models of Wagner et al. 2023 ("Dawn of the Transformer Era in Speech Emotion Recognition"), and others.

    As audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim, whose outputs are, by its model card, arousal, dominance
    and valence, about 0 to 1. Others are loaded as `AutoModelForAudioClassification` with one output for each
    dimension. What lies outside 0 to 1 is clipped.
    """

    def __init__(
        self,
        model: str | None = None,
        labels: Mapping[str, str] | None = None,
        revision: str | None = None,
        device: str | None = None,
        threads: int = 0,
    ) -> None:
        """Load a model.

        labels: which of its outputs is which dimension, by the checkpoint's names, where those do not tell. The rest
        is as of `CategoriesRecogniser`, and raises the same.
        """
        self._model = AudioModel("wav2vec2-dimensions", model, revision, device, threads)
        config = self._model.config
        names = {int(place): str(name) for place, name in config.id2label.items()}
        if len(names) > len(DIMENSIONS):
            raise UsageError(
                f"{self._model.model}: has {len(names)} outputs ({', '.join(names.values())}), a model of dimensions "
                f"has at most {len(DIMENSIONS)}; for categories, use wav2vec2-categories"
            )
        self.tells = tuple(read_labels(self._model.model, names, labels, dimensions=True))
        self._model.load(_network(config))
        self.info = self._model.info
        self.appetite = self._model.appetite

    def recognise(self, batch: Sequence[Clip]) -> list[Verdict]:
        """Return the dimensions of each clip."""
        clipped = self._model.numbers(batch).clip(0.0, 1.0)
        return [Verdict(Affect(**dict(zip(self.tells, row, strict=True)))) for row in clipped.tolist()]

    def close(self) -> None:
        """Forget the model."""
        self._model.close()


def _network(config: Any) -> Any:
    if REGRESSION in (config.architectures or ()):
        return regression_class()
    from transformers import AutoModelForAudioClassification

    return AutoModelForAudioClassification


@cache
def regression_class() -> Any:
    """Return the class of the models of Wagner et al.: the mean over time goes through a dense layer and tanh.

    Its parameters have the names that the published checkpoints have: `wav2vec2.*`, `classifier.dense` and
    `classifier.out_proj`. Made when it is asked for: its base class comes with transformers.
    """
    import torch
    from transformers.modeling_outputs import SequenceClassifierOutput
    from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2Model, Wav2Vec2PreTrainedModel

    class RegressionHead(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, config: Any) -> None:
            super().__init__()
            self.dense = torch.nn.Linear(config.hidden_size, config.hidden_size)
            self.out_proj = torch.nn.Linear(config.hidden_size, config.num_labels)

        def forward(self, features: Any) -> Any:
            return self.out_proj(torch.tanh(self.dense(features)))

    class Wav2Vec2ForSpeechClassification(Wav2Vec2PreTrainedModel):  # type: ignore[misc]
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.wav2vec2 = Wav2Vec2Model(config)
            self.classifier = RegressionHead(config)
            self.post_init()

        def forward(self, input_values: Any, attention_mask: Any = None) -> Any:
            hidden = self.wav2vec2(input_values, attention_mask=attention_mask).last_hidden_state
            if attention_mask is None:
                pooled = hidden.mean(dim=1)
            else:
                heard = self._get_feature_vector_attention_mask(hidden.shape[1], attention_mask).unsqueeze(-1)
                pooled = (hidden * heard).sum(dim=1) / heard.sum(dim=1)
            return SequenceClassifierOutput(logits=self.classifier(pooled))

    return Wav2Vec2ForSpeechClassification
