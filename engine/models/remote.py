"""Models that are asked over the network, through pydantic-ai's direct API: one request, no hidden loop, no retry."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine import masks
from engine.errors import Refused, StepError
from engine.models.in_time import in_time
from engine.models.remote_turns import Said, Shape, call_text, conversation, plain_text, shape_of
from engine.net.address import parse
from engine.net.client import refusal_in
from engine.net.guard import Guard
from engine.nodes.context import ModelReply
from engine.settings import RoleSetting
from engine.workflow.values import parse_json

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

    from engine.models.remote_providers import Connected

MAX_ANSWER = 8_000_000
"""Characters; a server that never stops talking is stopped here."""
_SEPARATOR = "secret://"


def no_secret(name: str, to: str) -> str:
    """Where there are no secrets."""
    raise StepError("not_found", f"There is no secret named {name!r} here.", retryable=False)


class Remote:
    """The remote roles of one engine. Used from one event loop; `close` ends their connections."""

    def __init__(self, guard: Callable[[], Guard], *, secret: Callable[[str, str], str] = no_secret) -> None:
        self._guard, self._secret = guard, secret
        self._connected: dict[str, Connected] = {}
        self._before: list[Connected] = []
        """Of settings that have been replaced: what was asked through them is still being answered."""
        self._making = asyncio.Lock()

    async def ask(
        self,
        role: str,
        setting: RoleSetting,
        messages: Sequence[Mapping[str, str]],
        *,
        schema: Mapping[str, Any] | None,
        max_tokens: int,
        temperature: float,
        seed: int,
        timeout_s: float | None,
        on_text: Callable[[str], None] | None,
        first_s: float | None = None,
    ) -> ModelReply:
        """One turn of the role's model. Raises StepError; cancelling the caller ends the request at once.

        With a `schema`, `text` is what the model said under it and `value` its JSON, which nobody has validated yet.
        """
        self._guard().settling(setting.address).right(*parse(setting.address).place, f"role `{role}`")
        connected = await self._connect(role, setting)
        shape = shape_of(schema)
        limit = min(setting.timeout_s, timeout_s) if timeout_s is not None else setting.timeout_s
        options: ModelSettings = {"max_tokens": max_tokens, "temperature": temperature, "max_retries": 0}
        if (seed or setting.seed) and setting.provider != "anthropic":
            options["seed"] = seed or setting.seed
        if shape.tools and setting.provider != "google":
            options["parallel_tool_calls"] = False
        began = time.monotonic()
        streams = on_text is not None and setting.stream
        try:
            async with in_time(role, limit, first_s if streams else None) as said:
                heard = _Heard(on_text, said)
                asked = (_messages(conversation(messages, shape), shape), options, _parameters(shape, connected))
                if streams:
                    response = await _streamed(connected, *asked, heard)
                else:
                    response = await _whole(connected, *asked)
        except StepError:
            raise
        except Exception as fault:  # a library's: every one of its faults is a failed attempt, never a broken run
            from engine.models.remote_faults import step_error

            raise refusal_in(fault) or step_error(fault, f"The model of the role `{role}`") from None
        return _reply(response, role, setting, shape, began, heard)

    def describe(self, role: str, setting: RoleSetting) -> dict[str, Any]:
        """What stands behind a remote role; nothing is asked."""
        return {
            "role": role,
            "kind": "remote",
            "provider": setting.provider or "openai",
            "file": setting.model,
            "host": urlsplit(setting.address).netloc,
            "placement": "cloud" if setting.in_cloud else "edge",
            "unsure_below": setting.unsure_below,
        }

    async def close(self) -> None:
        """Close every connection."""
        connected = [*self._before, *self._connected.values()]
        self._connected, self._before = {}, []
        for one in connected:
            await one.client.aclose()

    async def _connect(self, role: str, setting: RoleSetting) -> Connected:
        key = ""
        if setting.key is not None:
            name, to = setting.key.removeprefix(_SEPARATOR), f"role:{role}@{setting.address}"
            try:
                key = await asyncio.to_thread(self._secret, name, to)
            except (KeyError, Refused):
                no_secret(name, to)
            masks.hide(key, name)
        async with self._making:
            found = self._connected.get(role)
            if found is None or (found.setting, found.key) != (setting, key):
                from engine.models.remote_providers import connect

                if found is not None:
                    self._before.append(found)
                found = self._connected[role] = await asyncio.to_thread(
                    connect, setting, key, self._guard, f"role `{role}`"
                )
            return found


class _Heard:
    """Passes text on as it comes, but never the beginning of what may turn out to be a secret."""

    def __init__(self, on_text: Callable[[str], None] | None, said: Callable[[], None]) -> None:
        self._on_text, self.said = on_text, said
        self._stream, self._length = masks.Stream(), 0
        self.first_at: float | None = None

    def __call__(self, text: str) -> None:
        self.first_at = self.first_at or time.monotonic()
        if text:
            self.said()
        self._length += len(text)
        if self._length > MAX_ANSWER:
            raise StepError("limit", f"The model's answer has more than {MAX_ANSWER:,} characters.", retryable=False)
        self._say(self._stream.feed(text))

    def flush(self) -> None:
        self._say(self._stream.end())

    def _say(self, text: str) -> None:
        if text and self._on_text is not None:
            self._on_text(text)


async def _whole(
    connected: Connected, messages: list[ModelMessage], options: ModelSettings, parameters: ModelRequestParameters
) -> ModelResponse:
    from pydantic_ai.direct import model_request

    return await model_request(
        connected.model, messages, model_settings=options, model_request_parameters=parameters, instrument=False
    )


async def _streamed(
    connected: Connected,
    messages: list[ModelMessage],
    options: ModelSettings,
    parameters: ModelRequestParameters,
    heard: _Heard,
) -> ModelResponse:
    """The whole answer, its text passed on as it grows. One that merely stops is a lost connection, not an answer."""
    from pydantic_ai.direct import model_request_stream
    from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta, ToolCallPart
    from pydantic_ai.messages import ToolCallPartDelta as CallDelta

    async with model_request_stream(
        connected.model, messages, model_settings=options, model_request_parameters=parameters, instrument=False
    ) as stream:
        async for event in stream:
            if isinstance(event, PartStartEvent):
                part = event.part
                text = part.content if isinstance(part, TextPart) else ""
                heard(text + str(part.args or "") if isinstance(part, ToolCallPart) else text)
            elif isinstance(event, PartDeltaEvent):
                delta = event.delta
                if isinstance(delta, TextPartDelta):
                    heard(delta.content_delta)
                elif isinstance(delta, CallDelta) and isinstance(delta.args_delta, str):
                    heard(delta.args_delta)
        response: ModelResponse = stream.get()
    heard.flush()
    details = response.provider_details or {}
    # the library calls it complete; only the provider's own word that it has finished is
    if "finish_reason" not in details and response.finish_reason != "content_filter":
        raise StepError("connection", "The model's answer broke off before its end.")
    return response


def _messages(said: list[Said], shape: Shape) -> list[ModelMessage]:
    """pydantic-ai's messages; ids of calls are our own and count up."""
    from pydantic_ai import messages as theirs

    found: list[ModelMessage] = []
    parts: list[Any] = []
    calls = 0
    if shape.note:
        parts.append(theirs.SystemPromptPart(shape.note))
    for one in said:
        if one.who == "assistant":
            if parts:
                found.append(theirs.ModelRequest(parts=parts))
                parts = []
            calls += bool(one.call)
            answer: Any = theirs.TextPart(one.text)
            if one.call:
                answer = theirs.ToolCallPart(one.call, one.arguments, f"call_{calls}")
            found.append(theirs.ModelResponse(parts=[answer]))
        elif one.who == "tool":
            parts.append(theirs.ToolReturnPart(one.call, one.text, f"call_{calls}"))
        else:
            parts.append((theirs.SystemPromptPart if one.who == "system" else theirs.UserPromptPart)(one.text))
    if parts:
        found.append(theirs.ModelRequest(parts=parts))
    return found


