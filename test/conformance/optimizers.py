"""Samples of optimizers and schedulers: OptimizerInfo's inputs, and PyTorch's parameters after some steps."""

import torch
from torch.optim import lr_scheduler
from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db

from encoding import Untranslatable, Writer
from operations import REFUSALS

STEPS = 12
# Which loop computes the step is no option of Ostinato's.
IMPLEMENTATIONS = ("foreach", "fused", "capturable", "differentiable")
# These evaluate one loss several times a step: Σ p·g + ½ p² + ⅛ p⁴, with the gradients g of the first step.
NEED_CLOSURE = (torch.optim.LBFGS,)


def closure_of(optimizer, params, grads):
    def closure():
        optimizer.zero_grad()
        loss = sum((p * g + p * p / 2 + p * p * p * p / 8).sum() for p, g in zip(params, grads))
        loss.backward()
        return loss

    return closure


def options(writer, kwargs):
    for key in IMPLEMENTATIONS:
        if kwargs.get(key):
            raise Untranslatable(key)
    return [[key, writer.value(x)] for key, x in kwargs.items() if key not in IMPLEMENTATIONS]


def parameters(dtype):
    generator = torch.Generator().manual_seed(3)
    draw = lambda shape: torch.randn(shape, dtype=dtype, generator=generator)  # noqa: E731
    shapes = [(10, 5), (10,), (), (0, 3)]
    return [draw(s) for s in shapes], [[draw(s) * 10 ** (i % 3 - 1) for s in shapes] for i in range(STEPS)]


def trace(build):
    """The schedulers that `build` makes, with the class and arguments of each."""
    made = []
    originals = {}
    for name in dir(lr_scheduler):
        cls = getattr(lr_scheduler, name)
        if isinstance(cls, type) and issubclass(cls, lr_scheduler.LRScheduler) and "__init__" in vars(cls):
            originals[cls] = cls.__init__

            def init(self, *args, _cls=cls, **kwargs):
                if type(self) is _cls:
                    made.append([_cls.__name__, list(args[1:]), kwargs])
                return originals[_cls](self, *args, **kwargs)

            cls.__init__ = init
    try:
        return build(), made
    finally:
        for cls, init in originals.items():
            cls.__init__ = init


def run(writer, cls, kwargs, dtype, builders=()):
    """A run of STEPS steps: parameters at first, gradients of each step, parameters and learning rates after each."""
    writer.begin()
    first, grads = parameters(dtype)
    record = {"options": options(writer, kwargs), "first": writer.value(first), "steps": writer.value(grads)}
    params = [p.clone().requires_grad_() for p in first]
    optimizer = cls(params, **kwargs)
    schedulers, made = trace(lambda: [build(optimizer) for build in builders])
    if any(not isinstance(x, (int, float, bool, str)) for _, args, kw in made for x in [*args, *kw.values()]):
        raise Untranslatable("a scheduler of functions or schedulers")
    record["schedulers"] = [[name, args, list(map(list, kw.items()))] for name, args, kw in made]
    after, rates = [], []
    record["closure"] = cls in NEED_CLOSURE
    for i, step in enumerate(grads):
        if record["closure"]:
            optimizer.step(closure_of(optimizer, params, grads[0]))
        else:
            for p, g in zip(params, step):
                p.grad = g.clone()
            optimizer.step()
        for scheduler in schedulers:
            scheduler.step(1.0 + i) if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau) else scheduler.step()
        after.append([p.detach().clone() for p in params])
        rates.append(float(optimizer.param_groups[0]["lr"]))
    record.update(after=writer.value(after), rates=rates)
    return record


def refused(writer, cls, error):
    """A construction, or a first step, that PyTorch refuses."""
    writer.begin()
    given = error.optimizer_error_input
    record = {"options": options(writer, given.kwargs), "error": str(error.error_regex)[:160]}
    params = given.params
    if params is None:
        params = [torch.ones(3)]
    record["params"] = groups(writer, params)
    record["on"] = "step" if error.error_on == OptimizerErrorEnum.STEP_ERROR else "construction"
    try:
        optimizer = cls(params, **given.kwargs)
        if record["on"] == "step":
            optimizer.step()
    except REFUSALS:
        return record
    raise Untranslatable("PyTorch accepts it")


def groups(writer, params):
    if isinstance(params, dict):
        return {"group": [[k, groups(writer, v)] for k, v in params.items()]}
    if isinstance(params, (list, tuple)):
        return [groups(writer, p) for p in params]
    return writer.value(params)


def write(info, folder, limit, counts):
    name = info.optim_cls.__name__
    writer = Writer(folder, "optim." + name)

    def attempt(kind, dtype, make):
        counts["samples"] += 1
        try:
            writer.add({"optimizer": name, "kind": kind, "dtype": str(dtype).removeprefix("torch."), **make()})
        except Untranslatable:
            counts["untranslatable"] += 1

    for dtype in (torch.float64, torch.float32):
        for given in info.optim_inputs_func("cpu", dtype)[:limit]:
            attempt("sample", dtype, lambda: run(writer, info.optim_cls, given.kwargs, dtype))
        for builders in info.scheduler_inputs:
            attempt("scheduler", dtype, lambda: run(writer, info.optim_cls, {"lr": 0.1}, dtype, builders))
        for error in info.optim_error_inputs_func("cpu", dtype):
            attempt("error", dtype, lambda: refused(writer, info.optim_cls, error))
    writer.close()


def write_all(folder, names, limit, part, parts, counts):
    chosen = [info for info in optim_db if names("optim." + info.optim_cls.__name__)]
    for info in chosen[part::parts]:
        write(info, folder, limit, counts)
