"""The link to engine and store: the only part of the designer that reads or writes a data folder."""

from designer.engine_link.faces import Face, faces_of
from designer.engine_link.link import EngineLink
from designer.engine_link.live_run import LiveRun
from designer.engine_link.questions import OpenQuestion
from designer.engine_link.status import EngineStatus

__all__ = ["EngineLink", "EngineStatus", "Face", "LiveRun", "OpenQuestion", "faces_of"]
