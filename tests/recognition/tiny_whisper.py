"""A tiny Whisper with random weights in CTranslate2's format: transformers' own classes, CTranslate2's converter."""

from __future__ import annotations

from pathlib import Path

_WEIGHTS_SPREAD = 1.0
"""Large enough that what it writes depends on what it hears."""


def write_tiny_whisper(folder: Path) -> Path:
    """Write the model into a new folder below `folder`. It knows single bytes only, and no word."""
    import torch
    from ctranslate2.converters import TransformersConverter
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

    source = folder / "transformers"
    tokens = _write_tokenizer(source)
    end = tokens["<|endoftext|>"]
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=len(tokens),
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        d_model=16,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        init_std=_WEIGHTS_SPREAD,
        decoder_start_token_id=tokens["<|startoftranscript|>"],
        eos_token_id=end,
        bos_token_id=end,
        pad_token_id=end,
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    WhisperForConditionalGeneration(config).save_pretrained(source)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(source)
    converter = TransformersConverter(str(source), copy_files=["tokenizer.json", "preprocessor_config.json"])
    return Path(converter.convert(str(folder / "tiny-whisper")))


def _write_tokenizer(folder: Path) -> dict[str, int]:
    """Write an English-only tokenizer of single bytes and Whisper's special tokens; return its vocabulary."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = "endoftext startoftranscript en translate transcribe startoflm startofprev nospeech notimestamps"
    times = [f"<|{i * 0.02:.2f}|>" for i in range(1501)]
    tokenizer.add_special_tokens([*(f"<|{name}|>" for name in names.split()), *times])
    end = "<|endoftext|>"
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, bos_token=end, unk_token=end)
    fast.save_pretrained(folder)
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    return vocabulary
