"""Staying with a run: being or using the engine, showing it, and the exit code that goes with how it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli import codes

if TYPE_CHECKING:
    from engine.cli.question import Answer
    from engine.cli.session import Session
    from engine.observe.family import Family
    from engine.observe.records import QuestionTrace
    from engine.settings import Settings
    from engine.store import Reply


@dataclass(frozen=True)
class Manner:
    """How the person wants to stay with a run."""

    json: bool
    actor: str
    answers: dict[str, Answer]
    stand_in: Callable[[QuestionTrace], Answer | None] | None = None
    """Answers where no person sits at a terminal; None for a question that it leaves open."""


def answers_of(given: Sequence[str] | None) -> dict[str, Answer]:
    """`STEP=OPTION` and `STEP=OPTION:JSON` texts by step."""
    from engine.cli.documents import json_value, pairs
    from engine.cli.question import Answer
    from engine.errors import Refused

    found = {}
    for step, text in pairs(given, "--answer").items():
        option, sign, values = text.partition(":")
        value = json_value(values, f"--answer {step}") if sign else None
        if value is not None and not isinstance(value, dict):
            raise Refused(f"--answer {step}: the values must be a JSON object.", remedy='Write {"value": …}.')
        found[step] = Answer(option, value)
    return found


async def stay(
    path: Path,
    settings: Settings,
    manner: Manner,
    start: Callable[[Session], Awaitable[str]],
    *,
    host: bool = True,
) -> int:
    """Start something in an open session, stay until it ends or waits, and say how it went; the exit code."""
    from engine.cli.session import Session
    from engine.cli.signals import ends_cleanly
    from engine.cli.summary import document, exit_code
    from engine.observe.family import Family

    family: Family | None = None
    with ends_cleanly():
        try:
            async with Session(path, settings, host=host) as session:
                if session.recovered and not manner.json:
                    print(f"recovered {session.recovered} run{'s' if session.recovered > 1 else ''}", flush=True)
                run = await start(session)
                family = Family(session.store, run)
                await _shown(session, family, manner)
                final = document(family)
        except asyncio.CancelledError:
            return _interrupted(family)
    if manner.json:
        from engine.cli.output import print_json

        print_json(final)
    return exit_code(family.main)


async def _shown(session: Session, family: Family, manner: Manner) -> None:
    """Show the run until it ends or waits."""
    from engine.cli.attend import Attendant
    from engine.cli.picture import plan_of
    from engine.cli.reading import workflow_of
    from engine.cli.screens import Lines, Live, Screen, Silent
    from engine.cli.summary import said
    from engine.cli.terminal import Terminal, interactive

    here = interactive() and not manner.json
    row = session.store.journal.run(family.run)
    plan = plan_of(workflow_of(session.store.library, row.workflow) if row is not None else None)
    screen: Screen = Silent() if manner.json else Live(family, plan) if here else Lines(family)
    if isinstance(screen, Lines) and row is not None:
        screen.say(f"run {family.run} of {row.name}")
    attendant = Attendant(
        session, family, screen,
        answers=manner.answers, actor=manner.actor, keyboard=Terminal() if here else None,
        stand_in=None if here else manner.stand_in,
    )  # fmt: skip
    try:
        await attendant.stay()
    finally:
        screen.end()
    for line in [] if manner.json else said(family):
        screen.say(line)


def accepted(reply: Reply) -> dict[str, Any]:
    """The result of an accepted request; Refused with the engine's reason otherwise."""
    from engine.errors import Refused

    if not reply.accepted:
        raise Refused(reply.reason)
    return dict(reply.result or {})


def _interrupted(family: Family | None) -> int:
    from engine.cli.failures import say

    if family is None:
        say("Interrupted before the run was started.")
    elif family.main.ended is None:
        say(f"Stopped cleanly; nothing is lost. `signalboxctl watch {family.run}` goes on with the run.")
    return codes.INTERRUPTED
