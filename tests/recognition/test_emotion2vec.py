"""emotion2vec+: funasr's real class with tiny random weights, beside what funasr itself says of the same files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest

pytest.importorskip("funasr", reason="the emotion2vec extra is not installed", exc_type=ImportError)

import tiny_emotion2vec
import torch
import yaml
from tiny_affect import clips

from askqa_builder.errors import UsageError
from askqa_builder.recognition.affect.recogniser import AffectRecogniser, load_affect_recogniser
from askqa_builder.recognition.recogniser import Clip
from askqa_builder.torch_support import import_torchaudio
from askqa_builder.voices.emotion import CATEGORIES

LENGTHS = (1.0, 4.0, 0.3, 2.5, 4.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_emotion2vec.write(tmp_path_factory.mktemp("models") / "plus")


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model, tmp_path / "copy")


def loaded(folder: Path, **options: Any) -> AffectRecogniser:
    return load_affect_recogniser("emotion2vec", {"model": str(folder), "device": "cpu", **options})


def probabilities(recogniser: AffectRecogniser, batch: list[Clip]) -> list[tuple[str | None, float | None]]:
    return [(verdict.affect.category, verdict.probability) for verdict in recogniser.recognise(batch)]


@pytest.fixture
def funasr_s(model: Path) -> Iterator[Callable[[Clip], dict[str, float]]]:
    """What funasr's own loader and inference give for a clip: its labels with their probabilities."""
    import_torchaudio()
    from funasr import AutoModel

    level = logging.getLogger().level
    its = AutoModel(model=str(model), device="cpu", disable_update=True, disable_pbar=True, log_level="ERROR")

    def heard(clip: Clip) -> dict[str, float]:
        (answer,) = its.generate(clip.at(16000), granularity="utterance", extract_embedding=False, fs=16000)
        return dict(zip(answer["labels"], answer["scores"], strict=True))

    yield heard
    logging.getLogger().setLevel(level)


def test_it_hears_what_funasr_hears(model: Path, funasr_s: Callable[[Clip], dict[str, float]]) -> None:
    recogniser = loaded(model)
    batch = [*clips(*LENGTHS), *clips(0.8, 1.7, rate=24000, seed=3)]
    for clip, verdict in zip(batch, recogniser.recognise(batch), strict=True):
        its = funasr_s(clip)
        label = max(its, key=lambda name: its[name])
        assert verdict.affect.category == {"<unk>": "unknown"}.get(label, label.rpartition("/")[2])
        assert verdict.probability == pytest.approx(its[label], abs=1e-4)
    assert recogniser.tells == ("category",)


def test_a_verdict_does_not_depend_on_its_batch(model: Path) -> None:
    recogniser = loaded(model)
    batch = clips(*LENGTHS)
    together = probabilities(recogniser, batch)
    alone = [probabilities(recogniser, [clip])[0] for clip in batch]
    assert [category for category, _ in together] == [category for category, _ in alone]
    assert np.allclose([share for _, share in together], [share for _, share in alone], atol=1e-5)
    assert len({share for _, share in alone}) == len(alone)


def test_very_short_clips_are_heard(model: Path) -> None:
    assert all(0.1 < share <= 1 for _, share in probabilities(loaded(model), clips(0.0005, 0.001)) if share)


def test_what_it_says_of_itself(model: Path) -> None:
    info = loaded(model).info
    assert (info.name, info.library, info.model) == ("emotion2vec", "funasr", "plus")
    assert str(info.revision).startswith("files:")
    assert info.licence == "model-license (https://example.org/licence)"
    assert info.numeric_mode == "cpu-float32"


def test_all_nine_categories_are_its_labels(model: Path) -> None:
    weights = torch.load(model / "model.pt")["model"]
    found = set()
    for place in range(len(tiny_emotion2vec.LABELS)):
        folder = model.parent / f"only-{place}"
        shutil.copytree(model, folder)
        head = {"proj.weight": torch.zeros_like(weights["proj.weight"]), "proj.bias": torch.zeros(9)}
        head["proj.bias"][place] = 9.0
        torch.save({"model": {**weights, **head}}, folder / "model.pt")
        found.update(category for category, _ in probabilities(loaded(folder), clips(0.2)))
    assert found == set(CATEGORIES)


