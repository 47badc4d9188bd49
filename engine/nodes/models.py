"""One question to a model: free text or an object, one of some labels, or an inference of an ONNX model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from engine.errors import Refused, StepError
from engine.nodes import examples
from engine.nodes.capability import TOOL_RAW, CapabilityParams
from engine.nodes.context import Context, ModelReply
from engine.nodes.fallback import Chain
from engine.nodes.node_type import Needs, NodeType, Params, ui
from engine.nodes.ports import ERROR, INPUT, TOOL, out
from engine.nodes.schemas import JsonSchema, value_fault
from engine.nodes.text import as_text, known_texts
from engine.workflow.values import parse_json

Role = Annotated[str, Field(min_length=1, max_length=100)]
Confidence = Annotated[float, Field(ge=0, le=1)]
Tokens = Annotated[int, Field(ge=1, le=1_000_000)]
_FIRST_CALL = "1"


def role_needs(*names: str) -> Any:
    """`needs` of a type whose params of these names are model roles."""
    return lambda params: Needs(roles=known_texts(*(params.get(name) for name in names)))


class Message(Params):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"] = Field(description="Who says it.")
    content: Any = Field(
        description="What is said; a value that is no text becomes compact JSON.", json_schema_extra=ui("prompt")
    )


class Sampling(Params):
    """How a model picks its words."""

    max_tokens: Tokens = Field(default=512, description="The longest answer; a longer one is a failure.")
    temperature: float = Field(default=0.0, ge=0, le=2, description="0 always picks the likeliest word.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="The same seed gives the same answer.")


class AskParams(Sampling):
    """A prompt, or whole messages, and perhaps a schema that the answer follows."""

    role: Role = Field(description="The model role that answers.", json_schema_extra=ui("role"))
    instructions: str = Field(default="", description="The system message.", json_schema_extra=ui("prompt"))
    prompt: Any = Field(
        default=None, description="The question; without it, the value at `input`.", json_schema_extra=ui("prompt")
    )
    messages: list[Message] | None = Field(default=None, description="A whole conversation in place of `prompt`.")
    output: JsonSchema | None = Field(
        default=None, description="JSON Schema of the answer; without it, text.", json_schema_extra=ui("json-schema")
    )

    @model_validator(mode="after")
    def _one_question(self) -> AskParams:
        if self.messages is not None and (self.prompt is not None or self.instructions):
            raise ValueError("give `messages`, or `prompt` and `instructions`, not both")
        return self


def checked_text(reply: ModelReply, *, blame: str = _FIRST_CALL) -> str:
    """The reply's text; StepError `limit` for one that was cut off, `permission` for a refusal."""
    if reply.finish == "length":
        raise StepError("limit", "The model's answer was cut off; raise `max_tokens`.", redo_from=blame)
    if reply.finish == "refusal":
        said = f"The model refused: {reply.text[:200]}".rstrip(": ")
        raise StepError("permission", said, retryable=False, redo_from=blame)
    return reply.text


async def _answered(
    ctx: Context,
    role: str,
    messages: Sequence[Mapping[str, str]],
    read: Callable[[ModelReply, str], Any],
    doubt: Callable[[ModelReply], str] = lambda reply: "",
    **options: Any,
) -> Any:
    """What `read` makes of the first reply that it takes, of the role's model or of those that take over from it.

    `doubt` says why a reply should rather come from another model, if there is one for that.
    """
    chain, calls = Chain(role), 0
    while True:
        calls += await chain.before(ctx, messages, options["max_tokens"])
        calls += 1
        try:
            reply = await ctx.ask_model(chain.role, messages, **chain.limits, **options)
            found = read(reply, str(calls))
        except StepError as error:
            if not await chain.after(ctx, error.cls, error.message):
                if calls > 1:
                    error.redo_from = _FIRST_CALL  # another attempt asks all of them again
                raise
        else:
            why = doubt(reply)
            if not why or not await chain.after(ctx, "unsure", why):
                return found
        calls += 1


def checked_value(reply: ModelReply, schema: Mapping[str, Any], *, blame: str = _FIRST_CALL) -> Any:
    """The reply as a value that meets the schema; a StepError that blames the model call otherwise."""
    checked_text(reply, blame=blame)
    value = reply.value
    if value is None:
        try:
            value = parse_json(reply.text)
        except Refused:
            said = reply.text[:200]
            raise StepError("schema", f"The model's answer is not JSON: {said!r}.", redo_from=blame) from None
    fault = value_fault(schema, value)
    if fault:
        raise StepError("schema", f"The model's answer does not meet its schema: {fault}.", redo_from=blame)
    return value


