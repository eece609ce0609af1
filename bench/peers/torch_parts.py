"""What surrounds a recurrent layer: the loss, Embedding, dropout, LayerNorm, Adam."""
import torch
from torch.nn import functional as F

from torch_values import filled, indices


def cross_entropy(N, words):
    x = filled([N, words], 0).requires_grad_()
    target = indices(N, words)

    def step():
        x.grad = None
        loss = F.cross_entropy(x, target)
        loss.backward()
        return loss

    return step, lambda: [step(), x.grad]


def embedding(words, size, N):
    table = filled([words, size], 0).requires_grad_()
    index = indices(N, words)
    gradient = filled([N, size], 1)

    def step():
        table.grad = None
        out = F.embedding(index, table)
        out.backward(gradient)
        return out

    return step, lambda: [step(), table.grad]


def dropout(n):
    x = filled([n], 0).requires_grad_()
    gradient = filled([n], 1)

    def step():
        x.grad = None
        out = F.dropout(x, 0.5)
        out.backward(gradient)
        return out

    def result():
        torch.manual_seed(0)
        return [step(), x.grad]

    return step, result


def layer_norm(rows, size):
    norm = torch.nn.LayerNorm(size)
    x = filled([rows, size], 0).requires_grad_()
    gradient = filled([rows, size], 1)

    def step():
        x.grad = norm.weight.grad = norm.bias.grad = None
        out = norm(x)
        out.backward(gradient)
        return out

    return step, lambda: [step(), x.grad, norm.weight.grad, norm.bias.grad]


def adam(n):
    parameters = []
    for i in range(10):
        p = torch.nn.Parameter(filled([n // 10], i))
        p.grad = filled([n // 10], i + 1)
        parameters.append(p)
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)

    def result():
        for _ in range(3):
            optimizer.step()
        return parameters

    return optimizer.step, result


WORKS = {
    "cross_entropy": cross_entropy,
    "embedding": embedding,
    "dropout": dropout,
    "layer_norm": layer_norm,
    "adam": adam,
}
