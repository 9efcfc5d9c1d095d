"""Sentence embeddings by a random model: the same arithmetic as a trained one's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.metrics.embedding import TransformerEmbedding
from askqa_builder.evaluation.models.transformers_loading import require_libraries

pytest.importorskip("torch")
pytest.importorskip("transformers")
require_libraries(adapter=False)

import torch  # noqa: E402
import transformers  # noqa: E402

WORDS = ["red", "cake", "the", "soup", "blue", "house", "old"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    tokenizer = transformers.BertTokenizer(str(folder / "vocab.txt"))
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32, initializer_range=1.0,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def test_it_is_the_cosine_of_the_means_over_words(model: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    encoder = transformers.AutoModel.from_pretrained(model).eval()

    def mean(text: str) -> np.ndarray:
        with torch.inference_mode():
            return encoder(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0).numpy()

    pairs = [("red cake", "the old blue house"), ("soup", "soup"), ("the red soup", "cake")]
    ours = TransformerEmbedding(str(model)).cosine(pairs)
    for (one, other), found in zip(pairs, ours, strict=True):
        a, b = mean(one), mean(other)
        assert found == pytest.approx(float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)), abs=1e-5)
    assert ours[1] == pytest.approx(1)
    assert max(abs(ours[0]), abs(ours[2])) < 0.999


def test_a_text_is_the_same_in_any_company(model: Path) -> None:
    embedding = TransformerEmbedding(str(model))
    alone = embedding.cosine([("red cake", "soup")])
    crowd = [(" ".join([word] * (1 + n % 9)), other) for n, word in enumerate(WORDS * 20) for other in WORDS]
    among = embedding.cosine([*crowd, ("red cake", "soup")])
    assert among[-1] == pytest.approx(alone[0], abs=1e-5)
    assert all(-1 <= one <= 1 for one in among)
    assert embedding.cosine([]) == []


def test_a_model_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be loaded") as told:
        TransformerEmbedding(str(tmp_path / "nothing"))
    assert "\n" not in str(told.value)
