"""Language models end to end: real llama.cpp in its real process, on a model with random weights."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.errors import StepError
from engine.models import Models
from engine.models.link import worker_command

pytestmark = pytest.mark.needs_llama

USER = [{"role": "user", "content": "the alarm of the pump"}]
ENDLESS = {"max_tokens": 3000, "temperature": 1.0}
LONG = {"type": "array", "items": {"type": "string", "minLength": 400}, "minItems": 9}
"""An answer by this schema takes some 3,000 tokens: time enough to interfere."""


def _children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


async def _failure(work: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        await work
    return caught.value


def _begun() -> tuple[asyncio.Event, Callable[[str], None]]:
    event = asyncio.Event()
    return event, lambda text: event.set()


def test_an_answer_streams_and_says_what_it_cost_and_who_gave_it(with_models: Any) -> None:
    async def body(models: Models) -> None:
        heard: list[str] = []
        reply = await models.ask("small", USER, max_tokens=40, temperature=1.0, seed=2, on_text=heard.append)
        assert "".join(heard) == reply.text
        assert reply.usage is not None and reply.model is not None
        assert 0 < reply.usage["completion"] <= 40 and reply.usage["prompt"] > 5
        assert reply.model["file"] == "tiny.gguf" and reply.model["provider"] == "cpu"
        assert len(reply.model["sha256"]) == 64

    with_models(body)


def test_free_text_has_a_confidence_only_where_the_role_has_a_threshold(with_models: Any) -> None:
    async def body(models: Models) -> None:
        schema = {"type": "object", "properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"]}
        judged = await models.ask("small", USER, schema=schema)
        assert judged.confidence is not None and 0 <= judged.confidence <= 1
        assert (await models.ask("small", USER, max_tokens=5)).confidence is None

    with_models(body)


def test_the_same_seed_gives_the_same_answer_and_another_seed_another(with_models: Any) -> None:
    async def body(models: Models) -> None:
        options: dict[str, Any] = {"max_tokens": 30, "temperature": 1.0}
        first = await models.ask("small", USER, seed=7, **options)
        other = await models.ask("small", USER, seed=8, **options)
        again = await models.ask("small", USER, seed=7, **options)
        assert first.text == again.text != other.text
        greedy = [(await models.ask("small", USER, max_tokens=30, seed=seed)).text for seed in (1, 2)]
        assert greedy[0] == greedy[1]

    with_models(body)


def test_a_second_turn_evaluates_only_what_is_new(with_models: Any) -> None:
    async def body(models: Models) -> None:
        messages = [{"role": "system", "content": "the manual says " * 80}, *USER]
        first = await models.ask("small", messages, max_tokens=16)
        messages += [{"role": "assistant", "content": first.text}, {"role": "user", "content": "and then?"}]
        second = await models.ask("small", messages, max_tokens=16)
        assert first.usage is not None and second.usage is not None
        evaluated = [turn.usage["prompt"] - turn.usage["prompt_cached"] for turn in (first, second)]
        assert evaluated[0] > 500
        assert evaluated[0] >= 5 * evaluated[1]

    with_models(body)


def test_what_was_kept_from_earlier_prompts_does_not_change_a_greedy_answer(with_models: Any) -> None:
    async def body(models: Models) -> None:
        schema = {"type": "string", "pattern": "^[a-z]{12}$"}
        fresh = await models.ask("small", USER, schema=schema)
        await models.ask("small", [{"role": "user", "content": "something else"}], max_tokens=9)
        assert (await models.ask("small", USER, schema=schema)).value == fresh.value

    with_models(body)


def test_an_answer_that_does_not_fit_its_tokens_is_a_schema_failure_with_the_remedy(with_models: Any) -> None:
    async def body(models: Models) -> None:
        fault = await _failure(models.ask("small", USER, schema=LONG, max_tokens=20))
        assert fault.cls == "schema"
        assert "`max_tokens` ended" in fault.message and "76,897 characters" in fault.message
        cut = await models.ask("small", USER, max_tokens=2, temperature=1.0)
        assert cut.finish in ("length", "stop")

    with_models(body)


def test_requests_that_cannot_be_served_say_why(with_models: Any, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "page.gguf").write_text("<html>Not found</html>")

    async def body(models: Models) -> None:
        cases = [
            (models.ask("ghost", USER), "not_found", "No model is set for the role `ghost`"),
            (models.ask("gone", USER), "not_found", "is not there"),
            (models.ask("scorer", USER), "not_found", "needs a language model"),
            (models.infer("small", {}), "not_found", "needs an ONNX model"),
            (models.ask("page", USER), "invalid", "does not begin with `GGUF`"),
            (models.ask("small", USER, schema={"not": {}}), "schema", "`not`"),
            (models.ask("small", [{"role": "boss", "content": ""}]), "invalid", "role `boss`"),
            (models.ask("small", [{"role": "user", "content": "a?" * 4000}]), "limit", "n_ctx"),
        ]
        for work, cls, part in cases:
            fault = await _failure(work)
            assert (fault.cls, fault.retryable) == (cls, False), fault.message
            assert part in fault.message

    with_models(body, gone={"model": "gone.gguf"}, page={"model": "page.gguf"})


def test_a_damaged_model_that_passes_the_header_check_is_one_sentence_from_the_worker(
    with_models: Any, tmp_path: Path, tiny_gguf: Path
) -> None:
    path = tmp_path / "odd.gguf"
    path.write_bytes(tiny_gguf.read_bytes().replace(b"blk.1.attn_q", b"blk.1.attn_z"))

    async def body(models: Models) -> None:
        fault = await _failure(models.ask("odd", USER))
        assert fault.cls == "invalid" and "odd.gguf cannot be loaded" in fault.message

    with_models(body, odd={"model": str(path)})


def test_damaged_weights_are_named_instead_of_an_empty_answer(
    with_models: Any, tmp_path: Path, tiny_gguf: Path
) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(tiny_gguf.read_bytes()[:-4000] + b"\xff" * 4000)

    async def body(models: Models) -> None:
        fault = await _failure(models.ask("mine", USER))
        assert fault.cls == "invalid" and "weights are damaged" in fault.message

    with_models(body, mine={"model": str(path)})


def test_a_listener_that_fails_does_not_take_the_answer_with_it(with_models: Any) -> None:
    def listener(text: str) -> None:
        raise ValueError(text)

    async def body(models: Models) -> None:
        reply = await models.ask("small", USER, schema={"enum": ["yes"]}, on_text=listener)
        assert reply.value == "yes"

    with_models(body)


def test_a_cancelled_answer_stops_at_once_and_the_process_serves_the_next(with_models: Any) -> None:
    async def body(models: Models) -> None:
        await models.load("small")
        (before,) = _children()
        begun, on_text = _begun()
        task = asyncio.create_task(models.ask("small", USER, schema=LONG, on_text=on_text, **ENDLESS))
        await asyncio.wait_for(begun.wait(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        reply = await asyncio.wait_for(models.ask("small", USER, schema={"enum": ["yes"]}), 20)
        assert reply.value == "yes"
        assert _children() == [before]

    with_models(body)


def test_a_cancelled_prompt_is_left_in_the_middle_and_the_process_serves_the_next(with_models: Any) -> None:
    async def body(models: Models) -> None:
        await models.load("small")
        (before,) = _children()
        long = [{"role": "user", "content": "x " * 2000}]
        for _ in range(5):
            task = asyncio.create_task(models.ask("small", long, max_tokens=1))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        reply = await models.ask("small", USER, schema={"enum": ["yes"]})
        assert reply.value == "yes" and _children() == [before]

    with_models(body)


def test_a_timeout_ends_the_answer_and_leaves_the_process_usable(with_models: Any) -> None:
    async def body(models: Models) -> None:
        await models.load("small")
        (before,) = _children()
        fault = await _failure(models.ask("small", USER, schema=LONG, timeout_s=0.05, **ENDLESS))
        assert fault.cls == "timeout" and "0.05 s" in fault.message
        assert (await models.ask("small", USER, schema={"enum": ["yes"]})).value == "yes"
        assert _children() == [before]

    with_models(body)


def test_a_request_that_waits_in_line_can_time_out_without_disturbing_the_one_before(with_models: Any) -> None:
    async def body(models: Models) -> None:
        begun, on_text = _begun()
        first = asyncio.create_task(
            models.ask("small", USER, schema=LONG, on_text=on_text, **{**ENDLESS, "max_tokens": 900})
        )
        await asyncio.wait_for(begun.wait(), 20)
        assert (await _failure(models.ask("small", USER, timeout_s=0.02))).cls == "timeout"
        assert not first.done()
        assert "cut off after 900 tokens" in (await _failure(first)).message

    with_models(body)


def test_close_while_a_model_starts_leaves_no_process(with_models: Any) -> None:
    async def body(models: Models) -> None:
        task = asyncio.create_task(models.ask("small", USER))
        while not _children():
            await asyncio.sleep(0)
        await models.close()
        assert not _children()
        assert (await _failure(task)).cls == "server"

    with_models(body)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_process_that_does_not_hear_a_cancel_is_killed_and_replaced(with_models: Any) -> None:
    async def body(models: Models) -> None:
        await models.load("small")
        (before,) = _children()
        before.send_signal(signal.SIGSTOP)
        fault = await _failure(models.ask("small", USER, timeout_s=0.05))
        assert fault.cls == "timeout"
        async with asyncio.timeout(20):
            while psutil.pid_exists(before.pid):  # not wait(): the child is the event loop's to collect
                await asyncio.sleep(0.01)
        assert (await models.ask("small", USER, schema={"enum": ["yes"]})).value == "yes"
        assert _children() != [before]

    with_models(body)


def test_a_process_killed_in_the_middle_fails_the_attempt_and_the_next_ask_starts_another(with_models: Any) -> None:
    async def body(models: Models) -> None:
        begun, on_text = _begun()
        task = asyncio.create_task(models.ask("small", USER, schema=LONG, on_text=on_text, **ENDLESS))
        await asyncio.wait_for(begun.wait(), 20)
        (child,) = _children()
        child.kill()
        fault = await _failure(task)
        assert fault.cls == "server" and fault.retryable is not False
        assert "tiny.gguf ended unexpectedly" in fault.message
        assert (await models.ask("small", USER, schema={"enum": ["yes"]})).value == "yes"

    with_models(body)


def test_two_roles_on_one_file_share_a_process_and_a_lane_and_answer_at_once(with_models: Any, tiny_gguf: Path) -> None:
    async def body(models: Models) -> None:
        assert models.lane("other") == models.lane("small") == "model:other"
        assert models.lane("scorer") == "model:scorer" and models.lane("ghost") == "model:ghost"
        schema = {"type": "string", "pattern": "^[a-z]{8}$"}
        asks = [models.ask(role, USER, schema=schema) for role in ("small", "other")]
        scores = [models.infer("scorer", {"window": [[1, 2, 3, 4]]})]
        first, second, scored = await asyncio.gather(*asks, *scores)
        assert first.value == second.value
        assert (first.model["role"], second.model["role"]) == ("small", "other")
        assert scored["score"] == [[4.0]]
        assert len(_children()) == 2

    with_models(body, other={"model": str(tiny_gguf)})


def test_a_file_with_two_processes_gives_each_its_own_answer(with_models: Any, tmp_path: Path, tiny_gguf: Path) -> None:
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(tiny_gguf.read_bytes())

    async def body(models: Models) -> None:
        schema = {"type": "string", "pattern": "^[a-z]{40}$"}
        replies = await asyncio.gather(*(models.ask(r, USER, schema=schema) for r in ("small", "other") * 3))
        assert len({reply.value for reply in replies}) == 1

    with_models(body, other={"model": str(copy)})


def test_close_ends_a_process_that_is_busy_and_fails_its_request(with_models: Any) -> None:
    async def body(models: Models) -> None:
        begun, on_text = _begun()
        task = asyncio.create_task(models.ask("small", USER, schema=LONG, on_text=on_text, **ENDLESS))
        await asyncio.wait_for(begun.wait(), 20)
        await models.close()
        assert not _children()
        assert (await _failure(task)).cls == "server"
        assert (await _failure(models.ask("small", USER))).cls == "server"

    with_models(body)


def test_a_role_is_described_with_its_provider_once_it_runs(with_models: Any) -> None:
    async def body(models: Models) -> None:
        before = models.describe("small")
        assert before["provider"] is None and before["architecture"] == "llama" and before["bytes"] > 100_000
        after = await models.load("small")
        assert after["provider"] == "cpu" and after["sha256"] == before["sha256"] and after["n_ctx"] == 4096

    with_models(body)


def test_a_model_file_that_changes_is_loaded_again_and_named_by_its_new_hash(
    with_models: Any, tmp_path: Path, tiny_gguf: Path
) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(tiny_gguf.read_bytes())

    async def body(models: Models) -> None:
        first = await models.ask("mine", USER, max_tokens=1)
        path.with_suffix(".new").write_bytes(tiny_gguf.read_bytes() + b"\0")
        path.with_suffix(".new").replace(path)
        second = await models.ask("mine", USER, max_tokens=1)
        assert first.model is not None and second.model is not None
        assert first.model["sha256"] != second.model["sha256"] == models.describe("mine")["sha256"]
        assert len(_children()) == 1

    with_models(body, mine={"model": str(path)})


def test_a_model_process_ends_with_the_engine_however_the_engine_ends(tmp_path: Path, tiny_gguf: Path) -> None:
    code = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from engine.models import Models\nfrom engine.settings import Settings\n"
        "async def main():\n"
        "    settings = Settings.model_validate({'roles': {'small': {'model': sys.argv[1]}}})\n"
        "    models = Models(settings, Path(sys.argv[2]))\n"
        "    await models.load('small')\n"
        "    print('ready', flush=True)\n"
        "    await models.ask('small', [{'role': 'user', 'content': 'x'}], max_tokens=10**6,\n"
        "        schema={'type': 'array', 'minItems': 200, 'items': {'type': 'string', 'minLength': 400}})\n"
        "asyncio.run(main())"
    )
    engine = subprocess.Popen([sys.executable, "-c", code, tiny_gguf, tmp_path], stdout=subprocess.PIPE)
    assert engine.stdout is not None
    with engine, engine.stdout:
        assert engine.stdout.readline() == b"ready\n"
        (worker,) = psutil.Process(engine.pid).children()
        engine.kill()
        worker.wait(timeout=10)


def test_a_frozen_build_starts_its_command_line_program_as_model_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "signalboxctl").touch()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "signalbox"))
    assert worker_command() == [str(tmp_path / "signalboxctl"), "model-worker", str(os.getpid())]


def test_a_tokenizer_that_reads_text_otherwise_than_the_self_test_says_is_refused(
    with_models: Any, tmp_path: Path, tiny_gguf: Path
) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(tiny_gguf.read_bytes())
    test = tmp_path / "m.selftest.json"

    async def refused(models: Models) -> None:
        fault = await _failure(models.ask("mine", USER))
        assert fault.cls == "invalid" and "garbled" in fault.message

    async def accepted(models: Models) -> None:
        assert (await models.ask("mine", USER, schema={"enum": ["yes"]})).value == "yes"

    test.write_text(json.dumps([{"text": "<|usr|>", "ids": [3]}, {"text": "the", "ids": [99]}]))
    with_models(refused, mine={"model": str(path)})
    test.write_text(json.dumps([{"text": "<|usr|>", "ids": [3]}]))
    with_models(accepted, mine={"model": str(path)})
