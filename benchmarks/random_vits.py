"""A VITS model with random weights in Coqui's own format on disk: what can be loaded and timed without a download.

What it says is noise, but in all else it is the real thing: Coqui's classes write it, and Coqui's classes read it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOP = 256
SAMPLE_RATE = 22050
SPEAKERS = 109

# a small model has the same parts in the same order, narrower; 3 MB instead of 160
_SMALL = {
    "hidden_channels": 32,
    "hidden_channels_ffn_text_encoder": 64,
    "num_heads_text_encoder": 2,
    "num_layers_text_encoder": 2,
    "num_layers_posterior_encoder": 1,
    "num_layers_flow": 1,
    "speaker_embedding_channels": 16,
    "upsample_initial_channel_decoder": 32,
    "resblock_kernel_sizes_decoder": [3],
    "resblock_dilation_sizes_decoder": [[1, 3, 5]],
}


def write_random_vits(
    folder: Path, *, full: bool = False, phonemes: bool = True, speakers: int = SPEAKERS, stochastic: bool = True
) -> Path:
    """Write checkpoint, configuration and speakers, and return the checkpoint's path.

    full: in the sizes of the released VCTK model. phonemes: tokens are espeak's phonemes, else letters.
    stochastic: which of the two duration predictors.
    """
    import torch
    from TTS.config.shared_configs import BaseAudioConfig
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits, VitsArgs, VitsCharacters

    folder.mkdir(parents=True, exist_ok=True)
    names = {f"p{225 + i}": i for i in range(speakers)}
    (folder / "speaker_ids.json").write_text(json.dumps(names), "utf-8")
    arguments: dict[str, Any] = {
        "use_speaker_embedding": True,
        "speakers_file": str(folder / "speaker_ids.json"),
        "init_discriminator": False,
        "use_sdp": stochastic,
        **({} if full else _SMALL),
    }
    config = VitsConfig(
        model_args=VitsArgs(**arguments),
        audio=BaseAudioConfig(
            sample_rate=SAMPLE_RATE, win_length=1024, hop_length=HOP, num_mels=80, mel_fmin=0, mel_fmax=None
        ),
        text_cleaner="english_cleaners",
        use_phonemes=phonemes,
        phonemizer="espeak" if phonemes else None,
        phoneme_language="en" if phonemes else None,
        characters=VitsCharacters().to_config(),
        use_speaker_embedding=True,
        speakers_file=str(folder / "speaker_ids.json"),
    )
    config.characters.characters_class = "TTS.tts.models.vits.VitsCharacters"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Vits(config)
        _wake(model, full)
    state = model.state_dict()
    if not full:
        state = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    checkpoint = folder / "model_file.pth"
    torch.save({"model": state, "step": 0}, checkpoint)
    config.save_json(str(folder / "config.json"))
    return checkpoint


def _wake(model: Any, full: bool) -> None:
    """Give layers that training starts at zero something to do, and the waveform a level like speech's.

    A coupling layer of zeros hides whatever is wrong with it.
    """
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("post.weight", "post.bias", "proj.weight", "proj.bias")) and not parameter.any():
                parameter.normal_(0, 0.02)
        model.waveform_decoder.conv_post.weight.mul_(8.0 if full else 0.3)
