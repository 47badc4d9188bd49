"""Where the shipped files are, in a source tree and in a frozen build."""

from __future__ import annotations

import sys
from pathlib import Path


def path(*parts: str) -> Path:
    """A file or folder under resources/. (Not from `engine.settings`: it loads pydantic, too slow before paint.)"""
    unpacked = getattr(sys, "_MEIPASS", None)
    return (Path(unpacked) if unpacked else Path(__file__).parents[2]).joinpath("resources", *parts)


def template_files() -> list[Path]:
    """The shipped workflows, `machine-alarm` first because the first minutes are built around it, then by name."""
    files = sorted(path("templates").glob("*.workflow.yaml"))
    return sorted(files, key=lambda file: not file.name.startswith("machine-alarm."))
