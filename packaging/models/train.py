"""Trains the small model on dialogues made on the fly, by the clock, with a checkpoint every few minutes."""
import argparse
import importlib
import random
import time
from dataclasses import asdict
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from model import Shape, SmallModel
from tokenizer import TASKS, render
from tokenizers import Tokenizer

CONTEXT_WEIGHT = 0.05  # loss weight of what others say; the assistant's own tokens weigh 1


def encode(tok: Tokenizer, messages: list) -> tuple[list, list]:
    """Token ids and the loss weight of each."""
    ids, weights, speaking = tok.encode(render(messages)).ids, [], False
    start, end = tok.token_to_id("<|ast|>"), tok.token_to_id("<|end|>")
    for i in ids:
        weights.append(1.0 if speaking else CONTEXT_WEIGHT)
        speaking = True if i == start else False if i == end else speaking
    return ids, weights


def batches(task, tok: Tokenizer, r: random.Random, size: int):
    """Endless batches of fresh dialogues of similar length."""
    while True:
        pool = sorted((encode(tok, task.any_dialogue(r).messages) for _ in range(size * 16)), key=lambda d: len(d[0]))
        order = list(range(16))
        r.shuffle(order)
        for k in order:
            part = pool[k * size : (k + 1) * size]
            longest = (max(len(ids) for ids, _ in part) + 7) // 8 * 8
            ids, weights = torch.zeros(size, longest + 1, dtype=torch.long), torch.zeros(size, longest + 1)
            for i, (x, y) in enumerate(part):
                ids[i, : len(x)], weights[i, : len(y)] = torch.tensor(x), torch.tensor(y)
            yield ids, weights


def optimizers(net: SmallModel, kind: str, rate: float) -> list:
    """Muon on the hidden matrices with AdamW on the rest, or AdamW on all."""
    hidden = [p for n, p in net.named_parameters() if p.dim() == 2 and "embed" not in n]
    rest = [p for n, p in net.named_parameters() if p.dim() < 2 or "embed" in n]
    if kind == "muon":
        return [
            torch.optim.Muon(hidden, lr=rate, weight_decay=0.05, momentum=0.95, nesterov=True, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0, fused=True),
        ]
    groups = [{"params": hidden, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0}]
    return [torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)]


def shared(net: SmallModel, passed: float, workers: int) -> float:
    """Average the gradients, and the clock by which all workers set their rate and stop, over the workers."""
    if workers == 1:
        return passed
    grads = [p.grad for p in net.parameters()]
    flat = torch.cat([g.flatten() for g in grads] + [torch.tensor([passed])])
    dist.all_reduce(flat)
    flat /= workers
    for g, part in zip(grads, flat[:-1].split([g.numel() for g in grads]), strict=True):
        g.copy_(part.view_as(g))
    return flat[-1].item()


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--task", choices=TASKS, default="alarms")
    ap.add_argument("--tokenizer", default="tokenizer.json")
    ap.add_argument("--out", type=Path, default=Path("small.pt"))
    ap.add_argument("--start", type=Path, help="go on from this checkpoint")
    ap.add_argument("--minutes", type=float, default=50)
    ap.add_argument("--rate", type=float, default=2e-3)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--optimizer", choices=("muon", "adamw"), default="muon")
    ap.add_argument("--flat", type=float, default=0.35, help="share of the time at the full rate")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--workers", type=int, default=1, help="processes that train one model together, each with its own batch")
    ap.add_argument("--worker", type=int, default=0)
    ap.add_argument("--meet", type=Path, help="a file by which the workers find each other")
    for size in ("width", "layers", "heads", "hidden"):
        ap.add_argument(f"--{size}", type=int, default=getattr(Shape, size))
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    task = importlib.import_module(TASKS[args.task])
    tok = Tokenizer.from_file(args.tokenizer)
    net = SmallModel(Shape(tok.get_vocab_size(), args.width, args.layers, args.heads, args.hidden))
    if args.start:
        net.load_state_dict(torch.load(args.start)["weights"])
    print("parameters", sum(p.numel() for p in net.parameters()), flush=True)
    opts, feed = optimizers(net, args.optimizer, args.rate), batches(task, tok, random.Random(1000 + args.seed + 100 * args.worker), args.batch)
    if args.workers > 1:
        dist.init_process_group("gloo", init_method=f"file://{args.meet.resolve()}", rank=args.worker, world_size=args.workers)
    began, saved, step, tokens, smooth = time.monotonic(), 0.0, 0, 0, None
    passed = 0.0
    while passed < args.minutes * 60:
        done = passed / (args.minutes * 60)
        rate = args.rate * min(1, (step + 1) / 80) * (1 if done < args.flat else max(0.01, (1 - done) / (1 - args.flat)))
        for group in (g for o in opts for g in o.param_groups):
            group["lr"] = rate
        ids, weights = next(feed)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net(ids[:, :-1])
        losses = F.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten(), reduction="none").view(len(ids), -1)
        w = weights[:, 1:]
        net.zero_grad(set_to_none=True)
        ((losses * w).sum() / w.sum()).backward()
        passed = shared(net, time.monotonic() - began, args.workers)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for o in opts:
            o.step()
        spoken = losses.detach()[w == 1].mean().item()
        smooth = spoken if smooth is None else 0.95 * smooth + 0.05 * spoken
        step, tokens = step + 1, tokens + ids.numel()
        if args.worker:
            continue
        if step % 25 == 0:
            print(f"step {step} s {passed:.0f} tokens {tokens} rate {rate:.2e} loss {smooth:.4f}", flush=True)
        if passed - saved > 150:
            save(net, args.out)
            saved = passed
    if args.worker:
        return
    save(net, args.out)
    print("end", step, tokens, f"loss {smooth:.4f}", flush=True)


def save(net: SmallModel, path: Path) -> None:
    """Write a checkpoint in one move, so that a reader never sees half of it."""
    torch.save({"shape": asdict(net.shape), "weights": net.state_dict()}, f"{path}.part")
    Path(f"{path}.part").replace(path)


if __name__ == "__main__":
    main()
