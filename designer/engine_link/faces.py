"""What the canvas says of each node in a run: pure functions of the run's story, the workflow and the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.observe.records import RunTrace
from engine.workflow.model import Workflow

FaceStatus = Literal[
    "idle", "pending", "running", "waiting", "asking", "done", "failed", "skipped", "cancelled", "reused", "disabled"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Face:
    """How one node looks.

    `words` is one short line ("Running · 4.1 s"); `attempt` "2/5" from the second attempt on, else "". `preview` holds
    at most three lines of the last output. `since` and `until` are set while a clock runs on the face (in seconds since
    1970: counting up from `since`, or down to `until`), so that it is drawn again every second. `counts` is (done, all)
    of what happens inside: rounds of a loop, items of an each. `visits` is how often the node was entered so far.
    """

    status: FaceStatus = "idle"
    words: str = ""
    attempt: str = ""
    preview: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    counts: tuple[int, int] | None = None
    visits: int = 0
    doubt: bool = False

    @property
    def ticks(self) -> bool:
        """Whether the words change as time passes."""
        return self.since is not None or self.until is not None


def faces_of(trace: RunTrace | None, workflow: Workflow, now: float, seq: int | None = None) -> dict[str, Face]:
    """A face for every node of the workflow; `trace` None is a drawing at rest.

    `seq` says that the trace is a look back (as it was after that event): its clocks stand still at the time of that
    event. A node of a loop shows its newest visit.
    """
    return {node.key: Face() for node in workflow.nodes}
