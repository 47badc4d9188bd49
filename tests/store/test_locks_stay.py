"""A second look at a file that this process has open must not drop the locks of the first (POSIX drops all at once)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.store import open_store
from engine.store.held import is_held

PROBE = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)  # SQLite's shared range
        print("free")
    except OSError:
        print("locked")
"""


def _seen_by_others(path: Path) -> str:
    ended = subprocess.run([sys.executable, "-c", PROBE, str(path)], capture_output=True, text=True, check=True)
    return ended.stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX record locks")
def test_opening_a_store_again_leaves_the_locks_of_the_first_in_place(tmp_path: Path) -> None:
    path = tmp_path / "signalbox.sqlite"
    with open_store(path, role="engine") as store:
        store.requests.insert("run", {}, "me", at=1.0)
        assert _seen_by_others(path) == "locked"
        with open_store(path, role="client") as client:
            assert client.requests.pending()
            assert _seen_by_others(path) == "locked"
        assert _seen_by_others(path) == "locked"
    assert not is_held(path)
