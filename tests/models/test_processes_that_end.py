"""Model processes that end when nobody expects it: the plan hears of it, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine import platform
from engine.errors import StepError
from engine.models import Models, files
from engine.models.link import Link
from engine.settings import Settings

pytestmark = pytest.mark.needs_llama

USER = [{"role": "user", "content": "the alarm"}]
Body = Callable[[Models], Awaitable[Any]]


def run(folder: Path, gguf: Path, body: Body, **memory: Any) -> Any:
    settings = Settings.model_validate({"roles": {"one": {"model": str(gguf)}}, "memory": memory})

    async def main() -> Any:
        models = Models(settings, folder, log=lambda text: None)
        try:
            return await asyncio.wait_for(body(models), 60)
        finally:
            await models.close()

    return asyncio.run(main())


async def until(true: Callable[[], Any]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]


def test_a_process_that_dies_while_idle_gives_its_room_back_at_once(tmp_path: Path, tiny_gguf: Path) -> None:
    async def body(models: Models) -> None:
        await models.load("one")
        children()[0].kill()
        await until(lambda: models.memory()["reserved"] == 0)
        facts = models.memory()
        assert facts["loaded"] == [] and facts["recent"][-1]["why"] == "ended" and facts["out_of_memory"] == 0
        assert (await models.ask("one", USER, max_tokens=2)).finish

    run(tmp_path, tiny_gguf, body, keep="always")


@pytest.mark.logs("model_memory")
def test_a_process_that_the_system_ends_while_idle_counts_as_memory_that_ran_out(
    tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = [7]
    monkeypatch.setattr(platform, "oom_kills", lambda: kills[0])

    async def body(models: Models) -> None:
        await models.load("one")
        kills[0] += 1
        children()[0].kill()
        await until(lambda: models.memory()["reserved"] == 0)
        assert models.memory()["out_of_memory"] == 1

    run(tmp_path, tiny_gguf, body, keep="always")


def test_a_model_that_was_let_in_as_the_engine_stops_starts_no_process(tmp_path: Path, tiny_gguf: Path) -> None:
    async def body(models: Models) -> None:
        spec = models._spec(None, tiny_gguf) if models._settings.roles else None
        assert spec is not None
        async with models._keeper.hold(spec) as process:
            await models.close()
            with pytest.raises(StepError, match="shutting down"):
                await process()
        assert children() == []

    run(tmp_path, tiny_gguf, body)


def test_an_end_that_is_cut_off_leaves_no_process(tmp_path: Path, tiny_gguf: Path) -> None:
    async def body(models: Models) -> None:
        await models.load("one")
        [process] = children()
        process.suspend()  # it hears nothing, so ending it in order takes as long as it may
        link = models._keeper.running(tiny_gguf)
        assert link is not None
        closing = asyncio.create_task(link.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert children() == []

    run(tmp_path, tiny_gguf, body)


def test_a_file_that_is_replaced_while_it_is_loaded_is_no_answer_under_the_wrong_name(
    tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_gguf.read_bytes())
    start = Link.start

    async def replaced(load: Any, log: Any) -> Link:
        link = await start(load, log)
        os.utime(path, ns=(1, 1))
        return link

    async def body(models: Models) -> None:
        monkeypatch.setattr(Link, "start", replaced)
        with pytest.raises(StepError, match="changed while it was loaded"):
            await models.ask("one", USER, max_tokens=2)
        monkeypatch.setattr(Link, "start", start)
        assert (await models.ask("one", USER, max_tokens=2)).finish
        await until(lambda: len(children()) == 1)

    run(tmp_path, path, body)


def test_a_file_that_goes_while_it_is_loaded_is_one_sentence(
    tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(path: Path, stop: object) -> str:
        raise FileNotFoundError(2, "No such file or directory")

    async def body(models: Models) -> None:
        monkeypatch.setattr(files, "sha256", gone)
        with pytest.raises(StepError, match="cannot be read"):
            await models.ask("one", USER, max_tokens=2)
        monkeypatch.undo()
        assert (await models.ask("one", USER, max_tokens=2)).finish

    run(tmp_path, tiny_gguf, body)


def test_an_engine_that_stops_does_not_wait_for_a_long_file_to_be_hashed(
    tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, read = threading.Event(), []

    class Long:
        """A file without an end."""

        def __enter__(self) -> Long:
            return self

        def __exit__(self, *fault: object) -> None:
            read.append("closed")

        def read(self, size: int) -> bytes:
            begun.set()
            return b"0" * 1000

    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_gguf.read_bytes())

    async def body(models: Models) -> None:
        monkeypatch.setattr(files, "_opened", lambda path: Long())
        asking = asyncio.create_task(models.ask("one", USER, max_tokens=2))
        await until(begun.is_set)
        await models.close()
        with pytest.raises(StepError):
            await asking

    run(tmp_path, path, body)
    assert read == ["closed"]


def test_waiting_is_only_the_time_without_room(tmp_path: Path, tiny_gguf: Path) -> None:
    seen: list[str] = []

    @contextmanager
    def waiting() -> Iterator[None]:
        seen.append("waits")
        yield
        seen.append("is in")

    async def body(models: Models) -> None:
        await models.ask("one", USER, max_tokens=2, waiting=waiting, on_text=lambda text: seen.append("says"))
        assert seen[:3] == ["waits", "is in", "says"]
        with pytest.raises(StepError, match="had said nothing after 1e-05 s"):
            await models.ask("one", USER, max_tokens=2, on_text=lambda text: None, first_s=0.00001)

    run(tmp_path, tiny_gguf, body)


def test_an_inference_names_the_model_that_answered_whatever_the_role_means_by_then(
    tmp_path: Path, tiny_onnx: Path
) -> None:
    async def body(models: Models) -> None:
        who: dict[str, Any] = {}
        asking = asyncio.create_task(models.infer("one", {"window": [[0, 0, 0, 2]]}, who=who.update))
        await until(lambda: models.memory()["reserved"])
        models.update(Settings.model_validate({"roles": {"one": {"model": "far", "provider": "ollama"}}}))
        assert (await asking)["score"] == [[1.0]]
        assert (who["role"], who["kind"], who["file"]) == ("one", "onnx", tiny_onnx.name)
        assert who["provider"] and who["sha256"]
        assert models.describe("one")["kind"] == "remote"

    run(tmp_path, tiny_onnx, body)
