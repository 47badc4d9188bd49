"""What the shell offers while a command is typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cli_kit import REPO, Ctl


def offered(*words: str, data_dir: Path) -> list[str]:
    """What bash would be told to offer after these words."""
    env = {
        **os.environ, "_SIGNALBOXCTL_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(("signalboxctl", *words)),
        "COMP_CWORD": str(len(words)), "SIGNALBOX_DATA": str(data_dir),
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-m", "engine.cli"], cwd=REPO, env=env, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_runs_questions_options_steps_and_workflows_are_completed_from_the_data_folder(
    ctl: Ctl, gate: Path, data_dir: Path
) -> None:
    ctl("run", gate)
    question = ctl("questions", "--json").json[0]
    assert offered("show", "", data_dir=data_dir) == [question["run"]]
    assert offered("answer", "q", data_dir=data_dir) == [question["question"]]
    assert offered("answer", question["question"], "appr", data_dir=data_dir) == ["approve", "approve_with_changes"]
    assert offered("why", question["run"], "", data_dir=data_dir) == ["start", "approve", "write"]
    assert offered("run", "gate", data_dir=data_dir) == ["gate-demo"]


def test_without_a_data_folder_nothing_is_offered_and_nothing_is_said(tmp_path: Path) -> None:
    assert offered("show", "", data_dir=tmp_path / "nowhere") == []
