"""A data folder in which a lot happens, and a window that stays usable."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer

from designer.engine_link import EngineLink
from designer.engine_link.reader import PAGE
from engine.run import events as ev
from engine.store import DATA_FILE, Batch, Lease, Store, open_store
from tests.designer.support.real_engine import PATIENCE_MS

FLOOD = 10_000


class Writer:
    """The engine's part, played by the test: it holds the lease and appends what it is told to."""

    def __init__(self, data_dir: Path) -> None:
        self.lease = Lease.acquire(data_dir, "test")
        self.store: Store = open_store(data_dir / DATA_FILE, role="engine")
        self.seqs: dict[str, int] = {}

    def add(self, run: str, kind: type[Any], **fields: Any) -> Any:
        self.seqs[run] = self.seqs.get(run, 0) + 1
        return kind(run=run, seq=self.seqs[run], at=time.time(), epoch=self.lease.epoch, **fields)

    def write(self, *events: Any) -> None:
        self.store.journal.append([Batch(tuple(events))])

    def close(self) -> None:
        self.store.close()
        self.lease.release()


def gaps_while(qtbot: Any, done: Any, timeout_ms: int = PATIENCE_MS) -> list[float]:
    """Times between the ticks of a 10 ms timer until something is so, sorted."""
    ticks: list[float] = []
    timer = QTimer(interval=10)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()
    qtbot.waitUntil(done, timeout=timeout_ms)
    timer.stop()
    return sorted(later - before for before, later in pairwise(ticks))


def p95(gaps: list[float]) -> float:
    return gaps[int(len(gaps) * 0.95)]


def test_a_flood_comes_in_order_in_pages_and_leaves_the_window_its_time(qtbot: Any, data_dir: Path) -> None:
    writer = Writer(data_dir)
    link = EngineLink(data_dir, launch=False)
    places: list[int] = []
    sizes: list[int] = []

    def hear(events: list[Any]) -> None:
        places.extend(event.seq for event in events)
        sizes.append(len(events))

    link.events.connect(hear)
    try:
        with qtbot.waitSignal(link.store_opened, timeout=PATIENCE_MS):
            link.start()
        ends = time.perf_counter() + 0.5
        quiet = gaps_while(qtbot, lambda: time.perf_counter() > ends)

        events = [writer.add("run1", ev.RunStarted, workflow="0" * 64, name="flood")]
        for number in range(FLOOD // 2):
            events.append(writer.add("run1", ev.AttemptStarted, node="a", visit=(number,), attempt=1))
            events.append(writer.add("run1", ev.StepSucceeded, node="a", visit=(number,), outputs={"n": number}))
        thread = threading.Thread(target=lambda: writer.write(*events))
        thread.start()
        flooded = gaps_while(qtbot, lambda: len(places) == len(events))
        thread.join()
        ratio = p95(flooded) / p95(quiet)
        print(f"p95 of the gaps between ticks: {ratio:.2f} times those of a quiet window, {len(flooded)} ticks")
        assert places == list(range(1, len(events) + 1))
        assert max(sizes) <= PAGE
        assert ratio < 6
    finally:
        link.close()
        writer.close()


def test_a_window_that_does_not_listen_is_not_flooded(qtbot: Any, data_dir: Path) -> None:
    writer = Writer(data_dir)
    link = EngineLink(data_dir, launch=False)
    heard: list[int] = []
    link.events.connect(lambda events: heard.extend(event.seq for event in events))
    try:
        with qtbot.waitSignal(link.store_opened, timeout=PATIENCE_MS):
            link.start()
        events = [writer.add("run1", ev.RunStarted, workflow="0" * 64)]
        events += [writer.add("run1", ev.RoundStarted, node="a", round=number + 1) for number in range(20 * PAGE)]
        writer.write(*events)
        ends = time.monotonic() + 5
        while link._worker._under_way < 2 and time.monotonic() < ends:
            time.sleep(0.01)  # the window is busy with something else
        time.sleep(0.2)
        assert link._worker._under_way == 2
        done: list[int] = []
        link.call(lambda store: store.journal.last_rowid(), done.append)
        qtbot.waitUntil(lambda: len(heard) == len(events), timeout=PATIENCE_MS)
        assert heard == [event.seq for event in events] and done == [len(events)]
    finally:
        link.close()
        writer.close()


def test_partial_output_is_passed_on_and_not_kept(qtbot: Any, data_dir: Path) -> None:
    writer = Writer(data_dir)
    writer.store.progress.put("run1", "ask", (), "1", "from before ")
    writer.write(writer.add("run1", ev.RunStarted, workflow="0" * 64))
    link = EngineLink(data_dir, launch=False)
    heard: list[str] = []
    link.pieces.connect(lambda pieces: heard.extend(piece.text for piece in pieces))
    try:
        with qtbot.waitSignal(link.questions_changed, timeout=PATIENCE_MS):
            link.start()
        for number in range(1200):
            writer.store.progress.put("run1", "ask", (), "1", str(number))
        qtbot.waitUntil(lambda: len(heard) == 1200, timeout=PATIENCE_MS)
        assert heard == [str(number) for number in range(1200)]
    finally:
        link.close()
        writer.close()


def test_questions_and_runs_that_were_there_before_are_known_at_once(qtbot: Any, data_dir: Path) -> None:
    writer = Writer(data_dir)
    form = {"headline": "Go?", "options": [{"name": "approve", "label": "Approve"}]}
    for run in ("run1", "run2"):
        events = [writer.add(run, ev.RunStarted, workflow="0" * 64, name="old", actor="anna")]
        events.append(
            writer.add(run, ev.QuestionAsked, node="g", question=f"q-{run}", key="gate", type="gate", form=form)
        )
        writer.write(*events)
    child = writer.add("run1-0", ev.RunStarted, workflow="0" * 64, parent=ev.Parent(run="run1", node="each"))
    asked = writer.add("run1-0", ev.QuestionAsked, node="g", question="q-child", key="gate", type="gate", form=form)
    writer.write(child, asked)
    writer.write(writer.add("run2", ev.RunCancelled))
    link = EngineLink(data_dir, launch=False)
    try:
        with qtbot.waitSignal(link.questions_changed, timeout=PATIENCE_MS):
            link.start()
        assert [(one.id, one.root, one.started_by) for one in link.questions] == [
            ("q-run1", "run1", "anna"),
            ("q-child", "run1", "anna"),
        ]
        assert [(row.id, row.end) for row in link.runs] == [("run2", "RunCancelled"), ("run1", None)]
        writer.write(writer.add("run1-0", ev.RunFailed, error=ev.Error(cls="stopped", message="Enough.")))
        qtbot.waitUntil(lambda: [one.id for one in link.questions] == ["q-run1"], timeout=PATIENCE_MS)
    finally:
        link.close()
        writer.close()