def _parameters(shape: Shape, connected: Connected) -> ModelRequestParameters:
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition

    strict = connected.strict
    if shape.answer is None:
        tools = [
            ToolDefinition(name=name, parameters_json_schema=schema, strict=strict)
            for name, schema in shape.tools.items()
        ]
        return ModelRequestParameters(function_tools=tools)
    if connected.knows_schemas:
        wanted = OutputObjectDefinition(json_schema=shape.answer, name="answer", strict=strict)
        return ModelRequestParameters(output_mode="native", output_object=wanted)
    tool = ToolDefinition(name="answer", parameters_json_schema=shape.answer, strict=strict, kind="output")
    return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)


def _reply(
    response: ModelResponse, role: str, setting: RoleSetting, shape: Shape, began: float, heard: _Heard
) -> ModelReply:
    from pydantic_ai.messages import TextPart, ToolCallPart

    details = response.provider_details or {}
    words = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    call = next((part for part in response.parts if isinstance(part, ToolCallPart)), None)
    finish = {"length": "length", "content_filter": "refusal"}.get(response.finish_reason or "", "stop")
    if finish == "refusal":
        text = str(details.get("refusal") or words or details.get("finish_reason") or "")
    elif call is None:
        text = plain_text(shape, words)
    elif shape.is_turn:
        text = call_text(shape, call.tool_name, call.args)
    else:
        text = plain_text(shape, call.args if isinstance(call.args, str) else call.args_as_json_str())
    text = masks.clean(text)  # a server may quote the key
    if len(text) > MAX_ANSWER:
        raise StepError("limit", f"The model's answer has more than {MAX_ANSWER:,} characters.", retryable=False)
    return ModelReply(
        text=text,
        value=_json(text) if finish == "stop" and (shape.is_turn or shape.answer is not None) else None,
        finish=finish,
        usage=_usage(response, setting, began, heard),
        model={
            "role": role,
            "kind": "remote",
            "provider": setting.provider or "openai",
            "host": urlsplit(setting.address).netloc,
            "file": setting.model,
            "answered": masks.clean(response.model_name or ""),
            "placement": "cloud" if setting.in_cloud else "edge",
            "unsure_below": setting.unsure_below,
        },
    )


def _json(text: str) -> Any:
    try:
        return parse_json(text)
    except Refused:
        return None


def _usage(response: ModelResponse, setting: RoleSetting, began: float, heard: _Heard) -> dict[str, Any]:
    used, now = response.usage, time.monotonic()
    first = heard.first_at or now
    found: dict[str, Any] = {
        "prompt": used.input_tokens,
        "prompt_cached": used.cache_read_tokens,
        "completion": used.output_tokens,
        "prefill_s": round(first - began, 3),
        "decode_s": round(now - first, 3),
    }
    if setting.prices is not None:
        cost = used.input_tokens * setting.prices.input + used.output_tokens * setting.prices.output
        found |= {"cost": round(cost / 1_000_000, 9), "currency": setting.prices.currency}
    return found
