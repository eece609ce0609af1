"""The seed programs that train (examples/), as PyTorch users write them; works/programs.ts has our side."""
import pathlib
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

# S1c's translation is the one that its fixture was made with.
sys.path.append(str(pathlib.Path(__file__).parents[2] / "test" / "fixtures"))
import text  # noqa: E402

mse = nn.functional.mse_loss


def fit(module, lr, loss_of, clip=None):
    optimizer = torch.optim.Adam(module.parameters(), lr=lr)

    def step():
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(module.parameters(), clip)
        optimizer.step()
        return loss.item()

    return step


def repeated(steps, step):
    return lambda: [[step() for _ in range(steps)]]


class Recurrent(nn.Module):
    def __init__(self, layer, fc):
        super().__init__()
        self.layer, self.fc = layer(), fc()

    def forward(self, x, state):
        out, state = self.layer(x, state)
        return self.fc(out), state


def s0a(steps):
    torch.manual_seed(0)
    model = Recurrent(lambda: nn.RNN(4, 32, batch_first=True), lambda: nn.Linear(32, 4))
    inputs, targets = torch.randn(2, 10, 4), torch.randn(2, 10, 4)
    loss_of = lambda: mse(model(inputs, torch.zeros(1, 2, 32))[0], targets)
    return repeated(steps, fit(model, 0.01, loss_of))


def s0b(steps):
    torch.manual_seed(0)
    model = Recurrent(lambda: nn.LSTM(8, 64, batch_first=True), lambda: nn.Linear(64, 8))
    inputs, targets = torch.randn(3, 15, 8), torch.randn(3, 15, 8)
    zeros = lambda: torch.zeros(1, 3, 64)
    loss_of = lambda: mse(model(inputs, (zeros(), zeros()))[0], targets)
    return repeated(steps, fit(model, 0.005, loss_of))


def s0c(steps):
    torch.manual_seed(0)
    model = Recurrent(lambda: nn.RNN(32, 128, batch_first=True), lambda: nn.Linear(128, 64))
    inputs, targets = torch.randn(4, 20, 32), torch.randn(4, 20, 64)
    loss_of = lambda: mse(model(inputs, torch.zeros(1, 4, 128))[0], targets)
    return repeated(steps, fit(model, 0.001, loss_of))


class Sum(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(1, 256, num_layers=2, batch_first=True)
        self.fc = nn.Linear(256, 1)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.fc(out[:, -1, :])


class Unrolled(nn.Module):
    def __init__(self):
        super().__init__()
        self.Wax = nn.Parameter(torch.randn(1, 300))
        self.Waa = nn.Parameter(torch.randn(300, 300))
        self.ba = nn.Parameter(torch.zeros(1, 300))
        self.fc = nn.Linear(300, 1)

    def forward(self, x):
        a = torch.zeros(x.shape[0], 300)
        for t in range(x.shape[1]):
            a = torch.tanh(x[:, t : t + 1] @ self.Wax + a @ self.Waa + self.ba)
        return self.fc(a)


def epochs(model, x, y):
    """100 samples in shuffled batches of 4, the loader included."""
    loader = DataLoader(TensorDataset(x, y), batch_size=4, shuffle=True)
    batch = None
    step = fit(model, 1e-3, lambda: mse(model(batch[0]).view(-1), batch[1]))

    def epoch():
        nonlocal batch
        losses = []
        for batch in loader:
            losses.append(step())
        return [losses]

    return epoch


def threes():
    x = torch.arange(1, 301, dtype=torch.float32).view(100, 3)
    return x, x.sum(1)


def s3c(_):
    torch.manual_seed(0)
    x, sums = threes()
    return epochs(Sum(), x.unsqueeze(2), sums)


def s3f(_):
    torch.manual_seed(123)
    return epochs(Unrolled(), *threes())


def s4(steps):
    torch.manual_seed(4)
    weights = [torch.rand((), requires_grad=True) for _ in range(3)]
    signals = torch.rand(5, 100)
    target = signals.cumsum(0)

    def step():
        bias, input_weight, state_weight = weights
        state, result = torch.zeros(100), torch.zeros(5, 100)
        for frame in range(5):
            state = state * state_weight + signals[frame] * input_weight + bias
            result[frame] = state
        loss = (result - target).square().mean()
        loss.backward()
        with torch.no_grad():
            for weight in weights:
                weight -= 0.01 * weight.grad
                weight.grad = None
        return loss.item()

    return repeated(steps, step)


def s1c(kind):
    def make(steps):
        torch.manual_seed(0)
        model = text.Seq2Seq(kind)
        batches = [text.batch_of(text.date, 64) for _ in range(8)]
        at = 0

        def loss_of():
            nonlocal at
            at += 1
            return text.translation_loss(model, *batches[(at - 1) % 8])

        return repeated(steps, fit(model, 3e-3, loss_of, clip=1))

    return make


WORKS = {
    "s1c-additive": s1c(text.Additive),
    "s1c-multiplicative": s1c(text.Multiplicative),
    "s0a": s0a,
    "s0b": s0b,
    "s0c": s0c,
    "s3c": s3c,
    "s3f": s3f,
    "s4": s4,
}
