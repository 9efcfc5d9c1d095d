"""TRL's conversational prompts with completions, and the sounds beside them."""

from __future__ import annotations

from collections.abc import Iterator

from askqa_builder.export.chat import asked_and_answered, tags, text_part
from askqa_builder.export.format import Export, Format, Item, SoundRules
from askqa_builder.export.json_lines import json_line

_USAGE = """\
```python
from datasets import Audio, List, load_dataset

folder = "THIS_FOLDER"
data = load_dataset("json", data_files=f"{folder}/{split}.jsonl", split="train")
data = data.map(lambda line: {"audios": [f"{folder}/{path}" for path in line["audios"]]})
data = data.cast_column("audios", List(Audio(sampling_rate=16000)))     # the model's rate
```

This decodes with torchcodec (`pip install torchcodec`) and FFmpeg's libraries: both must be there. Without them leave
the sounds as files, and read them with soundfile:

```python
import soundfile

data = data.cast_column("audios", List(Audio(decode=False)))
sounds = [soundfile.read(sound["path"]) for sound in data[0]["audios"]]     # samples and rate of each
```

`prompt` and `completion` are conversational, as `SFTTrainer` takes them; a part `{"type": "audio"}` of the prompt
stands for each sound of `audios`, in order. TRL's own collators (1.16) know images and no sound: give `SFTTrainer` a
`data_collator` that calls your model's processor with `audios`."""


class Trl(Format[Item]):
    """`<split>.jsonl`: `{"prompt": [...], "completion": [...], "audios": [...]}` a line."""

    name = "trl"
    title = "TRL"
    documentation = "https://huggingface.co/docs/trl/dataset_formats"
    sound = SoundRules(window=30.0)

    def lines(self, item: Item) -> Iterator[tuple[str, str]]:
        """Yield prompt and completion. Every part has the same keys: tables need one type for all of them."""
        question, answer = asked_and_answered(item)
        sounds = [{"type": "audio", "text": None} for _ in item.audio]
        line = {
            "prompt": [{"role": "user", "content": [*sounds, text_part(question)]}],
            "completion": [{"role": "assistant", "content": [text_part(answer)]}],
            "audios": [file.path for file in item.audio],
            **tags(item),
        }
        yield f"{item.split}.jsonl", json_line(line)

    def usage(self, made: Export) -> str:
        """Tell how `datasets` loads it."""
        return _USAGE.replace("{split}", made.a_split)
