"""Single operations (works of bench/operations/): an expression over operands that both sides make alike."""
import torch
from torch.nn import functional as F  # noqa: F401  the expressions use it

from torch_values import filled, indices

KINDS = {
    "x": lambda R, C, phase: filled([R, C], phase),
    "pos": lambda R, C, phase: 1 + filled([R, C], phase) / 2,
    "unit": lambda R, C, phase: 0.5 + 0.45 * filled([R, C], phase),
    "target": lambda R, C, phase: 0.5 + 0.45 * filled([R, C], phase),
    "row": lambda R, C, phase: filled([C], phase),
    "col": lambda R, C, phase: filled([R, 1], phase),
    "few": lambda R, C, phase: filled([16, C], phase),
    "t": lambda R, C, phase: filled([C, R], phase),
    "many": lambda R, C, phase: filled([2, R, C], phase),
    "manyT": lambda R, C, phase: filled([2, C, R], phase),
    "log": lambda R, C, phase: filled([R, C], phase).log_softmax(-1),
    "bool": lambda R, C, phase: (indices(R * C, 3) != 0).reshape(R, C),
    "class": lambda R, C, phase: indices(R, C),
    "rows": lambda R, C, phase: indices(R, R),
    "at": lambda R, C, phase: indices(R * C, R).reshape(R, C),
    "int": lambda R, C, phase: indices(R * C, 100).reshape(R, C),
    "side": lambda R, C, phase: (indices(R, 2) * 2 - 1).float(),
    "table": lambda R, C, phase: filled([C, 16], phase),
}


def listed(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


def operation(expression, kinds, size, backward, per_run):
    """`per_run` times the operation; with `backward` also the gradients of its float operands."""
    operands = [KINDS[kind](*size, phase) for phase, kind in enumerate(kinds)]
    names = ["a", "b", "c"][: len(operands)]
    call = eval(f"lambda {', '.join(names)}: {expression}", globals())
    if not backward:

        def many():
            with torch.no_grad():
                for _ in range(per_run):
                    call(*operands)

        def fresh():
            torch.manual_seed(0)
            with torch.no_grad():
                return listed(call(*operands))[:1]

        return many, fresh

    leaves = [x for x, kind in zip(operands, kinds) if x.is_floating_point() and kind not in ("side", "target")]
    for x in leaves:
        x.requires_grad_()
    with torch.no_grad():
        out = listed(call(*operands))[0]
        gradient = filled(out.shape, 5).to(out.dtype)

    def step():
        for x in leaves:
            x.grad = None
        listed(call(*operands))[0].backward(gradient)

    def many():
        for _ in range(per_run):
            step()

    def fresh():
        torch.manual_seed(0)
        step()
        return [x.grad for x in leaves]

    return many, fresh


WORKS = {"operation": operation}
