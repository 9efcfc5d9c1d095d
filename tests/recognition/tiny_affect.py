"""Recognisers of emotions as small as can be, with random weights, written by transformers' own classes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from askqa_builder.torch_support import import_torchaudio

if find_spec("torchaudio"):
    import_torchaudio()  # transformers imports it where it is there

from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

from askqa_builder.recognition.affect.dimensions import regression_class
from askqa_builder.recognition.recogniser import Clip

SAMPLE_RATE = 16000


def config(labels: Sequence[str], **changes: Any) -> Wav2Vec2Config:
    """A wav2vec 2.0 of two narrow layers; normalised as the large ones are, so that it hears padding from speech."""
    settings = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "conv_dim": (8, 8, 8),
        "conv_stride": (5, 4, 4),
        "conv_kernel": (10, 8, 4),
        "num_feat_extract_layers": 3,
        "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 2,
        "classifier_proj_size": 8,
        "feat_extract_norm": "layer",
        "do_stable_layer_norm": True,
        "id2label": dict(enumerate(labels)),
        "label2id": {label: place for place, label in enumerate(labels)},
        **changes,
    }
    return Wav2Vec2Config(**settings)


def write_categories(folder: Path, labels: Sequence[str], seed: int = 0, **changes: Any) -> Path:
    """A classifier with these labels. changes: of its configuration."""
    return _write(folder, Wav2Vec2ForSequenceClassification, config(labels, **changes), seed)


def write_dimensions(folder: Path, labels: Sequence[str] = ("arousal", "dominance", "valence"), seed: int = 0) -> Path:
    """A regression model as those of Wagner et al. are, with its outputs about the middle of 0 to 1."""
    return _write(folder, regression_class(), config(labels), seed)


def _write(folder: Path, kind: Any, settings: Wav2Vec2Config, seed: int) -> Path:
    torch.manual_seed(seed)
    model = kind(settings)
    head = getattr(model.classifier, "out_proj", model.classifier)
    torch.nn.init.normal_(head.weight, std=2.0)  # or all clips would sound alike
    torch.nn.init.constant_(head.bias, 0.5)
    model.save_pretrained(folder)
    masked = settings.feat_extract_norm == "layer"
    Wav2Vec2FeatureExtractor(return_attention_mask=masked, do_normalize=True).save_pretrained(folder)
    return folder


def clips(*seconds: float, rate: int = SAMPLE_RATE, seed: int = 0) -> list[Clip]:
    """Noise whose colour differs from clip to clip."""
    random = np.random.default_rng(seed)
    made = []
    for place, length in enumerate(seconds):
        noise = random.normal(0.0, 0.1, round(length * rate))
        smoothed = np.convolve(noise, np.ones(1 + 3 * place) / (1 + 3 * place), mode="same")
        made.append(Clip(smoothed.astype(np.float32), rate))
    return made
