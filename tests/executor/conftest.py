"""Executor tests use the kit by plain name, on node types and tools of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import engine_kit


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> engine_kit.Place:
    """A data folder in which engines live one after another, with a world that remembers what was done to it."""
    return engine_kit.Place(tmp_path / "data", monkeypatch)
