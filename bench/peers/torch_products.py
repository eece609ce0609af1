"""Matrix products and an addition, in PyTorch and (openblas_*) in NumPy."""
import torch

from torch_values import filled


def matmul(M, K, N):
    a, b = filled([M, K], 0), filled([K, N], 1)
    return lambda: torch.mm(a, b)


def row(K, N):
    x, w = filled([1, K], 0), filled([N, K], 1).t()
    return lambda: torch.mm(x, w)


def openblas_matmul(M, K, N):
    a, b = filled([M, K], 0).numpy(), filled([K, N], 1).numpy()
    return lambda: a @ b


def openblas_row(K, N):
    x, w = filled([1, K], 0).numpy(), filled([N, K], 1).numpy().T
    return lambda: x @ w


def add(n, per_run):
    a, b = filled([n], 0), filled([n], 1)

    def many():
        with torch.no_grad():
            for _ in range(per_run):
                a + b

    return many, lambda: a + b


WORKS = {
    "matmul": matmul,
    "row": row,
    "openblas_matmul": openblas_matmul,
    "openblas_row": openblas_row,
    "add": add,
}
