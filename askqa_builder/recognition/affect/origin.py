"""Where a recogniser's model comes from, a folder or the Hub, and under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from askqa_builder.recognition.recogniser import ListenerInfo
from askqa_builder.torch_support import folder_digest

_UNKNOWN_LICENCE = "as its maker says"

_FUNASR_LICENCE = "FunASR model licence (https://github.com/modelscope/FunASR/blob/main/MODEL_LICENSE)"

_LICENCES = {
    "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim": "CC-BY-NC-SA-4.0",
    "emotion2vec/emotion2vec_plus_base": _FUNASR_LICENCE,
    "emotion2vec/emotion2vec_plus_large": _FUNASR_LICENCE,
    "emotion2vec/emotion2vec_plus_seed": _FUNASR_LICENCE,
    "superb/hubert-base-superb-er": "Apache-2.0",
    "superb/hubert-large-superb-er": "Apache-2.0",
    "superb/wav2vec2-base-superb-er": "Apache-2.0",
    "superb/wav2vec2-large-superb-er": "Apache-2.0",
}
"""As their model cards say."""


@dataclass(frozen=True)
class ModelOrigin:
    """A model by what the user gave. model: a folder, or a name on the Hub."""

    model: str

    @property
    def folder(self) -> Path | None:
        """The folder, None where it is a name."""
        folder = Path(self.model).expanduser()
        return folder if folder.is_dir() else None

    def info(self, name: str, library: str, version: str, commit: str | None, device: Any) -> ListenerInfo:
        """Say who listens. name: of the recogniser. commit: on the Hub. device: of torch, on which it computes."""
        folder = self.folder
        return ListenerInfo(
            name=name,
            library=library,
            version=version,
            model=self.model if folder is None else folder.resolve().name,
            revision=commit if folder is None else f"files:{folder_digest(folder)[:16]}",
            licence=_LICENCES.get(self.model, _UNKNOWN_LICENCE) if folder is None else _licence_told(folder),
            numeric_mode=f"{device.type}-float32",
        )


def _licence_told(folder: Path) -> str:
    """Return the licence that a model's card in its folder tells in its front matter; of one that the Hub does not
    know, its name and where to read it."""
    card = folder / "README.md"
    if not card.is_file():
        return _UNKNOWN_LICENCE
    parts = card.read_text("utf-8", errors="replace").split("---\n", 2)
    try:
        told = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0].strip() else None
    except yaml.YAMLError:
        return _UNKNOWN_LICENCE  # somebody else's page, which need not be as ours
    if not isinstance(told, dict):
        return _UNKNOWN_LICENCE
    licence, name, link = (told.get(key) for key in ("license", "license_name", "license_link"))
    if licence == "other" and isinstance(name, str) and name:
        return f"{name} ({link})" if isinstance(link, str) and link else name
    return licence if isinstance(licence, str) and licence else _UNKNOWN_LICENCE
