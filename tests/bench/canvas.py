"""The drawing beside NodeGraphQt as it comes, and the program's start beside a bare window: `make bench-designer`.

Every figure is taken in a process of its own, the two sides one right after the other. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

COUNTS = (200, 1000, 5000)
LIVE_NODES, COLD_ROUNDS, FRAMES = 1000, 5, 40
AIMS = {
    "open_1000": ("opening 1,000 nodes, beside stock", 0.15),
    "open_5000": ("opening 5,000 nodes, beside stock", 0.05),
    "linear": ("5,000 nodes beside five times 1,000", 1.5),
    "memory_1000": ("memory of 1,000 nodes, beside stock", 0.3),
    "memory_5000": ("memory of 5,000 nodes, beside stock", 0.3),
    "pan_p95_ms": ("the slowest pan, p95, ms", 16.0),
    "zoom_p95_ms": ("zoom at scale factor 2, p95, ms", 33.0),
    "live_share": ("50 events a second: share of the UI thread", 0.3),
    "cold": ("window stands and is painted, beside a bare one", 5.0),
}
"""What is aimed at: at most so much."""


def child(module: str, *arguments: str, **environment: str) -> dict[str, Any]:
    """One figure from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError(f"{module} {arguments}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def measure(
    counts: Sequence[int] = COUNTS, say: Callable[[str], object] = print, live_seconds: float = 8.0,
    cold_rounds: int = COLD_ROUNDS, live_nodes: int = LIVE_NODES, frames: int = FRAMES,
) -> dict[str, Any]:  # fmt: skip
    """All figures: by number of nodes, zoom at scale factor 2, a run on the drawing, the start."""
    found: dict[str, Any] = {"canvas": {}, "zoom": {}, "cold": {}}
    sides = "tests.bench.canvas_sides"
    for count in counts:
        say(f"{count} nodes")
        nodes = ("--nodes", str(count), "--frames", str(frames))
        pair = {side: child(sides, side, *nodes) for side in ("ours", "stock")}
        found["canvas"][str(count)] = pair
        found["zoom"][str(count)] = child(sides, "zoom", *nodes, QT_SCALE_FACTOR="2")
    say("a run on the drawing")
    found["live"] = child(sides, "live", "--nodes", str(live_nodes), "--seconds", str(live_seconds))
    say("the start of the program")
    rounds = [(child("tests.bench.canvas_cold", "bare"), child("tests.bench.canvas_cold")) for _ in range(cold_rounds)]
    bare, ours = min(rounds, key=lambda pair: pair[1]["wall_s"])

    def times(lap: str) -> float:
        return round(statistics.median(ours[lap] / bare["cpu_s"] for bare, ours in rounds), 2)

    found["cold"] = {"bare": bare, "ours": ours, "stands": times("stands_cpu_s"), "loaded": times("cpu_s")}
    found["ratios"] = ratios(found)
    return found


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """What the aims speak of; figures of numbers of nodes that were not measured are left out."""
    canvas, made = found["canvas"], {}
    for count, pair in canvas.items():
        made[f"open_{count}"] = pair["ours"]["open_ms"] / pair["stock"]["open_ms"]
        made[f"memory_{count}"] = pair["ours"]["memory_mb"] / max(0.1, pair["stock"]["memory_mb"])
    if {"1000", "5000"} <= canvas.keys():
        made["linear"] = canvas["5000"]["ours"]["open_ms"] / (5 * canvas["1000"]["ours"]["open_ms"])
    pans = [pair["ours"][f"pan_{percent}_ms"]["p95"] for pair in canvas.values() for percent in (100, 50, 30)]
    made["pan_p95_ms"] = max(pans)
    made["zoom_p95_ms"] = max(one["zoom_sweep_ms"]["p95"] for one in found["zoom"].values())
    made["live_share"] = found["live"]["busy_share"]
    made["cold"] = found["cold"]["stands"]
    return {name: round(value, 3) for name, value in made.items()}


def table(found: dict[str, Any]) -> str:
    """The figures for people."""
    rows = [f"{'':34}" + "".join(f"{count + ' nodes':>26}" for count in found["canvas"])]
    rows.append(f"{'':34}" + f"{'ours':>10}{'stock':>9}{'ratio':>7}" * len(found["canvas"]))

    def row(name: str, of: Callable[[dict[str, Any]], float]) -> None:
        cells = ""
        for pair in found["canvas"].values():
            ours, stock = of(pair["ours"]), of(pair["stock"])
            cells += f"{ours:>10.1f}{stock:>9.1f}{ours / stock if stock else 0:>7.2f}"
        rows.append(f"{name:34}{cells}")

    row("open and first paint, ms", lambda side: side["open_ms"])
    row("memory added, MB", lambda side: side["memory_mb"])
    for percent in (100, 50, 30):
        row(f"pan at {percent} %, p95 ms", lambda side, key=f"pan_{percent}_ms": side[key]["p95"])  # type: ignore[misc]
        row(f"full repaint at {percent} %, p50 ms", lambda side, key=f"repaint_{percent}_ms": side[key]["p50"])  # type: ignore[misc]
    row("one status, painted, p95 ms", lambda side: side["one_status_ms"]["p95"])
    zoom = "".join(f"{one['zoom_sweep_ms']['p95']:>10.1f}{'':16}" for one in found["zoom"].values())
    rows.append(f"{'zoom 30-120 % at factor 2, p95 ms':34}{zoom}")
    live, cold = found["live"], found["cold"]
    rows.append(
        f"\n{live['events_a_second']} events a second of a run: {live['busy_share']:.0%} of the UI thread,"
        f" a beat of 10 ms comes after {live['beat_gap_ms']['p95']:.0f} ms at p95"
    )
    ours = cold["ours"]
    rows.append(
        f"start, in processor time: the window stands after {ours['stands_cpu_s']:.2f} s ({cold['stands']:.1f} times a"
        f" bare window, {cold['bare']['cpu_s']:.2f} s), all is loaded after {ours['cpu_s']:.2f} s ({cold['loaded']:.1f}"
        f" times); the longest standstill meanwhile is {ours['longest_standstill_s']:.2f} s; {ours['modules']} modules"
    )
    rows.append(f"of them large: {', '.join(ours['heavy'])}\n")
    for name, (words, most) in AIMS.items():
        if name in found["ratios"]:
            value = found["ratios"][name]
            rows.append(f"{'ok' if value <= most else 'MISSED':7}{words:48}{value:>8.2f}   aim {most:g}")
    return "\n".join(rows)


def main() -> None:
    """Measure, and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--nodes", type=int, nargs="+", default=list(COUNTS))
    asked.add_argument("--json", action="store_true", help="all figures as JSON")
    options = asked.parse_args()
    found = measure(options.nodes, say=lambda text: print(f"… {text}", file=sys.stderr))
    print(json.dumps(found) if options.json else table(found))


if __name__ == "__main__":
    main()
