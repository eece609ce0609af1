// S3e: a recurrent cell with parameters of its own
//
//   aₜ = tanh(xₜ·Wax + aₜ₋₁·Waa + ba)      the state
//   yₜ = softmax(aₜ·Wya + by)              probabilities of two classes
//
// A field that holds a Parameter belongs to the module: an optimizer finds it, and so does a state dict.
import { manualSeed, nn, randn, softmax, tqdm, zeros, type Tensor } from 'ostinato';

const hidden = 200;

export class Cell extends nn.Module {
  Wax = new nn.Parameter(randn([1, hidden]));
  Waa = new nn.Parameter(randn([hidden, hidden]));
  Wya = new nn.Parameter(randn([hidden, 2]));
  ba = new nn.Parameter(zeros([1, hidden]));
  by = new nn.Parameter(zeros([1, 2]));

  /** Inputs [N, 1] and states [N, 200] give the next states [N, 200] and probabilities [N, 2]. */
  forward(x: Tensor, a: Tensor): [Tensor, Tensor] {
    const next = x.matmul(this.Wax).add(a.matmul(this.Waa)).add(this.ba).tanh();
    return [next, softmax(next.matmul(this.Wya).add(this.by), 1)];
  }
}

export function run(print = tqdm.write): { a: Tensor; y: Tensor; names: string[] } {
  manualSeed(0);
  const cell = new Cell();
  const Xt = randn([100, 1]);
  const aPrev = randn([100, hidden]);
  const [a, y] = cell.forward(Xt, aPrev);
  const names = cell.namedParameters().map(([name]) => name);
  print(`parameters ${names.join(', ')}`);
  print(`state [${a.shape.join(', ')}], probabilities [${y.shape.join(', ')}]`);
  print(`the first rows\n${y.at('0:3').toString()}`);
  print(`their sums\n${y.sum(1).at('0:3').toString()}`);
  return { a, y, names };
}

if (require.main === module) run();
