"""What of a role's setting a person edits in the window, as a JSON Schema with words and the engine's own limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from designer.resources import tr
from engine.settings import RoleSetting

Field = tuple[str, str, str]


def _fields(kind: str) -> list[Field]:
    chain: list[Field] = [
        (
            "fallback",
            tr("Who takes over", "site"),
            tr("Roles that are asked when this one fails, in this order.", "site"),
        ),
        ("prefer", tr("Who is asked first", "site"), ""),
        (
            "max_latency_s",
            tr("Longest answer (seconds)", "site"),
            tr("After that the next in the chain is asked.", "site"),
        ),
        ("data", tr("Where texts may go", "site"), tr("Holds for those who take over, too.", "site")),
    ]
    if kind == "gguf":
        return [
            (
                "n_ctx",
                tr("Context (tokens)", "site"),
                tr("Messages and answer together. More takes more memory.", "site"),
            ),
            ("max_tokens", tr("Longest answer (tokens)", "site"), tr("Where the node does not say.", "site")),
            ("threads", tr("Threads", "site"), tr("Empty: one for each core, less one.", "site")),
            ("unsure_below", tr("Unsure below", "site"), tr("Less confidence than this counts as “unsure”.", "site")),
            ("lora", tr("Adapters", "site"), tr("Small files that change what the model says (LoRA).", "site")),
            *chain,
        ]
    if kind == "remote":
        return [
            ("model", tr("Model at the provider", "site"), ""),
            ("provider", tr("Provider", "site"), tr("“openai” is also what most servers of one's own speak.", "site")),
            ("url", tr("Address", "site"), tr("Empty: the provider's own.", "site")),
            ("key", tr("Key", "site"), tr("The name of a secret, as secret://name. Never the key itself.", "site")),
            (
                "placement",
                tr("Counts as", "site"),
                tr("Empty: on this PC for this PC's addresses, else cloud.", "site"),
            ),
            ("timeout_s", tr("Longest answer at all (seconds)", "site"), ""),
            ("max_cost", tr("Most a run may cost", "site"), tr("In the currency of its prices.", "site")),
            *chain,
        ]
    return [
        ("threads", tr("Threads", "site"), tr("Empty: one for each core, less one.", "site")),
        ("providers", tr("Execution providers", "site"), tr("Empty: every one that works here.", "site")),
        *chain,
    ]


def schema_of(setting: RoleSetting, others: Sequence[str], adapters: Sequence[str]) -> dict[str, Any]:
    """The form's schema: `others` may take over, `adapters` are the LoRA files that are there."""
    whole = RoleSetting.model_json_schema()
    shown: dict[str, Any] = {}
    for name, title, help in _fields(setting.kind):
        if name in whole["properties"]:
            shown[name] = {**whole["properties"][name], "title": title, "description": help}
    if "fallback" in shown:
        shown["fallback"] |= {"items": {"enum": list(others)}, "uniqueItems": False}
    if "lora" in shown and adapters:
        item = {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {"enum": list(adapters), "title": tr("Adapter", "site")},
                "scale": {"type": "number", "default": 1.0, "title": tr("How much", "site")},
            },
        }
        shown["lora"] |= {"items": item}
    elif "lora" in shown and not setting.lora:
        del shown["lora"]
    return {"type": "object", "properties": shown, "$defs": whole.get("$defs", {})}


def values_of(setting: RoleSetting, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The setting as the form shows it."""
    whole = setting.model_dump(mode="json")
    return {name: whole[name] for name in schema["properties"] if name in whole}


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are different; what was taken out of the form is null."""
    return {name: after.get(name) for name in before if after.get(name) != before[name]}
