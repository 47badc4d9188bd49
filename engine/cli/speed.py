"""`bench`: what durability and on-device models cost on this PC."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from engine.cli import codes, options


def bench(
    models: Annotated[bool, typer.Option(help="Also measure the shipped language model.")] = True,
    json: options.Json = False,
) -> int:
    """Measure speed as ratios: to raw commits on the same disk, and to llama.cpp called directly. Takes minutes."""
    from engine.cli.bench import measure
    from engine.cli.failures import say
    from engine.cli.output import print_json

    figures = asyncio.run(measure(say, models=models))
    if json:
        print_json(figures)
    else:
        width = max(map(len, figures))
        for name, value in figures.items():
            print(f"{name:<{width}}  {value:.3g}" if isinstance(value, float) else f"{name:<{width}}  {value}")
    return codes.COMPLETED
