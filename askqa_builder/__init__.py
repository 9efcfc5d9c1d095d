"""askqa-builder: spoken dialogue datasets in which the assistant must ask back."""

__version__ = "0.1.0"
