"""Makes docs/pictures/run.svg: the demo runs for real, and its terminal becomes a picture that moves.

    .venv/bin/python packaging/pictures/run_picture.py [--out docs/pictures/run.svg]

Every frame is what the live table showed; frames that were there for less than a moment are left out, long ones are
shortened. A viewer that cannot play it shows the question of the gate.
"""

import argparse
import asyncio
import io
import os
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from rich.color import Color
from rich.console import Console, Group, RenderableType
from rich.segment import Segment
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from engine.cli import demo, question
from engine.cli.attend import Attendant
from engine.cli.picture import picture, plan_of
from engine.cli.reading import workflow_of
from engine.cli.session import Session
from engine.cli.summary import said
from engine.ids import run_id
from engine.observe.family import Family
from engine.observe.records import QuestionTrace

COLUMNS, ROWS = 88, 26
CHAR, LINE, PAD, HEAD = 8.4, 18, 14, 30
MOMENT_S, LONGEST_S, GATE_S, END_S = 0.12, 1.6, 6.0, 5.0
THEME = TerminalTheme(
    (16, 20, 28), (212, 218, 228),
    [(40, 44, 52), (238, 108, 108), (126, 200, 120), (232, 190, 92), (110, 160, 240), (200, 140, 230), (92, 200, 214), (212, 218, 228)],
)  # fmt: skip
GROUND, DIM = "#10141c", "#7d8799"


@dataclass
class Frame:
    """What the terminal showed, and for how long."""

    lines: list[list[Segment]]
    began: float
    seconds: float = 0.0


@dataclass
class Recorder:
    """A screen that keeps what a terminal of this size would show. See `engine.cli.screens.Screen`."""

    family: Family
    plan: Any
    frames: list[Frame] = field(default_factory=list)
    gate: Frame | None = None

    def update(self, new: Sequence[Any], notice: str) -> None:
        """Keep the table, if it looks different."""
        now = time.time()
        table = picture(self.family, self.plan, now=now, width=COLUMNS, height=ROWS, notice=notice)
        self._keep(_drawn(table), now)

    def say(self, text: str) -> None:
        """Part of the last frame only."""

    def rest(self) -> None:
        """Nothing to put away."""

    def ask(self, asked: QuestionTrace) -> question.Answer:
        """The person of the picture: the question is shown, and approved."""
        out = Console(file=io.StringIO(), width=COLUMNS, force_terminal=True, color_system="standard", record=True)
        question.show(asked, out)
        prompt = Text("Your answer, 1 to 3 (Ctrl-D leaves it waiting): 1")
        shown = [line for line in _ansi(out) if any(segment.text.strip() for segment in line)]
        self._keep([*shown, *_drawn(prompt)], time.time())
        self.gate = self.frames[-1]
        return question.Answer("approve")

    def last(self) -> None:
        """The finished run with what is said below it."""
        run = self.family.main
        table = picture(self.family, self.plan, now=run.ended or 0.0, width=COLUMNS, height=ROWS)
        self._keep(_drawn(Group(table, *(Text(line) for line in said(self.family)))), time.time())

    def _keep(self, lines: list[list[Segment]], now: float) -> None:
        if self.frames and self.frames[-1].lines == lines:
            return
        if self.frames:
            self.frames[-1].seconds = now - self.frames[-1].began
        self.frames.append(Frame(lines, now))


def _console() -> Console:
    return Console(file=io.StringIO(), width=COLUMNS, force_terminal=True, color_system="standard", highlight=False)


def _drawn(what: RenderableType) -> list[list[Segment]]:
    out = _console()
    return out.render_lines(what, out.options, pad=False)


def _ansi(out: Console) -> list[list[Segment]]:
    return _drawn(Text.from_ansi(out.export_text(styles=True)))


async def _record(folder: Path) -> tuple[list[Frame], Frame]:
    """The demo's run, stayed with as `signalboxctl demo` does."""
    settings = demo._settings(folder)
    with demo._server(folder, same_port=False) as server:
        async with Session(folder, settings) as session:
            run = await demo._begin(session, run_id(time.time(), os.urandom(8)), "ann", demo.ALARM, server)
            family = Family(session.store, run)
            row = session.store.journal.run(run)
            recorder = Recorder(family, plan_of(workflow_of(session.store.library, row.workflow) if row else None))
            attendant = Attendant(
                session, family, recorder, answers={}, actor="ann", keyboard=None, stand_in=recorder.ask
            )  # fmt: skip
            await attendant.stay()
            recorder.last()
    assert recorder.gate is not None
    return recorder.frames, recorder.gate


