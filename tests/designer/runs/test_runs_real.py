"""The run views on a real journal: the shipped template, run by the real engine, with a service that fails twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from designer.engine_link import EngineLink, LiveRun
from designer.runs.run_panel import RunPanel
from designer.runs.runs_list import RunsList
from designer.runs.runs_model import NAME, STATUS

pytestmark = pytest.mark.needs_llama


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one run of machine-alarm."""
    made = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "engine.cli", "demo", "--data-dir", str(made), "--json"]
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    return made


def test_the_demo_run_is_told_step_by_step(qtbot: Any, folder: Path) -> None:
    link = EngineLink(folder, launch=False)
    link.start()
    runs = RunsList(link)
    qtbot.addWidget(runs)
    qtbot.waitUntil(lambda: runs.filter.rowCount() == 1)
    assert runs.filter.index(0, NAME).data() == "Machine alarm to work order"
    assert runs.filter.index(0, STATUS).data() == "Completed"
    live = LiveRun(link, link.runs[0].id)
    panel = RunPanel(link)
    qtbot.addWidget(panel)
    panel.resize(1366, 320)
    panel.show_run(live)
    panel.show()
    qtbot.waitUntil(lambda: live.is_loaded and panel.model.rowCount() == 18)
    panel.show_step("triage")
    kinds = [entry.kind for entry in panel.detail.story._entries]
    assert kinds.count("attempt") == 3 and kinds.count("wait") == 2 and kinds.count("model") == 2
    panel.detail.show_tab("data")
    qtbot.waitUntil(lambda: panel.detail.data.params.view.value() is not None)
    assert panel.detail.data.params.view.value()["model"] == "small"
    assert panel.detail.data.input.view.value().startswith("machine: CHIL-07")
    panel.detail.show_tab("why")
    assert any("Attempt 2 failed" in text for _, text in panel.detail.why._shown)
    panel.show_view("timeline")
    triage = next(bar for bar in panel.timeline.bars if bar.step == ("triage", ()))
    assert [piece.kind for piece in triage.segments] == ["failed", "backoff", "failed", "backoff", "run"]
    for seq in (0, 26, live.length):
        with qtbot.waitSignal(panel.moved):
            panel.replay.go(seq)
    assert panel.replay.words.text().endswith("Run completed")
    panel.shut()
    runs.shut()
    live.close()
    link.close()
