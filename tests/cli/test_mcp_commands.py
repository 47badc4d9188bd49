"""`signalboxctl mcp`: what is shown before anything is approved, and what becomes of an approval."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("mcp")
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

from cli_kit import Ctl
from mcp_kit import SERVER, at_address

from engine.cli.mcp_shown import visible


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "plant"
    made.mkdir()
    return made


def command(folder: Path) -> list[str]:
    return ["--", sys.executable, str(SERVER), "stdio", str(folder)]


def test_nothing_is_set_up_at_first_and_an_unknown_server_is_refused(ctl: Ctl) -> None:
    assert ctl("mcp", "list").out.strip() == "No MCP servers are set up."
    assert ctl("mcp", "list", "--json").json == []
    for args in (("inspect", "x"), ("remove", "x"), ("approve", "x"), ("check", "x")):
        done = ctl("mcp", *args)
        assert done.code == 2 and "There is no MCP server 'x'" in done.err


def test_without_a_person_or_yes_nothing_is_started_or_kept(ctl: Ctl, folder: Path, data_dir: Path) -> None:
    done = ctl("mcp", "approve", "plant", *command(folder))
    assert done.code == 2 and "--yes" in done.err
    assert str(SERVER) in done.out, "the command is shown first"
    assert list(folder.iterdir()) == []
    assert not (data_dir / "settings.json").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--url", "ftp://plant/"], "http://"),
        (["--url", "http://plant/", "--env", "A"], "NAME=VALUE"),
        (["--url", "http://plant/", "--", "program"], "either"),
    ],
)
def test_a_server_that_makes_no_sense_is_refused(ctl: Ctl, args: list[str], said: str) -> None:
    done = ctl("mcp", "approve", "plant", *args)
    assert done.code == 2 and said in done.err


def test_a_server_is_approved_changes_is_blocked_and_is_approved_again(ctl: Ctl, folder: Path, data_dir: Path) -> None:
    done = ctl("mcp", "approve", "plant", "--yes", "--read-only", "lookup", *command(folder))
    assert done.code == 0, done.err
    assert "Writes a note into the shift book." in done.out and "lookup  (pure)" in done.out
    assert "nobody has checked" in done.out and "read_only_hint" in done.out
    listed = ctl("mcp", "list", "--json").json[0]
    assert listed["state"] == "approved" and {"name": "lookup", "effect": "pure"} in listed["tools"]
    assert {"name": "note", "effect": "at_most_once"} in listed["tools"], "a claim of the server counts for nothing"
    assert ctl("mcp", "check").code == 0

    (folder / "mode").write_text("poisoned")
    done = ctl("mcp", "check")
    assert done.code == 2 and "note: its description changed" in done.out
    done = ctl("mcp", "inspect", "plant")
    assert done.code == 0
    assert "- Writes a note into the shift book." in done.out and "+ Writes a note. <IMPORTANT>" in done.out
    shown = ctl("mcp", "inspect", "plant", "--json").json
    assert [change["kind"] for change in shown["changes"]] == ["changed"]

    done = ctl("mcp", "approve", "plant", "--yes")
    assert done.code == 0 and "Since it was approved:" in done.out
    assert ctl("mcp", "check").code == 0
    assert {"name": "lookup", "effect": "pure"} in ctl("mcp", "list", "--json").json[0]["tools"]

    settings = json.loads((data_dir / "settings.json").read_text())
    settings["mcp_servers"]["plant"]["command"].append("--more")
    (data_dir / "settings.json").write_text(json.dumps(settings))
    (folder / "calls").unlink()
    done = ctl("mcp", "check", "--json")
    assert done.code == 2 and "not started" in done.json[0]["why"]
    assert ctl("mcp", "inspect", "plant").code == 2
    assert not (folder / "calls").exists(), "another command is not started"

    assert ctl("mcp", "remove", "plant").code == 0
    assert ctl("mcp", "list", "--json").json == []
    assert list((data_dir / "mcp").iterdir()) == []


def test_some_tools_of_a_server_at_an_address_are_approved(ctl: Ctl, folder: Path) -> None:
    with at_address(folder) as (url, _):
        done = ctl("mcp", "approve", "plant", "--yes", "--url", url, "--tool", "lookup", "--tool", "note")
        assert done.code == 0, done.err
        assert [tool["name"] for tool in ctl("mcp", "list", "--json").json[0]["tools"]] == ["lookup", "note"]
        done = ctl("mcp", "approve", "plant", "--yes", "--tool", "delete")
        assert done.code == 2 and "no tool 'delete'" in done.err
        assert ctl("mcp", "check").code == 0, "a tool that is not approved does not block the others"
    done = ctl("mcp", "check")
    assert done.code == 2 and "blocked" in done.out


def test_a_program_that_does_not_start_is_a_sentence(ctl: Ctl) -> None:
    done = ctl("mcp", "approve", "plant", "--yes", "--", "/nowhere/program")
    assert done.code == 2 and "cannot be started" in done.err and "Traceback" not in done.err


def test_the_network_switch_holds_for_the_command_line_too(ctl: Ctl, data_dir: Path) -> None:
    (data_dir / "settings.json").write_text('{"network": "off"}')
    done = ctl("mcp", "approve", "plant", "--yes", "--url", "https://plant.example/mcp")
    assert done.code == 2 and "network is off" in done.err


def test_what_a_terminal_would_hide_is_shown() -> None:
    assert visible("a\u200bb\u202e\U000e0041\x1b[2Jé") == "a\\u{200b}b\\u{202e}\\u{e0041}\\u{1b}[2Jé"


def test_check_says_which_servers_and_tools_are_missing(ctl: Ctl, folder: Path, tmp_path: Path) -> None:
    ctl("mcp", "approve", "plant", "--yes", "--tool", "lookup", *command(folder))
    nodes = {
        "good": {"server": "plant", "server_tool": "lookup"},
        "near": {"server": "plant", "server_tool": "lookupp"},
        "far": {"server": "plan", "server_tool": "lookup"},
    }
    drawn = {"format": 1, "name": "x", "nodes": {k: {"type": "mcp.call", "params": v} for k, v in nodes.items()}}
    file = tmp_path / "x.workflow.yaml"
    file.write_text(json.dumps(drawn))
    (folder / "calls").unlink()
    done = ctl("check", "--json", file)
    errors = {p["node"]: (p["code"], p["remedy"]) for p in done.json[0]["problems"] if p["severity"] == "error"}
    assert errors == {
        "near": ("server-tool-not-approved", "Did you mean 'lookup'?"),
        "far": ("missing-server", "Did you mean 'plant'?"),
    }
    assert not (folder / "calls").exists(), "checking starts nothing"


def test_a_tool_is_approved_with_the_one_that_says_whether_it_happened(ctl: Ctl, folder: Path, data_dir: Path) -> None:
    done = ctl("mcp", "approve", "plant", "--yes", "--lookup", "order=lookup", *command(folder))
    assert done.code == 2 and "takes no `idempotency_key`" in done.err
    done = ctl("mcp", "approve", "plant", "--yes", "--tool", "order", "--lookup", "order=ordered", *command(folder))
    assert done.code == 2 and "'ordered' is not approved with it" in done.err
    done = ctl("mcp", "approve", "plant", "--yes", "--lookup", "order=ordered", *command(folder))
    assert done.code == 0 and "order  (checkable)" in done.out and "ordered  (pure)" in done.out
    assert ctl("mcp", "approve", "plant", "--yes").code == 0, "it is kept"
    settings = json.loads((data_dir / "settings.json").read_text())["mcp_servers"]["plant"]
    assert settings["lookups"] == {"order": "ordered"} and settings["effects"]["order"] == "checkable"
    assert ctl("mcp", "approve", "plant", "--yes", "--tool", "order").code == 0
    settings = json.loads((data_dir / "settings.json").read_text())["mcp_servers"]["plant"]
    assert "lookups" not in settings and "order" not in settings.get("effects", {})
