"""Several models in one memory, with real processes: the budget holds, and nobody is cut off or left waiting."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from made_gguf import Size, write_model

from engine import platform
from engine.errors import StepError
from engine.models import Models
from engine.models.keeper import RECORD
from engine.models.need import need_of
from engine.settings import Settings

pytestmark = pytest.mark.needs_llama

NAMES = ("one", "two", "three")
USER = [{"role": "user", "content": "the alarm"}]
N_CTX = 1024
LONG: dict[str, Any] = {
    "schema": {
        "type": "object",
        "properties": {"said": {"type": "string", "minLength": 500, "maxLength": 500}},
        "required": ["said"],
    },
    "max_tokens": 1000,
    "temperature": 1.0,
}
"""An answer of some 500 tokens, whatever the model is."""
Body = Callable[[Models], Awaitable[Any]]


@pytest.fixture
def three(tmp_path: Path, tiny_gguf: Path) -> dict[str, Path]:
    for name in NAMES:
        shutil.copy(tiny_gguf, tmp_path / f"{name}.gguf")
    return {name: tmp_path / f"{name}.gguf" for name in NAMES}


def needed(path: Path) -> int:
    return need_of(path, "gguf", n_ctx=N_CTX).total


def settings_of(files: dict[str, Path], budget: int, **memory: Any) -> Settings:
    roles = {name: {"model": str(path), "n_ctx": N_CTX} for name, path in files.items()}
    return Settings.model_validate({"roles": roles, "memory": {"budget_bytes": budget, **memory}})


def run(settings: Settings, folder: Path, body: Body) -> Any:
    async def main() -> Any:
        models = Models(settings, folder, log=lambda text: None, record=True)
        try:
            return await body(models)
        finally:
            await models.close()

    return asyncio.run(main())


def resident() -> list[int]:
    """Bytes that each living model process takes."""
    found = []
    for child in psutil.Process().children():
        try:
            found.append(child.memory_info().rss if child.status() != psutil.STATUS_ZOMBIE else 0)
        except psutil.Error:
            continue
    return [size for size in found if size]


async def until(true: Callable[[], Any]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def test_six_agents_share_room_for_two_of_three_models(tmp_path: Path, three: dict[str, Path]) -> None:
    budget = 2 * needed(three["one"]) + 1_000_000
    most: list[int] = []

    async def watch() -> None:
        while True:
            most.append(sum(resident()))
            await asyncio.sleep(0.03)

    async def agent(models: Models, number: int) -> int:
        chance, done = random.Random(number), 0
        for _ in range(34):
            [name] = chance.choices(NAMES, (20, 20, 1))
            reply = await models.ask(name, USER, max_tokens=3, temperature=1.0)
            assert reply.model is not None and reply.model["file"] == f"{name}.gguf"
            done += 1
        return done

    async def body(models: Models) -> tuple[int, dict[str, Any]]:
        watching = asyncio.create_task(watch())
        try:
            done = await asyncio.wait_for(asyncio.gather(*(agent(models, number) for number in range(6))), 90)
        finally:
            watching.cancel()
        return sum(done), models.memory()

    done, facts = run(settings_of(three, budget), tmp_path, body)
    assert done == 204
    assert 0 < max(most) <= budget
    assert facts["loads"] > 4 and facts["loads"] - facts["left"] <= 2 and facts["out_of_memory"] == 0


def test_an_answer_that_streams_is_never_cut_by_somebody_who_needs_the_room(
    tmp_path: Path, three: dict[str, Path]
) -> None:
    async def body(models: Models) -> None:
        begun, order = asyncio.Event(), []

        async def ask(name: str, **how: Any) -> Any:
            reply = await models.ask(name, USER, **how)
            order.append(name)
            return reply

        streaming = asyncio.create_task(ask("one", **LONG, on_text=lambda text: begun.set()))
        await begun.wait()
        other = asyncio.create_task(ask("two", max_tokens=2, timeout_s=30))
        reply, _ = await asyncio.gather(streaming, other)
        assert order == ["one", "two"] and len(reply.value["said"]) == 500
        assert len(resident()) == 1

    run(settings_of(three, needed(three["one"]) + 1_000_000), tmp_path, body)


def test_a_process_killed_while_another_model_waits_for_its_room_lets_it_in(
    tmp_path: Path, three: dict[str, Path]
) -> None:
    async def body(models: Models) -> None:
        begun = asyncio.Event()
        streaming = asyncio.create_task(models.ask("one", USER, **LONG, on_text=lambda text: begun.set()))
        await begun.wait()
        waiting = asyncio.create_task(models.ask("two", USER, max_tokens=2))
        await until(lambda: models.memory()["waiting"] == 1)
        os.kill(psutil.Process().children()[0].pid, signal.SIGKILL)
        with pytest.raises(StepError, match="ended unexpectedly"):
            await streaming
        assert (await waiting).model["file"] == "two.gguf"  # type: ignore[index]
        assert (await models.ask("one", USER, max_tokens=2)).finish

    run(settings_of(three, needed(three["one"]) + 1_000_000), tmp_path, body)


@pytest.mark.logs("model_memory")
def test_a_process_that_the_system_ends_for_want_of_memory_says_so_and_less_is_loaded_at_once(
    tmp_path: Path, three: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = [7]
    monkeypatch.setattr(platform, "oom_kills", lambda: kills[0])

    async def body(models: Models) -> None:
        await models.load("two")
        begun = asyncio.Event()
        before = {child.pid for child in psutil.Process().children()}
        streaming = asyncio.create_task(models.ask("one", USER, **LONG, on_text=lambda text: begun.set()))
        await begun.wait()
        kills[0] += 1
        [mine] = [child for child in psutil.Process().children() if child.pid not in before]
        mine.kill()
        with pytest.raises(StepError) as caught:
            await streaming
        assert caught.value.cls == "server" and "not enough memory" in caught.value.message
        facts = models.memory()
        assert facts["out_of_memory"] == 1 and facts["allowed"] < 2 * needed(three["one"]) <= facts["budget"]
        await models.load("one")
        assert len(resident()) == 1, "one at a time from now on"

    run(settings_of(three, 3 * needed(three["one"])), tmp_path, body)


def test_a_role_that_is_given_another_model_ends_its_answer_with_the_old_one(
    tmp_path: Path, three: dict[str, Path]
) -> None:
    settings = settings_of(three, 3 * needed(three["one"]))
    swapped = settings.model_copy(update={"roles": {**settings.roles, "one": settings.roles["two"]}})

    async def body(models: Models) -> None:
        await models.load("two")
        begun = asyncio.Event()
        old = asyncio.create_task(models.ask("one", USER, **LONG, on_text=lambda text: begun.set()))
        await begun.wait()
        models.update(swapped)
        new = await models.ask("one", USER, max_tokens=2)
        assert new.model is not None and new.model["file"] == "two.gguf" and not old.done()
        reply = await old
        assert reply.model["file"] == "one.gguf" and len(reply.value["said"]) == 500  # type: ignore[index]
        await until(lambda: len(resident()) == 1)

    run(settings, tmp_path, body)


def test_a_longer_context_is_taken_by_the_next_question(tmp_path: Path, three: dict[str, Path]) -> None:
    settings = settings_of(three, 4 * needed(three["one"]))
    longer = {**settings.roles, "one": settings.roles["one"].model_copy(update={"n_ctx": 2048})}

    async def body(models: Models) -> None:
        assert (await models.load("one"))["n_ctx"] == N_CTX
        models.update(settings.model_copy(update={"roles": longer}))
        assert (await models.load("one"))["n_ctx"] == 2048
        await until(lambda: len(resident()) == 1)

    run(settings, tmp_path, body)


def test_an_idle_model_leaves_when_its_time_is_over_and_is_back_when_asked(
    tmp_path: Path, three: dict[str, Path]
) -> None:
    async def body(models: Models) -> None:
        await models.load("one")
        await models.load("two")
        await until(lambda: len(resident()) == 1)
        assert [Path(one["path"]).name for one in models.memory()["loaded"]] == ["two.gguf"]
        assert (await models.ask("one", USER, max_tokens=2)).finish

    keep = {"keep": 0.2, "keep_roles": {"two": "always"}}
    run(settings_of(three, 3 * needed(three["one"]), **keep), tmp_path, body)


def test_a_shorter_stay_counts_for_what_is_in_memory_already(tmp_path: Path, three: dict[str, Path]) -> None:
    settings = settings_of(three, 3 * needed(three["one"]))

    async def body(models: Models) -> None:
        await models.load("one")
        models.update(settings_of(three, 3 * needed(three["one"]), keep=0.01))
        await until(lambda: not resident())

    run(settings, tmp_path, body)


def test_a_model_that_can_never_fit_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = write_model(tmp_path / "wide.gguf", Size(width=256, layers=4, heads=8, kv_heads=8, context=32_768))
    settings = Settings.model_validate(
        {"roles": {"wide": {"model": str(path), "n_ctx": 32_768}}, "memory": {"budget_bytes": 100_000_000}}
    )

    async def body(models: Models) -> None:
        with pytest.raises(StepError) as caught:
            await models.ask("wide", USER)
        said = caught.value.message
        assert caught.value.cls == "limit" and caught.value.retryable is False
        assert "wide.gguf" in said and "100 MB" in said and "n_ctx" in said and said.count(". ") == 0
        assert resident() == []

    run(settings, tmp_path, body)


def test_what_is_in_memory_can_be_read_by_others_while_the_engine_runs(tmp_path: Path, three: dict[str, Path]) -> None:
    async def body(models: Models) -> None:
        await models.load("one")
        said = platform.lock_owner(tmp_path / RECORD)
        assert said is not None and said["pid"] == os.getpid()
        assert [Path(one["path"]).name for one in said["loaded"]] == ["one.gguf"]
        assert said["recent"][-1]["what"] == "loaded"

    run(settings_of(three, 3 * needed(three["one"])), tmp_path, body)
    assert not (tmp_path / RECORD).exists()


def test_the_process_of_a_model_gets_none_of_the_secrets(
    tmp_path: Path, three: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNALBOX_SECRET_MES", "canary")

    async def body(models: Models) -> None:
        await models.load("one")
        [child] = psutil.Process().children()
        assert "canary" not in child.environ().values()

    run(settings_of(three, 3 * needed(three["one"])), tmp_path, body)
