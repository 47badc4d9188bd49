"""The rows of the steps tree and how they hang together: steps, rounds of a loop, child runs. No Qt."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from designer.resources import tr
from engine.ids import Visit
from engine.observe.records import RunTrace, StepKey, StepTrace
from engine.workflow.order import TEAM

Kind = Literal["step", "round", "run"]
RowKey = tuple[str, Kind, str, Visit]
"""(run, kind, node, visit); of a round the loop's node and the visit within it; of a child run just its id."""


@dataclass(eq=False, slots=True)
class Row:
    """One row. `step` is None for a node that has not begun, and for rounds and child runs."""

    id: int
    key: RowKey
    parent: Row | None
    rank: tuple[int, ...] = ()
    title: str = ""
    step: StepTrace | None = None
    children: list[Row] = field(default_factory=list)
    is_open: bool = True
    """Whether its children are there; the steps of a child run are read when somebody looks."""

    @property
    def run(self) -> str:
        """The run that it belongs to."""
        return self.key[0]

    @property
    def kind(self) -> Kind:
        """What it stands for."""
        return self.key[1]

    @property
    def step_key(self) -> StepKey:
        """Its step."""
        return self.key[2], self.key[3]

    @property
    def place(self) -> int:
        """Its number among its parent's children."""
        assert self.parent is not None
        return self.parent.children.index(self)

    def place_for(self, rank: tuple[int, ...]) -> int:
        """Where a child of this rank belongs."""
        return bisect_right(self.children, rank, key=lambda row: row.rank)


@dataclass(frozen=True)
class Plan:
    """What the tree must know of a workflow: the order of its nodes, their titles, and which loops they are in."""

    rank: Mapping[str, int] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    scope: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def title(self, node: str) -> str:
        """What a person calls the node."""
        if node.startswith(TEAM):
            name = node.removeprefix(TEAM)
            return tr("Team of {node}").format(node=self.titles.get(name) or name)
        return self.titles.get(node) or node

    def holder(self, run: str, step: StepKey) -> RowKey | None:
        """The round that a step belongs to; None at the top, or where the loops are not known."""
        node, visit = step
        loops = self.scope.get(node, ())
        if not visit or len(loops) < len(visit):
            return None
        return run, "round", loops[len(visit) - 1], visit


def running(trace: RunTrace) -> list[StepTrace]:
    """The steps whose clock runs."""
    return [step for step in trace.steps.values() if step.ended is None and step.started is not None]
