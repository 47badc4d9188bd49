"""Looks for model files on removable media: headers only, nothing is copied or changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine import platform
from engine.errors import Refused
from engine.models.library import facts_of, model_files


def on_drives() -> list[dict[str, Any]]:
    """[{path, name, drive, kind, bytes, files, architecture, license, memory_bytes, fault}] of what is plugged in."""
    return [_seen(path, drive) for drive in platform.removable_drives() for path in model_files(drive)]


def _seen(path: Path, drive: Path) -> dict[str, Any]:
    one: dict[str, Any] = {
        "path": str(path), "name": path.name, "drive": str(drive), "kind": path.suffix.lower()[1:], "bytes": None,
        "files": 1, "architecture": "", "license": "unknown", "memory_bytes": None, "fault": "",
    }  # fmt: skip
    try:
        facts = facts_of(path)
    except (Refused, OSError) as fault:
        return {**one, "fault": str(fault)}
    one |= {"kind": facts.kind, "bytes": facts.bytes, "files": len(facts.files), "architecture": facts.architecture}
    return {**one, "license": facts.license, "memory_bytes": facts.need}
