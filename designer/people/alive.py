"""Answers of the store that come when nobody is there any more, and pictures that are fetched through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6.QtCore import QObject

from designer.engine_link import EngineLink
from designer.widgets import LoadBlob
from engine.store import Store


def alive(thing: QObject) -> bool:
    """Whether the Qt half of an object is still there: a reply may come after its window was closed."""
    return bool(shiboken6.isValid(thing))  # type: ignore[no-untyped-call]


def blobs_through(link: EngineLink) -> LoadBlob:
    """How a `ValueView` fetches what a value only refers to."""

    def load(reference: dict[str, Any], done: Callable[[bytes], None]) -> None:
        def read(store: Store) -> bytes:
            return store.blobs.get(str(reference.get("$blob")))

        link.call(read, done, lambda _refused: None)

    return load
