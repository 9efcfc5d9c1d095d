"""WebDataset: tar archives in which the files of a sample have the same name before the first dot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from askqa_builder.export.format import Export, Format, Item, SoundRules
from askqa_builder.export.json_lines import json_line
from askqa_builder.export.records import full_record

_USAGE = """\
```python
import io, soundfile, webdataset

def sound(key, data):
    return soundfile.read(io.BytesIO(data)) if key.endswith(".{sound}") else None

for sample in webdataset.WebDataset("{split}-{000000..{last}}.tar", shardshuffle=False).decode(sound):
    print(sample["__key__"], sample["json"]["id"], [key for key in sample if key.endswith("{sound}")])
```

A sample has `json`, with all that is known of it, and its sound as `{sound}`; several are `0.{sound}`, `1.{sound}` and
so on; the response, where it is spoken, is `response.{sound}`. Archives are followed by the next at 512 MB."""


class WebDataset(Format[Item]):
    """`<split>-<number>.tar`: of each item its record as JSON and its clips."""

    name = "webdataset"
    title = "WebDataset"
    documentation = "https://github.com/webdataset/webdataset"
    sound = SoundRules(audio_formats=("flac", "wav"), embedded="archive", response="file")

    def samples(self, item: Item) -> Iterator[tuple[str, Mapping[str, bytes]]]:
        """Yield the item's files."""
        endings = [file.suffix for file in item.audio]
        if len(endings) > 1:
            endings = [f"{number}.{ending}" for number, ending in enumerate(endings)]
        sounds = {f"{item.key}.{ending}": data for ending, data in zip(endings, item.data, strict=True)}
        if item.response is not None and item.response_data is not None:
            sounds[f"{item.key}.response.{item.response.suffix}"] = item.response_data
        yield item.split, {f"{item.key}.json": json_line(full_record(item, endings)).encode("utf-8"), **sounds}

    def usage(self, made: Export) -> str:
        """Tell how its reader is used."""
        archives = [name for name in made.files if name.startswith(made.a_split)]
        last = f"{len(archives) - 1:06d}"
        return _USAGE.replace("{split}", made.a_split).replace("{last}", last).replace("{sound}", made.audio_format)
