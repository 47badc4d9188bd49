"""What the command line's tests share: workflows, and what one finished command left."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[2]

GATE = """
format: 1
name: gate-demo
inputs:
  part: {type: string, default: bearing 6204}
nodes:
  start:
    type: data.set
    params: {values: {part: "{{ run.inputs.part }}", hours: 3}}
  approve:
    type: gate
    params:
      headline: "Stop line 4 for {{ steps.start.output.part }}?"
      risk: high
      editable: [hours]
  write:
    type: file.write
    params: {path: order.json, content: "{{ input.input.value }}"}
edges:
  - start.output -> approve.input
  - approve.approved -> write.input
outputs: {decision: "{{ steps.approve.output }}"}
"""

TWO_GATES = """
format: 1
name: two-gates
nodes:
  start:
    type: data.set
    params: {values: {x: 1}}
  left:
    type: gate
    params: {headline: Left?}
  right:
    type: gate
    params: {headline: Right?}
  work:
    type: wait
    params: {seconds: 0.05}
  done:
    type: data.set
    params: {values: {worked: true}}
edges:
  - start.output -> left.input
  - start.output -> right.input
  - start.output -> work.input
  - work.output -> done.input
outputs: {left: "{{ steps.left.output.option }}", right: "{{ steps.right.output.option }}"}
"""

LINE = """
format: 1
name: line
nodes:
  a:
    type: data.set
    params: {values: {x: 1}}
  b:
    type: data.set
    params: {values: {y: "{{ input.input.x + 1 }}"}}
edges:
  - a.output -> b.input
outputs: {y: "{{ steps.b.output.y }}"}
"""


@dataclass(frozen=True)
class Done:
    """One finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout, which must be one JSON document and nothing else."""
        return json.loads(self.out)


Ctl = Callable[..., Done]
Start = Callable[..., "subprocess.Popen[str]"]
