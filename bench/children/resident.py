"""python3 resident.py KIND B T I H L STEPS: a training loop; prints its peak resident memory in bytes."""
import re
import resource
import sys

import torch

torch.set_num_threads(1)
kind = sys.argv[1]
B, T, I, H, L, steps = map(int, sys.argv[2:])
layer = getattr(torch.nn, kind)(I, H, L, batch_first=True)
optimizer = torch.optim.Adam(layer.parameters(), lr=1e-3, fused=True)
loss_of = torch.nn.MSELoss()
x, target = torch.randn(B, T, I), torch.randn(B, T, H)
for _ in range(steps):
    optimizer.zero_grad()
    loss_of(layer(x)[0], target).backward()
    optimizer.step()

try:
    # VmHWM belongs to this program; getrusage's peak may be the parent's, from before exec.
    with open("/proc/self/status") as status:
        print(int(re.search(r"VmHWM:\s*(\d+)", status.read())[1]) * 1024)
except OSError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
