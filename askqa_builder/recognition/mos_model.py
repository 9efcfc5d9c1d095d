"""Predict mean opinion scores with a model that the user has, as TorchScript or ONNX: UTMOS and the like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askqa_builder.digests import sha256_of
from askqa_builder.errors import UsageError
from askqa_builder.machine import parse_devices
from askqa_builder.recognition.recogniser import Appetite, Clip, ListenerInfo, missing_library

_SAMPLE_RATE = 16000
_TORCHSCRIPT = (".pt", ".jit", ".pth", ".ts")
_FULL_SCALE = 32768.0

Waveform = NDArray[Any]
"""Shape [1, samples] at 16 kHz: float32 at full scale ±1, or int16."""


class MosModelPredictor:
    """Runs one clip after the other: padding them to a batch would change their scores.

    The model takes a waveform of shape [1, samples] at 16 kHz and returns one number, in any shape.
    """

    def __init__(self, model: str | None = None, samples: str = "float32", device: str | None = None) -> None:
        """Load a model.

        model: a TorchScript file (.pt, .jit, .pth, .ts) or an ONNX file (.onnx). samples: what it takes, float32 or
        int16. device: cpu, cuda or cuda:N; None for a GPU where there is one and the library sees it.
        Raises UsageError where the file or a library is missing, or the model takes something else.
        """
        path = _file(model)
        if samples not in ("float32", "int16"):
            raise UsageError(f"MOS samples: {samples!r} is not allowed; give float32 or int16")
        (on, *others) = parse_devices(device)
        if others:
            raise UsageError(f"device: {device!r} are several; give one")
        self._as_int16 = samples == "int16"
        load = _load_onnx if path.suffix.lower() == ".onnx" else _load_torchscript
        library, used, self._run = load(path, on)
        self.info = ListenerInfo(
            name="utmos",
            library=library,
            version=version(library),
            model=path.name,
            revision=f"sha256:{sha256_of(path)[:16]}",
            licence="as its maker says",
            numeric_mode=f"{used}-{samples}",
        )
        self.appetite = Appetite(batch_seconds=120.0, one_core=used == "cpu")
        self._check(path)

    def predict(self, batch: Sequence[Clip]) -> list[float]:
        """Return the score of each clip."""
        return [self._score(clip) for clip in batch]

    def _score(self, clip: Clip) -> float:
        samples: Waveform = clip.at(_SAMPLE_RATE)
        if self._as_int16:
            samples = np.clip(np.rint(samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
        answer = np.asarray(self._run(samples[np.newaxis]), dtype=np.float64)
        if answer.size != 1:
            raise ValueError(f"the model returned {answer.size} numbers for one clip")
        return float(answer.reshape(-1)[0])

    def _check(self, path: Path) -> None:
        """Try the model on a second of noise, so that one of another kind is refused before any work."""
        noise = np.random.default_rng(0).normal(0.0, 0.05, _SAMPLE_RATE).astype(np.float32)
        try:
            self._score(Clip(noise, _SAMPLE_RATE))
        except Exception as error:
            first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
            raise UsageError(
                f"{path}: the model does not take a waveform [1, samples] and return a number ({first}); "
                "try --mos-samples int16, or another file"
            ) from error

    def close(self) -> None:
        """Forget the model."""
        del self._run


def _file(model: str | None) -> Path:
    if model is None:
        raise UsageError(
            "utmos needs its model's file: --mos-model FILE, a TorchScript (.pt, .jit) or ONNX (.onnx) export of UTMOS"
        )
    path = Path(model).expanduser()
    if not path.is_file():
        raise UsageError(f"{model}: there is no such file; give a TorchScript or ONNX model")
    if path.suffix.lower() not in (*_TORCHSCRIPT, ".onnx"):
        raise UsageError(f"{model}: give a file that ends in {', '.join((*_TORCHSCRIPT, '.onnx'))}")
    return path


def _load_torchscript(path: Path, device: str | None) -> tuple[str, str, Callable[[Waveform], Any]]:
    try:
        import torch
    except ImportError as error:
        raise UsageError(f"{path.name} is TorchScript, which needs torch: pip install torch") from error
    on = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if on != "cpu" and not torch.cuda.is_available():
        raise UsageError(f"device: {on!r} is not there; torch sees no CUDA device")
    try:
        module = torch.jit.load(str(path), map_location=on).eval()
    except Exception as error:  # torch raises RuntimeError and others
        raise UsageError(f"{path} is no TorchScript model, or a damaged one") from error

    def run(waveform: Waveform) -> Any:
        with torch.inference_mode():
            return module(torch.from_numpy(waveform).to(on)).float().cpu().numpy()

    return "torch", on.partition(":")[0], run


def _load_onnx(path: Path, device: str | None) -> tuple[str, str, Callable[[Waveform], Any]]:
    try:
        import onnxruntime
    except ImportError as error:
        raise missing_library(path.name, "onnxruntime") from error
    cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    on = device or ("cuda" if cuda else "cpu")
    if on != "cpu" and not cuda:
        raise UsageError(f"device: {on!r} is not there; this onnxruntime has no CUDA")
    number = int(on.partition(":")[2] or 0)
    provider: Any = "CPUExecutionProvider" if on == "cpu" else ("CUDAExecutionProvider", {"device_id": number})
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1 if on == "cpu" else 0  # each worker has its own session
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=[provider])
    except Exception as error:  # onnxruntime's errors have no common base
        raise UsageError(f"{path} is no ONNX model, or a damaged one") from error
    name = session.get_inputs()[0].name
    return "onnxruntime", on.partition(":")[0], lambda waveform: session.run(None, {name: waveform})[0]
