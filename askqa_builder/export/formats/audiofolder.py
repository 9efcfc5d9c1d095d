"""The folder of sounds with `metadata.jsonl` that the library `datasets` and the Hub's viewer read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from askqa_builder.export.chat import tags
from askqa_builder.export.format import Export, Format, Item, SoundRules
from askqa_builder.export.json_lines import json_line
from askqa_builder.export.records import full_record
from askqa_builder.hearing.clip_files import AUDIO_FOLDER, AudioFile

_USAGE = """\
```python
import json
from datasets import load_dataset

data = load_dataset("THIS_FOLDER", split="{split}")      # columns {columns} and more
details = json.loads(data[0]["details"])                 # all columns of the dataset that this was made from
```

Already to load it, `datasets` wants torchcodec (`pip install torchcodec`), which decodes the sounds with FFmpeg's
libraries: both must be there. Without them the texts are lines of JSON, and soundfile reads the sounds:

```python
import soundfile
from datasets import load_dataset

folder = "THIS_FOLDER/audio/{split}"
data = load_dataset("json", data_files=f"{folder}/metadata.jsonl", split="train")
{reading}
```"""

_READING = {
    True: "samples, rate = soundfile.read(f\"{folder}/{data[0]['file_name']}\")",
    False: 'sounds = [soundfile.read(f"{folder}/{name}") for name in data[0]["file_names"]]  # samples, rate',
}


class AudioFolder(Format[Item]):
    """`audio/<split>/metadata.jsonl` beside the sounds: texts, and all else as JSON in `details`.

    Where each item has one clip it is the column `audio`, else there is a list in `audios`. Where the response is
    spoken it is the column `response`.
    """

    name = "audiofolder"
    title = "AudioFolder of datasets"
    documentation = "https://huggingface.co/docs/datasets/audio_dataset#audiofolder"
    sound = SoundRules(audio_formats=("flac", "wav"), response="file")

    def lines(self, item: Item) -> Iterator[tuple[str, str]]:
        """Yield the metadata; texts only and none null, since `datasets` guesses types from the first lines."""
        folder = f"{AUDIO_FOLDER}/{item.split}"
        names = [_below(folder, file) for file in item.audio]
        line = {
            **({"file_name": names[0]} if self.single else {"file_names": names}),
            **({"response_file_name": _below(folder, item.response)} if item.response else {}),
            **tags(item),
            "prompt": item.example.full_prompt,
            "answer": item.example.answer,
            "language": item.example.language,
            "license": item.example.license,
            "details": json_line(full_record(item, names)),
        }
        yield f"{folder}/metadata.jsonl", json_line(line)

    def front_matter(self, made: Export) -> dict[str, Any]:
        """Return which files are which split."""
        files = [{"split": split, "path": f"{AUDIO_FOLDER}/{split}/**"} for split in made.splits]
        return {"configs": [{"config_name": "default", "data_files": files}]}

    def usage(self, made: Export) -> str:
        """Tell how `datasets` loads it."""
        sounds = ["audio" if self.single else "audios", *(["response"] if made.responses else [])]
        text = _USAGE.replace("{columns}", ", ".join((*sounds, "prompt, answer")))
        return text.replace("{split}", made.a_split).replace("{reading}", _READING[self.single])


def _below(folder: str, file: AudioFile) -> str:
    return str(PurePosixPath(file.path).relative_to(folder))
