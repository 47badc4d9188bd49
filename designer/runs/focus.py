"""What the detail side looks at: one step (or a whole run) at one moment, with everything that is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from designer.resources import tr
from designer.runs.story import Entry, story_of
from engine.observe.records import QuestionTrace, RunTrace, StepTrace
from engine.observe.why import Reason, why_run, why_step
from engine.run import events as ev
from engine.workflow.model import Workflow

PARTIAL = 3000
"""Characters of what a model has written so far that are worth showing."""


@dataclass(frozen=True)
class Focus:
    """`step` None: the run itself. `until` is the event at which it is looked at, None for the live run.

    `partial` is (effect key, text) of what is being written right now.
    """

    trace: RunTrace
    workflow: Workflow | None
    events: Sequence[ev.Event]
    all_events: Sequence[ev.Event]
    step: StepTrace | None = None
    until: int | None = None
    partial: tuple[str, str] | None = None
    node: str = ""

    @property
    def title(self) -> str:
        """What a person calls it."""
        if not self.node:
            return tr("Whole run")
        found = self.workflow.by_key.get(self.node) if self.workflow is not None else None
        return (found.title if found is not None else "") or self.node

    @property
    def question(self) -> QuestionTrace | None:
        """The step's open question."""
        if self.step is None or self.until is not None:
            return None
        asked = [question for question in self.trace.open_questions if question.id in self.step.questions]
        return asked[0] if asked else None

    def entries(self) -> list[Entry]:
        """The step's story."""
        found = self.workflow.by_key.get(self.node) if self.workflow is not None else None
        nodes = self.workflow.nodes if self.workflow is not None else ()
        agents = {node.key: node.title or node.key for node in nodes if node.type == "agent"}
        told = story_of(self.events, node=found, agents=agents)
        if self.partial is not None and self.step is not None and self.step.ended is None:
            key, text = self.partial
            at = self.step.attempt.started if self.step.attempt is not None else self.trace.at
            told.append(Entry(f"writing {key}", "model", at, tr("Writes…"), text[-PARTIAL:], "running"))
        return told

    def reasons(self) -> list[Reason]:
        """Why it went as it did."""
        if self.step is not None:
            return why_step(self.trace, self.workflow, self.step)
        return why_run(self.trace, self.workflow) if not self.node and self.trace.run else []
