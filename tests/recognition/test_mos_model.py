"""The predictor with tiny models made here: the loudness of a clip stands in for its quality."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from askqa_builder.errors import UsageError
from askqa_builder.recognition.recogniser import Clip, load_predictor

torch = pytest.importorskip("torch")

RATE = 16000


class Loudness(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Returns the mean magnitude of its input, shape [batch]."""

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
        return waveform.float().abs().mean(dim=-1)


class Framewise(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Returns one number for each half of its input."""

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
        return waveform[:, :2]


@pytest.fixture(scope="module")
def torchscript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(Loudness(), tmp_path_factory.mktemp("models") / "loudness.pt")


def write(module: torch.nn.Module, path: Path) -> Path:  # type: ignore[name-defined]
    torch.jit.trace(module, torch.zeros(1, RATE)).save(str(path))
    return path


def tone(level: float, seconds: float = 0.5, rate: int = RATE) -> Clip:
    return Clip(np.full(round(seconds * rate), level, np.float32), rate)


def test_each_clip_is_scored_alone(torchscript: Path) -> None:
    predictor = load_predictor("utmos", {"model": str(torchscript), "device": "cpu"})
    assert predictor.predict([tone(0.5), tone(0.25, 2.0), tone(0.5)]) == pytest.approx([0.5, 0.25, 0.5])
    assert predictor.predict([]) == []
    info = predictor.info
    assert (info.library, info.model, info.numeric_mode) == ("torch", "loudness.pt", "cpu-float32")
    assert info.revision is not None
    assert predictor.appetite.one_core


def test_integer_samples_for_models_that_take_them(torchscript: Path) -> None:
    predictor = load_predictor("utmos", {"model": str(torchscript), "device": "cpu", "samples": "int16"})
    assert predictor.predict([tone(0.5), tone(1.0)]) == pytest.approx([16384, 32767])


def test_other_rates_are_resampled(torchscript: Path) -> None:
    lengths = torch.jit.script(Length())
    path = torchscript.with_name("length.jit")
    lengths.save(str(path))
    predictor = load_predictor("utmos", {"model": str(path), "device": "cpu"})
    assert predictor.predict([tone(0.5, 1.0, rate=24000)]) == [RATE]


class Length(torch.nn.Module):  # type: ignore[misc, name-defined]
    def forward(self, waveform: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
        return torch.tensor(float(waveform.shape[1]))


def test_onnx_models_give_the_same(torchscript: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the asr extra is not installed")
    onnx = pytest.importorskip("onnx", reason="to make a model with")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Abs", ["wave"], ["magnitude"]),
            helper.make_node("ReduceMean", ["magnitude"], ["score"], keepdims=0),
        ],
        "loudness",
        [helper.make_tensor_value_info("wave", kind, [1, "samples"])],
        [helper.make_tensor_value_info("score", kind, [])],
    )
    path = torchscript.with_suffix(".onnx")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    predictor = load_predictor("utmos", {"model": str(path)})
    assert predictor.predict([tone(0.5), tone(0.25)]) == pytest.approx([0.5, 0.25])
    assert predictor.info.library == "onnxruntime"


@pytest.mark.parametrize("name", ["damaged.pt", "damaged.onnx", "damaged.txt"])
def test_what_is_no_model_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no model")
    with pytest.raises(UsageError, match=name):
        load_predictor("utmos", {"model": str(tmp_path / name)})


def test_a_model_of_another_kind_is_refused_before_any_work(tmp_path: Path) -> None:
    path = write(Framewise(), tmp_path / "framewise.pt")
    with pytest.raises(UsageError, match="returned 2 numbers"):
        load_predictor("utmos", {"model": str(path), "device": "cpu"})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "--mos-model FILE"),
        ({"model": "nowhere.pt"}, "no such file"),
        ({"model": "{}", "samples": "int8"}, "int8"),
        ({"model": "{}", "device": "cuda:0,1"}, "give one"),
    ],
)
def test_wrong_options_are_refused(torchscript: Path, options: dict[str, str], said: str) -> None:
    given = {key: value.format(torchscript) for key, value in options.items()}
    with pytest.raises(UsageError, match=said):
        load_predictor("utmos", given)
