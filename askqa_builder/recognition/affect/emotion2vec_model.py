"""funasr's network of emotion2vec, with the files that it is published with.

Built here from funasr's class: its own loader goes on with random weights where a checkpoint lacks some, asks the
network for newer versions of itself, and hears one clip at a time.
"""

from __future__ import annotations

import io
import json
import re
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from askqa_builder.errors import UsageError
from askqa_builder.options import require
from askqa_builder.recognition.affect.audio_model import (
    appetite_on,
    checked_model,
    long_enough,
    samples_of_a_frame,
)
from askqa_builder.recognition.affect.origin import ModelOrigin
from askqa_builder.recognition.recogniser import Appetite, Clip, ListenerInfo
from askqa_builder.torch_support import choose_device, loading

_SAMPLE_RATE = 16000

_FOLDER = "a folder with config.yaml, tokens.txt and model.pt, as emotion2vec+ is published"

_WANTED = ("*.json", "*.md", "*.pt", "*.txt", "*.yaml")
"""What of a repository is needed; an example's sound and pictures are not."""

_NEVER_USED = "modality_encoders.AUDIO.decoder."
"""For pre-training alone; the published checkpoints do not have it."""

_UNUSED_LABEL = "unuse"
"""How labels begin that a checkpoint has an output for, but was not trained to tell."""

_LAYERS = re.compile(r"\[(?:\((?:\d{1,4},?){3}\),?)*\](?:\*\d{1,2})?")
"""Layers in brackets, perhaps repeated: funasr evaluates what a configuration gives, whatever it is."""


class Emotion2vecModel:
    """A network with its head, on a device. labels: of its outputs, without those that are never told."""

    def __init__(self, name: str, model: str | None, revision: str | None, device: str | None, threads: int) -> None:
        """Load a model. name: of the recogniser. model: a folder, or a name on the Hub. Raises UsageError."""
        self.name = name
        self.model = checked_model(name, model, ("torch", "funasr"), "emotion2vec")
        require(isinstance(threads, int) and threads >= 0, "threads", threads, "a whole number from 0")
        import torch

        self._device = choose_device(device)
        if threads and self._device.type == "cpu":
            torch.set_num_threads(threads)
        with loading(self.model, _FOLDER):
            self._folder = ModelOrigin(self.model).folder or _downloaded(self.model, revision)
            names = _file_names(self._folder)
            labels = (self._folder / names["labels"]).read_text("utf-8").rstrip("\n").split("\n")
            config = yaml.safe_load((self._folder / names["config"]).read_text("utf-8"))
            network = network_of(config, len(labels))
            state = torch.load(self._folder / names["weights"], map_location="cpu", weights_only=True)
            network.load_state_dict(_weights(self.model, state, config, network.state_dict()), strict=False)
        self._told = [place for place, label in enumerate(labels) if not label.startswith(_UNUSED_LABEL)]
        self.labels = [labels[place].strip() for place in self._told]
        self._normalised = bool(network.cfg.get("normalize"))
        encoder = network.modality_encoders["AUDIO"]
        self._least = samples_of_a_frame([(kernel, stride) for _, kernel, stride in encoder.feature_enc_layers])
        self._network = network.eval().requires_grad_(False).to(self._device)

    @property
    def info(self) -> ListenerInfo:
        """Who listens."""
        # the Hub's cache has a folder for each commit
        return ModelOrigin(self.model).info(
            self.name, "funasr", f"{version('funasr')} (torch {version('torch')})", self._folder.name, self._device
        )

    @property
    def appetite(self) -> Appetite:
        """As `appetite_on` tells."""
        return appetite_on(self._device)

    def numbers(self, batch: Sequence[Clip]) -> NDArray[np.float64]:
        """Return the logits of `labels` for each clip, [clips, labels]."""
        waves = [long_enough(clip.at(_SAMPLE_RATE), self._least) for clip in batch]
        by_length: dict[int, list[int]] = defaultdict(list)  # padding would be heard
        for place, wave in enumerate(waves):
            by_length[len(wave)].append(place)
        found = np.empty((len(waves), len(self.labels)))
        for places in by_length.values():
            found[places] = self._run(np.stack([waves[place] for place in places]))
        return found

    def _run(self, waves: NDArray[np.float32]) -> NDArray[np.float64]:
        import torch

        with torch.inference_mode():
            source = torch.from_numpy(waves).to(self._device)
            if self._normalised:
                source = torch.nn.functional.layer_norm(source, source.shape[1:])
            features = self._network.extract_features(source, padding_mask=None)["x"]
            logits = self._network.proj(features.mean(dim=1))[:, self._told]
        numbers: NDArray[np.float64] = logits.float().cpu().numpy().astype(np.float64)
        return numbers

    def close(self) -> None:
        """Forget the model."""
        del self._network


def _downloaded(model: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(model, revision=revision, allow_patterns=list(_WANTED)))


def _file_names(folder: Path) -> dict[str, str]:
    """Return how the folder's files are called: its configuration.json says so, where there is one."""
    told = folder / "configuration.json"
    content = json.loads(told.read_text("utf-8")) if told.is_file() else {}
    metas = content.get("file_path_metas") or {}
    return {
        "config": metas.get("config", "config.yaml"),
        "labels": (metas.get("tokenizer_conf") or {}).get("token_list", "tokens.txt"),
        "weights": metas.get("init_param", "model.pt"),
    }


def network_of(config: Any, labels: int) -> Any:
    """Return funasr's network with a head of so many labels and random weights. config: what config.yaml holds.

    Raises ValueError where that would be run, and whatever funasr raises where it does not fit.
    """
    settings = config["model_conf"]
    layers = settings["modalities"]["audio"]["feature_encoder_spec"]
    parts = layers.replace(" ", "").split("+") if isinstance(layers, str) else [""]
    if not all(map(_LAYERS.fullmatch, parts)):
        raise ValueError(f"feature_encoder_spec {layers!r} is no list of layers")
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():  # advice on ffmpeg, not used here
        warnings.simplefilter("ignore")
        from funasr.models.emotion2vec.model import Emotion2vec
    return Emotion2vec(model_conf=settings, vocab_size=labels)


def _weights(model: str, state: Any, config: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checkpoint's weights under the names that the network has. Raises UsageError where one is missing.

    Names may begin with what the configuration's scope_map lists, one before the other: theirs, and ours.
    """
    for level in ("state_dict", "model_state_dict", "model"):
        state = state.get(level, state)
    scopes = ["" if str(scope).lower() == "none" else str(scope) for scope in config.get("scope_map") or ()]
    renames = [("", ""), ("module.", ""), *zip(scopes[::2], scopes[1::2], strict=True)]
    found, missing = {}, []
    for key, value in wanted.items():
        names = (theirs + key.removeprefix(ours) for theirs, ours in renames if key.startswith(ours))
        name = next((name for name in names if name in state and state[name].shape == value.shape), None)
        if name is not None:
            found[key] = state[name]
        elif not key.startswith(_NEVER_USED):
            missing.append(key)
    if missing:
        raise UsageError(
            f"{model}: the checkpoint lacks weights that emotion2vec needs ({', '.join(missing[:3])}); it is a model "
            "of another kind, or has no head, as emotion2vec_base"
        )
    return found
