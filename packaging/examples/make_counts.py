"""Makes resources/examples/shift_counts.db: what the lines counted in each shift of the example week. Seeded."""

import random
import sqlite3
from pathlib import Path

OUT = Path(__file__).resolve().parents[2] / "resources" / "examples" / "shift_counts.db"
LINES = {"line 1": ("pump housing", 420), "line 2": ("drive shaft", 960), "line 3": ("cover plate", 1500)}
TOLD = {("2026-03-03", "late", "line 1"): (420, 377, 6, 25)}  # the example notes speak of it


def rows() -> list[tuple[str, str, str, str, int, int, int, int]]:
    """One row for each day, shift and line."""
    chance, found = random.Random(3), []
    for day in range(2, 7):
        for shift in ("early", "late"):
            for line, (product, planned) in LINES.items():
                stopped = chance.choice((0, 0, 4, 7, 12, 18, 35))
                made = round(planned * (1 - stopped / 480) * chance.uniform(0.96, 1.01))
                counted = (planned, made, round(made * chance.uniform(0.004, 0.021)), stopped)
                date = f"2026-03-0{day}"
                found.append((date, shift, line, product, *TOLD.get((date, shift, line), counted)))
    return found


if __name__ == "__main__":
    OUT.unlink(missing_ok=True)
    with sqlite3.connect(OUT) as base:
        base.execute("PRAGMA page_size = 1024")
        base.execute(
            "CREATE TABLE counts (day TEXT, shift TEXT, line TEXT, product TEXT, planned INTEGER, made INTEGER,"
            " scrap INTEGER, stopped_min INTEGER)"
        )
        base.executemany("INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows())
    base.close()
    print(OUT.stat().st_size, "bytes")
