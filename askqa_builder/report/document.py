"""One HTML document that needs nothing else: style and scripts within it, and a policy that allows no others.

Text of a dataset comes in as data: escaped by the template, or as JSON that scripts show as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from askqa_builder.report.page_file import MARK

_FOLDER = files(__package__) / "page"


def render(
    template: str, *, styles: Sequence[str], scripts: Sequence[str], served: bool = False, **content: Any
) -> str:
    """Return a document of the folder `page`.

    styles, scripts: files that are put together in this order; names that a script declares are known to those after
    it and to nobody else. served: it may ask its own server for data and sound. content: what the template shows.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_read), undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    style = "\n" + "\n".join(map(_read, styles))
    script = '\n"use strict";\n(() => {\n' + "\n".join(map(_read, scripts)) + "})();\n"
    return environment.get_template(template).render(
        mark=Markup(MARK),
        style=Markup(style),
        script=Markup(script),
        policy=policy(style, script, served=served),
        **content,
    )


def policy(style: str, script: str, *, served: bool) -> str:
    """Return the content security policy of a document with this one style sheet and this one script."""
    own = "'self'" if served else "'none'"
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "img-src data:",
            f"media-src blob:{' ' + own if served else ''}",
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


def _read(name: str) -> str:
    return _FOLDER.joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
