"""One side of `tests.bench.canvas` in a process of its own: our canvas or NodeGraphQt as it comes, with so many nodes.

Prints one line of JSON. Times are processor time of this process, in ms; memory is what was added, in MB.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_PREFERRED_BINDING"] = "PySide6"

import psutil
from PySide6.QtCore import QEventLoop, QTimer, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from designer import theme
from designer.canvas import ngqt
from designer.engine_link.faces import Face
from engine.workflow.model import Edge, Node, Workflow

SIZE, PAN = (1280, 800), 16
ACROSS, STEP_X, STEP_Y = 40, 340.0, 260.0
EVENTS_A_SECOND, LIVE_SECONDS = 50, 8.0


def drawing(count: int) -> Workflow:
    """A long line of agents in rows, some with a second wire into them."""
    chance = random.Random(1)
    nodes, edges, layout = [], [], {}
    for i in range(count):
        nodes.append(Node(key=f"n{i}", type="agent", title=f"Step {i} triage"))
        layout[f"n{i}"] = ((i % ACROSS) * STEP_X, (i // ACROSS) * STEP_Y)
        if i:
            edges.append(Edge(source=f"n{i - 1}", out="result", target=f"n{i}", into="input"))
        if i > 50 and chance.random() < 0.03:
            edges.append(Edge(source=f"n{chance.randrange(i - 40, i - 1)}", out="error", target=f"n{i}", into="input"))
    return Workflow(name="large", nodes=tuple(nodes), edges=tuple(edges), layout=layout)


class Ours:
    """`designer.canvas.Canvas`."""

    def __init__(self) -> None:
        from designer.canvas.canvas import Canvas

        self.canvas = Canvas()
        self.canvas.resize(*SIZE)
        self.canvas.show()
        self.view = self.canvas.view
        self.canvas.render(drawing(3))  # fonts, icons and code are there
        settle()
        self.canvas.render(Workflow(name="empty"))
        settle()

    def open(self, workflow: Workflow) -> None:
        self.canvas.render(workflow)

    def look(self, zoom: float, x: float, y: float) -> None:
        from PySide6.QtCore import QPointF

        self.view.zoom_at(zoom)
        self.view.look_to(QPointF(x, y))
        self.view.rest()

    def pan(self, dx: int, dy: int) -> None:
        self.view.pan_by(dx, dy)

    def zoom(self, factor: float) -> None:
        self.view.zoom_at(self.view.zoom * factor)

    def status(self, key: str, turn: int) -> None:
        status = ("running", "done", "failed", "waiting")[turn % 4]
        self.canvas.show_faces({key: Face(status, words=f"{status} {turn}")}, running=False)  # type: ignore[arg-type]


class Stock:
    """NodeGraphQt with nodes of as many ports."""

    def __init__(self) -> None:
        class Agent(ngqt.BaseNode):  # type: ignore[misc]
            __identifier__ = "bench"
            NODE_NAME = "agent"

            def __init__(self) -> None:
                super().__init__()
                self.add_input("input", multi_input=True)
                self.add_input("tools", multi_input=True)
                self.add_output("result")
                self.add_output("error")

        self.graph: Any = ngqt.NodeGraph()
        self.graph.register_node(Agent)
        self.view: Any = self.graph.viewer()
        self.view.resize(*SIZE)
        self.view.show()
        self.nodes: dict[str, Any] = {}
        self.open(drawing(3))
        settle()
        self.graph.delete_nodes(list(self.nodes.values()), push_undo=False)
        self.nodes.clear()
        settle()

    def open(self, workflow: Workflow) -> None:
        for node in workflow.nodes:
            self.nodes[node.key] = self.graph.create_node(
                "bench.Agent", name=node.title, pos=workflow.layout[node.key], push_undo=False, selected=False
            )
        for edge in workflow.edges:
            out, into = self.nodes[edge.source].outputs()[edge.out], self.nodes[edge.target].inputs()[edge.into]
            out.connect_to(into, push_undo=False, emit_signal=False)

    def look(self, zoom: float, x: float, y: float) -> None:
        wide, high = SIZE[0] / zoom, SIZE[1] / zoom
        self.view.set_scene_rect([x - wide / 2, y - high / 2, wide, high])

    def pan(self, dx: int, dy: int) -> None:
        self.view._set_viewer_pan(dx, dy)

    def zoom(self, factor: float) -> None:
        self.view.scale(factor, factor)

    def status(self, key: str, turn: int) -> None:
        self.nodes[key].set_property("color", (turn % 255, 20, 30, 255), push_undo=False)


def settle() -> None:
    """Let everything that is due happen."""
    for _ in range(3):
        QApplication.processEvents()


@contextmanager
def cost(found: list[float]) -> Iterator[None]:
    """Processor time of what is done, in ms."""
    began = time.process_time()
    yield
    found.append(1000 * (time.process_time() - began))


def middle(times: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    times = sorted(times)
    return {"p50": round(times[len(times) // 2], 3), "p95": round(times[int(len(times) * 0.95)], 3)}


def frames(do: Callable[[int], object], count: int) -> dict[str, float]:
    """The cost of a frame, each painted."""
    found: list[float] = []
    for i in range(count):
        with cost(found):
            do(i)
            QApplication.processEvents()
    return middle(found)


def measure(side: Ours | Stock, count: int, turns: int) -> dict[str, Any]:
    """All figures that both sides have."""
    workflow = drawing(count)
    _ = workflow.by_key
    gc.collect()
    memory, opened, painted = psutil.Process().memory_info().rss, [0.0] * 0, [0.0] * 0
    with cost(opened):
        side.open(workflow)
    with cost(painted):
        QApplication.processEvents()
        side.view.viewport().repaint()
    settle()
    gc.collect()
    added = (psutil.Process().memory_info().rss - memory) / 2**20
    found: dict[str, Any] = {
        "nodes": len(workflow.nodes), "edges": len(workflow.edges), "open_ms": round(opened[0] + painted[0], 1),
        "memory_mb": round(added, 1),
    }  # fmt: skip
    x, y = min(20, count / 2) * STEP_X, min(count // ACROSS, 60) / 2 * STEP_Y
    for percent in (100, 50, 30):
        side.look(percent / 100, x, y)
        settle()
        found[f"pan_{percent}_ms"] = frames(lambda i: side.pan(PAN if i < turns // 2 else -PAN, 4), turns)
        found[f"repaint_{percent}_ms"] = frames(lambda i: side.view.viewport().repaint(), turns)
    side.look(0.5, x, y)
    settle()
    key = f"n{min(count - 1, int(x // STEP_X) + ACROSS * int(y // STEP_Y))}"
    found["one_status_ms"] = frames(lambda i: side.status(key, i), turns)
    return found


def zoom_sweep(side: Ours | Stock, count: int, turns: int) -> dict[str, Any]:
    """From 30 to 120 %, at the scale factor of this process."""
    side.open(drawing(count))
    side.look(0.3, min(20, count / 2) * STEP_X, min(count // ACROSS, 60) / 2 * STEP_Y)
    settle()
    return {
        "zoom_sweep_ms": frames(lambda i: side.zoom(4 ** (1 / turns)), turns),
        "ratio": side.view.devicePixelRatioF(),
    }


def live(count: int, seconds: float = LIVE_SECONDS) -> dict[str, Any]:
    """Fifty events a second of a run on the drawing, through LiveRun, faces and canvas, as the window shows them."""
    from designer.canvas.canvas import Canvas
    from designer.main_window.showing import Showing
    from tests.designer.support.fake_link import FakeLink
    from tests.designer.support.stories import Story

    workflow = drawing(count)
    link = FakeLink(at_once=True)
    canvas, showing = Canvas(), Showing(link)
    canvas.resize(*SIZE)
    canvas.show()
    canvas.render(workflow)
    canvas.view.zoom_at(0.5)
    showing.draw(workflow)
    showing.faces_changed.connect(canvas.show_faces)
    story = Story("run1", of=workflow)
    link.say(story.started())
    showing.follow("run1", looking=False)
    settle()
    said = 0

    def say() -> None:
        nonlocal said
        key = f"n{(said // 2) % count}"
        link.say(story.attempt(key) if said % 2 == 0 else story.succeeded(key, result={"text": f"Answer {said}"}))
        said += 1

    timer = QTimer(interval=1000 // EVENTS_A_SECOND)
    timer.timeout.connect(say)
    loop, gaps, last = QEventLoop(), [0.0] * 0, [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        gaps.append(1000 * (now - last[0]))
        last[0] = now

    beat = QTimer(interval=10)
    beat.timeout.connect(tick)
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    began, busy = time.perf_counter(), time.process_time()
    timer.start()
    beat.start()
    loop.exec()
    wall, used = time.perf_counter() - began, time.process_time() - busy
    timer.stop()
    beat.stop()
    statuses = {card.face.status for card in canvas.drawing.cards.values()}
    showing.close()
    canvas.close_canvas()
    return {
        "events": said, "events_a_second": round(said / wall, 1), "busy_share": round(used / wall, 3),
        "beat_gap_ms": middle(gaps), "statuses": sorted(statuses),
    }  # fmt: skip


def main() -> None:
    """Measure what the command line says."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("what", choices=("ours", "stock", "zoom", "live"))
    asked.add_argument("--nodes", type=int, default=1000)
    asked.add_argument("--frames", type=int, default=40)
    asked.add_argument("--seconds", type=float, default=LIVE_SECONDS)
    options = asked.parse_args()
    app = QApplication.instance() or QApplication(["bench"])
    assert isinstance(app, QApplication)
    qInstallMessageHandler(lambda kind, context, text: None)
    theme.apply(app, "dark")
    if options.what == "live":
        found = live(options.nodes, options.seconds)
    else:
        side: Ours | Stock = Stock() if options.what == "stock" else Ours()
        found = (zoom_sweep if options.what == "zoom" else measure)(side, options.nodes, options.frames)
    print(json.dumps(found), flush=True)
    os._exit(0)  # a graph of NodeGraphQt may not live through an orderly end


if __name__ == "__main__":
    sys.exit(main())
