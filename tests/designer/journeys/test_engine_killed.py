"""The engine is killed while a run goes on: the window says so, a new one comes, and the run is finished once."""

from __future__ import annotations

from collections.abc import Callable

from program import Program

from engine.run.events import EffectStarted, RunCompleted
from engine.store import Lease
from tests.designer.support.stories import workflow

LINE = {"path": "log.txt", "mode": "append"}
WAITING = workflow(
    ("before", "file.write", {**LINE, "content": "before\n"}),
    ("pause", "wait", {"seconds": 2.5}),
    ("after", "file.write", {**LINE, "content": "after\n"}),
    edges="before.output -> pause.input\npause.output -> after.input",
    name="wait-a-little",
)


def test_a_killed_engine_comes_back_and_the_run_goes_on(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    program.given(WAITING)
    run = program.run()
    card = window.drawing.canvas.drawing.cards["pause"]
    program.until(lambda: (program.files / "log.txt").exists() and card.face.words)

    killed = program.kill_engine()
    words: list[str] = []

    def back() -> bool:
        words.append(window.footer.engine.text())
        return window.link.status.works and window.link.status.pid != killed

    program.until(back, "the engine did not come back")
    assert any("Engine ended, starts again" in text for text in words), set(words)
    assert "is started again" in program.said()
    assert program.ended() == "completed"
    program.until(lambda: window.footer.engine.text() == "Engine runs")

    assert (program.files / "log.txt").read_text("utf-8") == "before\nafter\n"
    events = program.events(run)
    assert isinstance(events[-1], RunCompleted) and len({event.epoch for event in events}) == 2
    assert sorted(event.node for event in events if isinstance(event, EffectStarted)) == ["after", "before", "pause"]
    assert [row.id for row in program.runs()] == [run]
    holder = Lease.info(program.data_dir)
    assert holder is not None and holder.pid == window.link.status.pid != killed
    program.stop()
