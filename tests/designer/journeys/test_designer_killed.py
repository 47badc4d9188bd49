"""The designer is killed while somebody types and a question is open; the next start finds all of it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from program import Program

from designer.document.files import export_file
from engine.run.events import QuestionAnswered
from engine.store import Lease
from tests.designer.support.stories import workflow

ROOT = Path(__file__).parents[3]
LOST_S = 1.0
"""What was typed longer ago than this is kept."""

ASKING = workflow(
    ("note", "data.template", {"text": "as it was"}),
    ("ask", "gate", {"headline": "Write it down?"}),
    ("write", "file.write", {"path": "note.txt", "content": "{{ input.input.value }}"}),
    edges="note.output -> ask.input\nask.approved -> write.input",
    name="asking",
    title="Asking",
)


def _typed_and_killed(data_dir: Path, file: Path) -> tuple[dict[str, str], list[tuple[str, float]], float]:
    """Start the program, let it type for a while after the question has come, kill it: question, texts, when."""
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("typing_child.py")), str(data_dir), str(file)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    asked: dict[str, str] = {}
    texts: list[tuple[str, float]] = []
    try:
        assert child.stdout is not None
        for line in child.stdout:
            fact = json.loads(line)
            if "question" in fact:
                asked = fact
            else:
                texts.append((fact["text"], fact["at"]))
                if texts[-1][1] - texts[0][1] > 2 * LOST_S:
                    break
    finally:
        child.kill()
        killed = time.time()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()
    assert child.returncode == -9 and asked, "it ended by itself"
    return asked, texts, killed


def test_a_killed_designer_opens_again_with_document_run_and_question(
    start: Callable[[], Program], data_dir: Path, tmp_path: Path
) -> None:
    file = tmp_path / "asking.workflow.yaml"
    export_file(ASKING, file)
    asked, texts, killed = _typed_and_killed(data_dir, file)
    holder = Lease.info(data_dir)
    assert holder is not None, "the engine ended with its window"

    program = start()
    window = program.window
    program.until(lambda: window.desk.is_open and window.drawing.isVisible(), "the document did not open again")
    kept = str(program.workflow.by_key["note"].params["text"])
    safe = max(text for text, at in texts if at < killed - LOST_S)
    assert texts[-1][0].startswith(kept) and len(kept) >= len(safe) > 0, f"{kept!r} of {texts[-1][0]!r}"
    assert program.draft() == program.workflow
    assert window.drawing.canvas.drawing.cards.keys() == {"note", "ask", "write"}

    program.until(lambda: window.showing.live is not None and window.showing.live.main.started, "the run is not shown")
    assert window.showing.live is not None and window.showing.live.run == asked["run"]
    assert not window.showing.looking
    assert window.link.status.pid == holder.pid, "another engine was started"
    program.until(lambda: window.drawing.canvas.drawing.cards["ask"].face.status == "asking")
    assert [one.id for one in window.link.questions] == [asked["question"]]

    dialog = program.question()
    program.press("Approve", dialog)
    assert program.ended() == "completed"
    assert (program.files / "note.txt").read_text("utf-8") == "as it was"
    answers = [event for event in program.events(asked["run"]) if isinstance(event, QuestionAnswered)]
    assert [(answer.question, answer.option) for answer in answers] == [(asked["question"], "approve")]
    assert [row.id for row in program.runs()] == [asked["run"]]
    program.stop()
