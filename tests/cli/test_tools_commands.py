"""`signalboxctl tools`: what is said of every tool, and what becomes of a check."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("mcp")
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

from cli_kit import Ctl
from mcp_kit import SERVER

from engine.observe import health
from engine.settings import load
from engine.tools.registry import tools

FIELDS = {
    "name", "title", "summary", "kind", "server", "schema", "placement", "effect", "risk", "approval", "gives",
    "chooses", "reach", "secrets", "health", "used_by",
}  # fmt: skip
CALLS_HTTP = """
format: 1
name: asks
title: Asks a service
nodes:
  ask:
    type: http.request
    params: {url: "http://127.0.0.1:1/"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "plant"
    made.mkdir()
    return made


def command(folder: Path) -> list[str]:
    return ["--", sys.executable, str(SERVER), "stdio", str(folder)]


def test_every_registered_tool_is_listed_with_everything_that_is_to_be_known_of_it(ctl: Ctl) -> None:
    listed = ctl("tools", "list", "--json").json
    assert {one["name"] for one in listed} == set(tools())
    for one in listed:
        assert set(one) >= FIELDS and one["reach"] and one["health"]["state"] == "unknown"
        assert one["schema"]["type"] == "object" and one["effect"] in one["effects"]
        assert set(one["chooses"]) <= set(one["schema"]["properties"]), one["name"]


def test_all_that_a_repetition_may_mean_is_said_the_worst_of_it_first(ctl: Ctl) -> None:
    effects = {one["name"]: (one["effect"], one["effects"]) for one in ctl("tools", "list", "--json").json}
    assert effects["file.read"] == ("pure", ["pure"])
    assert effects["http.request"][0] == "at_most_once" and effects["http.request"][1][0] == "pure"


def test_a_tool_says_which_workflows_use_it(ctl: Ctl, tmp_path: Path, data_dir: Path) -> None:
    file = tmp_path / "asks.workflow.yaml"
    file.write_text(CALLS_HTTP)
    assert ctl("run", file, "--json").code == 1, "it runs once, so that there is a library"
    assert ctl("check", file, "--add").code == 0
    used = ctl("tools", "show", "http.request", "--json").json["used_by"]
    assert used == [{"workflow": "asks", "title": "Asks a service", "node": "ask"}]
    assert "asks" in ctl("tools", "show", "http.request").out


def test_a_tool_that_is_not_there_is_refused(ctl: Ctl) -> None:
    for args in (("show", "x"), ("check", "x")):
        done = ctl("tools", *args)
        assert done.code == 2 and "'x'" in done.err and "tools list" in done.err


def test_health_that_cannot_be_read_counts_as_unknown(ctl: Ctl, data_dir: Path) -> None:
    for text in ("", "[]", '{"http.request": 1}', '{"http.request": {"state": "ok"}}', "\0"):
        (data_dir / health.FILE).write_text(text)
        assert health.read(data_dir) == {}
        assert ctl("tools", "list", "--json").json[0]["health"]["state"] == "unknown"


def test_a_server_is_noted_without_being_started_and_approved_only_as_it_was_shown(
    ctl: Ctl, folder: Path, data_dir: Path
) -> None:
    assert ctl("mcp", "add", "plant", "--json", *command(folder)).json["state"] == "not approved"
    assert not (folder / "calls").exists() and ctl("tools", "check").code == 0, "it is not started to be checked either"
    assert not (folder / "calls").exists()
    shown = ctl("mcp", "inspect", "plant", "--yes", "--json").json
    marks = {one["name"]: one["sha256"] for one in shown["offered"]}
    first, *_ = marks
    wrong = ctl("mcp", "approve", "plant", "--yes", "--json", "--shown", marks[first], "--tool", first)
    assert wrong.code == 2 and "not what was shown" in wrong.err, "how it is reached is a part of what is shown"
    (folder / "mode").write_text("poisoned")
    sly = ctl(
        "mcp", "approve", "plant", "--yes", *(f"--shown={one}" for one in [shown["fingerprint"], *marks.values()])
    )
    assert sly.code == 2 and "not what was shown" in sly.err
    assert load(data_dir).mcp_servers["plant"].tools == {}


def test_a_changed_tool_is_blocked_in_the_list_until_it_is_approved_and_can_be_blocked_by_hand(
    ctl: Ctl, folder: Path, data_dir: Path
) -> None:
    assert ctl("mcp", "approve", "plant", "--yes", *command(folder)).code == 0
    before = {one["name"]: one for one in ctl("tools", "list", "--json").json if one["kind"] == "mcp"}
    assert before and {one["health"]["state"] for one in before.values()} == {"ok"}
    (folder / "mode").write_text("poisoned")
    done = ctl("tools", "check", "plant", "--json")
    assert done.code == 2 and done.json[0]["state"] == "blocked"
    after = {one["name"]: one for one in ctl("tools", "list", "--json").json if one["kind"] == "mcp"}
    changed = [name for name, one in after.items() if one["health"]["state"] == "blocked"]
    assert changed and after[changed[0]]["health"]["changes"][0]["fields"]
    assert health.blocked_servers(data_dir, load(data_dir)) == ("plant",)
    assert ctl("mcp", "approve", "plant", "--yes").code == 0
    assert health.blocked_servers(data_dir, load(data_dir)) == ()
    tool = changed[0].removeprefix("plant/")
    assert ctl("mcp", "block", "plant", tool).code == 0
    found = ctl("tools", "show", f"plant/{tool}", "--json").json
    assert found["health"]["state"] == "blocked" and "approved" in found["health"]["sentence"]
    assert ctl("mcp", "block", "plant", "--json").json["state"] == "not approved"
    assert json.loads((data_dir / health.FILE).read_text())
    assert ctl("mcp", "remove", "plant").code == 0 and "mcp:plant" not in health.read(data_dir)
