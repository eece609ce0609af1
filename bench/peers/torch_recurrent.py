"""Recurrent layers: inference, whole training steps, one streaming step with carried state."""
import torch

from torch_values import fill, filled


def layer(kind, I, H, L):
    return fill(getattr(torch.nn, kind)(I, H, L, batch_first=True))


def train(kind, B, T, I, H, L):
    module = layer(kind, I, H, L)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)
    x = filled([B, T, I], 0)
    target = filled([B, T, H], 1)
    loss_of = torch.nn.MSELoss()

    def step():
        optimizer.zero_grad()
        loss = loss_of(module(x)[0], target)
        loss.backward()
        optimizer.step()
        return loss

    def result():
        loss = step()
        return [loss, *(p.grad for p in list(module.parameters())[:2])]

    return step, result


def infer(kind, B, T, I, H, L):
    module = layer(kind, I, H, L)
    x = filled([B, T, I], 0)

    def run():
        with torch.no_grad():
            return module(x)[0]

    return run


def stream(kind, I, H):
    module = layer(kind, I, H, 1)
    x = filled([1, 1, I], 0)
    state = None

    def step():
        nonlocal state
        with torch.no_grad():
            out, state = module(x, state)
        return out

    return step, lambda: [step(), step(), step()]


WORKS = {"train": train, "infer": infer, "stream": stream}
