"""PyTorch's names of a call's arguments, in the order of its signature."""

import inspect

import torch

DEFAULTS = {"device": ("cpu", None), "layout": (torch.strided, None), "pin_memory": (False, None), "memory_format": None}


def resolve(name):
    """The callable of an OpInfo's name: torch.x, torch.nn.functional.x or a method of Tensor."""
    for root in (torch, torch.Tensor):
        found = root
        for part in name.split("."):
            found = getattr(found, part, None)
        if callable(found):
            return found
    return None


def matches(kind, x):
    kind = kind.strip()
    if kind.startswith("Optional["):
        return x is None or matches(kind[9:-1], x)
    if kind == "Tensor":
        return isinstance(x, torch.Tensor)
    if kind.startswith("List[Tensor") or kind.startswith("List[Optional[Tensor"):
        return isinstance(x, (list, tuple)) and all(x is None or isinstance(t, torch.Tensor) for t in x)
    if kind.startswith("List["):
        return isinstance(x, (list, tuple, torch.Size, int)) and not isinstance(x, bool)
    if kind in ("int", "SymInt"):
        return isinstance(x, (int, torch.dtype, torch.layout, torch.memory_format))
    if kind in ("float", "number", "Scalar"):
        return isinstance(x, (int, float, complex))
    if kind == "bool":
        return isinstance(x, bool)
    if kind == "str":
        return isinstance(x, str)
    if kind == "Device":
        return isinstance(x, (str, torch.device))
    return True


def bind_schema(schema, args, kwargs):
    """[(name, value, gap)] when the schema takes these arguments, otherwise None."""
    positional = [a for a in schema.arguments if not a.kwarg_only]
    names = [a.name for a in schema.arguments]
    if len(args) > len(positional) or any(k not in names for k in kwargs):
        return None
    bound = dict(zip(names, args))
    bound.update(kwargs)
    if any(a.name not in bound and not a.has_default_value() for a in schema.arguments):
        return None
    if not all(matches(str(a.type), bound[a.name]) for a in schema.arguments if a.name in bound):
        return None
    return ordered(names, bound)


def ordered(names, bound):
    last = max((i for i, name in enumerate(names) if name in bound), default=-1)
    return [(name, bound.get(name), name not in bound) for name in names[: last + 1]]


def bind(name, args, kwargs):
    """[(name, value, gap)] up to the last argument that was given; names may be None."""
    kwargs = {k: v for k, v in kwargs.items() if not is_default(k, v)}
    # Pooling takes (*args, **kwargs) and calls this one or another of the same arguments.
    function = resolve(name + "_with_indices") or resolve(name)
    if inspect.isfunction(function):
        try:
            parameters = inspect.signature(function).parameters
            bound = inspect.signature(function).bind(*args, **kwargs).arguments
            if not any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters.values()):
                return ordered(list(parameters), bound)
        except (TypeError, ValueError):
            pass
    for schema in torch._C._jit_get_schemas_for_operator("aten::" + name.split(".")[-1]):
        if any(a.name == "out" for a in schema.arguments):
            continue
        bound = bind_schema(schema, args, kwargs)
        if bound is not None:
            return bound
    return [(None, x, False) for x in args] + [(k, v, False) for k, v in kwargs.items()]


def is_default(key, x):
    defaults = DEFAULTS.get(key, ())
    return key == "memory_format" or x in defaults or (key == "device" and str(x) == "cpu")
