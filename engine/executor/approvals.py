"""What text that nobody here vouches for may decide: nothing, without a person (DESIGN §6).

The one place where that is enforced, before anything is asked of the world. What was decided can be read from the
journal: a question is there, or a record of the call, and a replay follows it whatever the settings say by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from engine.errors import StepError
from engine.expressions import references
from engine.nodes.context import Answer, WiredTool
from engine.run.approval import Chosen, approval_form, chosen_text
from engine.run.authored import foreign_secrets
from engine.run.seen import look_of, of_inputs, seen
from engine.run.sources import Look, Origin, Path, at, join, of_value, places
from engine.tools.tool import Tool

if TYPE_CHECKING:
    from engine.executor.step import Activation

Asking = Callable[[str, Mapping[str, Any]], Answer]
"""`ask(key, form)`: the answer, or Suspend until it is there."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls a tool: the node whose params say how, these params as they were validated, and, where an agent calls
    the node, its arguments and where they came from (`given`)."""

    node: str
    params: BaseModel | None = None
    given: Origin = None
    called: Mapping[str, Any] | None = None


def authors_only(secret: Callable[..., Any], params: Mapping[str, Any], args: Any) -> Callable[..., Any]:
    """`secret`, which gives the value of a secret by name, for a call with `args` of a node with these raw `params`.

    It refuses (StepError `permission`) a name that a value of the run has brought in.
    """
    foreign = foreign_secrets(params, args)
    if not foreign:
        return secret

    def guarded(name: str, *more: Any, **named: Any) -> Any:
        if name in foreign:
            raise StepError(
                "permission",
                f"The secret {name!r} is named by a value of the run. Only the author of the workflow may name one.",
                retryable=False,
            )
        return secret(name, *more, **named)

    return guarded


def agreed_call(
    step: Activation, ask: Asking, key: str, tool: Tool, args: Mapping[str, Any], caller: Caller
) -> Mapping[str, Any]:
    """The arguments to call a registered tool with: as they are, or as a person has changed them.

    StepError `permission` when a person, or this site for all of them, refuses.
    """
    form: Mapping[str, Any] = {}
    if f"{key}.q" not in step.record.questions:
        if _decided(step, key):
            return args
        chosen = list(_chosen(step, tool, args, caller)) if _follows(step) else []
        if not chosen or _waived(step, caller.node):
            return args
        _refuse(step, tool.name, chosen, args)
        names = " and ".join(one.argument for one in chosen)
        form = approval_form(
            f"May the step “{_called(step, caller.node)}” use this {names}?",
            "",
            args,
            tool.args.model_json_schema(by_alias=True),
            tool=tool.name,
            effect=tool.effect(tool.args.model_validate(args)),
            risk=tool.risk,
            chosen=chosen,
            titles=_titles(step),
        )
    return _answered(ask(f"{key}.q", form), tool.name, args)


_ROLES = ("role", "model", "fallback_model")
"""Params that say which model is asked, so who is told all that stands in the prompt."""


def own_role(step: Activation, key: str, caller: Caller) -> None:
    """StepError `permission` where text that nobody here vouches for says which model is asked."""
    if not _follows(step) or _decided(step, key):
        return
    raw, look = step.state.order.node[caller.node].params, _look(step, caller)
    for name in _ROLES:
        if found := _tainted(step, of_value(raw.get(name), look)):
            text = chosen_text([Chosen(name, found).json()])
            raise StepError(
                "permission", f"No model was asked: {text}, and no such text may choose a model.", retryable=False
            )


def _look(step: Activation, caller: Caller) -> Look:
    """Looks up where that comes from which a path names in the params of whoever calls."""
    base = look_of(step.state, step.node, step.visit, of_inputs(step.state, step.node, step.visit))

    def look(path: Path) -> Origin:
        return caller.given if caller.given is not None and path[0] == "input" else base(path)

    return look


def agreed_use(
    step: Activation, ask: Asking, key: str, agent: str, tool: WiredTool, args: Mapping[str, Any]
) -> tuple[dict[str, Any], Origin]:
    """The arguments for a node that an agent calls, as the model gave them or as a person has changed them, and where
    they come from by then. StepError `permission` when the call is refused."""
    form: Mapping[str, Any] = {}
    if f"{key}.q" not in step.record.questions:
        origin = seen(step.state, step.node, step.visit) if step.state.labelled else []
        if _decided(step, key):
            return dict(args), origin
        chosen = list(_used(step, tool, origin)) if _follows(step) else []
        unknown = tool.approval == "when_tainted" and not _traced(step)
        asks = tool.approval == "each" or unknown or (tool.approval == "first" and not step.approved(tool.name))
        if not asks and (not chosen or (tool.approval == "never" and _may_waive(step))):
            return dict(args), origin
        if not asks:
            _refuse(step, tool.name, chosen, args)
        known = step.executor.tools.get(step.state.order.node[tool.name].type)
        form = approval_form(
            f"May the agent “{_called(step, agent)}” use “{_called(step, tool.name)}”?",
            tool.description,
            args,
            tool.parameters,
            tool=tool.name,
            effect=tool.effect,
            risk="low" if known is None else known.risk,
            chosen=chosen,
            titles=_titles(step),
        )
    return dict(_answered(ask(f"{key}.q", form), tool.name, args)), []


def edit_fault(tools: Mapping[str, Tool], form: Mapping[str, Any], option: str, values: Any) -> str:
    """Why a person's change of a call cannot be taken, beyond what its JSON Schema says; "" when it can."""
    tool = tools.get(str(form.get("evidence", {}).get("tool", "")))
    if tool is None or option != "approve_with_changes" or not isinstance(values, Mapping) or "value" not in values:
        return ""
    try:
        tool.args.model_validate(values["value"])
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, ["value", *first["loc"]]))
        return f"{place}: {first['msg'].removeprefix('Value error, ')}."
    return ""


