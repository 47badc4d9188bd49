"""Reading and checking a workflow from anywhere touches nothing: watched by the interpreter's own audit events."""

# ruff: noqa: E501 (files are as they would be written)

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

WATCHED = """
import json, sys
from engine.checks import Site, problems
from engine.errors import SignalboxError
from engine.expressions import compile, evaluate, parse
from engine.nodes.catalog import CATALOG
from engine.workflow.canonical import content_hash, to_json
from engine.workflow.file import dump_text, load_text

def work():
    for text in json.loads(sys.argv[1]):
        try:
            workflow = load_text(text, "hostile")
        except SignalboxError:
            continue
        content_hash(load_text(dump_text(workflow)))
        to_json(workflow)
        problems(workflow, CATALOG)
        problems(workflow, CATALOG, Site(frozenset(), frozenset(), frozenset(), {}, lambda path: False))
        for node in workflow.nodes:
            try:
                parse(node.params).render({"input": {}, "steps": {}, "run": {"inputs": {}, "id": ""}})
            except SignalboxError:
                pass

work()  # whatever is imported late is imported now
seen = []
sys.addaudithook(lambda event, args: seen.append([event, repr(args)[:200]]))
work()
sys.audit("signalbox.probe")
print(json.dumps(seen))
"""
QUIET = {"object.__getattr__", "sys._getframe", "compile", "exec", "code.__new__", "marshal.loads", "builtins.id"}
HOSTILE = [
    "format: 1\nname: x\nnodes:\n  a: {type: command.run, params: {argv: [touch, /tmp/owned]}}\n",
    "format: 1\nname: x\nnodes:\n  a: {type: file.write, params: {path: ../../owned, content: x}}\n",
    "format: 1\nname: x\nnodes:\n  a: {type: http.request, params: {url: 'http://127.0.0.1:9/'}}\n",
    "format: 1\nname: x\nnodes:\n  a: {type: sql.query, params: {database: owned.sqlite, sql: 'ATTACH x AS y'}}\n",
    "format: 1\nname: x\nnodes:\n  a: {type: file.read, params: {path: /etc/passwd}}\n",
    "format: 1\nname: x\ninputs: {a: {$ref: 'http://127.0.0.1:9/schema', default: 1}}\n",
    "format: 1\nname: x\ninputs: {a: {$ref: 'file:///etc/passwd', default: 1}}\n",
    "format: 1\nname: x\nnodes:\n  a: {type: form, params: {headline: h, form: {$ref: 'http://127.0.0.1:9/'}}}\n",
    "a: !!python/object/apply:os.system [touch /tmp/owned]\n",
    "a: !include /etc/passwd\n",
    "format: 1\nname: x\nnodes:\n  a: {type: data.set, params: {values: {a: \"{{ __import__('os').system('x') }}\"}}}\n",
    "format: 1\nname: x\nnodes:\n  a: {type: data.set, params: {values: {a: \"{{ ''.__class__.__mro__ }}\", b: '{% x %}'}}}\n",
    "format: 1\nname: x\nnodes:\n  a: {type: ../../plugins/evil, params: {}}\n",
]


def test_reading_checking_and_rendering_start_nothing_and_open_nothing() -> None:
    root = Path(__file__).parents[2]
    child = subprocess.run(
        [sys.executable, "-B", "-c", WATCHED, json.dumps(HOSTILE)],
        capture_output=True,
        text=True,
        cwd=root,
        timeout=120,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    events = [event for event in json.loads(child.stdout) if event[0] not in QUIET]
    assert events == [["signalbox.probe", "()"]]
