"""Makes the cold store's examples: two hours of temperature, one with an excursion, the door log, the calendar. Seeded."""

import math
import random
import sqlite3
from pathlib import Path

OUT = Path(__file__).resolve().parents[2] / "resources" / "examples"
DOORS = (
    ("north", "2026-03-03T08:12", "2026-03-03T08:15"),
    ("north", "2026-03-03T13:08", "2026-03-03T13:10"),
    ("south", "2026-03-03T13:36", "2026-03-03T14:03"),  # it stood open: this is the excursion
)
CALENDAR = (
    ("2026-03-03T06:00", "2026-03-03T06:40", "defrosting"),
    ("2026-03-03T13:30", "2026-03-03T14:00", "delivery at the south door"),
    ("2026-03-04T09:00", "2026-03-04T11:00", "service of the compressor"),
)


def window(opened: int, closed: int) -> list[tuple[str, float]]:
    """One temperature a minute from 13:00: it rises while the door stands open, and falls afterwards."""
    chance, celsius, found = random.Random(11), 4.5, []
    for minute in range(120):
        to, speed = (16.0, 0.045) if opened <= minute < closed else (4.5, 0.05)
        celsius += (to - celsius) * speed
        shown = celsius + chance.uniform(-0.15, 0.15) + 0.2 * math.sin(minute / 7)
        found.append((f"2026-03-03T{13 + minute // 60}:{minute % 60:02}", round(shown, 1)))
    return found


if __name__ == "__main__":
    for name, times in {"cold_store_excursion": (36, 63), "cold_store_calm": (8, 10)}.items():
        lines = ["time,celsius", *(f"{time},{celsius}" for time, celsius in window(*times))]
        (OUT / f"{name}.csv").write_bytes(("\n".join(lines) + "\n").encode())
    lines = ["from,to,what", *(",".join(one) for one in CALENDAR)]
    (OUT / "cold_store_calendar.csv").write_bytes(("\n".join(lines) + "\n").encode())
    base_file = OUT / "cold_store_doors.db"
    base_file.unlink(missing_ok=True)
    with sqlite3.connect(base_file) as base:
        base.execute("PRAGMA page_size = 1024")
        base.execute("CREATE TABLE doors (door TEXT, opened TEXT, closed TEXT)")
        base.executemany("INSERT INTO doors VALUES (?, ?, ?)", DOORS)
    base.close()
