"""PyTorch's side of the benches: a process that runs one piece of work at a time when asked.

Reads a JSON line {"work": name, "args": [...], "seconds": s} and answers {"time": seconds for one run}
or, for {"work": name, "args": [...], "check": inputs}, {"value": [...]}: results to compare with ours.
"""
import json
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)


def values(n, phase):
    return torch.sin(torch.arange(n, dtype=torch.float64) * 0.7 + phase).float()


def fill(module):
    with torch.no_grad():
        for i, p in enumerate(module.parameters()):
            p.copy_(values(p.numel(), i).reshape(p.shape) * (p.shape[-1] ** -0.5))


def layer(kind, I, H, L):
    module = getattr(torch.nn, kind)(I, H, L, batch_first=True)
    fill(module)
    return module


def train(kind, B, T, I, H, L):
    module = layer(kind, I, H, L)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)
    x = values(B * T * I, 0).reshape(B, T, I)
    target = values(B * T * H, 1).reshape(B, T, H)

    def step():
        optimizer.zero_grad()
        out, _ = module(x)
        loss = torch.nn.functional.mse_loss(out, target)
        loss.backward()
        optimizer.step()
        return loss

    return step


def infer(kind, B, T, I, H, L):
    module = layer(kind, I, H, L)
    x = values(B * T * I, 0).reshape(B, T, I)

    def run():
        with torch.no_grad():
            return module(x)[0]

    return run


def matmul(M, K, N):
    a, b = values(M * K, 0).reshape(M, K), values(K * N, 1).reshape(K, N)
    return lambda: torch.mm(a, b)


def add(n):
    a, b = values(n, 0), values(n, 1)

    def run():
        for _ in range(100):
            a + b
        return a + b

    def guarded():
        with torch.no_grad():
            return run()

    return guarded


WORKS = {"train": train, "infer": infer, "matmul": matmul, "add": add}


def measure(run, seconds):
    run()
    count, total = 0, 0.0
    while total < seconds:
        start = time.perf_counter()
        run()
        total += time.perf_counter() - start
        count += 1
    return total / count


made = {}
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    key = json.dumps([request["work"], request["args"]])
    if key not in made:
        made[key] = WORKS[request["work"]](*request["args"])
    if request.get("check"):
        # A fresh one, so that training has not moved the weights.
        result = WORKS[request["work"]](*request["args"])()
        answer = {"value": result.detach().double().flatten().tolist()[:4096]}
    else:
        answer = {"time": measure(made[key], request["seconds"])}
    print(json.dumps(answer), flush=True)
