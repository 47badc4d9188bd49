"""Options that several commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli import completion

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="The data folder; else $SIGNALBOX_DATA, else the platform's place.",
        file_okay=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else on stdout.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who you are in the journal; else your login name.")]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--answer",
        metavar="STEP=OPTION",
        help="Answer this step's question with this option when it is asked; STEP=OPTION:JSON gives values too.",
    ),
]
RunId = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run's id, the end of one that is unique, or `last`.",
        autocompletion=completion.runs,
        show_default=False,
    ),
]


def me(name: str) -> str:
    """The person's name: as given, else the login name."""
    if name:
        return name
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "person"
