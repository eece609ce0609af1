"""PyTorch's side of the benches: a process that runs one piece of work at a time when asked.

Says {"torch": version, "openblas": version or null}, then reads JSON lines
{"work": name, "args": [...], "threads": n} with "seconds": s, and answers {"time": seconds of one run, "faults":
page faults of one run}; or with "check": true, and answers {"value": [[...], ...]}: results of a fresh run, to
compare with ours. The works are functions in torch_*.py beside this file; each returns what runs it, or a pair:
what is timed, and what is compared.
"""
import gc
import importlib
import json
import resource
import sys
import time

import torch

torch.set_num_threads(1)
# Processor time or the time that passes, as in measure.ts.
CLOCK = time.process_time if sys.argv[1:] == ["cpu"] else time.perf_counter

THEMES = [
    "torch_products",
    "torch_recurrent",
    "torch_parts",
    "torch_layers",
    "torch_operations",
    "torch_packing",
    "torch_programs",
]
WORKS = {}
for theme in THEMES:
    WORKS.update(importlib.import_module(theme).WORKS)


def openblas():
    try:
        import numpy
    except ImportError:
        return None
    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return blas["version"] if "openblas" in blas["name"] else None


def make(request):
    made = WORKS[request["work"]](*request["args"])
    return made if isinstance(made, tuple) else (made, made)


def sample(result):
    """As `sample` of works/work.ts: 4096 elements at most, evenly spaced."""
    flat = torch.as_tensor(result).detach().double().flatten()
    count = min(len(flat), 4096)
    places = torch.arange(count, dtype=torch.int64) * len(flat) // max(count, 1)
    return flat[places].tolist()


def measure(run, seconds):
    """As `timeCalls` of measure.ts: a call to warm up, then 1, 2, 4, ... calls until the time has passed."""
    run()
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    calls, batch = 0, 1
    start = CLOCK()
    while True:
        for _ in range(batch):
            run()
        calls += batch
        passed = CLOCK() - start
        if passed * 1.5 >= seconds:
            faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
            return {"time": passed / calls, "faults": faults / calls}
        batch *= 2


def answer(request, at_hand):
    torch.set_num_threads(request.get("threads", 1))
    if request.get("check"):
        results = make(request)[1]()
        results = results if isinstance(results, (tuple, list)) else [results]
        return {"value": [sample(result) for result in results]}
    key = json.dumps([request["work"], request["args"]])
    if key not in at_hand:
        at_hand.clear()
        gc.collect()
        at_hand[key] = make(request)[0]
    return measure(at_hand[key], request["seconds"])


def main():
    at_hand = {}
    print(json.dumps({"torch": torch.__version__, "openblas": openblas()}), flush=True)
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), at_hand)
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


main()
