"""Sequences of unequal length: padded into a batch, packed out of one, and back."""
import torch
from torch.nn.utils import rnn

from torch_values import filled


def packing(kind, count, longest, is_sorted, features):
    lengths = [1 + (n * 7919) % longest for n in range(count)]
    if is_sorted:
        lengths.sort(reverse=True)
    shape = lambda length: [length] if features == 1 else [length, features]
    sequences = [filled(shape(length), n) for n, length in enumerate(lengths)]
    lengths = torch.tensor(lengths)

    def pad_sequence():
        return rnn.pad_sequence(sequences)

    def pack_sequence():
        return rnn.pack_sequence(sequences, enforce_sorted=is_sorted)

    padded = pad_sequence()

    def pack_padded():
        return rnn.pack_padded_sequence(padded, lengths, enforce_sorted=is_sorted)

    leaf = padded.clone().requires_grad_()

    def train():
        leaf.grad = None
        data = rnn.pack_padded_sequence(leaf, lengths, enforce_sorted=is_sorted).data
        data.backward(data.detach())
        return leaf.grad

    packed = rnn.pack_sequence(sequences, enforce_sorted=is_sorted)

    def pad_packed():
        return rnn.pad_packed_sequence(packed)[0]

    step = {
        "padSequence": pad_sequence,
        "packSequence": pack_sequence,
        "packPaddedSequence": pack_padded,
        "packPaddedSequence forward + backward": train,
        "padPackedSequence": pad_packed,
    }[kind]
    def result():
        made = step()
        # Equal lengths may be packed in another order there than here: what is compared is padded.
        return [made if torch.is_tensor(made) else rnn.pad_packed_sequence(made)[0]]

    return step, result


WORKS = {"packing": packing}
