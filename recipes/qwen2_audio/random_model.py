"""A Qwen2-Audio with random weights, as a folder that transformers loads: to try the recipe, and to measure speed.

What it says is noise, but in all else it is the real thing: real classes write it, and its tokenizer is made of
`texts` in the way the real one was (byte-level BPE) and has the same control tokens and the same chat template.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.files import storage_errors

from qwen2_audio.model import require_libraries

CONTROL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>")
_LEARNT_TOKENS = 512
_TEXTS = (
    "You hear a story and a conversation about it. What do you say next?",
    "Do you mean the first time that they met, or the second?",
)


@dataclass(frozen=True)
class Size:
    """encoder: of audio. width: of the layers' inputs; inner: of their feed-forward parts. vocabulary: at least."""

    encoder_layers: int
    encoder_width: int
    encoder_heads: int
    layers: int
    width: int
    inner: int
    heads: int
    key_heads: int
    vocabulary: int


SIZES = {
    "tiny": Size(1, 16, 2, 2, 64, 128, 4, 2, 0),
    "small": Size(4, 256, 4, 6, 384, 1024, 6, 2, 8_000),
    "middle": Size(12, 768, 12, 20, 1024, 2816, 16, 4, 32_000),
}
"""tiny: for tests. middle: about 0.4 billion parameters; the released model has 8.4 billion."""


def write_tiny_model(folder: Path) -> None:
    """Write a tiny model with its processor into a new or empty folder: less than a megabyte, made in seconds.

    Raises UsageError where something is in the folder, or a library is missing; StorageError where the disk refuses.
    """
    with storage_errors(f"write {folder}"):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} is there already and is no empty folder; give another folder")
        write_random_model(folder, _TEXTS)


def write_random_model(folder: Path, texts: Sequence[str], size: str = "tiny", *, seed: int = 0) -> Path:
    """Write model and processor into a folder, and return it. Raises UsageError where a library is missing."""
    require_libraries()
    import torch
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioEncoderConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        Qwen2Config,
        WhisperFeatureExtractor,
    )

    wanted = SIZES[size]
    tokenizer = _tokenizer(texts)
    end, pad = (tokenizer.convert_tokens_to_ids(token) for token in ("<|im_end|>", "<|endoftext|>"))
    config = Qwen2AudioConfig(
        audio_config=Qwen2AudioEncoderConfig(
            encoder_layers=wanted.encoder_layers,
            d_model=wanted.encoder_width,
            encoder_attention_heads=wanted.encoder_heads,
            encoder_ffn_dim=4 * wanted.encoder_width,
        ),
        text_config=Qwen2Config(
            vocab_size=max(wanted.vocabulary, len(tokenizer)),
            hidden_size=wanted.width,
            intermediate_size=wanted.inner,
            num_hidden_layers=wanted.layers,
            num_attention_heads=wanted.heads,
            num_key_value_heads=wanted.key_heads,
            max_position_embeddings=8192,
            # wide enough that adapters alone can make one token much likelier than another
            initializer_range=0.2 if size == "tiny" else 0.02,
            eos_token_id=end,
            pad_token_id=pad,
        ),
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Qwen2AudioForConditionalGeneration(config)
    model.generation_config.eos_token_id = [pad, end]
    model.generation_config.pad_token_id = pad
    # as the released model's: who generates without asking for the likeliest token gets samples
    model.generation_config.update(do_sample=True, top_k=20, top_p=0.5, temperature=0.7, repetition_penalty=1.1)
    model.save_pretrained(folder)
    extractor = WhisperFeatureExtractor(feature_size=128)
    # without a template of its own it takes Qwen2-Audio's
    Qwen2AudioProcessor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    return folder


def _tokenizer(texts: Sequence[str]) -> Any:
    from tokenizers import ByteLevelBPETokenizer
    from transformers import Qwen2Tokenizer

    learnt = ByteLevelBPETokenizer()
    learnt.train_from_iterator(texts, vocab_size=_LEARNT_TOKENS, show_progress=False)
    with tempfile.TemporaryDirectory() as folder:
        learnt.save_model(folder)
        vocabulary = json.loads((Path(folder) / "vocab.json").read_text("utf-8"))
        lines = (Path(folder) / "merges.txt").read_text("utf-8").splitlines()
    merges = [tuple(line.split(" ")) for line in lines if not line.startswith("#version")]
    return Qwen2Tokenizer(
        vocab=vocabulary,
        merges=merges,
        eos_token="<|im_end|>",
        extra_special_tokens=list(CONTROL_TOKENS),
    )
