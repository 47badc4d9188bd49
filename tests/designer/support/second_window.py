"""A second window on a data folder, as a process of its own: refuses the first question and waits for the run's end."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QCoreApplication, QTimer

from designer.engine_link import EngineLink


def main(data_dir: Path) -> None:
    app = QCoreApplication([])
    link = EngineLink(data_dir)
    seen: dict[str, object] = {}

    def asked(questions: list[object]) -> None:
        if questions and "question" not in seen:
            seen["question"] = questions[0].id  # type: ignore[attr-defined]
            link.answer(str(seen["question"]), "refuse", comment="No", name="eva")

    def listed(rows: list[object]) -> None:
        if rows and rows[0].end:  # type: ignore[attr-defined]
            seen.update(end=rows[0].end, pid=link.status.pid)  # type: ignore[attr-defined]
            QTimer.singleShot(0, app.quit)

    link.questions_changed.connect(asked)
    link.runs_changed.connect(listed)
    QTimer.singleShot(30_000, app.quit)
    link.start()
    app.exec()
    link.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
