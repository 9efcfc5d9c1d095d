"""A tiny XTTS with random weights in Coqui's own on-disk format: the real classes load and run it.

What the library leaves no choice about keeps its size: the decoder's 512 channels and the speaker encoder. The rest
is as small as it goes, and the audio has 6 kHz, so that a second of speech takes a fifth of a second.
"""

from __future__ import annotations

import json
import math
import string
from pathlib import Path
from typing import Any

from askqa_builder.speech.engines.coqui.library import require_coqui

SPEAKERS = ("Ana Florence", "Camilla Holmström", "Damien Black", "Viktor Eka")
SAMPLE_RATE = 6000
CHANNELS = 64
AUDIO_TOKENS = 32


def write_tiny_xtts(
    folder: Path, *, stop: float = 1 / 20, seed: int = 0, legacy: bool = False, audio_tokens_at_once: int = 605
) -> Path:
    """Write config.json, vocab.json, model.pth and speakers_xtts.pth.

    stop: the chance that speech ends at any one token, so that its length is geometrically distributed.
    legacy: store the configuration as an object under the names of 2023, as the released checkpoint does.
    audio_tokens_at_once: three more than the model can make.
    """
    require_coqui()
    import torch
    from TTS.tts.models.xtts import _legacy_safe_globals

    folder.mkdir(parents=True, exist_ok=True)
    _write_vocabulary(folder / "vocab.json")
    config, model = _made(folder, seed, audio_tokens_at_once)
    head = model.gpt.mel_head
    with torch.no_grad():
        head.weight.mul_(0.1)
        head.bias.zero_()
        head.bias[AUDIO_TOKENS] = -1e4  # the start token
        odds = AUDIO_TOKENS * stop / (1 - stop) if stop < 1 else math.inf
        head.bias[AUDIO_TOKENS + 1] = min(max(math.log(odds) if odds else -1e4, -1e4), 1e4)
    weights = {name: value.half() if value.is_floating_point() else value for name, value in model.state_dict().items()}
    with _legacy_safe_globals():
        torch.save({"model": weights, "config": config if legacy else config.to_dict()}, folder / "model.pth")
    torch.manual_seed(seed)
    voices = {
        name: {"gpt_cond_latent": torch.randn(1, 32, CHANNELS), "speaker_embedding": torch.randn(1, 512, 1)}
        for name in SPEAKERS
    }
    torch.save(voices, folder / "speakers_xtts.pth")
    config.save_json(str(folder / "config.json"))
    return folder


def change_weights(folder: Path, name: str, value: float) -> None:
    """Set all of one tensor of the checkpoint to a value."""
    import torch

    stored = torch.load(folder / "model.pth", weights_only=True)
    stored["model"][name].fill_(value)
    torch.save(stored, folder / "model.pth")


def change_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


def _made(folder: Path, seed: int, audio_tokens_at_once: int) -> tuple[Any, Any]:
    import torch
    from TTS.tts.configs.xtts_config import XttsArgs, XttsAudioConfig, XttsConfig
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

    arguments = XttsArgs(
        gpt_layers=2,
        gpt_n_model_channels=CHANNELS,
        gpt_n_heads=2,
        gpt_max_audio_tokens=audio_tokens_at_once,
        gpt_num_audio_tokens=AUDIO_TOKENS + 2,
        gpt_start_audio_token=AUDIO_TOKENS,
        gpt_stop_audio_token=AUDIO_TOKENS + 1,
        gpt_code_stride_len=256,
        gpt_use_perceiver_resampler=True,
        input_sample_rate=5512,
        output_sample_rate=SAMPLE_RATE,
        decoder_input_dim=CHANNELS,
    )
    config = XttsConfig(
        model_args=arguments,
        audio=XttsAudioConfig(output_sample_rate=SAMPLE_RATE),
        temperature=1.0,
        repetition_penalty=1.0,
        top_p=1.0,
    )
    torch.manual_seed(seed)
    model = Xtts(config)
    model.tokenizer = VoiceBpeTokenizer(folder / "vocab.json")
    model.init_models()
    return config, model


def _write_vocabulary(path: Path) -> None:
    from tokenizers import Tokenizer, models

    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", "[de]"]
    vocabulary = {token: i for i, token in enumerate([*special, *string.ascii_lowercase, *".,;:!?'-"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="[UNK]"))
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(path))
