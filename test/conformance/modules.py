"""Samples of layers: ModuleInfo's inputs and error inputs, with PyTorch's first parameters, results and gradients."""

import inspect

import torch
from torch.testing._internal.common_modules import ModuleErrorEnum, module_db

from encoding import Untranslatable, Writer
from operations import REFUSALS, SEED, gradients, leaf, leaves_of, mapped, results, spread
from signatures import ordered

# What nn.RNNBase takes after its mode; nn.RNN has the nonlinearity in the middle.
RECURRENT = ["input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size"]


def named(function, given, recurrent=None):
    """[(name, value, gap)] of a constructor or a forward."""
    args, kwargs = given.args, dict(given.kwargs)
    kwargs.pop("device", None)
    if recurrent is not None:
        names = [*RECURRENT, "dtype"]
        if recurrent is torch.nn.RNN:
            names.insert(3, "nonlinearity")
        return ordered(names, {**dict(zip(names, args)), **kwargs})
    parameters = [name for name in inspect.signature(function).parameters if name != "self"]
    if "args" in parameters or "kwargs" in parameters:
        return [(None, x, False) for x in args] + [(k, v, False) for k, v in kwargs.items()]
    return ordered(parameters, {**dict(zip(parameters, args)), **kwargs})


def constructor(cls, given):
    recurrent = cls if cls in (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU) else None
    return named(cls.__init__, given, recurrent)


def flat(outs):
    """Results as they are nested in Ostinato: [out, [h, c]] becomes out, h, c."""
    found = []
    for y in results(outs):
        found.extend(flat(y) if isinstance(y, (tuple, list)) else [y])
    return found


def record_of(writer, info, sample, dtype, training):
    writer.begin()
    torch.manual_seed(SEED)
    module = info.module_cls(*sample.constructor_input.args, **sample.constructor_input.kwargs)
    record = {"constructor": writer.arguments(constructor(info.module_cls, sample.constructor_input))}
    record["initial"] = {k: writer.value(v.clone()) for k, v in module.state_dict().items()}
    module.to(dtype).train(training)
    record["training"] = training
    given = sample.forward_input
    record["args"] = writer.arguments(named(module.forward, given))
    torch.manual_seed(SEED)
    try:
        outs = flat(module(*given.args, **given.kwargs))
    except REFUSALS as error:
        record["error"] = str(error).split("\n")[0][:160]
        return record
    record["out"] = writer.value([y.detach() for y in outs])
    leaves = leaves_of(given.args, given.kwargs) + list(module.parameters())
    gradients(writer, record, outs, leaves, dtype == torch.float64 and info.supports_gradgrad)
    return record


def error_record(writer, info, error):
    writer.begin()
    sample = error.module_error_input
    record = {"constructor": writer.arguments(constructor(info.module_cls, sample.constructor_input))}
    record["error"] = str(error.error_regex)[:160]
    if error.error_on == ModuleErrorEnum.FORWARD_ERROR:
        record["args"] = writer.arguments(named(info.module_cls.forward, sample.forward_input))
    return record


def write(info, folder, limit, counts):
    name = info.name.replace("nn.", "")
    writer = Writer(folder, "nn." + name)
    common = {"module": name}

    def attempt(kind, dtype, make):
        counts["samples"] += 1
        try:
            writer.add({**common, "kind": kind, "dtype": dtype, **make()})
        except Untranslatable:
            counts["untranslatable"] += 1

    for dtype in (torch.float64, torch.float32):
        title = str(dtype).removeprefix("torch.")
        for training in (True, False) if info.train_and_eval_differ else (True,):
            samples = info.module_inputs_func(info, "cpu", dtype, True, training)
            for sample in spread(samples, limit):
                given = sample.forward_input
                if given is None:
                    continue
                given.args, given.kwargs = mapped(given.args, leaf), mapped(given.kwargs, leaf)
                attempt("sample", title, lambda s=sample, t=training: record_of(writer, info, s, dtype, t))
        if info.module_error_inputs_func is not None:
            for error in info.module_error_inputs_func(info, "cpu", dtype, False, True):
                attempt("error", title, lambda e=error: error_record(writer, info, e))
    writer.close()


def write_all(folder, names, limit, part, parts, counts):
    chosen = [info for info in module_db if names(info.name)]
    for info in chosen[part::parts]:
        write(info, folder, limit, counts)
