"""Questions that wait for a person, with what a list and a dialog show beside them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.ids import step_text
from engine.observe.records import QuestionTrace


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question without an outcome. `question` is a copy that nobody changes any more.

    `root` is the run that a person started (the question's own run, or the one that it is a part of), `title` the
    workflow's title and `node_title` the node's, as they were in the version that runs.
    """

    question: QuestionTrace
    run_name: str
    title: str
    node_title: str
    started_by: str
    run_started: float
    root: str
    workflow: str

    @property
    def id(self) -> str:
        """The question's id."""
        return self.question.id

    @property
    def run(self) -> str:
        """The run that asks."""
        return self.question.run

    @property
    def step(self) -> str:
        """The step that asks: `approve`, `approve[2]`."""
        return step_text(self.question.node, self.question.visit)

    @property
    def headline(self) -> str:
        """The question in one line."""
        return str(self.question.form.get("headline", ""))

    @property
    def risk(self) -> str:
        """low, medium, high or irreversible; "" where the form does not say."""
        return str(self.question.form.get("risk", ""))

    @property
    def due(self) -> float | None:
        """When silence becomes an answer, in seconds since 1970."""
        return self.question.due
