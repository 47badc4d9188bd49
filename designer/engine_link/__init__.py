"""The link to engine and store: the only part of the designer that reads or writes a data folder.

What it consists of is loaded when it is asked for: the window's frame needs no more of it than the engine's state.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from designer.engine_link.faces import Face, faces_of
    from designer.engine_link.link import EngineLink
    from designer.engine_link.live_run import LiveRun
    from designer.engine_link.questions import OpenQuestion
    from designer.engine_link.status import EngineStatus

_PLACES = {
    "EngineLink": "link",
    "EngineStatus": "status",
    "Face": "faces",
    "LiveRun": "live_run",
    "OpenQuestion": "questions",
    "faces_of": "faces",
}
__all__ = ["EngineLink", "EngineStatus", "Face", "LiveRun", "OpenQuestion", "faces_of"]


def __getattr__(name: str) -> Any:
    """Load the module that has it, at its first use."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
