"""What the designer remembers of a person between two starts: `<data folder>/designer.json`, never a workflow."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QIODevice, QSaveFile

from engine.errors import Refused

FILE = "designer.json"
RECENT = 12
CHOICES: Mapping[str, tuple[str, ...]] = {"theme": ("system", "light", "dark"), "language": ("system", "en", "de")}


@dataclass(frozen=True, slots=True)
class DesignerSettings:
    """Frozen: a change is a new value (`dataclasses.replace`), written with `save`."""

    theme: str = "system"
    language: str = "system"
    person: str = ""
    """The name written under answers; empty: the account's name."""
    last_draft: str = ""
    """The draft that was open, opened again at the next start."""
    recent: tuple[str, ...] = ()
    """Workflow files opened or saved last, newest first."""
    geometry: str = ""
    """Place and size of the window, as base64 of what Qt says."""
    docks: str = ""
    """Places of docks and bars, as base64 of what Qt says."""
    show_minimap: bool = True
    snap: bool = True
    notify: bool = True
    """Desktop notifications for questions."""
    welcome: bool = True
    """Show the welcome page at start when no draft was open."""


def load(data: Path) -> DesignerSettings:
    """The settings of a data folder. Whatever cannot be understood falls back to its default: they hold no work."""
    try:
        given = json.loads((data / FILE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return DesignerSettings()
    return read(given) if isinstance(given, dict) else DesignerSettings()


def read(given: Mapping[str, Any]) -> DesignerSettings:
    """Settings from JSON; unknown names and values of the wrong type are left out."""
    usual = DesignerSettings()
    taken: dict[str, Any] = {}
    for field in fields(usual):
        value, before = given.get(field.name), getattr(usual, field.name)
        if field.name == "recent" and isinstance(value, list):
            taken[field.name] = tuple(each for each in value if isinstance(each, str))[:RECENT]
        elif field.name in CHOICES and value not in CHOICES[field.name]:
            continue
        elif type(value) is type(before):
            taken[field.name] = value
    return replace(usual, **taken)


def save(settings: DesignerSettings, data: Path) -> None:
    """Write them, all or nothing; Refused when the folder cannot be written."""
    usual = DesignerSettings()
    given = {name: value for name, value in asdict(settings).items() if value != getattr(usual, name)}
    text = json.dumps(given, indent=2, ensure_ascii=False) + "\n"
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"The settings cannot be written: {error.strerror}.", where=str(data / FILE)) from None
    file = QSaveFile(str(data / FILE))
    if file.open(QIODevice.OpenModeFlag.WriteOnly) and file.write(QByteArray(text.encode())) >= 0 and file.commit():
        return
    raise Refused(f"The settings cannot be written: {file.errorString()}.", where=str(data / FILE))


def remember(settings: DesignerSettings, path: str) -> DesignerSettings:
    """The settings with a workflow file as the newest of the recent ones."""
    others = [other for other in settings.recent if other != path]
    return replace(settings, recent=(path, *others)[:RECENT])


def packed(state: QByteArray) -> str:
    """What Qt says of a window, as text."""
    return base64.b64encode(state.data()).decode("ascii")


def unpacked(text: str) -> QByteArray:
    """What Qt wants to hear; empty where the text is damaged."""
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except ValueError:
        return QByteArray()
