"""The upload side of Xet, the Hub's storage that keeps chunks of files: what arrives is counted, not put together.

A file counts as there once a shard (Xet's word for the list of a file's chunks) names its SHA-256.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from typing import Any

from hub_store import RefusedError, Store

_ENTRY = 48
_END = b"\xff" * 32
_HAS_VERIFICATION, _HAS_SHA256 = 0x80000000, 0x40000000


def write_token(address: str) -> tuple[Any, ...]:
    """Answer where chunks go, and with which token."""
    expires = int(time.time()) + 3600
    headers = {
        "X-Xet-Cas-Url": f"{address}/cas",
        "X-Xet-Access-Token": "xet",
        "X-Xet-Token-Expiration": str(expires),
    }
    return 200, {"casUrl": f"{address}/cas", "accessToken": "xet", "exp": expires}, headers


def storage(store: Store, path: str, body: bytes) -> tuple[Any, ...]:
    """Answer the requests to the storage of chunks: it takes them, and knows none before."""
    if path.startswith("/cas/v1/xorbs/"):
        return 200, {"was_inserted": True}
    if path == "/cas/v1/shards":
        for sha256 in _named_files(body):
            store.blobs.setdefault(sha256, b"")
        return 200, {"result": 1}
    raise RefusedError(404, f"no {path}")


def _named_files(shard: bytes) -> Iterator[str]:
    """Yield the SHA-256 of each file that a shard describes."""
    place = _ENTRY  # behind the header
    while shard[place : place + 32] != _END:
        flags, segments = struct.unpack_from("<II", shard, place + 32)
        place += _ENTRY * (1 + segments * (2 if flags & _HAS_VERIFICATION else 1))
        if flags & _HAS_SHA256:
            yield "".join(f"{part:016x}" for part in struct.unpack_from("<4Q", shard, place))
            place += _ENTRY
