"""What a shipped template runs on at first: the inputs beside it, with the examples' places filled in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from designer.engine_link.example_service import ExampleService
from designer.resources import path

EXAMPLE, SERVICE = "example:", "example-service:"


def template_inputs(name: str, service: ExampleService, done: Callable[[dict[str, Any]], None]) -> None:
    """Hand over the example inputs of a template, {} when it ships none.

    `example:FILE` is a file of the examples, `example-service:` the lookup service, and `example-service:modbus` (or
    another protocol) the simulated plant; what is named is started.
    """
    file = path("templates", f"{name}.inputs.json")
    try:
        inputs = dict(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError):
        done({})
        return
    for key, value in inputs.items():
        if isinstance(value, str) and value.startswith(EXAMPLE):
            inputs[key] = str(path("examples", *value.removeprefix(EXAMPLE).split("/")))
    asks = {key: value for key, value in inputs.items() if isinstance(value, str) and value.startswith(SERVICE)}

    def filled() -> None:
        if not asks:
            done(inputs)
            return
        key, value = asks.popitem()

        def known(address: str) -> None:
            inputs[key] = address
            filled()

        service.address(known, value.removeprefix(SERVICE))

    filled()
