"""Measures a GGUF file through llama.cpp: closed loop, per rule, per split, several seeds, with and without grammar."""
import argparse
import csv
import json
import random
import time
from collections import defaultdict
from pathlib import Path

import contract
import dialogue
from agent_loop import Agent

FIELDS = ("cause", "severity", "action", "part")
EXAMPLES = contract.MODELS.parent / "examples"


def interval(right: int, n: int) -> str:
    """Share with Wilson's 95 % interval."""
    if not n:
        return "-"
    p, z = right / n, 1.96
    middle, half = (p + z * z / 2 / n) / (1 + z * z / n), z * ((p * (1 - p) + z * z / 4 / n) / n) ** 0.5 / (1 + z * z / n)
    return f"{p:.3f} ({max(0, middle - half):.3f}-{min(1, middle + half):.3f}, n={n})"


def measure(agent: Agent, seeds: list, n: int, splits: list, constrained: bool) -> list:
    """One record for each test dialogue."""
    records = []
    for split in splits:
        for seed in seeds:
            r = random.Random(f"test {split} {seed}")
            for _ in range(n):
                d = dialogue.agent_dialogue(r, split)
                want = json.loads(d.messages[-1]["content"])["final"]
                got = agent.run(d.messages, d.tools, d.tool_results, constrained)
                final = got.final or {}
                records.append({
                    "split": split, "seed": seed, "tags": sorted(d.tags), "valid": got.valid, "confidence": got.confidence,
                    "calls": list(got.calls) == [m["content"] for m in d.messages[2:-1] if m["role"] == "assistant"],
                    **{f: final.get(f) == want[f] for f in FIELDS}, "summary": final.get("summary") == want["summary"],
                    "whole": all(final.get(f) == want[f] for f in FIELDS),
                    "case": None if all(final.get(f) == want[f] for f in FIELDS) else [d.messages[1]["content"], want, final],
                })
    return records


def table(records: list, key) -> None:
    """Print shares right, grouped by whatever `key` gives for a record."""
    groups = defaultdict(list)
    for record in records:
        for name in key(record):
            groups[name].append(record)
    for name in sorted(groups):
        part = groups[name]
        shares = "  ".join(f"{f} {sum(x[f] for x in part) / len(part):.3f}" for f in ("valid", "calls", "severity", "cause", "action", "part", "summary"))
        print(f"{name:28} whole {interval(sum(x['whole'] for x in part), len(part))}  {shares}")


def calibration(records: list, thresholds: list) -> None:
    """Print how often the answer is right above and below a confidence."""
    for t in thresholds:
        above, below = [x for x in records if x["confidence"] >= t], [x for x in records if x["confidence"] < t]
        print(f"confidence >= {t:.2f}: keeps {len(above) / len(records):.3f}, right {interval(sum(x['whole'] for x in above), len(above))}; "
              f"below: right {interval(sum(x['whole'] for x in below), len(below))}")


def self_test(agent: Agent) -> None:
    """Print whether llama.cpp tokenizes the stored strings as the training tokenizer did."""
    pairs = json.loads((contract.MODELS / "small.selftest.json").read_text(encoding="utf-8"))
    wrong = sum(agent.model.tokenize(p["text"].encode(), add_bos=False, special=True) != p["ids"] for p in pairs)
    print(f"{wrong} of {len(pairs)} strings tokenized differently")


def choose(agent: Agent, seeds: list, n: int) -> None:
    """Print the share of right labels for plain choice questions."""
    counts = defaultdict(list)
    for split in ("iid", "wording"):
        for seed in seeds:
            r = random.Random(f"choose {split} {seed}")
            for _ in range(n):
                d = dialogue.choose_dialogue(r, split)
                labels = d.messages[0]["content"].rsplit("labels: ", 1)[1].split(", ")
                schema = contract._object(choice={"enum": labels})
                text, _, _ = agent.turn(d.messages[:2], schema)
                counts[f"{split} {next(iter(d.tags))}"].append(text == d.messages[-1]["content"])
    for name in sorted(counts):
        print(f"{name:28} {interval(sum(counts[name]), len(counts[name]))}")


def example_conversations():
    """(window, messages, tool answers, right answer) of every alarm of interest in the example log."""
    history = json.loads((EXAMPLES / "service_history.json").read_text())
    manual = json.loads((EXAMPLES / "manual.json").read_text())
    expected = {e["window"]: e for e in json.loads((EXAMPLES / "expected_answers.json").read_text())}
    with (EXAMPLES / "machine_alarms.csv").open(encoding="utf-8", newline="") as f:
        alarms = [row for row in csv.DictReader(f) if row["class"] == "alarm"]
    for row in alarms:
        machine, code, e = row["machine"], row["code"], expected[row["window"]]
        answers = {
            contract.compact({"tool": "lookup_history", "args": {"machine": machine, "code": code}}):
                contract.canonical(history["answers"].get(f"{machine}/{code}", history["missing"])),
            contract.compact({"tool": "search_manual", "args": {"code": code}}):
                contract.canonical(manual["answers"].get(code, {**manual["missing"], "code": code})),
        }
        text = contract.INPUT_TEMPLATE.format(**row, anomaly=e["anomaly"])
        messages = [{"role": "system", "content": contract.system(contract.TOOLS)}, {"role": "user", "content": text}]
        yield row["window"], messages, answers, e["final"]


def examples(agent: Agent, threshold: float) -> None:
    """Print how the shipped example alarms are answered, with the shipped lookup answers."""
    right = sure = n = 0
    for window, messages, answers, want in example_conversations():
        got = agent.run(messages, contract.TOOLS, answers)
        n, right, sure = n + 1, right + (got.final == want), sure + (got.confidence >= threshold)
        if got.final != want or got.confidence < threshold:
            print(window, f"confidence {got.confidence:.2f}", "right" if got.final == want else f"wanted {want}\n     got {got.final}")
    print(f"example alarms: {right} of {n} right to the letter, {sure} sure")


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("gguf")
    ap.add_argument("--n", type=int, default=60, help="dialogues for each split and seed")
    ap.add_argument("--seeds", type=int, nargs="+", default=[11, 22, 33])
    ap.add_argument("--splits", nargs="+", default=list(dialogue.SPLITS))
    ap.add_argument("--threshold", type=float, default=0.9)
    ap.add_argument("--free", type=int, default=0, help="also this many dialogues for each split and seed without grammar")
    ap.add_argument("--records", type=Path, help="write every record here, for another look")
    args = ap.parse_args()
    agent = Agent(args.gguf)
    print("== tokenizer"), self_test(agent)
    began = time.monotonic()
    found = measure(agent, args.seeds, args.n, args.splits, True)
    print(f"{len(found)} conversations, {1000 * (time.monotonic() - began) / len(found):.0f} ms each with one thread")
    print("== by split"), table(found, lambda x: [x["split"]])
    print("== by seed"), table(found, lambda x: [f"seed {x['seed']}"])
    print("== by rule, all splits but noise"), table([x for x in found if x["split"] != "noise"], lambda x: x["tags"])
    print("== confidence"), calibration(found, [0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
    print("== choose"), choose(agent, args.seeds, max(10, args.n // 2))
    print("== examples"), examples(agent, args.threshold)
    if args.free:
        print("== without grammar"), table(measure(agent, args.seeds, args.free, args.splits, False), lambda x: [x["split"]])
    if args.records:
        args.records.write_text("\n".join(json.dumps(x) for x in found) + "\n", encoding="utf-8")
