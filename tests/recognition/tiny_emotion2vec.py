"""emotion2vec as small as can be, with random weights, in the files that emotion2vec+ is published with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import yaml

from askqa_builder.recognition.affect.emotion2vec_model import network_of

LABELS = (
    "生气/angry",
    "厌恶/disgusted",
    "恐惧/fearful",
    "开心/happy",
    "中立/neutral",
    "其他/other",
    "难过/sad",
    "吃惊/surprised",
    "<unk>",
)
"""tokens.txt of emotion2vec+."""

DEPTH, WIDTH, HEADS = 2, 24, 2


def config(**changes: Any) -> dict[str, Any]:
    """Its config.yaml with narrow layers. changes: of model_conf."""
    audio = {
        "type": "AUDIO",
        "prenet_depth": 1,
        "prenet_layerdrop": 0.05,
        "prenet_dropout": 0.1,
        "start_drop_path_rate": 0.0,
        "end_drop_path_rate": 0.0,
        "num_extra_tokens": 3,
        "init_extra_token_zero": True,
        "mask_noise_std": 0.01,
        "mask_prob": 0.5,
        "inverse_mask": False,
        "keep_masked_pct": 0.0,
        "use_alibi_encoder": True,
        "learned_alibi_scale": True,
        "learned_alibi_scale_per_head": True,
        "learned_alibi_scale_per_layer": False,
        "learned_alibi": False,
        "alibi_max_pos": None,
        "alibi_scale": 1.0,
        "num_alibi_heads": HEADS,
        "model_depth": DEPTH,
        "local_grad_mult": 1.0,
        "ema_local_encoder": False,
        "extractor_mode": "layer_norm",
        "feature_encoder_spec": "[(8, 10, 5)] + [(8, 3, 2)] * 4 + [(8,2,2)] + [(8,2,2)]",
        "conv_pos_width": 19,
        "conv_pos_groups": 2,
        "conv_pos_depth": 2,
        "conv_pos_pre_ln": False,
        "decoder": {
            "input_dropout": 0.1,
            "decoder_dim": 8,
            "decoder_groups": 2,
            "decoder_kernel": 7,
            "decoder_layers": 2,
            "decoder_residual": True,
            "projection_layers": 1,
            "projection_ratio": 2.0,
            "add_positions_masked": False,
            "add_positions_all": False,
        },
    }
    model = {
        "depth": DEPTH,
        "start_drop_path_rate": 0.0,
        "end_drop_path_rate": 0.0,
        "num_heads": HEADS,
        "norm_eps": 1e-05,
        "norm_affine": True,
        "encoder_dropout": 0.1,
        "post_mlp_drop": 0.1,
        "attention_dropout": 0.1,
        "activation_dropout": 0.0,
        "dropout_input": 0.0,
        "layerdrop": 0.05,
        "embed_dim": WIDTH,
        "mlp_ratio": 4.0,
        "layer_norm_first": False,
        "average_top_k_layers": DEPTH,
        "end_of_block_targets": False,
        "clone_batch": 8,
        "loss_beta": 0.0,
        "loss_scale": None,
        "normalize": True,
        "modalities": {"audio": audio},
        **changes,
    }
    return {
        "model": "Emotion2vec",
        "model_conf": model,
        "tokenizer": "CharTokenizer",
        "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
        "scope_map": ["d2v_model.", "none"],
    }


def write(folder: Path, labels: Sequence[str] = LABELS, prefix: str = "d2v_model.", seed: int = 0) -> Path:
    """A folder as of emotion2vec+. prefix: what the checkpoint's names begin with, but for those of the head."""
    torch.manual_seed(seed)
    network = network_of(config(), len(labels))
    torch.nn.init.normal_(network.proj.weight, std=2.0)  # or all clips would sound alike
    weights = {
        key if key.startswith("proj.") else prefix + key: value
        for key, value in network.state_dict().items()
        if ".decoder." not in key  # as published
    }
    folder.mkdir()
    torch.save({"model": weights}, folder / "model.pt")
    (folder / "config.yaml").write_text(yaml.safe_dump(config()), "utf-8")
    (folder / "tokens.txt").write_text("".join(f"{label}\n" for label in labels), "utf-8")
    metas = {"init_param": "model.pt", "tokenizer_conf": {"token_list": "tokens.txt"}, "config": "config.yaml"}
    (folder / "configuration.json").write_text(json.dumps({"framework": "pytorch", "file_path_metas": metas}), "utf-8")
    (folder / "README.md").write_text(
        "---\nlicense: other\nlicense_name: model-license\nlicense_link: https://example.org/licence\n---\n", "utf-8"
    )
    return folder
