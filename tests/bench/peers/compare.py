"""Runs the same chain on every engine in alternating slices, on one disk, and prints rates and ratios.

`compare.py PRODUCT_PYTHON PEERS_PYTHON [--rounds N] [--slice SECONDS] [--folder FOLDER] [--json]`
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from child import Child, Entry

ROOT = Path(__file__).resolve().parents[3]
OURS, AWAITED = "signalbox", "signalbox, each step awaited"
LANGGRAPH, DBOS = "LangGraph sync", "DBOS"
AIMS = {LANGGRAPH: 8.0, DBOS: 20.0}


ENTRIES = (
    Entry("bare commits", "on_disk.py", "wal", True),
    Entry(OURS, "on_signalbox.py", "ahead", True),
    Entry(AWAITED, "on_signalbox.py", "awaited", True),
    Entry(LANGGRAPH, "on_langgraph.py", "sync", False),
    Entry("LangGraph async", "on_langgraph.py", "async", False),
    Entry("LangGraph tasks", "on_langgraph.py", "tasks", False),
    Entry(DBOS, "on_dbos.py", "default", False),
    Entry("DBOS, file in WAL", "on_dbos.py", "wal", False),
)


def spread(values: list[float], digits: int) -> dict[str, Any]:
    """Median and quartiles of what was seen."""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {"median": round(statistics.median(values), digits), "quartiles": [round(low, digits), round(high, digits)]}


def load() -> list[float]:
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []


def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Everything that is printed. Ratios are taken within a round, so that a disk that drifts does not count."""
    load_before = load()
    children: list[Child] = []
    rates: dict[str, list[float]] = {entry.name: [] for entry in ENTRIES}
    cpu: dict[str, list[float]] = {entry.name: [] for entry in ENTRIES}
    try:
        for number, entry in enumerate(ENTRIES):
            python = arguments.product if entry.ours else arguments.peers
            children.append(Child(entry, python.absolute(), folder / str(number)))
        for child in children:
            child.facts = child.hear()
        for child in children:
            child.slice(0)  # first use: imports, compiled workflows, caches, the first pages of the file
        for number in range(arguments.rounds):
            turn = number % len(children)
            for child in children[turn:] + children[:turn]:
                rate, cpu_ms = child.slice(arguments.slice)
                rates[child.entry.name].append(rate)
                cpu[child.entry.name].append(cpu_ms)
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
    finally:
        for child in children:
            child.end()
    ratios = {
        ours: {
            name: spread([a / b for a, b in zip(rates[ours], rates[name], strict=True)], 2)
            for name in rates
            if name != ours
        }
        for ours in (OURS, AWAITED)
    }
    return {
        "steps_per_s": {name: spread(found, 1) for name, found in rates.items()},
        "cpu_ms_per_step": {name: round(statistics.median(found), 3) for name, found in cpu.items()},
        "ratios": ratios,
        "aims": {name: {"aim": aim, "met": ratios[OURS][name]["median"] >= aim} for name, aim in AIMS.items()},
        "settings": {child.entry.name: child.facts for child in children},
        "rounds": arguments.rounds,
        "slice_s": arguments.slice,
        "machine": {
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "load_before": load_before,
            "load_after": load(),
        },
    }


def table(found: dict[str, Any]) -> str:
    """The figures for people."""
    ratios, aims, machine = found["ratios"][OURS], found["aims"], found["machine"]
    lines = [
        f"{'100 steps of 400 bytes':28} {'steps/s':>8} {'(quartiles)':>13} {'CPU ms':>7}   signalbox is … times as fast"
    ]
    for name, rate in found["steps_per_s"].items():
        low, high = rate["quartiles"]
        line = f"{name:28} {rate['median']:8.0f} {f'({low:.0f}-{high:.0f})':>13} {found['cpu_ms_per_step'][name]:7.2f}"
        if name in ratios:
            low, high = ratios[name]["quartiles"]
            line += f"  {ratios[name]['median']:6.2f} ({low:.2f}-{high:.2f})"
        if name in aims:
            line += f"  aim {aims[name]['aim']:g}: {'met' if aims[name]['met'] else 'NOT met'}"
        lines.append(line)
    lines.append("")
    for name, facts in found["settings"].items():
        version = f"{facts['version']}; " if "version" in facts else ""
        says = f"journal_mode={facts['journal_mode']}, synchronous={facts['synchronous']}"
        lines += [f"{name}: {version}{says};", f"    {facts['commits']}"]
    lines += [
        "",
        f"{found['rounds']} rounds of alternating slices of {found['slice_s']:g} s or more; medians; ratios per round",
        f"Python {machine['python']}, SQLite {machine['sqlite']}, {machine['cores']} cores,"
        f" load {machine['load_before']} before and {machine['load_after']} after",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="peers.sh", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("product", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("peers", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--slice", type=float, default=1.0, help="seconds that a slice lasts at least")
    parser.add_argument("--folder", type=Path, default=ROOT / ".cache", help="on the disk to be measured")
    parser.add_argument("--json", action="store_true", help="no table")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-peers-", dir=arguments.folder) as folder:
        found = measure(arguments, Path(folder))
    if not arguments.json:
        print(table(found) + "\n")
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
