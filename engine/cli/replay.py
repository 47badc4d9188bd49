"""`replay`: do one step of a run again, alone, with what it was given then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import completion, options
from engine.cli.stay import Manner, accepted, answers_of, stay

if TYPE_CHECKING:
    from engine.cli.session import Session


def replay(
    run: options.RunId,
    step: Annotated[
        str,
        typer.Argument(
            metavar="STEP", help="A step (`legal`, `legal[2]`).", autocompletion=completion.steps, show_default=False
        ),
    ],
    live: Annotated[
        bool, typer.Option("--live", help="Make its writes anew, as in any run; its tools' own approvals still count.")
    ] = False,
    answer: options.Answers = None,
    name: options.As = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Do one step of a run again, alone: an agent with the hand-off that it got, nothing before or after it.

    Models are asked anew and reads are made anew. A write that the step made in that run is not made again: its
    recorded result counts. A write that it did not make then is a question to you, unless you say --live.
    """
    from engine.cli.reading import find_run, folder, reading

    path, settings = folder(data_dir)
    with reading(data_dir) as store:
        before = find_run(store, run)

    async def begin(session: Session) -> str:
        payload = {"run": before.id, "step": step, "live": live}
        return str(accepted(await session.ask("replay", payload, manner.actor, before.id))["run"])

    manner = Manner(json, options.me(name), answers_of(answer))
    return asyncio.run(stay(path, settings, manner, begin))
