"""What a model has evaluated of a workflow's own words outlives its process; a file that is wrong is not used."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.models import Models
from engine.models.prefix_cache import MAGIC, PrefixCache
from engine.nodes.context import ModelReply
from engine.settings import Settings
from tests.models.conftest import DATA
from tests.models.lora_kit import make_lora

SYSTEM = {"role": "system", "content": "You watch the pumps of the plant. " * 12}
USERS = [f"alarm {number} of pump {number % 7}, the bearing shakes" for number in range(50)]
TOKENS = list(range(1000, 1040))


def talk(text: str, system: dict[str, str] = SYSTEM) -> list[dict[str, str]]:
    return [system, {"role": "user", "content": text}]


def asked(folder: Path, texts: Sequence[str], *, room: int = 2**30, **options: Any) -> list[ModelReply]:
    """Answers of one model process that is started for them."""
    role = {"model": str(DATA / "tiny.gguf"), "n_ctx": 1024, **options.pop("role", {})}
    memory = {"prefix_cache_bytes": room, "prefix_cache_worth_s": options.pop("worth_s", 0.0)}
    settings = Settings.model_validate({"roles": {"small": role}, "memory": memory})
    system = options.pop("system", SYSTEM)
    options = {"max_tokens": 8, "fixed": 1, **options}

    async def main() -> list[ModelReply]:
        models = Models(settings, folder, log=lambda text: None)
        try:
            return [await models.ask("small", talk(text, system), **options) for text in texts]
        finally:
            await models.close()

    return asyncio.run(main())


def used(reply: ModelReply) -> Mapping[str, Any]:
    assert reply.usage is not None
    return reply.usage


def files(folder: Path) -> list[Path]:
    return sorted((folder / "models" / "cache").glob("*"))


@pytest.mark.needs_llama
def test_a_fresh_process_evaluates_only_what_the_workflow_does_not_say_and_answers_the_same(tmp_path: Path) -> None:
    without = asked(tmp_path / "off", USERS, room=0)
    first = asked(tmp_path / "on", USERS[:1])
    (file,) = files(tmp_path / "on")
    again = asked(tmp_path / "on", USERS)
    assert not (tmp_path / "off" / "models").exists()
    assert [reply.text for reply in again] == [reply.text for reply in without]
    assert [reply.text for reply in first] == [without[0].text]
    restored = used(again[0])["prompt_restored"]
    new = [used(one)["prompt"] - used(one)["prompt_cached"] for one in (without[0], first[0], again[0])]
    assert new[0] == new[1] > 5 * new[2] and used(again[0])["prompt_cached"] == restored > 300
    assert all("prompt_restored" not in used(reply) for reply in [*first, *without, *again[4:]])
    assert int(file.name.split("-")[1]) == restored, "the user's words are not in it"
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.needs_llama
def test_another_model_adapter_or_context_gets_nothing_of_it(tmp_path: Path) -> None:
    adapter = make_lora(tmp_path / "a.gguf", DATA / "tiny.gguf")
    for count, role in enumerate(({}, {"n_ctx": 512}, {"lora": [{"file": str(adapter)}]}), start=1):
        (reply,) = asked(tmp_path, USERS[:1], role=role)
        assert "prompt_restored" not in used(reply) and len(files(tmp_path)) == count
    for role in ({}, {"n_ctx": 512}, {"lora": [{"file": str(adapter)}]}):
        (reply,) = asked(tmp_path, USERS[1:2], role=role)
        assert used(reply)["prompt_restored"] > 300 and len(files(tmp_path)) == 3


@pytest.mark.needs_llama
def test_only_what_costs_enough_and_is_the_workflows_own_is_kept(tmp_path: Path) -> None:
    for options in ({"worth_s": 600.0}, {"fixed": 0}, {"room": 4096}, {"room": 0}):
        asked(tmp_path, USERS[:1], **options)
        assert files(tmp_path) == []


@pytest.mark.needs_llama
@pytest.mark.parametrize("mutations", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_damaged_files_are_removed_and_never_reach_native_code(tmp_path: Path, mutations: int) -> None:
    good = asked(tmp_path, USERS[:1])[0]
    (file,) = files(tmp_path)
    whole, chance = file.read_bytes(), random.Random(4)
    settings = Settings.model_validate(
        {
            "roles": {"small": {"model": str(DATA / "tiny.gguf"), "n_ctx": 1024}},
            "memory": {"prefix_cache_worth_s": 0.0},
        }
    )

    async def main() -> None:
        models = Models(settings, tmp_path, log=lambda text: None)
        try:
            process, damaged = None, b""
            for number in range(mutations):
                for one in range(4):  # so that no slot of the process holds the beginning any more
                    other = {"role": "system", "content": f"{number} {one} something else " * 3}
                    await models.ask("small", talk("?", other), max_tokens=1)
                assert file.read_bytes() != damaged and len(file.read_bytes()) == len(whole), "written anew"
                damaged = _mutated(whole, number, chance)
                file.write_bytes(damaged)
                reply = await models.ask("small", talk(USERS[0]), max_tokens=8, fixed=1)
                assert reply.text == good.text and "prompt_restored" not in used(reply)
                (worker,) = psutil.Process().children()
                process = process or worker.pid
                assert worker.pid == process, "the process has not ended in between"
        finally:
            await models.close()

    asyncio.run(main())


def _mutated(whole: bytes, number: int, chance: random.Random) -> bytes:
    raw = bytearray(whole)
    kind = number % 5
    if kind == 0:
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del raw[chance.randrange(len(raw)) :]
    elif kind == 2:
        at = chance.randrange(len(raw) - 64)
        raw[at : at + 64] = chance.randbytes(64)
    elif kind == 3:
        raw[chance.randrange(80)] ^= 0xFF
    else:
        raw += chance.randbytes(chance.randrange(1, 200))
    return bytes(raw)


def test_the_longest_beginning_is_found_and_one_that_is_too_long_is_not(tmp_path: Path) -> None:
    cache = PrefixCache(tmp_path, "a" * 64, 10_000)
    for length in (5, 20, 40):
        assert cache.put(TOKENS[:length], bytes([length]) * 100) and cache.has(TOKENS[:length])
    assert cache.find(TOKENS, 0, 40) == (40, bytes([40]) * 100)
    assert cache.find(TOKENS, 0, 39) == (20, bytes([20]) * 100)
    assert cache.find([*TOKENS[:10], 7, *TOKENS[11:]], 0, 40) == (5, bytes([5]) * 100)
    assert cache.find(TOKENS, 40, 40) is None and cache.find([1, 2, 3, 4, 5, 6], 0, 6) is None
    assert PrefixCache(tmp_path, "b" * 64, 10_000).find(TOKENS, 0, 40) is None


def test_a_whole_file_under_another_name_is_not_taken(tmp_path: Path) -> None:
    cache = PrefixCache(tmp_path, "a" * 64, 10_000)
    cache.put(TOKENS[:5], b"five")
    cache.put(TOKENS[:6], b"six")
    five, six = sorted(tmp_path.iterdir())
    six.write_bytes(five.read_bytes())
    assert cache.find(TOKENS, 0, 40) == (5, b"five")
    assert sorted(tmp_path.iterdir()) == [five]


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    cache = PrefixCache(tmp_path, "a" * 64, 4_000)
    for length in (1, 2, 3):
        assert cache.put(TOKENS[:length], bytes(1000))
        os.utime(cache._path(length, _sha(cache, length)), ns=(length * 10**9, length * 10**9))
    assert cache.find(TOKENS[:1], 0, 1) is not None
    assert cache.put(TOKENS[:4], bytes(1000))
    assert [cache.has(TOKENS[:length]) for length in (1, 2, 3, 4)] == [True, False, True, True]
    assert not cache.put(TOKENS[:5], bytes(4_000)), "larger than all the room"
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 4_000


def _sha(cache: PrefixCache, length: int) -> str:
    return next(file.stem.split("-")[2] for file in cache.folder.iterdir() if file.stem.split("-")[1] == str(length))


def test_a_folder_that_cannot_be_used_only_means_that_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = PrefixCache(tmp_path / "file" / "cache", "a" * 64, 10_000)
    assert not cache.put(TOKENS, b"x") and cache.find(TOKENS, 0, 40) is None and not cache.has(TOKENS)
    here = PrefixCache(tmp_path, "a" * 64, 10_000)
    here.put(TOKENS, b"x")
    (file,) = tmp_path.glob("*.kv")
    assert file.read_bytes().startswith(MAGIC)
    file.unlink()
    file.mkdir()
    assert here.find(TOKENS, 0, 40) is None
