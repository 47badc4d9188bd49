"""What a person is asked before text from elsewhere chooses something, in the journal's terms: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.run.questions import options_of

APPROVAL = ("approve", "approve_with_changes", "refuse")
RISKS = ("low", "medium", "high", "irreversible")
_FROM = {"file": "a file", "web": "the web", "tool": "a tool", "model": "a model"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen in a call by text that nobody here vouches for.

    `argument` is the tool's argument, "" for the call as a whole; `places` the nodes by which the text came in, by
    source.
    """

    argument: str
    places: Mapping[str, Sequence[str]]

    def json(self) -> dict[str, Any]:
        """As it is kept with the question."""
        steps = sorted({place for places in self.places.values() for place in places})
        return {"argument": self.argument, "sources": sorted(self.places), "from_steps": steps}


def came_from(sources: Sequence[str], steps: Sequence[str], titles: Mapping[str, str] | None = None) -> str:
    """`a file and the web (read, fetch)`; steps by their titles where these are given."""
    steps = [(titles or {}).get(step) or step for step in steps]
    names = [_FROM.get(source, source) for source in sources]
    text = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{text} ({', '.join(steps)})" if steps else text


def chosen_text(chosen: Sequence[Mapping[str, Any]], titles: Mapping[str, str] | None = None) -> str:
    """Who chooses what, without a full stop: `the path comes from a file (read)`; "" for nothing."""
    parts = []
    for one in chosen:
        origin = came_from(one.get("sources", ()), one.get("from_steps", ()), titles)
        name = one.get("argument", "")
        parts.append(f"the {name} comes from {origin}" if name else f"the agent has read text from {origin}")
    return ", and ".join(dict.fromkeys(parts))


def approval_form(
    headline: str,
    body: str,
    args: Mapping[str, Any],
    schema: Mapping[str, Any],
    *,
    tool: str,
    effect: str,
    risk: str,
    chosen: Sequence[Chosen] = (),
    titles: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The form that asks for a call of a tool; its arguments may be edited. `titles`: the nodes' names for people."""
    found = [one.json() for one in chosen]
    evidence: dict[str, Any] = {"tool": tool, "effect": effect}
    if found:
        text = chosen_text(found, titles)
        said = f"{text[:1].upper()}{text[1:]}. Anybody may have written it: look at what will be done before you agree."
        body = f"{body}\n\n{said}" if body else said
        evidence["chosen_by"] = found
    least = "high" if effect == "at_most_once" else "medium"
    return {
        "headline": headline,
        "body": body,
        "value": dict(args),
        "editable": True,
        "value_schema": dict(schema),
        "risk": max(risk, least, key=RISKS.index),
        "options": options_of(list(APPROVAL)),
        "evidence": evidence,
    }
