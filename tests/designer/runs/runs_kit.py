"""A run panel on a made-up run, and many of its kind."""

from __future__ import annotations

from typing import Any

from designer.engine_link import LiveRun
from designer.runs.run_panel import RunPanel
from engine.workflow.model import Node, Policy, Workflow
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.stories import Story, workflow

WORKFLOW = workflow(
    Node(key="read", type="data.set", title="Read it", params={"values": {"n": 1}}),
    Node(key="ask", type="data.set", title="Ask the service", params={"values": {"n": "{{ input.input }}"}},
         policy=Policy(max_attempts=3)),
    Node(key="approve", type="gate", title="Shift lead approves", params={"headline": "Stop line 4?"}),
    edges="read.output -> ask.input\nask.output -> approve.input",
    title="Made up",
)  # fmt: skip


def failing() -> Story:
    """A run whose second step failed once, and which waits for a person."""
    story = Story(of=WORKFLOW)
    story.started()
    story.attempt("read")
    story.succeeded("read", output={"n": 1})
    story.attempt("ask")
    story.attempt_failed("ask", wait_s=1.0, cls="server", message="503")
    story.attempt("ask", 2)
    story.succeeded("ask", output={"n": 1})
    story.asked("approve")
    return story


def opened(qtbot: Any, story: Story, *, size: tuple[int, int] = (1366, 320)) -> tuple[FakeLink, LiveRun, RunPanel]:
    """A panel that shows the story's run."""
    link = FakeLink(at_once=True)
    if story.of is not None:
        link.store.library.put(story.of)
    link.say(*story.events)
    live = LiveRun(link, story.run)
    qtbot.waitUntil(lambda: live.is_loaded and (story.of is None or live.workflow is not None))
    panel = RunPanel(link)
    qtbot.addWidget(panel)
    panel.resize(*size)
    panel.show_run(live)
    panel.show()
    return link, live, panel


def chain(count: int) -> Workflow:
    """A workflow of many steps, one after the other."""
    nodes = [Node(key=f"n{i}", type="data.set", params={"values": {"x": i}}) for i in range(count)]
    edges = "\n".join(f"n{i}.output -> n{i + 1}.input" for i in range(count - 1))
    return workflow(*nodes, edges=edges, name="chain")


def long_run(count: int, *, done: bool = True) -> Story:
    """All steps of `chain` done; without `done` the last ones are still to come."""
    story = Story(of=chain(count), dt=0.02)
    story.started()
    for i in range(count if done else count // 2):
        story.attempt(f"n{i}")
        story.succeeded(f"n{i}", output={"x": i})
    if done:
        story.completed()
    return story
