"""An installation on a PC without any network: nothing is installed again, everything starts, every template runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.platform import can_seal, spawn_options
from engine.settings import resources_dir

REPO = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not can_seal(), reason="this system gives no process a network of its own")


def sealed(*argv: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Our Python in a network namespace that holds nothing but its own loopback."""
    places = f"{REPO}{os.pathsep}{REPO / 'tests' / 'journeys'}"
    return subprocess.run(
        [sys.executable, *argv],
        cwd=REPO, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "SIGNALBOX_DATA": str(data), "PYTHONPATH": places},
        **spawn_options(die_with_parent=True, sealed=True),
    )  # fmt: skip


def test_the_command_line_tests_itself_and_misses_nothing(tmp_path: Path) -> None:
    done = sealed("-m", "engine.cli", "self-test", "--json", data=tmp_path / "data")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["ok"] is True
    templates = sorted(map(str, (resources_dir() / "templates").glob("*.workflow.yaml")))
    done = sealed("-m", "engine.cli", "check", "--offline", "--json", *templates, data=tmp_path / "data")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [need for one in json.loads(done.stdout) for need in one["needs"] if need["missing"]] == []


def test_the_demo_runs(tmp_path: Path) -> None:
    done = sealed("-m", "engine.cli", "demo", "--data-dir", str(tmp_path / "demo"), data=tmp_path / "demo")
    assert done.returncode in (0, 3), done.stdout + done.stderr


@pytest.mark.needs_llama
def test_every_template_runs_to_its_first_question_or_its_end(tmp_path: Path) -> None:
    done = sealed(str(Path(__file__).with_name("without_network.py")), str(tmp_path / "data"), data=tmp_path / "data")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["unreachable"] is True, "this shows nothing where there is a way out"
    shipped = {path.name.partition(".")[0] for path in (resources_dir() / "templates").glob("*.inputs.json")}
    assert set(found["templates"]) == shipped
    assert {kind for kind, _ in found["templates"].values()} <= {"QuestionAsked", "RunCompleted"}, found["templates"]
