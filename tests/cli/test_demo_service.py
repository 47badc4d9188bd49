"""The example lookup service as a process: it says where it is, answers, keeps its port, and ends with its window."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path


def _start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "engine.cli", "demo-service", "--data-dir", str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    assert child.stdout is not None
    text = ""
    while True:
        text += child.stdout.readline()
        try:
            return child, json.loads(text)["url"]
        except ValueError:
            assert child.poll() is None, text


def test_the_service_answers_until_its_input_ends_and_comes_back_on_the_same_port(data_dir: Path) -> None:
    addresses = []
    for _ in range(2):
        child, url = _start(data_dir)
        with child:
            with urllib.request.urlopen(f"{url}/manual?code=E104") as reply:
                assert json.load(reply)["code"] == "E104"
            assert child.stdin is not None
            child.stdin.close()
            assert child.wait(10) == 0
        addresses.append(url)
    assert addresses[0] == addresses[1]
