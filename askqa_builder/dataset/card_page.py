"""A card as a page: the YAML front matter that the Hub and `datasets` read, and what a template makes of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE_NAME = "card.md.j2"


def card_page(package: str, front: Mapping[str, Any], **body: Any) -> str:
    """Return a card's text. package: the one that has the template. body: what the template shows, escaped."""
    matter = yaml.safe_dump(dict(front), sort_keys=False, allow_unicode=True)
    return f"---\n{matter}---\n\n{_template(package).render(body)}"


@cache  # compiling takes longer than all the rest
def _template(package: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(files(package).joinpath(TEMPLATE_NAME).read_text("utf-8"))


def escape(text: str) -> str:
    """Make text harmless in a Markdown table: no markup, no HTML, one line."""
    return "".join(f"&#{ord(c)};" if c in "|<>&`*_[]\\~#" else c for c in text if c.isprintable())
