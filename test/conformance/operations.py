"""Samples of operations: OpInfo's sample, reference and error inputs, and PyTorch's results for them."""

import copy
import warnings

import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.opinfo.core import BinaryUfuncInfo, SampleInput, UnaryUfuncInfo

from encoding import Untranslatable, Writer
from signatures import bind

# OpInfo draws with this seed where an operation is random.
SEED = 42
REFUSALS = (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError, AssertionError)

# OpInfo's entry of rand_like calls randn_like.
FUNCTIONS = {"rand_like": torch.rand_like}
# Entries of OpInfo that call the function with its arguments in another order.
ORDER = {"where": (1, 0, 2), "nn.functional.embedding": (1, 0), "nn.functional.embedding_bag": (1, 0), "normal-number_mean": (1, 0, 2), "einsum": (1, 0)}


def spread(items, limit):
    """At most `limit` of the items, at equal distances."""
    items = list(items)
    step = max(1, len(items) / limit)
    return [items[int(i * step)] for i in range(min(len(items), limit))]


def leaves_of(*values):
    """Tensors that require gradients, in the order in which they are written, each once."""
    found = []

    def visit(x):
        if isinstance(x, torch.Tensor):
            if x.requires_grad and x.is_leaf and not any(x is y for y in found):
                found.append(x)
        elif isinstance(x, (list, tuple)):
            for one in x:
                visit(one)
        elif isinstance(x, dict):
            visit(list(x.values()))

    visit(values)
    return found


def mapped(x, f):
    """x with f applied to every tensor in it."""
    if isinstance(x, torch.Tensor):
        return f(x)
    if isinstance(x, (list, tuple)) and not isinstance(x, torch.Size):
        return type(x)(mapped(one, f) for one in x) if type(x) in (list, tuple) else x
    if isinstance(x, dict):
        return {k: mapped(v, f) for k, v in x.items()}
    return x


def leaf(x):
    """A contiguous copy that is a leaf, so that what is written is what PyTorch is given."""
    return x.detach().clone(memory_format=torch.contiguous_format).requires_grad_(x.requires_grad)


def plain(sample):
    """The sample with each tensor copied once: a tensor that occurs twice stays one tensor."""
    copies = {}
    once = lambda x: copies.setdefault(id(x), (x, leaf(x)))[1]  # noqa: E731
    return SampleInput(
        mapped(sample.input, once), args=mapped(sample.args, once), kwargs=mapped(sample.kwargs, once)
    )


def results(out):
    return list(out) if isinstance(out, (tuple, list)) else [out]


def gradients(writer, record, outs, leaves, second):
    """Adds the gradients of the results' weighted sum, and the gradients of those."""
    floats = [y for y in outs if isinstance(y, torch.Tensor) and y.requires_grad]
    if not leaves or not floats:
        return
    generator = torch.Generator().manual_seed(1)
    draw = lambda x: torch.rand(x.shape, dtype=x.dtype, generator=generator) * 2 - 1  # noqa: E731
    weights = [draw(y).requires_grad_() for y in floats]
    try:
        first = torch.autograd.grad(floats, leaves, weights, allow_unused=True, retain_graph=True)
    except REFUSALS:
        return
    record["weights"] = writer.value([w.detach() for w in weights])
    record["gradients"] = writer.value(first)
    if not second:
        return
    try:
        first = torch.autograd.grad(floats, leaves, weights, allow_unused=True, create_graph=True)
        which = [g is not None and g.requires_grad for g in first]
        recorded = [g for g, wanted in zip(first, which) if wanted]
        if not recorded:
            return
        again = [draw(g) for g in recorded]
        twice = torch.autograd.grad(recorded, leaves + weights, again, allow_unused=True)
    except REFUSALS:
        return
    record["recorded"] = which
    record["weights2"] = writer.value(again)
    record["second"] = writer.value(twice)


def entry_of(op):
    """The name of an entry and its variant."""
    return op.name + ("-" + op.variant_test_name if op.variant_test_name else "")


def bound(op, sample):
    """The call as a user writes it: [(name, value, gap)]."""
    if "out" in sample.kwargs:
        raise Untranslatable("an out argument")
    args = (sample.input, *sample.args)
    kwargs = {k: v for k, v in sample.kwargs.items() if not (k == "inplace" and v is False)}
    if op.name == "__getitem__":  # x[1, 2] and x[[1, 2]] are told apart
        index = sample.args[0]
        return [(None, args[0], False), (None, list(index) if isinstance(index, tuple) else [index], False)]
    if op.name == "polygamma":  # x.polygamma(n)
        n = sample.args[0] if sample.args else sample.kwargs["n"]
        return [("n", n, False), ("self", sample.input, False)]
    order = [i for i in ORDER.get(entry_of(op), range(len(args))) if i < len(args)]
    return bind(op.name, [args[i] for i in order], kwargs)


