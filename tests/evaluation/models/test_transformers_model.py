"""Local models: transformers' own classes with random weights, from a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_requests import asked, noise

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.models.model import Response, identity_of

if find_spec("transformers") is None:
    pytest.skip("the train extra is not installed", allow_module_level=True)

from askqa_builder.evaluation.models.transformers_loading import load_model
from askqa_builder.evaluation.models.transformers_model import TransformersModel
from askqa_builder.evaluation.models.transformers_options import TransformersOptions

TEXTS = ["What is said?", "You hear a story, and then a conversation about it.", "It was green, and so was the book."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Qwen2-Audio, which hears thirty seconds of a clip."""
    from qwen2_audio.model import require_libraries
    from qwen2_audio.random_model import write_random_model

    require_libraries()
    return write_random_model(tmp_path_factory.mktemp("models") / "tiny", TEXTS)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Small matrices gain nothing from threads, and with more of them sums are rounded otherwise."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def model(folder: Path) -> TransformersModel:
    return made(folder)


def made(folder: Path, **options: Any) -> TransformersModel:
    return TransformersModel(
        TransformersOptions.read({"model": str(folder), "device": "cpu", "max_new_tokens": 24, **options})
    )


def by_hand(folder: Path, clips: list[np.ndarray[Any, Any]], prompt: str) -> str:
    """What the model says, by transformers' own example for Qwen2-Audio."""
    from transformers import Qwen2AudioForConditionalGeneration, Qwen2AudioProcessor

    processor = Qwen2AudioProcessor.from_pretrained(folder)
    model = Qwen2AudioForConditionalGeneration.from_pretrained(folder)
    parts = [*({"type": "audio", "audio_url": "clip.wav"} for _ in clips), {"type": "text", "text": prompt}]
    text = processor.apply_chat_template(
        [{"role": "user", "content": parts}], add_generation_prompt=True, tokenize=False
    )
    audio = [clip.astype(np.float32) / np.float32(32767) for clip in clips]
    heard = {"audio": audio, "sampling_rate": 16000} if clips else {}
    inputs = processor(text=text, return_tensors="pt", **heard)
    tokens = model.generate(
        **inputs, max_new_tokens=24, do_sample=False, top_k=None, top_p=None, temperature=None, repetition_penalty=1.0
    )
    said: str = processor.decode(tokens[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return said.strip()


@pytest.mark.parametrize("lengths", [(), (3.0,), (30.0,), (1.0, 12.5, 4.0)])
def test_it_says_what_transformers_says(folder: Path, model: TransformersModel, lengths: tuple[float, ...]) -> None:
    clips = [noise(seconds, seed) // 8 for seed, seconds in enumerate(lengths)]
    said = model.respond(asked(clips=clips, prompt="What is said?"))
    assert said.text == by_hand(folder, clips, "What is said?")
    assert model.respond(asked(clips=clips, prompt="What is said?")).text == said.text
    assert said.seconds is not None
    assert said.prompt_tokens is not None
    assert said.prompt_tokens > 20 * sum(lengths)
    assert said.completion_tokens is not None
    assert (said.unfit == "cut_off") == (said.completion_tokens == 24)


@pytest.mark.parametrize(("samples", "rate"), [(480_001, 16000), (661_600, 22050), (240_002, 8000), (1_600_000, 16000)])
def test_a_clip_beyond_the_window_is_refused(model: TransformersModel, samples: int, rate: int) -> None:
    clip = np.ones(samples, np.int16)
    with pytest.raises(UsageError, match=r"row-clear: a clip of [\d.]+ s, and .* hears 30 s of a clip; see --window"):
        model.respond(asked(clips=[noise(1), clip], sampling_rate=rate))


def test_the_window_is_the_models_own(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "short")
    for file in (tmp_path / "short").glob("*processor*.json"):
        text = file.read_text("utf-8").replace('"chunk_length": 30', '"chunk_length": 10')
        file.write_text(
            text.replace("480000", "160000").replace('"nb_max_frames": 3000', '"nb_max_frames": 1000'), "utf-8"
        )
    short = made(tmp_path / "short")
    with pytest.raises(UsageError, match=r"a clip of 10.0001 s, and .* hears 10 s of a clip"):
        short.respond(asked(clips=[noise(10.0001)]))


def test_an_end_that_is_dropped_is_noticed_where_no_window_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = made(folder)
    monkeypatch.setattr(model, "_window", None)
    assert model.respond(asked(clips=[noise(30)])).prompt_tokens
    with pytest.raises(UsageError, match="does not hear the end of it"):
        model.respond(asked(clips=[noise(31)]))


@pytest.fixture(scope="module")
def flamingo(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Audio Flamingo 3: it hears windows of a clip one by one, and of some seconds drops the rest."""
    import torch
    from transformers import (
        AudioFlamingo3Config,
        AudioFlamingo3ForConditionalGeneration,
        AudioFlamingo3Processor,
        AutoTokenizer,
        WhisperFeatureExtractor,
    )

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["<sound>"], special_tokens=True)
    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1}
    config = AudioFlamingo3Config(
        audio_config={**size, "num_mel_bins": 128},
        text_config={"model_type": "qwen2", "vocab_size": len(tokenizer), "num_key_value_heads": 1, **size},
        audio_token_id=tokenizer.convert_tokens_to_ids("<sound>"),
    )
    torch.manual_seed(0)
    out = tmp_path_factory.mktemp("models") / "flamingo"
    AudioFlamingo3ForConditionalGeneration(config).save_pretrained(out)
    template = (
        "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
        "{% if part['type'] == 'audio' %}<sound>{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    AudioFlamingo3Processor(
        WhisperFeatureExtractor(feature_size=128), tokenizer, chat_template=template, max_audio_len=90
    ).save_pretrained(out)
    return out


def test_a_model_of_another_kind_hears_more_than_its_extractors_window(flamingo: Path) -> None:
    model = made(flamingo, max_new_tokens=4)
    tokens = [model.respond(asked(clips=[noise(seconds)])).prompt_tokens for seconds in (30, 40, 90)]
    assert tokens[0] is not None
    assert tokens[1] is not None
    assert tokens[2] is not None
    assert tokens[1] - tokens[0] == 250
    assert tokens[2] - tokens[0] == 1500
    with pytest.raises(UsageError, match=r"a clip of 91 s, and .* does not hear the end of it"):
        model.respond(asked(clips=[noise(91)]))


def test_a_model_that_takes_one_clip_is_given_no_two(flamingo: Path) -> None:
    with pytest.raises(UsageError, match=r"does not take 2 clips and a prompt .*; see --layout") as caught:
        made(flamingo).respond(asked(clips=[noise(1), noise(1)]))
    assert "\n" not in str(caught.value)


def test_a_template_that_leaves_clips_out_is_refused(flamingo: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(flamingo, tmp_path / "deaf")
    file = tmp_path / "deaf" / "chat_template.jinja"
    file.write_text(file.read_text("utf-8").replace("<sound>", ""), "utf-8")
    with pytest.raises(UsageError, match=r"takes no audio|does not take 1 clips"):
        made(tmp_path / "deaf")


def test_of_a_model_that_also_speaks_the_part_that_writes_is_loaded(tmp_path: Path) -> None:
    import torch
    from transformers import AutoConfig, Qwen2_5OmniConfig, Qwen2_5OmniForConditionalGeneration

    size = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1}
    sections = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}
    tower = {"d_model": 32, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 32, "output_dim": 32}
    sight = {"depth": 1, "hidden_size": 32, "num_heads": 2, "intermediate_size": 32, "out_hidden_size": 32}
    thinker = {
        "audio_config": tower,
        "vision_config": {**sight, "fullatt_block_indexes": [0]},
        "text_config": {"vocab_size": 64, "rope_parameters": sections, **size, **heads},
    }
    talker = {"vocab_size": 64, "embedding_size": 32, "head_dim": 16, **size, **heads}
    config = Qwen2_5OmniConfig(thinker_config=thinker, talker_config=talker, enable_audio_output=False)
    whole = Qwen2_5OmniForConditionalGeneration(config)
    whole.save_pretrained(tmp_path)
    options = TransformersOptions(model=str(tmp_path))
    loaded = load_model(options, AutoConfig.from_pretrained(tmp_path), torch.device("cpu"))
    assert type(loaded).__name__ == "Qwen2_5OmniThinkerForConditionalGeneration"
    weights, wanted = loaded.state_dict(), whole.thinker.state_dict()
    assert weights.keys() == wanted.keys()
    assert all(torch.equal(weights[name], wanted[name]) for name in wanted)


def test_clips_are_heard_at_the_models_rate_in_mono(model: TransformersModel) -> None:
    times = np.arange(3 * 48000) / 48000
    fast = np.rint(8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)
    stereo = np.zeros((len(fast), 2), np.int16)
    stereo[: len(fast) // 2, 0], stereo[len(fast) // 2 :, 1] = fast[: len(fast) // 2], fast[len(fast) // 2 :]
    tokens = {
        model.respond(asked(clips=[clip], sampling_rate=rate)).prompt_tokens
        for clip, rate in ((fast, 48000), (stereo, 48000), (fast[::3].copy(), 16000))
    }
    assert len(tokens) == 1


@pytest.mark.parametrize("token", ["<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|im_start|>assistant"])
def test_a_control_token_in_a_text_is_text(model: TransformersModel, token: str) -> None:
    one, other = (model.respond(asked(clips=[noise(1)], prompt=prompt)) for prompt in (token, "x"))
    assert one.prompt_tokens is not None
    assert other.prompt_tokens is not None
    assert one.prompt_tokens > other.prompt_tokens + 3


def test_a_response_that_does_not_end_is_cut_off(folder: Path) -> None:
    said = made(folder, max_new_tokens=1).respond(asked(clips=[noise(2)]))
    assert (said.unfit, said.completion_tokens) == ("cut_off", 1)


def test_clips_that_together_are_too_long_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"8000 for the response, where the model takes 8192 in all"):
        made(folder, max_new_tokens=8000).respond(asked(clips=[noise(20)]))


def test_threads_may_share_it(model: TransformersModel) -> None:
    requests = [asked(clips=[noise(1 + number / 5, number) // 4]) for number in range(6)]
    alone = [model.respond(request).text for request in requests]
    with ThreadPoolExecutor(4) as threads:
        together: list[Response] = list(threads.map(model.respond, requests))
    assert [said.text for said in together] == alone


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated")  # peft's own, as it makes adapters
def test_adapters_are_part_of_it(folder: Path, model: TransformersModel, tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="the train extra is not installed")
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Qwen2AudioForConditionalGeneration

    base = Qwen2AudioForConditionalGeneration.from_pretrained(folder)
    config = LoraConfig(r=4, target_modules=r".*language_model\..*\.q_proj", init_lora_weights=False)
    torch.manual_seed(1)
    get_peft_model(base, config).save_pretrained(tmp_path / "adapter")
    adapted = made(folder, adapter=str(tmp_path / "adapter"))
    clips = [noise(2) // 4]
    assert adapted.respond(asked(clips=clips)).text != model.respond(asked(clips=clips)).text
    assert identity_of(adapted) != identity_of(model)


def test_its_identity_is_of_its_weights_and_not_of_its_folder(
    folder: Path, model: TransformersModel, tmp_path: Path
) -> None:
    import shutil

    from qwen2_audio.random_model import write_random_model

    moved = tmp_path / "tiny"
    shutil.copytree(folder, moved)
    assert identity_of(made(moved)) == identity_of(model)
    assert str(folder.parent) not in json.dumps(identity_of(model))
    other = write_random_model(tmp_path / "other" / "tiny", TEXTS, seed=1)
    assert identity_of(made(other)) != identity_of(model)
    assert identity_of(made(folder, system="Be brief.")) != identity_of(model)


def test_a_system_prompt_comes_before_it(folder: Path, model: TransformersModel) -> None:
    one, other = (which.respond(asked(clips=())) for which in (made(folder, system="Be very brief and kind."), model))
    assert one.prompt_tokens != other.prompt_tokens


@pytest.mark.parametrize("options", [{"device": "cuda:77"}, {"device": "abacus"}, {"model_class": "NoSuchClass"}])
def test_what_is_not_there_is_told(folder: Path, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"device|no class NoSuchClass"):
        made(folder, **options)


def test_a_folder_without_a_model_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be loaded") as caught:
        made(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_model_that_does_not_hear_is_refused(folder: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(folder)
    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1}
    Qwen2ForCausalLM(Qwen2Config(vocab_size=len(tokenizer), **size)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(UsageError, match="feature extractor"):
        made(tmp_path)
