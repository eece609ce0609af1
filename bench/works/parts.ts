/**
 * What surrounds a recurrent layer: the loss over a vocabulary, Embedding, dropout, LayerNorm and Adam, forward and
 * backward. All of these move memory; their goal is PyTorch's time or the memory's own.
 */
import { manualSeed, nn, optim, tensor, type Tensor } from 'ostinato';
import { filled, type Goal, type Work } from './work';

const goals: readonly Goal[] = [
  { either: [{ than: 'torch', times: 1.5 }, { bandwidthShare: 1 / 1.15 }] },
];

/** Indices that peers have too: 7919 i modulo `below`. */
export const indices = (n: number, below: number): Tensor =>
  tensor(Int32Array.from({ length: n }, (_, i) => (i * 7919) % below));

/** Cross-entropy of N rows over a vocabulary, and its gradient. */
function crossEntropy(N: number, words: number): Work {
  const bytes = 4 * N * words;
  return {
    name: `softmax + cross-entropy and gradient, ${N} rows over ${words.toLocaleString('en')} words`,
    group: 'parts',
    goals,
    // Read the logits, write the gradient.
    moved: 2 * bytes,
    resident: 2 * bytes,
    copies: true,
    torch: { work: 'cross_entropy', args: [N, words] },
    make() {
      const x = filled([N, words], 0).requiresGrad_();
      const target = indices(N, words);
      const step = (): Tensor => {
        x.grad = null;
        const loss = nn.functional.crossEntropy(x, target);
        loss.backward();
        return loss;
      };
      return { run: () => void step(), result: () => [step(), x.grad!] };
    },
  };
}

/** Looking up N rows of a table, and the table's gradient. */
function embedding(words: number, size: number, N: number): Work {
  return {
    name: `Embedding ${words.toLocaleString('en')} × ${size} forward + backward, ${N} indices`,
    group: 'parts',
    goals,
    // Read and write the rows, write the gradient of the whole table.
    moved: 4 * (4 * N * size + words * size),
    resident: 4 * (2 * words * size),
    copies: true,
    torch: { work: 'embedding', args: [words, size, N] },
    make() {
      const table = filled([words, size], 0).requiresGrad_();
      const index = indices(N, words);
      const gradient = filled([N, size], 1);
      const step = (): Tensor => {
        table.grad = null;
        const out = nn.functional.embedding(index, table);
        out.backward({ gradient });
        return out;
      };
      return { run: () => void step(), result: () => [step(), table.grad!] };
    },
  };
}

function dropout(n: number): Work {
  return {
    name: `dropout forward + backward, ${n.toLocaleString('en')} elements`,
    group: 'parts',
    goals,
    // Forward reads x and writes the mask and the output; backward reads two and writes one.
    moved: 4 * 6 * n,
    resident: 4 * 5 * n,
    copies: true,
    torch: { work: 'dropout', args: [n] },
    make() {
      const x = filled([n], 0).requiresGrad_();
      const gradient = filled([n], 1);
      const step = (): Tensor => {
        x.grad = null;
        const out = nn.functional.dropout(x, 0.5);
        out.backward({ gradient });
        return out;
      };
      return {
        run: () => void step(),
        result: () => {
          manualSeed(0);
          return [step(), x.grad!];
        },
      };
    },
  };
}

function layerNorm(rows: number, size: number): Work {
  const bytes = 4 * rows * size;
  return {
    name: `LayerNorm forward + backward, ${rows} × ${size}`,
    group: 'parts',
    goals,
    // Forward reads x and writes the output; backward reads x and a gradient and writes one.
    moved: 5 * bytes,
    resident: 4 * bytes,
    copies: true,
    torch: { work: 'layer_norm', args: [rows, size] },
    make() {
      const norm = new nn.LayerNorm(size);
      const x = filled([rows, size], 0).requiresGrad_();
      const gradient = filled([rows, size], 1);
      const step = (): Tensor => {
        x.grad = null;
        norm.weight.grad = null;
        norm.bias.grad = null;
        const out = norm.forward(x);
        out.backward({ gradient });
        return out;
      };
      return {
        run: () => void step(),
        result: () => [step(), x.grad!, norm.weight.grad!, norm.bias.grad!],
      };
    },
  };
}

/** One step of Adam over ten tensors of n / 10 parameters. */
function adam(n: number): Work {
  return {
    name: `Adam step, ${n.toLocaleString('en')} parameters`,
    group: 'parts',
    goals,
    // Read p, g, m and v; write p, m and v.
    moved: 4 * 7 * n,
    resident: 4 * 4 * n,
    copies: true,
    torch: { work: 'adam', args: [n] },
    make() {
      const parameters = Array.from({ length: 10 }, (_, i) => {
        const parameter = new nn.Parameter(filled([n / 10], i));
        parameter.grad = filled([n / 10], i + 1);
        return parameter;
      });
      const optimizer = new optim.Adam(parameters, { lr: 1e-3 });
      const step = (): void => optimizer.step();
      return {
        run: step,
        result: () => {
          for (let i = 0; i < 3; i++) step();
          return parameters;
        },
      };
    },
  };
}

export const parts: readonly Work[] = [
  crossEntropy(64, 10_000),
  embedding(10_000, 100, 64),
  dropout(1_000_000),
  layerNorm(2048, 512),
  adam(10_000_000),
];