def called(writer, op, sample, second):
    """The record of one call; its `error` says that PyTorch refuses it."""
    writer.begin()
    torch.manual_seed(SEED)
    named = bound(op, sample)
    record = {"args": writer.arguments(named)}
    try:
        function = FUNCTIONS.get(op.name, op.op)
        outs = results(function(sample.input, *sample.args, **sample.kwargs))
    except REFUSALS as error:
        record["error"] = str(error).split("\n")[0][:160]
        return record
    leaves = leaves_of(*(value for _, value, _ in named))
    record["out"] = writer.value([y.detach() if isinstance(y, torch.Tensor) else y for y in outs])
    gradients(writer, record, outs, leaves, second)
    return record


def in_place(writer, op, sample, record):
    """Adds what the in-place form leaves in a copy of the input: `inPlace`, null when PyTorch refuses."""
    if op.inplace_variant is None or not isinstance(sample.input, torch.Tensor):
        return
    torch.manual_seed(SEED)
    x = sample.input.detach().clone()
    kwargs = mapped(sample.kwargs, torch.Tensor.detach)
    try:
        with torch.no_grad():
            record["inPlace"] = writer.value(op.inplace_variant(x, *mapped(sample.args, torch.Tensor.detach), **kwargs))
    except REFUSALS:
        record["inPlace"] = None


def emptied(sample):
    """The sample without rows: every tensor of the input's shape has 0 in front."""
    shape = sample.input.shape
    cut = lambda x: leaf(x[:0]).requires_grad_(x.requires_grad) if x.shape == shape else x  # noqa: E731
    return SampleInput(cut(sample.input), args=mapped(sample.args, cut), kwargs=mapped(sample.kwargs, cut))


def cast(sample, dtype):
    """The sample with its floats cast, as a user has them who forgot to convert."""
    to = lambda x: x.detach().to(dtype) if x.is_floating_point() else x  # noqa: E731
    return SampleInput(mapped(sample.input, to), args=mapped(sample.args, to), kwargs=mapped(sample.kwargs, to))


def inputs(op, dtype, limit):
    """(kind, sample) of one element type."""
    wants = dtype.is_floating_point and op.supports_autograd
    sets = [
        ("sample", op.sample_inputs("cpu", dtype, requires_grad=wants)),
        ("reference", op.reference_inputs("cpu", dtype, requires_grad=wants) if op.reference_inputs_func else ()),
    ]
    for kind, samples in sets:
        try:
            chosen = spread(samples, limit)
        except REFUSALS:
            continue
        yield from ((kind, plain(sample)) for sample in chosen)
        if kind == "sample":
            with_rows = [s for s in chosen if isinstance(s.input, torch.Tensor) and s.input.dim() > 0]
            yield from (("empty", emptied(plain(sample))) for sample in spread(with_rows, 4))


def samples_of(op, limit):
    """(kind, dtype, sample) of every element type that Ostinato has; of types that PyTorch refuses, too."""
    dtypes = (torch.float64, torch.float32, torch.int32, torch.bool)
    if not any(op.supports_dtype(dtype, "cpu") for dtype in dtypes):  # indices, which are int32 here
        dtypes = (torch.int64,)
    for dtype in dtypes:
        if op.supports_dtype(dtype, "cpu"):
            yield from ((kind, dtype, sample) for kind, sample in inputs(op, dtype, limit))
        elif op.supports_dtype(torch.float64, "cpu"):
            chosen = spread(op.sample_inputs("cpu", torch.float64), 6)
            yield from (("other", dtype, cast(plain(sample), dtype)) for sample in chosen)


def write(op, folder, limit, counts):
    writer = Writer(folder, entry_of(op))
    elementwise = isinstance(op, (UnaryUfuncInfo, BinaryUfuncInfo))
    names = [op.name, *(alias.name for alias in op.aliases)]
    if op.variant_test_name == "in_place":
        names = [op.name + "_"]
    common = {"names": names, "elementwise": elementwise}

    def record_of(kind, dtype, sample, make):
        counts["samples"] += 1
        try:
            writer.add({**common, "kind": kind, "dtype": dtype, **make(sample)})
        except Untranslatable:
            counts["untranslatable"] += 1

    for kind, dtype, sample in samples_of(op, limit):

        def make(sample, dtype=dtype):
            second = dtype == torch.float64 and op.supports_gradgrad
            record = called(writer, op, copy.copy(sample), second)
            if "error" not in record:
                in_place(writer, op, sample, record)
            return record

        record_of(kind, str(dtype).removeprefix("torch."), sample, make)
    if op.error_inputs_func is not None:
        for error in op.error_inputs("cpu"):
            record_of("error", "float32", error.sample_input, lambda sample: called(writer, op, sample, False))
    writer.close()


def write_all(folder, names, limit, part, parts, counts):
    """Writes every entry of op_db whose name, or an alias of it, `names` accepts."""
    warnings.simplefilter("ignore")
    chosen = [op for op in op_db if any(names(name) for name in (op.name, *(alias.name for alias in op.aliases)))]
    for op in chosen[part::parts]:
        write(op, folder, limit, counts)
