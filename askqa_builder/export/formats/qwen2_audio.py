"""Qwen2-Audio's conversations, as its processor's chat template in transformers takes them."""

from __future__ import annotations

from collections.abc import Iterator

from askqa_builder.export.chat import asked_and_answered, tags, text_part
from askqa_builder.export.format import Export, Format, Item, SoundRules
from askqa_builder.export.json_lines import json_line

_USAGE = """\
Each line holds `conversation`, as the processor's chat template takes it; an `audio_url` is a path in this folder.

```python
import json, soundfile
from transformers import AutoProcessor

processor = AutoProcessor.from_pretrained("Qwen/Qwen2-Audio-7B-Instruct")
line = json.loads(next(open("{split}.jsonl", encoding="utf-8")))
sounds = [soundfile.read(part["audio_url"])[0]
          for part in line["conversation"][0]["content"] if part["type"] == "audio"]
text = processor.apply_chat_template(line["conversation"], tokenize=False)
inputs = processor(text=text, audio=sounds, sampling_rate=16000, return_tensors="pt")
```

The model hears the first 30 s of each clip and is not told that there was more. No clip is longer, unless another
window was asked for."""


class Qwen2Audio(Format[Item]):
    """`<split>.jsonl`: a conversation with what tells it from others a line; mono 16-bit WAV at 16 kHz."""

    name = "qwen2-audio"
    title = "Qwen2-Audio in transformers"
    documentation = "https://huggingface.co/docs/transformers/model_doc/qwen2_audio"
    sound = SoundRules(
        audio_formats=("wav",),
        sampling_rate=16000,
        fixed_rate=True,
        layouts=("joined", "turns"),
        window=30.0,
        known_window=True,
    )

    def lines(self, item: Item) -> Iterator[tuple[str, str]]:
        """Yield the conversation."""
        question, answer = asked_and_answered(item)
        sounds = [{"type": "audio", "audio_url": file.path} for file in item.audio]
        line = {
            **tags(item),
            "action": item.example.action,
            "references": item.example.references,
            "conversation": [
                {"role": "user", "content": [*sounds, text_part(question)]},
                {"role": "assistant", "content": [text_part(answer)]},
            ],
        }
        yield f"{item.split}.jsonl", json_line(line)

    def usage(self, made: Export) -> str:
        """Tell how the processor takes a line."""
        return _USAGE.replace("{split}", made.a_split)
