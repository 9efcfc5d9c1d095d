"""Exports of instruction examples, read as their toolkits read them."""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from speech_exports import json_lines, sound

Sound = tuple[NDArray[np.int16], int]


@dataclass
class ReadExample:
    """What a toolkit gets to see. id: empty where the format has none."""

    id: str
    prompt: str
    answer: str
    sounds: list[Sound]


def qwen2_audio(out: Path, split: str) -> list[ReadExample]:
    """The lines, as the recipe reads them."""
    found = []
    for line in json_lines(out / f"{split}.jsonl"):
        user, assistant = line["conversation"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        paths = [part["audio_url"] for part in user["content"][:-1] if part["type"] == "audio"]
        assert len(paths) == len(user["content"]) - 1
        sounds = [sound(out / path) for path in paths]
        found.append(ReadExample(line["id"], user["content"][-1]["text"], assistant["content"][0]["text"], sounds))
    return found


def _tagged(out: Path, line: dict[str, Any]) -> ReadExample:
    """A chat by the documentation of ms-swift and LLaMA-Factory: as many tags as there are sounds, in order."""
    user, assistant = line["messages"]
    assert (user["role"], assistant["role"]) == ("user", "assistant")
    assert all(isinstance(path, str) for path in line["audios"])
    tags = "<audio>" * len(line["audios"])
    assert user["content"].count("<audio>") == len(line["audios"])
    assert user["content"].startswith(tags)
    assert "<audio>" not in assistant["content"]
    sounds = [sound(out / path) for path in line["audios"]]
    return ReadExample(line["id"], user["content"].removeprefix(tags), assistant["content"], sounds)


def ms_swift(out: Path, split: str) -> list[ReadExample]:
    """One chat a line."""
    return [_tagged(out, line) for line in json_lines(out / f"{split}.jsonl")]


def llama_factory(out: Path, split: str) -> list[ReadExample]:
    """The list that `dataset_info.json` names."""
    info = json.loads((out / "dataset_info.json").read_bytes())[f"askqa_{split}"]
    assert info["formatting"] == "sharegpt"
    assert info["columns"] == {"messages": "messages", "audios": "audios"}
    assert (info["tags"]["role_tag"], info["tags"]["content_tag"]) == ("role", "content")
    return [_tagged(out, line) for line in json.loads((out / info["file_name"]).read_bytes())]


def trl(out: Path, split: str) -> list[ReadExample]:
    """The table that `datasets` makes of it."""
    from datasets import Audio, List, load_dataset

    data = load_dataset("json", data_files=str(out / f"{split}.jsonl"), split="train", cache_dir=str(out / "cache"))
    data = data.map(lambda line: {"audios": [str(out / path) for path in line["audios"]]})
    data = data.cast_column("audios", List(Audio(decode=False)))
    found = []
    for line in data:
        (user,), (assistant,) = line["prompt"], line["completion"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        assert [part["type"] for part in user["content"]] == ["audio"] * len(line["audios"]) + ["text"]
        sounds = [sound(Path(each["path"])) for each in line["audios"]]
        found.append(ReadExample(line["id"], user["content"][-1]["text"], assistant["content"][0]["text"], sounds))
    return found


def openai(out: Path, split: str) -> list[ReadExample]:
    """Messages that the client's own types allow."""
    pytest.importorskip("openai")
    from openai.types.chat import (
        ChatCompletionAssistantMessageParam,
        ChatCompletionContentPartInputAudioParam,
        ChatCompletionContentPartTextParam,
        ChatCompletionUserMessageParam,
    )
    from pydantic import ConfigDict, TypeAdapter, with_config

    @cache
    def adapter(kind: Any) -> TypeAdapter[Any]:
        return TypeAdapter(with_config(ConfigDict(extra="forbid", strict=True))(type(kind.__name__, (kind,), {})))

    def check(kind: Any, value: Any) -> None:
        adapter(kind).validate_python(value)

    found = []
    ids = json_lines(out / f"{split}.ids.jsonl")
    for line, told in zip(json_lines(out / f"{split}.jsonl"), ids, strict=True):
        user, assistant = line["messages"]
        check(ChatCompletionUserMessageParam, user)
        check(ChatCompletionAssistantMessageParam, assistant)
        *sounds, text = user["content"]
        check(ChatCompletionContentPartTextParam, text)
        read = []
        for part in sounds:
            check(ChatCompletionContentPartInputAudioParam, part)
            data = io.BytesIO(base64.b64decode(part["input_audio"]["data"], validate=True))
            assert soundfile.info(data).format == "WAV"
            data.seek(0)
            read.append(soundfile.read(data, dtype="int16"))
        found.append(ReadExample(told["id"], text["text"], assistant["content"], read))
    return found


def nemo(out: Path, split: str) -> list[ReadExample]:
    """Conversations as `NeMoMultimodalConversationJsonlAdapter` reads them: by Lhotse, relative to the manifest."""
    lhotse = pytest.importorskip("lhotse")
    from lhotse.serialization import load_jsonl

    found = []
    for line in load_jsonl(out / f"{split}_conversations.jsonl"):
        assert {turn["from"] for turn in line["conversations"]} == {"User", "Assistant"}
        assert all(set(turn) >= {"type", "from", "value"} for turn in line["conversations"])
        *sounds, question, answer = line["conversations"]
        assert (question["from"], question["type"]) == ("User", "text")
        assert (answer["from"], answer["type"]) == ("Assistant", "text")
        read = []
        for turn in sounds:
            recording = lhotse.Recording.from_file(out / turn["value"])
            assert turn["duration"] == recording.num_samples / recording.sampling_rate
            samples = recording.to_cut().load_audio().T * 32768
            read.append((np.rint(samples if samples.shape[1] > 1 else samples[:, 0]), recording.sampling_rate))
        found.append(ReadExample(line["id"], question["value"], answer["value"], read))
    return found


def webdataset(out: Path, split: str) -> list[ReadExample]:
    """Samples of the library's own reader."""
    wds = pytest.importorskip("webdataset")
    archives = [str(path) for path in sorted(out.glob(f"{split}-*.tar"))]
    found = []
    for sample in wds.WebDataset(archives, shardshuffle=False).decode():
        record = sample["json"]
        described = record.get("sounds") or record["audio"]
        sounds = [soundfile.read(io.BytesIO(sample[each["name"]]), dtype="int16") for each in described]
        for (samples, rate), each in zip(sounds, described, strict=True):
            assert (len(samples), rate) == (each["samples"], each["sampling_rate"])
        found.append(ReadExample(record["id"], _full_prompt(record), record["answer"], sounds))
    return found


def audiofolder(out: Path, split: str) -> list[ReadExample]:
    """Rows of `load_dataset(folder)`."""
    from datasets import Audio, List, load_dataset

    with importable_torchcodec():
        data = load_dataset(str(out), split=split, cache_dir=str(out / "cache"))
    column, kind = ("audio", Audio(decode=False)) if "audio" in data.features else ("audios", List(Audio(decode=False)))
    found = []
    for line in data.cast_column(column, kind):
        files = [line["audio"]] if column == "audio" else line["audios"]
        sounds = [sound(Path(file["path"])) for file in files]
        details = json.loads(line["details"])
        assert line["prompt"] == _full_prompt(details)
        found.append(ReadExample(line["id"], line["prompt"], line["answer"], sounds))
    return found


@contextmanager
def importable_torchcodec() -> Iterator[None]:
    """`datasets` imports torchcodec to take down a path, and does nothing with it: where it cannot be loaded, as wheels
    for GPUs on a machine without, empty modules do."""
    try:
        import torchcodec.encoders  # noqa: F401
    except (ImportError, OSError, RuntimeError):
        names = {"torchcodec": (), "encoders": ("AudioEncoder",), "decoders": ("AudioDecoder", "VideoDecoder")}
        for name, classes in names.items():
            whole = "torchcodec" if name == "torchcodec" else f"torchcodec.{name}"
            sys.modules[whole] = ModuleType(whole)
            vars(sys.modules[whole]).update({each: type(each, (), {}) for each in classes})
        yield
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchcodec"]:
            del sys.modules[name]
    else:
        yield


def _full_prompt(record: dict[str, Any]) -> str:
    """A row's record has the whole prompt, an example's record story and labels apart."""
    if "turns" in record:
        return str(record["prompt"])
    story = None if record["story"] is None else f"Story:\n{record['story'].strip()}"
    return "\n\n".join(part for part in (story, record["metadata"], record["prompt"]) if part is not None)


READERS: dict[str, Callable[[Path, str], list[ReadExample]]] = {
    "audiofolder": audiofolder,
    "llama-factory": llama_factory,
    "ms-swift": ms_swift,
    "nemo": nemo,
    "openai": openai,
    "qwen2-audio": qwen2_audio,
    "trl": trl,
    "webdataset": webdataset,
}
