"""A data folder, an open store, and a maker of events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_kit import Events

from engine.store import Store, open_store


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "signalbox.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path, role="engine") as store:
        yield store
