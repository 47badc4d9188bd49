"""`models memory`: how much of this PC's memory models may take, how long they stay, and what is there now."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from engine.cli import codes, options

_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(kB|MB|GB|TB|)\s*", re.IGNORECASE)
_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def memory(
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="SIZE", help="What models may take together: 6GB; or auto.")
    ] = None,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="SECONDS", help="How long an idle model stays; or always.")
    ] = None,
    role: Annotated[str, typer.Option("--role", help="--keep is for this role's model alone.")] = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Show what models take of the memory, or say how much they may take and how long they stay."""
    from engine.cli.output import clock, print_json, print_table, size
    from engine.cli.reading import folder
    from engine.models.listing import memory as facts_of
    from engine.models.need import budget_of
    from engine.settings import save

    path, settings = folder(data_dir)
    change = _change(budget, keep, role, settings)
    if change:
        settings = settings.model_copy(update={"memory": settings.memory.model_copy(update=change)})
        save(settings, path)
    facts = facts_of(path, budget_of(settings.memory))
    if json:
        print_json({**facts, "settings": settings.memory.model_dump(mode="json"), "saved": bool(change)})
        return codes.COMPLETED
    own = "set" if settings.memory.budget_bytes else "what this PC has, less a reserve"
    print(f"Models may take {size(facts['budget_bytes'])} of {size(facts['total_bytes'])} ({own}); "
          f"{size(facts['free_bytes'])} are free now.")  # fmt: skip
    print(f"An idle model stays {_stay(settings.memory.keep)}.")
    for name, time in sorted(settings.memory.keep_roles.items()):
        print(f"  that of the role {name}: {_stay(time)}")
    engine = facts["engine"]
    if engine is None:
        print("No engine has models in memory.")
        return codes.COMPLETED
    if engine["allowed"] < engine["budget"]:
        print(f"Memory ran out {engine['out_of_memory']} times: only {size(engine['allowed'])} are loaded at once now.")
    cells = [[one["path"], size(one["bytes"])] for one in engine["loaded"]]
    print_table(["in memory", "reserved"], cells, empty="Nothing is in memory.")
    if engine["recent"]:
        print()
        cells = [[clock(one["at"]), one["what"].replace("_", " "), one["file"], one.get("why", "")]
                 for one in engine["recent"]]  # fmt: skip
        print_table(["when", "what", "model", "why"], cells, empty="")
    return codes.COMPLETED


def _change(budget: str | None, keep: str | None, role: str, settings: Any) -> dict[str, Any]:
    from pydantic import ValidationError

    from engine.errors import Refused
    from engine.settings import MemorySetting

    change: dict[str, Any] = {}
    if budget is not None:
        found = _SIZE.fullmatch(budget)
        if budget != "auto" and found is None:
            raise Refused(f"{budget!r} is no amount of memory.", remedy="Say --budget 6GB, say, or --budget auto.")
        change["budget_bytes"] = None if found is None else int(float(found[1]) * _UNITS[found[2].lower()])
    if role and (keep is None or role not in settings.roles):
        raise Refused("--role goes with --keep." if keep is None else f"There is no role {role!r}.")
    if keep is not None:
        value: Any = keep
        if keep != "always":
            try:
                value = float(keep)
            except ValueError:
                raise Refused(f"{keep!r} is no number of seconds.", remedy="Say --keep 900, or always.") from None
        change |= {"keep_roles": {**settings.memory.keep_roles, role: value}} if role else {"keep": value}
    try:
        made = MemorySetting.model_validate({**settings.memory.model_dump(), **change})
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        said, name = str(first["msg"]), str(first["loc"][0])
        where = "--budget" if name == "budget_bytes" else "--keep"
        raise Refused(f"This cannot be set: {said[:1].lower()}{said[1:]}.", where=where) from None
    return {name: getattr(made, name) for name in change}


def _stay(keep: float | str) -> str:
    from engine.cli.output import seconds

    return "until its room is needed" if keep == "always" else seconds(float(keep))
