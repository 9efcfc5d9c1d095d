"""One HTML document that needs nothing else: style and scripts within it, and a policy that allows no others.

Text of a dataset comes in as data: escaped by the template, or as JSON that scripts show as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from askqa_builder.report.page_file import MARK

_FOLDER = Path(__file__).parent / "page"


def render(
    template: str,
    *,
    styles: Sequence[str],
    scripts: Sequence[str],
    folder: Path = _FOLDER,
    served: bool = False,
    sound_beside: bool = False,
    **content: Any,
) -> str:
    """Return a document of the folder `page`, or of another with files of its own beside those.

    styles, scripts: files that are put together in this order; names that a script declares are known to those after
    it and to nobody else. served: it may ask its own server for data and sound. sound_beside: it may play recordings
    that lie where it lies. content: what the template shows.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def read(name: str) -> str:
        own = folder / name
        return (own if own.exists() else _FOLDER / name).read_text("utf-8")

    environment = Environment(
        loader=FunctionLoader(read), undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    style = "\n" + "\n".join(map(read, styles))
    script = '\n"use strict";\n(() => {\n' + "\n".join(map(read, scripts)) + "})();\n"
    return environment.get_template(template).render(
        mark=Markup(MARK),
        style=Markup(style),
        script=Markup(script),
        policy=policy(style, script, served=served, sound_beside=sound_beside),
        **content,
    )


def policy(style: str, script: str, *, served: bool, sound_beside: bool = False) -> str:
    """Return the content security policy of a document with this one style sheet and this one script."""
    own = "'self'" if served else "'none'"
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "img-src data:",
            "media-src blob:" + (" 'self'" if served or sound_beside else ""),
            f"connect-src {own}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def as_data(value: Any) -> Markup:
    """Return a value as JSON that may stand in a `<script type="application/json">`, whatever its texts hold."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
