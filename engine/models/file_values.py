"""File values among a model's inputs: their bytes, for a process that opens no file but its model."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import StepError
from engine.store import Blobs, StoreError

MAX_BYTES = 64 * 1024 * 1024


def file_values(inputs: Mapping[str, Any], data_dir: Path) -> dict[str, str]:
    """The bytes behind every file value, by hash, as base64. StepError when one is not kept, or all are too large."""
    blobs = Blobs(data_dir / "blobs")
    found: dict[str, bytes] = {}
    for value in inputs.values():
        for one in value if isinstance(value, list) else [value]:
            sha = one.get("$blob") if isinstance(one, dict) else None
            if isinstance(sha, str) and sha not in found:
                found[sha] = _bytes(blobs, sha)
                if sum(map(len, found.values())) > MAX_BYTES:
                    raise StepError("limit", f"The files for one inference are larger than {MAX_BYTES} bytes.")
    return {sha: base64.b64encode(data).decode("ascii") for sha, data in found.items()}


def _bytes(blobs: Blobs, sha: str) -> bytes:
    try:
        return blobs.get(sha)
    except StoreError:
        raise StepError("not_found", "A file value for the model is not kept here.", retryable=False) from None
