"""Layers beside the recurrent ones: convolution, batch normalization, attention, CTC, einsum."""
import torch
from torch.nn import functional as F

from torch_values import indices


def training(leaves, forward, compared=None):
    shape = forward().shape
    gradient = torch.randn(shape) if shape else None

    def step():
        for leaf in leaves:
            leaf.grad = None
        out = forward()
        out.backward(gradient)
        return out

    compared = leaves if compared is None else compared
    return step, lambda: [step(), *(leaf.grad for leaf in compared)]


def layer(kind, args, keywords, shape):
    torch.manual_seed(0)
    module = getattr(torch.nn, kind)(*args, **keywords)
    x = torch.randn(shape).requires_grad_()
    return training([x, *module.parameters()], lambda: module(x))


def attention(N, L, E, heads):
    torch.manual_seed(0)
    module = torch.nn.MultiheadAttention(E, heads, batch_first=True)
    x = torch.randn(N, L, E).requires_grad_()
    return training(
        [x, *module.parameters()], lambda: module(x, x, x, need_weights=False)[0]
    )


def ctc(T, N, C, S):
    torch.manual_seed(0)
    x = torch.randn(T, N, C).requires_grad_()
    target = (indices(N * S, C - 1) + 1).reshape(N, S)
    inputs, targets = [T] * N, [S] * N
    return training(
        [x], lambda: F.ctc_loss(F.log_softmax(x, 2), target, inputs, targets), []
    )


def einsum(equation, shapes):
    torch.manual_seed(0)
    leaves = [torch.randn(shape).requires_grad_() for shape in shapes]
    return training(leaves, lambda: torch.einsum(equation, *leaves))


WORKS = {"layer": layer, "attention": attention, "ctc": ctc, "einsum": einsum}