def _timed(frames: list[Frame], gate: Frame) -> list[Frame]:
    """The frames that are worth seeing, each for as long as a reader needs; those that differ in clocks only are one."""
    last, kept = frames[-1], []
    for frame in frames:
        if kept and _words(frame) == _words(kept[-1]):
            frame.seconds += kept.pop().seconds
        kept.append(frame)
    kept = [frame for frame in kept if frame in (gate, last) or frame.seconds >= MOMENT_S]
    for frame in kept:
        frame.seconds = GATE_S if frame is gate else END_S if frame is last else min(LONGEST_S, max(0.9, frame.seconds))
    return kept


def _words(frame: Frame) -> str:
    """The text without running clocks; a countdown stays."""
    text = "\n".join("".join(segment.text for segment in line) for line in frame.lines)
    return re.sub(r"(?<!again in )\b[\d.]+ (?:s|min)\b", "", re.sub(r" +", " ", text))


def _svg(frames: list[Frame], gate: Frame) -> str:
    height = max(len(frame.lines) for frame in frames)
    width_px, height_px = COLUMNS * CHAR + 2 * PAD, height * LINE + HEAD + PAD
    total = sum(frame.seconds for frame in frames)
    styles, groups, at = [], [], 0.0
    for number, frame in enumerate(frames):
        begin, end = at / total * 100, (at + frame.seconds) / total * 100
        at += frame.seconds
        before = "" if number == 0 else f"0%,{begin - 0.001:.3f}%{{opacity:0}}"
        after = "" if number == len(frames) - 1 else f"{end:.3f}%,100%{{opacity:0}}"
        styles.append(
            f"@keyframes k{number}{{{before}{begin:.3f}%,{end - 0.001:.3f}%{{opacity:1}}{after}}}"
            f"#f{number}{{animation:k{number} {total:.1f}s step-end infinite}}"
        )
        groups.append(f'<g id="f{number}" opacity="{int(frame is gate)}">\n{_lines(frame)}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_px:.0f} {height_px:.0f}" width="{width_px:.0f}">\n'
        "<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        f"fill:#d4dae4}}{''.join(styles)}@media(prefers-reduced-motion:reduce){{g{{animation:none!important}}}}</style>\n"
        f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>\n'
        + "".join(
            f'<circle cx="{PAD + 6 + 18 * i}" cy="16" r="5" fill="{fill}"/>'
            for i, fill in enumerate(("#ee6c6c", "#e8be5c", "#7ec878"))
        )
        + f'<text x="{PAD + 64}" y="20" style="fill:{DIM}">$ make demo</text>\n'
        + "\n".join(groups)
        + "\n</svg>\n"
    )


def _lines(frame: Frame) -> str:
    out = []
    for row, line in enumerate(frame.lines):
        column, parts = 0, []
        for segment in line:
            # the place and length of every word group is said: columns stay in line in whatever font the reader has
            for group in re.finditer(r"\S+(?: \S+)*", segment.text):
                x, length = PAD + (column + group.start()) * CHAR, len(group[0]) * CHAR
                parts.append(
                    f'<tspan x="{x:.1f}" textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs"{_look(segment)}>'
                    f"{escape(group[0], quote=False)}</tspan>"
                )
            column += len(segment.text)
        if parts:
            out.append(f'<text y="{HEAD + (row + 1) * LINE - 5}">{"".join(parts)}</text>\n')
    return "".join(out)


def _look(segment: Segment) -> str:
    style = segment.style
    if style is None:
        return ""
    look = ' font-weight="bold"' if style.bold else ""
    colour = style.color
    if style.dim:
        return look + f' fill="{DIM}"'
    if isinstance(colour, Color) and not colour.is_default:
        return look + f' fill="{colour.get_truecolor(THEME).hex}"'
    return look


def main() -> None:
    """Run, record, write."""
    here = Path(__file__).resolve().parents[2]
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=Path, default=here / "docs" / "pictures" / "run.svg")
    out = arguments.parse_args().out
    with tempfile.TemporaryDirectory(prefix="signalbox-picture-") as folder:
        frames, gate = asyncio.run(_record(Path(folder)))
    frames = _timed(frames, gate)
    text = _svg(frames, gate)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    print(f"{out}: {len(frames)} frames, {sum(frame.seconds for frame in frames):.0f} s, {len(text) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