def _titles(step: Activation) -> Mapping[str, str]:
    return {key: node.title for key, node in step.state.order.node.items()}


def _called(step: Activation, key: str) -> str:
    """A node's name for people."""
    return _titles(step).get(key) or key


def _answered(answer: Answer, tool: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
    if answer.option not in ("approve", "approve_with_changes"):
        refused = f"A person refused the call of {tool}. {answer.comment}".strip()
        raise StepError("permission", refused, retryable=False)
    edited = (answer.values or {}).get("value")
    return dict(edited) if isinstance(edited, Mapping) else args


def _traced(step: Activation) -> bool:
    started = step.state.started
    return started is not None and started.traced


def _follows(step: Activation) -> bool:
    """Whether anything can be tainted here: a run that an older engine began goes on as it was begun."""
    return step.state.labelled and _traced(step) and step.executor.settings.trust.on_tainted != "allow"


def _decided(step: Activation, key: str) -> bool:
    """Whether the call, or something below it, was made before: then it was decided that it may be."""
    return any(
        effect.status != "old" and (known == key or known.startswith(f"{key}."))
        for known, effect in step.record.effects.items()
    )


def _may_waive(step: Activation) -> bool:
    return step.executor.settings.trust.authors_may_waive


def _waived(step: Activation, node: str) -> bool:
    use = step.state.order.node[node].params.get("tool")
    return _may_waive(step) and isinstance(use, Mapping) and use.get("approval") == "never"


def _tainted(step: Activation, origin: Origin) -> Mapping[str, Sequence[str]]:
    return places(origin, step.executor.settings.trust.untrusted)


def _chosen(step: Activation, tool: Tool, args: Mapping[str, Any], caller: Caller) -> Iterator[Chosen]:
    """The arguments that choose, of which text that is not trusted has made the value."""
    state, order = step.state, step.state.order
    raw, shape = order.node[caller.node].params, order.shape[caller.node]
    filled = {} if caller.params is None else caller.params.model_dump(by_alias=True)
    look = _look(step, caller)
    origins = {name: of_value(raw.get(name), look) if name not in shape.raw else [] for name in filled}
    changes = bool(tool.opaque) and tool.effect(tool.args.model_validate(args)) != "pure"
    for name in (*tool.chooses, tool.opaque) if changes else tool.chooses:
        if name not in args:
            continue
        origin = (
            origins[name] if name in filled and filled[name] == args[name] else _part_of(filled, origins, args[name])
        )
        if origin is None and caller.called is not None and args[name] == caller.called:
            origin = caller.given
        if origin is None:  # the node's code has made it, of whatever it saw
            origin = join([seen(state, step.node, step.visit), caller.given])
        if found := _tainted(step, origin):
            yield Chosen(name, found)


def _part_of(filled: Any, origins: Origin, value: Any) -> Origin | None:
    """The origin of an object that stands in the node's params as it is, or all of it that was taken; a list of such.

    None where it does not: single texts and numbers are alike by chance too easily.
    """
    if isinstance(value, list):
        each = [_part_of(filled, origins, item) for item in value]
        return None if not each or None in each else join(each)
    if not isinstance(value, Mapping) or not value:
        return None
    if isinstance(filled, Mapping) and all(name in filled and filled[name] == part for name, part in value.items()):
        return join(at(origins, (name,)) for name in value)
    below = filled.items() if isinstance(filled, Mapping) else enumerate(filled) if isinstance(filled, list) else ()
    known = [found for name, part in below if (found := _part_of(part, at(origins, (name,)), value)) is not None]
    return join(known) if known else None


def _used(step: Activation, tool: WiredTool, origin: Origin) -> Iterator[Chosen]:
    """What an agent chooses by calling a node, when it has seen text that is not trusted."""
    found = _tainted(step, origin)
    if not found:
        return
    if tool.effect != "pure":
        yield Chosen("", found)
    order = step.state.order
    node, shape = order.node[tool.name], order.shape[tool.name]
    known = step.executor.tools.get(node.type)
    for name in known.chooses if known is not None else ():
        if name not in shape.raw and any(path[0] == "input" for path in references(node.params.get(name)).paths):
            yield Chosen(name, found)


def _refuse(step: Activation, tool: str, chosen: Sequence[Chosen], args: Mapping[str, Any]) -> None:
    """StepError `permission` where this site lets no such text choose anything."""
    if step.executor.settings.trust.on_tainted != "refuse":
        return
    text = chosen_text([one.json() for one in chosen])
    values = ", ".join(f"{str(args[one.argument])[:100]!r}" for one in chosen if one.argument in args)
    what = f" ({values})" if values else ""
    raise StepError(
        "permission", f"{tool} was not called: {text}{what}, and here no such text may choose.", retryable=False
    )
