"""The values that every side starts from (works/work.ts has the same)."""
import torch


def values(n, phase):
    """sin(0.7 i + phase)"""
    return torch.sin(torch.arange(n, dtype=torch.float64) * 0.7 + phase).float()


def filled(shape, phase):
    n = 1
    for size in shape:
        n *= size
    return values(n, phase).reshape(shape)


def indices(n, below):
    """7919 i modulo `below`"""
    return torch.arange(n, dtype=torch.int64) * 7919 % below


def fill(module):
    """Parameter i becomes sin(0.7 j + i) / sqrt(its last size)."""
    with torch.no_grad():
        for i, p in enumerate(module.parameters()):
            p.copy_(filled(p.shape, i) * (p.shape[-1] ** -0.5))
    return module
