"""Chats as OpenAI's API and its like take them: the sound stands in the request."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from askqa_builder.export.chat import asked_and_answered, tags, text_part
from askqa_builder.export.format import Export, Format, Item, SoundRules
from askqa_builder.export.json_lines import json_line

_USAGE = """\
Each line of `{split}.jsonl` is `{"messages": [...]}`; the last message is the answer that is wanted. The same line of
`{split}.ids.jsonl` says which example it is.

```python
import json, openai

line = json.loads(next(open("{split}.jsonl", encoding="utf-8")))
openai.OpenAI().chat.completions.create(model="gpt-audio", modalities=["text"], messages=line["messages"][:-1])
```

The sound is base64 of WAV in the line itself: a minute at 16 kHz is 2.6 MB. All of this export is about {megabytes} MB.
Who bounds the size of a file or of a request gets it in smaller ones: `split -l 50 {split}.jsonl part-` parts it
between lines; `--sample-rate 8000`, `--context text` or `--context evidence` make it smaller."""


class OpenAIChat(Format[Item]):
    """`<split>.jsonl`: `{"messages": [...]}` with `input_audio` a line; `<split>.ids.jsonl`: which example each is."""

    name = "openai"
    title = "OpenAI-compatible chat"
    documentation = "https://platform.openai.com/docs/guides/audio"
    sound = SoundRules(audio_formats=("wav",), layouts=("joined", "turns"), embedded="line")

    def lines(self, item: Item) -> Iterator[tuple[str, str]]:
        """Yield the chat and its ids."""
        question, answer = asked_and_answered(item)
        sounds = [
            {"type": "input_audio", "input_audio": {"data": b64encode(data).decode("ascii"), "format": "wav"}}
            for data in item.data
        ]
        messages = [
            {"role": "user", "content": [*sounds, text_part(question)]},
            {"role": "assistant", "content": answer},
        ]
        yield f"{item.split}.jsonl", json_line({"messages": messages})
        yield f"{item.split}.ids.jsonl", json_line({**tags(item), "references": item.example.references})

    def usage(self, made: Export) -> str:
        """Tell how a request is made of a line, and what it weighs."""
        megabytes = made.samples * 2 * 4 / 3 / 1e6
        return _USAGE.replace("{split}", made.a_split).replace("{megabytes}", f"{megabytes:,.0f}")
