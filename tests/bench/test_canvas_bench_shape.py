"""`make bench-designer` answers every figure. No test asserts a time."""

from __future__ import annotations

import json

from tests.bench import canvas


def test_every_figure_is_there() -> None:
    said: list[str] = []
    found = canvas.measure((100,), say=said.append, live_seconds=1.0, cold_rounds=1, live_nodes=100, frames=4)
    assert json.loads(json.dumps(found)) == found
    for side in ("ours", "stock"):
        one = found["canvas"]["100"][side]
        assert one["nodes"] == 100 and one["open_ms"] > 0
        for name in ("pan_100", "pan_50", "pan_30", "repaint_100", "repaint_50", "repaint_30", "one_status"):
            assert one[f"{name}_ms"]["p95"] >= one[f"{name}_ms"]["p50"] > 0, name
    zoom = found["zoom"]["100"]
    assert zoom["ratio"] == 2.0 and zoom["zoom_sweep_ms"]["p95"] > 0
    live = found["live"]
    assert live["events"] > 10 and {"done", "pending"} <= set(live["statuses"])
    cold = found["cold"]
    assert cold["loaded"] > cold["stands"] > 0 and cold["ours"]["modules"] > cold["bare"]["modules"]
    assert cold["bare"]["heavy"] == [] and "NodeGraphQt" in cold["ours"]["heavy"]
    assert {"open_100", "memory_100", "pan_p95_ms", "zoom_p95_ms", "live_share", "cold"} <= found["ratios"].keys()
    text = canvas.table(found)
    assert "one status" in text and "aim 16" in text and "start, in processor time" in text
    assert said
