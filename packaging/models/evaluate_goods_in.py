"""Measures reader.gguf through llama.cpp, under the grammar of each agent's schema: every field, every split, several seeds."""
import argparse
import json
import random
from collections import defaultdict

import goods_in as c
from agent_loop import Agent
from contract import _object, compact
from evaluate import interval

TEXT = {"type": "string", "pattern": "^[A-Za-z0-9 ,.:&/-]{1,80}$"}
WORD = {"type": "string", "pattern": "^[A-Za-z0-9-]{1,12}$"}
READ = _object(**{name: TEXT if name == "remark" else WORD for name in c.FIELDS})
BOOK = _object(decision={"enum": ["book"]}, reason=TEXT)
DESK = _object(hand_off={"const": "supplier"}, reason=TEXT, goal=TEXT, fields=_object(order=WORD, batch=WORD, fault=TEXT))
LETTER = _object(subject=TEXT, text={"type": "string", "pattern": "^[A-Za-z0-9 ,.:&/-]{1,160}$"})
SCHEMAS = {
    "read": _object(final=READ),
    "decide": {"oneOf": [_object(final=BOOK), DESK]},
    "write": _object(final=LETTER),
}
MAKERS = {"read": c.read_dialogue, "decide": c.decide_dialogue, "write": c.write_dialogue}


def measure(agent: Agent, task: str, split: str, seeds: list, n: int) -> list:
    """(whole answer right, its fields right, its confidence, the case when it is wrong) of each test dialogue."""
    found = []
    for seed in seeds:
        r = random.Random(f"test {task} {split} {seed}")
        for _ in range(n):
            d = MAKERS[task](r, split)
            text, sure, _ = agent.turn(d.messages[:2], SCHEMAS[task])
            want, got = json.loads(d.messages[-1]["content"]), json.loads(text)
            fields = {}
            if task == "read":
                fields = {name: got["final"][name] == want["final"][name] for name in c.FIELDS}
            elif task == "decide":
                fields = {"book or desk": ("final" in got) == ("final" in want)}
            right = compact(got) == compact(want)
            found.append((right, fields, sure, None if right else (d.messages[1]["content"], want, got)))
    return found


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("model")
    ap.add_argument("--n", type=int, default=80)
    ap.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    ap.add_argument("--show", type=int, default=3, help="wrong answers to print for each task")
    args = ap.parse_args()
    agent = Agent(args.model)
    read = []
    for task in MAKERS:
        for split in c.SPLITS:
            rows = measure(agent, task, split, args.seeds, args.n)
            fields = defaultdict(list)
            for _, named, _, _ in rows:
                for name, ok in named.items():
                    fields[name].append(ok)
            shares = "  ".join(f"{name} {sum(ok) / len(ok):.3f}" for name, ok in fields.items())
            print(f"{task:7}{split:8} whole {interval(sum(row[0] for row in rows), len(rows))}  {shares}", flush=True)
            for case in [row[3] for row in rows if row[3]][: args.show]:
                print("   ", *map(repr, case), sep="\n      ")
            read += rows if task == "read" else []
    for threshold in (0.5, 0.6, 0.7, 0.8, 0.9):
        above = [row for row in read if row[2] >= threshold]
        below = [row for row in read if row[2] < threshold]
        print(f"read, confidence >= {threshold}: keeps {len(above) / len(read):.3f}, right {interval(sum(r[0] for r in above), len(above))}; "
              f"below: right {interval(sum(r[0] for r in below), len(below))}")


if __name__ == "__main__":
    main()
