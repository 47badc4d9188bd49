"""A command said once: menus, toolbar, shortcuts, command palette and shortcut sheet are derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["File", "Edit", "Arrange", "View", "Run", "People", "PC", "Help", "Canvas"]


@dataclass(frozen=True, slots=True)
class Command:
    """`keys` are portable key sequences, the first one is shown. `owner` "canvas": the canvas reads the keys itself,
    because they are plain letters that a text field must be able to take. `words` help the palette to find it."""

    id: str
    title: str
    group: Group
    keys: tuple[str, ...] = ()
    icon: str = ""
    owner: Literal["window", "canvas"] = "window"
    words: str = ""
    checkable: bool = False