def test_a_label_that_it_was_not_trained_to_tell_is_never_told(tmp_path: Path) -> None:
    folder = tiny_emotion2vec.write(tmp_path / "model", labels=("happy", "unuse_0", "sad"))
    weights = torch.load(folder / "model.pt")["model"]
    weights["proj.bias"] += torch.tensor([0.0, 50.0, 0.0])
    torch.save(weights, folder / "model.pt")  # also without a level around them
    found = probabilities(loaded(folder), clips(*LENGTHS))
    assert {category for category, _ in found} <= {"happy", "sad"}
    assert all(share is not None and share >= 0.5 for _, share in found)


def test_a_name_on_the_hub_is_its_commit(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--emotion2vec--emotion2vec_plus_base"
    shutil.copytree(model, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit, "ascii")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    recogniser = load_affect_recogniser("emotion2vec", {"model": "emotion2vec/emotion2vec_plus_base"})
    assert recogniser.info.model == "emotion2vec/emotion2vec_plus_base"
    assert recogniser.info.revision == commit
    assert "FunASR" in recogniser.info.licence
    with pytest.raises(UsageError, match=r"emotion2vec_plus_seed cannot be loaded .*as emotion2vec\+ is published"):
        load_affect_recogniser("emotion2vec", {"model": "emotion2vec/emotion2vec_plus_seed"})


class _Told:
    """What a pickle would do when it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


def test_nothing_in_a_model_s_files_is_run(copy: Path, tmp_path: Path) -> None:
    config = tiny_emotion2vec.config()
    audio = config["model_conf"]["modalities"]["audio"]
    for layers in (
        f"[open({str(tmp_path / 'ran')!r}, 'w')]",
        "[(8, 10, 5)] * 2 ** 9 ** 9",
        "9**9**9",
        "[(8, 1, 1)] * 9999999",
        3,
    ):
        audio["feature_encoder_spec"] = layers
        (copy / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
        with pytest.raises(UsageError, match="is no list of layers"):
            loaded(copy)
    (copy / "config.yaml").write_text(yaml.safe_dump(tiny_emotion2vec.config()), "utf-8")
    torch.save({"model": _Told(tmp_path / "ran")}, copy / "model.pt")
    with pytest.raises(UsageError, match="cannot be loaded"):
        loaded(copy)
    assert not (tmp_path / "ran").exists()


def _without(part: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        weights = torch.load(folder / "model.pt")["model"]
        torch.save({"model": {key: value for key, value in weights.items() if part not in key}}, folder / "model.pt")

    return change


def _tokens(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "tokens.txt").write_text(text, "utf-8") and None


def _files(*names: str) -> Callable[[Path], None]:
    return lambda folder: [(folder / name).unlink() for name in names] and None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without("proj.bias"), r"lacks weights that emotion2vec needs \(.*proj.bias.*emotion2vec_base"),
        (_without("blocks.1.attn.qkv"), r"lacks weights that emotion2vec needs \(blocks.1.attn.qkv"),
        (_tokens("happy\nsad\n"), "lacks weights that emotion2vec needs"),
        (_tokens("\n".join(["calm", *tiny_emotion2vec.LABELS[1:]])), r"'calm' is no emotion.*labels: \{calm:"),
        (_files("config.yaml"), r"cannot be loaded .*give a folder with config.yaml, tokens.txt and model.pt"),
        (_files("model.pt"), "cannot be loaded"),
        (_files("tokens.txt", "configuration.json"), "cannot be loaded"),
        (lambda folder: (folder / "config.yaml").write_text("model_conf: 3"), "cannot be loaded"),
        (lambda folder: (folder / "model.pt").write_bytes(b"PK"), "cannot be loaded"),
    ],
)
def test_what_does_not_fit_is_told(change: Callable[[Path], None], message: str, copy: Path) -> None:
    change(copy)
    with pytest.raises(UsageError, match=message) as caught:
        loaded(copy)
    assert "\n" not in str(caught.value)


def test_files_may_have_other_names(copy: Path) -> None:
    """As emotion2vec_base_finetuned has; configuration.json tells."""
    (copy / "model.pt").rename(copy / "emotion2vec_base.pt")
    told = (copy / "configuration.json").read_text("utf-8")
    (copy / "configuration.json").write_text(told.replace("model.pt", "emotion2vec_base.pt"), "utf-8")
    assert probabilities(loaded(copy), clips(0.5))
