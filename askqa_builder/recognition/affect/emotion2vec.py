"""The nine categories by emotion2vec+ (Ma et al. 2024, "emotion2vec: Self-Supervised Pre-Training for Speech Emotion
Representation", Findings of ACL), through funasr, which its makers publish it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from askqa_builder.recognition.affect.categories import likeliest
from askqa_builder.recognition.affect.emotion2vec_model import Emotion2vecModel
from askqa_builder.recognition.affect.label_names import read_labels
from askqa_builder.recognition.affect.recogniser import Verdict
from askqa_builder.recognition.recogniser import Clip


class Emotion2vecRecogniser:
    """emotion2vec/emotion2vec_plus_seed, _base and _large of the Hub, and what else has their files."""

    tells = ("category",)

    def __init__(
        self,
        model: str | None = None,
        labels: Mapping[str, str] | None = None,
        revision: str | None = None,
        device: str | None = None,
        threads: int = 0,
    ) -> None:
        """Load a model; everything is as of `CategoriesRecogniser`."""
        self._model = Emotion2vecModel("emotion2vec", model, revision, device, threads)
        self._meanings = read_labels(self._model.model, dict(enumerate(self._model.labels)), labels)
        self.info = self._model.info
        self.appetite = self._model.appetite

    def recognise(self, batch: Sequence[Clip]) -> list[Verdict]:
        """Return the most probable category of each clip."""
        return likeliest(self._meanings, self._model.numbers(batch))

    def close(self) -> None:
        """Forget the model."""
        self._model.close()
