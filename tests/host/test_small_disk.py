"""A real disk without room: the engine says so, waits, and goes on without losing or doubling anything."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_kit import Place, in_loop, until, workflow


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A data folder on a file system of 6 MB; only root on Linux can have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)]
    if not sys.platform.startswith("linux") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root on Linux; a journal that says it is full stands in for it")
    yield Place(disk / "data", monkeypatch)
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.logs("paused")
@in_loop
async def test_an_engine_on_a_full_disk_pauses_and_goes_on_when_there_is_room(small: Place) -> None:
    async def large(ctx: Any, params: Any, inputs: Any) -> Any:
        return f"{inputs.get('input', '')!s:.10}" + "x" * 20_000

    nodes = [small.write("first"), *(small.step(f"p{n}", large, pure=True) for n in range(100)), small.write("last")]
    edges = ["first.output -> p0.input", *(f"p{n}.output -> p{n + 1}.input" for n in range(99))]
    held = small.world.hold("first")
    async with small.life() as life:
        run = await life.start(workflow(*nodes, edges=[*edges, "p99.output -> last.input"]))
        await until(lambda: "first" in small.world.entered)
        filler = small.data.parent / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while file.write(b"\0" * 65536):
                pass
        held.set()
        await until(lambda: life.app.paused)
        assert "full" in life.app.paused and "last" not in small.world.names()
        filler.unlink()
        state = await life.end(run)
        assert state.status == "completed" and life.app.paused == ""
    assert small.world.names() == ["first", "last"]
    assert small.kinds(run).count("StepSucceeded") == 102