async def _ask(ctx: Context, params: AskParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    if params.messages is not None:
        messages = [{"role": message.role, "content": as_text(message.content)} for message in params.messages]
    else:
        question = inputs.get("input") if params.prompt is None else params.prompt
        system = [{"role": "system", "content": params.instructions}] if params.instructions else []
        messages = [*system, {"role": "user", "content": as_text(question)}]
    output = params.output

    def read(reply: ModelReply, call: str) -> Any:
        return checked_text(reply, blame=call) if output is None else checked_value(reply, output, blame=call)

    result = await _answered(
        ctx,
        params.role,
        messages,
        read,
        schema=output,
        max_tokens=params.max_tokens,
        temperature=params.temperature,
        seed=params.seed,
    )
    return {"result": result}


ASK = NodeType(
    name="model.ask",
    title="Ask a model",
    summary="Asks a model once, for text or for an object that follows a schema.",
    category="Models",
    params=AskParams,
    inputs=(INPUT,),
    outputs=(out("result", help="The answer: text, or a value that meets `output`."), ERROR),
    main="result",
    run=_ask,
    needs=role_needs("role"),
    chooses=("role",),
    icon="message-square",
    words=("llm", "chat", "prompt", "generate", "completion", "gpt", "ai", "summarize", "extract"),
    example=examples.ASK,
)


class ChooseParams(CapabilityParams):
    """A text and the labels that it may get."""

    role: Role = Field(description="The model role that answers.", json_schema_extra=ui("role"))
    labels: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        min_length=2, max_length=200, description="What there is to choose from."
    )
    instructions: str = Field(
        default="Choose the label that fits best.", description="What the labels mean.", json_schema_extra=ui("prompt")
    )
    text: Any = Field(
        default=None, description="What gets a label; without it, the value at `input`.", json_schema_extra=ui("prompt")
    )
    unsure_below: Confidence | None = Field(
        default=None, description="Under this confidence, `unsure` is live instead."
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="The same seed gives the same answer.")

    @model_validator(mode="after")
    def _labels_differ(self) -> ChooseParams:
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("a label is given twice")
        return self


def unsure(reply: ModelReply, unsure_below: float | None) -> float | None:
    """The threshold that the reply's confidence is under, or None; without one in the params the role's own counts."""
    threshold = unsure_below if unsure_below is not None else (reply.model or {}).get("unsure_below")
    if threshold is None or reply.confidence is None or reply.confidence >= threshold:
        return None
    return float(threshold)


async def _choose(ctx: Context, params: ChooseParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    text = inputs.get("input") if params.text is None else params.text
    schema = {
        "type": "object",
        "properties": {"choice": {"enum": params.labels}},
        "required": ["choice"],
        "additionalProperties": False,
    }
    messages = [
        {"role": "system", "content": f"{params.instructions}\nlabels: {', '.join(params.labels)}"},
        {"role": "user", "content": as_text(text)},
    ]
    longest = max(map(len, params.labels))

    def doubt(reply: ModelReply) -> str:
        under = unsure(reply, params.unsure_below)
        return "" if under is None else f"confidence {reply.confidence or 0:.2f}, under {under:.2f}"

    choice, sure = await _answered(
        ctx,
        params.role,
        messages,
        lambda reply, call: (checked_value(reply, schema, blame=call)["choice"], not doubt(reply)),
        doubt,
        schema=schema,
        max_tokens=32 + 4 * longest,
        temperature=0.0,
        seed=params.seed,
    )
    return {"result" if sure else "unsure": choice}


CHOOSE = NodeType(
    name="model.choose",
    title="Choose a label",
    summary="Lets a model choose one of the given labels for a text.",
    category="Models",
    params=ChooseParams,
    inputs=(INPUT,),
    outputs=(
        out("result", "text", "The label."),
        out("unsure", "text", "The label, when the model's confidence is under `unsure_below`."),
        TOOL,
        ERROR,
    ),
    main="result",
    run=_choose,
    raw=TOOL_RAW,
    capability=True,
    needs=role_needs("role"),
    chooses=("role",),
    icon="tags",
    words=("classify", "label", "category", "triage", "sentiment", "route", "llm", "ai"),
    example=examples.CHOOSE,
)


class OnnxParams(CapabilityParams):
    """Which model, what goes in, and which score counts as much."""

    role: Role = Field(description="The model role that answers.", json_schema_extra=ui("role"))
    inputs: dict[str, Any] = Field(
        default={}, description="Tensors by name: nested lists, or an image as a file value; without it, `input`."
    )
    threshold: float | None = Field(default=None, description="Adds `above` and `above_at` to the output.")
    score: str | None = Field(
        default=None, description="The output that `threshold` is for; without it, the first one."
    )


def _numbers(value: Any) -> list[float]:
    if isinstance(value, list):
        return [number for item in value for number in _numbers(item)]
    return [float(value)] if isinstance(value, int | float) else []


async def _onnx(ctx: Context, params: OnnxParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    given = params.inputs or inputs.get("input")
    if not isinstance(given, Mapping):
        raise StepError("schema", "`inputs` must name the model's tensors.", retryable=False)
    outputs = dict(await ctx.run_model(params.role, given))
    if params.threshold is None:
        return {"output": outputs}
    name = params.score if params.score is not None else next(iter(outputs), "")
    if name not in outputs:
        named = ", ".join(sorted(outputs)) or "none"
        raise StepError("schema", f"The model has no output {name!r}; it has {named}.", retryable=False)
    scores = _numbers(outputs[name])
    above = [index for index, score in enumerate(scores) if score > params.threshold]
    return {"output": {**outputs, "above": bool(above), "above_at": above}}


ONNX = NodeType(
    name="onnx.run",
    title="Run an ONNX model",
    summary="Runs a small numeric model, such as a scorer of sensor windows.",
    category="Models",
    params=OnnxParams,
    inputs=(INPUT,),
    outputs=(
        out("output", "object", "The model's outputs by name; with `threshold` also `above` and `above_at`."),
        TOOL,
        ERROR,
    ),
    run=_onnx,
    raw=TOOL_RAW,
    capability=True,
    needs=role_needs("role"),
    chooses=("role",),
    icon="activity",
    words=("inference", "predict", "score", "anomaly", "vision", "neural", "network", "machine", "learning", "ai"),
    example=examples.ONNX,
)

TYPES = (ASK, CHOOSE, ONNX)
