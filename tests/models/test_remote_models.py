"""Remote models on a real server of loopback: what is sent, what comes back, and the class of every failure."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StepError
from engine.models import Models
from engine.nodes.agent_turns import Call, Fault, Final, HandOff, Target, read_turn, turn_schema
from engine.nodes.context import ModelReply, WiredTool
from engine.settings import Settings
from tests.models.openai_server import FAULTS, Heard, Turn, call, openai_server, says

KEY = "sk-canary-40711"
NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
TOOLS = {"note": WiredTool("note", "Writes a note.", NAME, "idempotent")}
BUYER = {"buyer": Target()}
TURN = turn_schema(TOOLS, BUYER, None)
ASKED = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Note a."}]
LABEL = {
    "type": "object", "properties": {"label": {"enum": ["a", "b"]}}, "required": ["label"],
    "additionalProperties": False,
}  # fmt: skip

pytest.importorskip("pydantic_ai")


def with_server(
    script: Callable[[dict[str, Any]], Turn],
    body: Callable[[Models, Heard], Awaitable[Any]],
    folder: Path,
    network: str = "on",
    **role: Any,
) -> Any:
    """`body(models, heard)` with a role `big` on a server that follows the script."""

    async def main() -> Any:
        with openai_server(script) as heard:
            big = {"model": "scripted", "url": heard.url, "key": "secret://big", "timeout_s": 5, **role}
            settings = Settings.model_validate({"roles": {"big": big}, "network": network})
            models = Models(settings, folder, secret=lambda name, to: {"big": KEY}[name])
            try:
                return await body(models, heard)
            finally:
                await models.close()

    return asyncio.run(main())


def ask(turn: Turn, folder: Path, messages: Any = ASKED, **options: Any) -> tuple[ModelReply, Heard, list[str]]:
    """One question; the reply, what the server heard, and the pieces of text that came."""
    role = options.pop("role", {})
    pieces: list[str] = []

    async def body(models: Models, heard: Heard) -> Any:
        return await models.ask("big", messages, on_text=pieces.append, **options), heard, pieces

    found: tuple[ModelReply, Heard, list[str]] = with_server(says(turn), body, folder, **role)
    return found


def failure(turn: Turn, folder: Path, **options: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        ask(turn, folder, **options)
    return caught.value


@pytest.mark.parametrize("stream", [True, False])
def test_a_text_comes_back_whole_with_its_tokens_and_its_cost(tmp_path: Path, stream: bool) -> None:
    role = {"stream": stream, "prices": {"input": 1.5, "output": 6, "currency": "EUR"}}
    reply, heard, pieces = ask(Turn(text="All is well."), tmp_path, role=role)
    assert (reply.text, reply.finish, reply.value) == ("All is well.", "stop", None)
    assert "".join(pieces) == (reply.text if stream else "")
    assert reply.usage is not None and (reply.usage["prompt"], reply.usage["completion"]) == (11, 7)
    assert (reply.usage["cost"], reply.usage["currency"]) == (0.0000585, "EUR")
    assert reply.model is not None and (reply.model["provider"], reply.model["placement"]) == ("openai", "edge")
    assert heard.headers[0]["authorization"] == f"Bearer {KEY}"
    assert [message["content"] for message in heard.bodies[0]["messages"]] == ["Be short.", "Note a."]
    assert heard.bodies[0]["stream"] is stream and len(heard.bodies) == 1


@pytest.mark.parametrize("stream", [True, False])
def test_a_call_comes_back_as_the_turn_that_the_ladder_reads(tmp_path: Path, stream: bool) -> None:
    reply, heard, _ = ask(call("note", name="a"), tmp_path, schema=TURN, role={"stream": stream})
    assert read_turn(reply, TOOLS, BUYER, None) == Call("note", {"name": "a"})
    offered = {tool["function"]["name"]: tool["function"]["parameters"] for tool in heard.bodies[0]["tools"]}
    assert offered["note"] == NAME and set(offered) == {"note", "hand_off_buyer"}
    assert heard.bodies[0]["parallel_tool_calls"] is False


def test_of_several_calls_at_once_the_first_is_the_turn(tmp_path: Path) -> None:
    both = Turn(calls=(("note", '{"name": "a"}'), ("note", '{"name": "b"}')))
    reply, _, _ = ask(both, tmp_path, schema=TURN)
    assert read_turn(reply, TOOLS, BUYER, None) == Call("note", {"name": "a"})


def test_a_hand_off_and_final_answers_come_back_as_turns(tmp_path: Path) -> None:
    reply, _, _ = ask(call("hand_off_buyer", reason="r", goal="g"), tmp_path, schema=TURN)
    assert read_turn(reply, TOOLS, BUYER, None) == HandOff("buyer", "r", "g", [])
    reply, _, _ = ask(Turn(text="Done."), tmp_path, schema=TURN)
    assert read_turn(reply, TOOLS, BUYER, None) == Final("Done.")
    schema = turn_schema(TOOLS, {}, LABEL)
    reply, heard, _ = ask(call("final_answer", final={"label": "a"}), tmp_path, schema=schema)
    assert read_turn(reply, TOOLS, {}, LABEL) == Final({"label": "a"})
    assert "final_answer" in heard.bodies[0]["messages"][0]["content"]
    for text in ('{"label": "b"}', '{"final": {"label": "b"}}'):
        reply, _, _ = ask(Turn(text=text), tmp_path, schema=schema)
        assert read_turn(reply, TOOLS, {}, LABEL) == Final({"label": "b"})


def test_a_model_without_tools_may_write_its_turns_as_text(tmp_path: Path) -> None:
    reply, _, _ = ask(Turn(text='{"tool": "note", "args": {"name": "a"}}'), tmp_path, schema=TURN)
    assert read_turn(reply, TOOLS, BUYER, None) == Call("note", {"name": "a"})


@pytest.mark.parametrize("name", ["wrong tool name", "missing argument", "wrong type", "bad json", "empty call",
                                  "empty answer", "refusal"])  # fmt: skip
@pytest.mark.parametrize("stream", [True, False])
def test_an_invalid_turn_comes_back_as_it_was_said_for_the_ladder_to_refuse(
    tmp_path: Path, name: str, stream: bool
) -> None:
    reply, _, _ = ask(FAULTS[name], tmp_path, schema=TURN, role={"stream": stream})
    turn = read_turn(reply, TOOLS, BUYER, None)
    assert isinstance(turn, Fault)
    assert turn.tool == {"missing argument": "note", "wrong type": "note", "bad json": "note"}.get(name, turn.tool)
    if name == "refusal":
        assert reply.finish == "refusal" and "I cannot help with that." in turn.fault


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("turn", "cls", "retryable", "said"),
    [
        (FAULTS["429"], "rate_limit", None, "slow down"),
        (FAULTS["500"], "server", None, "oops"),
        (Turn(status=503, body='{"error": {"message": "busy"}}'), "server", None, "busy"),
        (Turn(status=401, body=f'{{"error": {{"message": "bad key {KEY}"}}}}'), "permission", False, "secret://big"),
        (Turn(status=403, body="{}"), "permission", False, "403"),
        (Turn(status=404, body='{"error": {"message": "no model x"}}'), "not_found", False, "no model x"),
        (Turn(status=400, body='{"error": {"message": "bad field"}}'), "invalid", False, "bad field"),
        (Turn(status=307, headers=(("Location", "http://192.0.2.1/"),), body="{}"), "invalid", False, "307"),
        (FAULTS["cut stream"], "connection", None, "br"),
        (FAULTS["reset stream"], "connection", None, "br"),
    ],
)
def test_every_failure_has_its_class(
    tmp_path: Path, turn: Turn, cls: str, retryable: bool | None, said: str, stream: bool
) -> None:
    error = failure(turn, tmp_path, schema=TURN, role={"stream": stream})
    assert (error.cls, error.retryable) == (cls, retryable), error.message
    assert said in error.message and KEY not in error.message


def test_a_page_of_a_proxy_is_no_answer(tmp_path: Path) -> None:
    page = Turn(body="<html><body>Please log in</body></html>")
    assert failure(page, tmp_path, role={"stream": False}).cls == "schema"
    assert failure(page, tmp_path).cls in ("schema", "connection")


def test_a_wait_that_the_server_asks_for_is_passed_on(tmp_path: Path) -> None:
    told = Turn(status=429, headers=(("Retry-After", "17"),), body="{}")
    assert failure(told, tmp_path).retry_after_s == 17
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    dated = failure(Turn(status=503, headers=(("Retry-After", later),), body="{}"), tmp_path)
    assert dated.retry_after_s is not None and 55 < dated.retry_after_s <= 60


def test_a_server_that_is_silent_times_out_and_one_that_is_not_there_is_no_connection(tmp_path: Path) -> None:
    error = failure(Turn(silent=True), tmp_path, role={"timeout_s": 0.2})
    assert error.cls == "timeout" and "0.2 s" in error.message
    assert failure(Turn(silent=True), tmp_path, timeout_s=0.1).cls == "timeout"
    assert failure(Turn(), tmp_path, role={"url": "http://127.0.0.1:9/v1"}).cls == "connection"


def test_cancelling_ends_the_request_at_once(tmp_path: Path) -> None:
    async def body(models: Models, heard: Heard) -> float:
        asking = asyncio.ensure_future(models.ask("big", ASKED, on_text=lambda text: None))
        while not heard.bodies:
            await asyncio.sleep(0.005)
        began = time.monotonic()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        return time.monotonic() - began

    assert with_server(says(Turn(silent=True)), body, tmp_path) < 1


def test_nothing_is_tried_again_behind_the_engines_back(tmp_path: Path) -> None:
    for name in ("429", "500", "reset stream"):

        async def body(models: Models, heard: Heard) -> int:
            with pytest.raises(StepError):
                await models.ask("big", ASKED, on_text=lambda text: None)
            return len(heard.bodies)

        assert with_server(says(FAULTS[name]), body, tmp_path) == 1


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_under_a_schema_is_asked_for_as_json_of_it(tmp_path: Path, stream: bool) -> None:
    reply, heard, _ = ask(Turn(text='{"label":"a"}'), tmp_path, schema=LABEL, role={"stream": stream})
    assert reply.value == {"label": "a"}
    asked = heard.bodies[0]
    sent = asked.get("response_format") or asked["tools"][0]["function"]
    assert '"label"' in json.dumps(sent) and '"enum"' in json.dumps(sent)
    wrapped, _, _ = ask(Turn(text='{"value":[1,2]}'), tmp_path, schema={"type": "array", "items": {"type": "integer"}})
    assert wrapped.value == [1, 2]
    broken, _, _ = ask(Turn(text="label: a"), tmp_path, schema=LABEL)
    assert (broken.value, broken.text) == (None, "label: a")


def test_calls_that_were_made_go_back_as_calls_with_their_results(tmp_path: Path) -> None:
    said = [
        *ASKED,
        {"role": "assistant", "content": '{"tool":"note","args":{"name":"a"}}'},
        {"role": "tool", "content": '{"done":true}'},
        {"role": "assistant", "content": '{"tool":"note","args":"{bad"}'},
        {"role": "tool", "content": '{"error":"no JSON","hint":"…"}'},
    ]
    _, heard, _ = ask(Turn(text="Done."), tmp_path, said, schema=TURN)
    sent = heard.bodies[0]["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert json.loads(sent[2]["tool_calls"][0]["function"]["arguments"]) == {"name": "a"}
    assert sent[3]["tool_call_id"] == sent[2]["tool_calls"][0]["id"] and sent[3]["content"] == '{"done":true}'
    assert "no JSON" in sent[5]["content"]


def test_a_key_that_a_server_quotes_is_hidden_in_the_answer_and_in_every_piece_of_it(tmp_path: Path) -> None:
    reply, _, pieces = ask(Turn(text=f"Your key is {KEY}, thank you."), tmp_path)
    assert reply.text == "".join(pieces) == "Your key is secret://big, thank you."
    reply, _, pieces = ask(call("note", name=f"x{KEY}"), tmp_path, schema=TURN)
    assert KEY not in reply.text + str(reply.value) + "".join(pieces)


def test_a_key_that_is_not_stored_is_named_and_nobody_is_asked(tmp_path: Path) -> None:
    error = failure(Turn(), tmp_path, role={"key": "secret://other"})
    assert error.cls == "not_found" and "'other'" in error.message


def test_without_the_network_only_this_pc_is_asked(tmp_path: Path) -> None:
    async def body(models: Models, heard: Heard) -> str:
        return (await models.ask("big", ASKED)).text

    assert with_server(says(Turn(text="here")), body, tmp_path, network="off") == "here"
    with pytest.raises(StepError, match=r"The network is off, so models\.example\.com is not asked"):
        with_server(says(Turn()), body, tmp_path, network="off", url="https://models.example.com/v1")


def test_what_stays_on_the_edge_asks_no_cloud(tmp_path: Path) -> None:
    async def body(models: Models, heard: Heard) -> str:
        return (await models.ask("big", ASKED, edge=True)).text

    assert with_server(says(Turn(text="here")), body, tmp_path) == "here"
    with pytest.raises(StepError, match="stays on the edge") as caught:
        with_server(says(Turn()), body, tmp_path, placement="cloud")
    assert (caught.value.cls, caught.value.retryable) == ("permission", False)


def test_a_remote_role_is_described_without_asking_anybody(tmp_path: Path) -> None:
    async def body(models: Models, heard: Heard) -> dict[str, Any]:
        facts = models.describe("big")
        assert heard.bodies == [] and models.lane("big") == "remote:big"
        return facts

    facts = with_server(says(Turn()), body, tmp_path)
    assert (facts["kind"], facts["file"], facts["placement"]) == ("remote", "scripted", "edge")
    assert KEY not in str(facts)


def test_a_role_that_is_set_up_otherwise_ends_its_answer_as_it_began(tmp_path: Path) -> None:
    go, asked = threading.Event(), threading.Event()

    def script(body: dict[str, Any]) -> Turn:
        if body["model"] == "scripted":
            asked.set()
            go.wait(10)
        return Turn(text=body["model"])

    async def body(models: Models, heard: Heard) -> None:
        before = asyncio.create_task(models.ask("big", ASKED))
        await asyncio.to_thread(asked.wait, 10)
        big = {"model": "another", "url": heard.url, "key": "secret://big"}
        models.update(Settings.model_validate({"roles": {"big": big}}))
        assert (await models.ask("big", ASKED)).text == "another" and not before.done()
        go.set()
        assert (await before).text == "scripted"

    with_server(script, body, tmp_path)
