"""Where a Whisper model's files are: in a folder, in the Hub's cache, or to be downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from askqa_builder.digests import sha256_of
from askqa_builder.errors import UsageError

_WEIGHTS = "model.bin"
_NEEDED = ("config.json", _WEIGHTS, "tokenizer.json")


@dataclass(frozen=True)
class WhisperFiles:
    """A model on this disk. name: as manifests show it, without a path. revision: commit, or digest of the weights."""

    folder: Path
    name: str
    revision: str
    licence: str


def find_whisper(model: str) -> WhisperFiles:
    """Find a model by the path of a folder, or by name; the latter is downloaded at first use, with its progress.

    Raises UsageError for an unknown name, an incomplete folder, and where the Hub is needed and cannot be reached.
    """
    folder = Path(model).expanduser()
    if folder.is_dir() or folder.is_absolute() or model.startswith((".", "~")):
        return whisper_in(folder)
    return _by_name(model)


def whisper_in(folder: Path) -> WhisperFiles:
    """Find the model in a folder. Raises UsageError where it is incomplete or not there."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; give one with a Whisper model in CTranslate2's format")
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        raise UsageError(
            f"{folder}: no Whisper model in CTranslate2's format ({', '.join(missing)} missing); "
            "make one with ct2-transformers-converter --copy_files tokenizer.json preprocessor_config.json"
        )
    revision = f"sha256:{sha256_of(folder / _WEIGHTS)[:16]}"
    return WhisperFiles(folder, folder.resolve().name, revision, "as its maker says")


def _by_name(model: str) -> WhisperFiles:
    from faster_whisper import available_models, download_model
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    if "/" not in model and model not in available_models():
        raise UsageError(f"whisper has no model {model!r}; it has {', '.join(available_models())}, or give a folder")
    try:
        folder = Path(download_model(model, local_files_only=True))
    except (LocalEntryNotFoundError, FileNotFoundError):
        try:
            folder = Path(download_model(model))
        except RepositoryNotFoundError as error:
            raise UsageError(f"whisper: the Hub has no model {model!r}, or not for you") from error
        except (HfHubHTTPError, OSError, ValueError) as error:  # without a network they come in many kinds
            raise UsageError(
                f"whisper's model {model!r} is not on this machine and cannot be downloaded; "
                "run once where the Hugging Face Hub can be reached, or give the folder of a model"
            ) from error
    repository = folder.parent.parent.name.removeprefix("models--").replace("--", "/")
    return WhisperFiles(folder, repository, folder.name, "MIT" if "/" not in model else "as its maker says")
