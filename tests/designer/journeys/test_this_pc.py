"""The page of this PC with the real commands: what a person changes there is what the next run does."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Program
from PySide6.QtWidgets import QDialog, QLabel

from designer.site.approval import ApprovalSheet
from designer.site.dialogs import Sheet
from engine.run.events import Event
from engine.settings import load, resources_dir
from tests.designer.support.stories import workflow
from tests.models.openai_server import Turn, call, openai_server, says

pytest.importorskip("mcp")
pytest.importorskip("pydantic_ai")
SERVER = Path(__file__).parents[2] / "tools" / "mcp_server.py"
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}


def ready(program: Program, tab: str, thing: str = "") -> None:
    """Show a part of the page and wait until it has read what it shows."""
    program.window.site_link.show(tab, thing)
    desk = program.window.site.desk
    topics = getattr(program.window.site, tab).TOPICS
    program.until(lambda: not desk.reads(*topics) and all(getattr(desk, topic) is not None for topic in topics))
    program.window.site_link.show(tab, thing)
    program.settle()


def sheet(program: Program, kind: type[Sheet] = Sheet) -> Sheet:
    """Wait for a sheet over the page."""

    def found() -> list[Sheet]:
        return [one for one in program.window.findChildren(QDialog) if isinstance(one, kind) and one.isVisible()]

    program.until(found, f"no {kind.__name__} opened")
    return found()[-1]


def words(program: Program) -> str:
    """What can be read beside the list."""
    page = program.window.site.stack.currentWidget()
    return "\n".join(one.text() for one in page.detail.findChildren(QLabel))


def agreed(program: Program) -> str:
    """Agree to every call that a person is asked about, until the run has ended; how it ended."""
    link, answered = program.window.link, set[str]()

    def over() -> bool:
        for asked in link.questions:
            if asked.id not in answered:
                answered.add(asked.id)
                link.answer(asked.id, "approve", name="Mira", run=asked.run)
        return program.window.showing.live is not None and program.window.showing.live.ended

    program.until(over, "the run went on")
    return program.ended()


def of(program: Program, run: str, kind: str) -> list[Event]:
    return [event for event in program.events(run) if event.kind == kind]


def test_a_model_file_is_added_a_role_is_swapped_and_the_next_run_uses_it(
    start: Callable[[], Program], tmp_path: Path
) -> None:
    scores = workflow(("score", "onnx.run", {"role": "scorer", "inputs": {"window": _window()}}), name="scores")
    file = tmp_path / "press line 4.onnx"
    shipped = resources_dir() / "models" / "anomaly.onnx"
    file.write_bytes(shipped.read_bytes() + b"\x32\x01x")  # the same with a note in it: another file
    program = start()
    page = program.window.site
    ready(program, "models")
    page.models.doing.add([str(file), "--copy", "--license", "MIT", "--note", "from the maker"])
    program.says("press line 4.onnx is added.")
    ready(program, "models", f"file:{file.name}")
    assert "MIT" in words(program) and "from the maker" in words(program), words(program)
    page.models.show_thing("scorer")
    program.press("Swap model…", page.models.detail)
    swap = sheet(program)
    swap.list.select(file.name)  # type: ignore[attr-defined]
    program.press("Use this model", swap)
    program.says(f"scorer means {file.name} from now on.")
    program.until(lambda: load(program.data_dir).roles["scorer"].model == file.name)

    program.given(scores)
    run = program.run()
    assert program.ended() == "completed"
    (used,) = of(program, run, "EffectSucceeded")
    assert file.name in json.dumps(used.usage), used.usage
    program.stop()


def _window() -> list[object]:
    example = json.loads((resources_dir() / "examples" / "sensor_windows.json").read_text())
    windows = example["windows"]
    return [next(iter(windows.values()))]


def test_a_server_is_approved_in_the_window_its_tool_is_called_and_blocked_once_it_changes(
    start: Callable[[], Program], tmp_path: Path
) -> None:
    folder = tmp_path / "plant"
    folder.mkdir()
    calls = workflow(
        ("think", "agent", {"model": "scripted", "instructions": "Note it."}),
        ("note", "mcp.call", {"server": "plant", "server_tool": "note", "tool": {"parameters": TEXT}}),
        edges="note.tool -> think.tools", name="notes", outputs={"said": "{{ steps.think.output }}"},
    )  # fmt: skip
    script = says(call("note", text="PUMP-12 shakes"), Turn(text="noted"), call("note", text="again"), Turn(text="no"))
    with openai_server(script) as heard:
        program = start()
        page = program.window.site
        ready(program, "tools")
        page.desk.do("models", "role", "scripted", "--set", "kind=remote", "--model", "scripted", "--url", heard.url,
                     "--json", topics=("models",))  # fmt: skip
        page.tools.doing.add(["plant", "--json", "--", sys.executable, str(SERVER), "stdio", str(folder)], "plant")
        program.says("plant is noted. Nothing was started.")
        program.until(lambda: "scripted" in load(program.data_dir).roles)
        assert not (folder / "calls").exists()
        ready(program, "tools", "server:plant")
        program.press("Look at its tools…", page.tools.detail)
        asked = sheet(program)
        assert str(SERVER) in asked.words.text() and not (folder / "calls").exists()
        program.press("Start and look", asked)
        approval = sheet(program, ApprovalSheet)
        assert isinstance(approval, ApprovalSheet) and approval.chosen() == []
        approval.tick(True, "note")
        program.press("Approve 1 tool", approval)
        program.says("plant: 1 tools are approved.")
        assert list(load(program.data_dir).mcp_servers["plant"].tools) == ["note"]

        program.given(calls)
        program.run()
        assert agreed(program) == "completed"
        assert "PUMP-12 shakes" in (folder / "calls").read_text()

        (folder / "mode").write_text("poisoned")
        ready(program, "tools", "plant/note")
        program.press("Check now", page.tools.detail)
        program.until(lambda: not page.tools.doing.busy, "the check did not end")
        program.until(lambda: "Since it was approved" in words(program), "the change was not noticed")
        assert "What changed since it was approved" in words(program)
        assert program.window.rail.buttons["site"].accessibleName() == "This PC (1)"
        before = (folder / "calls").read_text().count("note")
        program.window.link.stop_engine()  # its own program of the server still has the words that were approved
        program.until(lambda: program.window.link.status.state == "absent")
        program.window.link.start_engine()
        program.until(lambda: program.window.link.status.works)
        program.window.go("drawing")
        run = program.run()
        agreed(program)
        assert (folder / "calls").read_text().count("note") == before, "a changed tool was called"
        assert any("blocked since it was approved" in json.dumps(event.model_dump(mode="json"), ensure_ascii=False)
                   for event in program.events(run))  # fmt: skip
        program.stop()


def test_offline_in_the_window_refuses_a_remote_role_with_the_sentence(start: Callable[[], Program]) -> None:
    program = start()
    page = program.window.site
    ready(program, "network")
    page.desk.do("models", "role", "far", "--set", "kind=remote", "--model", "x", "--url", "https://llm.plant.example/v1",
                 "--json", topics=("models",))  # fmt: skip
    program.until(lambda: "far" in load(program.data_dir).roles)
    page.network.card.switch.click()
    program.until(lambda: load(program.data_dir).network == "off")
    program.until(lambda: program.window.footer.network.text() == "Offline", "the window does not say so")

    ask = workflow(("ask", "model.ask", {"role": "far", "prompt": "Hello"}), name="far-away",
                   outputs={"said": "{{ steps.ask.output }}"})  # fmt: skip
    program.given(ask)
    program.until(lambda: program.window.drawing.problems.problems, "nothing warns of it")
    run = program.run()
    assert program.ended() == "failed"
    (failed,) = of(program, run, "EffectFailed")
    assert "network is off" in failed.error.message
    with program.store() as store:
        store.library.save(ask)
    ready(program, "network")
    program.until(lambda: page.network.would.model.rows, "the page does not say who would be asked")
    row = page.network.would.model.rows[0]
    assert row[0].text == "far-away" and row[3].text == "llm.plant.example" and row[4].text == "refused: offline"
    program.stop()
