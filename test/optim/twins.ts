// Readable twins of the fused optimizers: PyTorch's single-tensor steps, out of primitive operations.
import { noGrad } from '../../src/autograd';
import { div, maximum, mul, sqrt, sub, zerosLike } from '../../src/ops';
import type { AdamOptions, SGDOptions } from '../../src/optim';
import type { Tensor } from '../../src/tensor/tensor';

export class PlainSGD {
  private readonly buffers = new Map<Tensor, Tensor>();
  constructor(
    private readonly params: readonly Tensor[],
    private readonly options: Required<SGDOptions> & { lr: number },
  ) {}

  step(): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = this.options;
    noGrad(() => {
      for (const p of this.params) {
        if (p.grad === null) continue;
        let g = maximize ? p.grad.neg() : p.grad;
        if (weightDecay !== 0) g = g.add(p.mul(weightDecay));
        if (momentum !== 0) {
          const before = this.buffers.get(p);
          const buffer =
            before === undefined ? g.clone() : before.mul(momentum).add(g.mul(1 - dampening));
          this.buffers.set(p, buffer);
          g = nesterov ? g.add(buffer.mul(momentum)) : buffer;
        }
        p.copy_(p.sub(g.mul(lr)));
      }
    });
  }
}

export class PlainAdam {
  private readonly states = new Map<Tensor, { t: number; m: Tensor; v: Tensor; largest: Tensor }>();
  constructor(
    private readonly params: readonly Tensor[],
    private readonly options: Required<AdamOptions> & { lr: number },
    private readonly decoupled: boolean,
  ) {}

  step(): void {
    const { lr, betas, eps, weightDecay, amsgrad, maximize } = this.options;
    const [beta1, beta2] = betas;
    noGrad(() => {
      for (const p of this.params) {
        if (p.grad === null) continue;
        let g = maximize ? p.grad.neg() : p.grad;
        if (this.decoupled) p.copy_(p.mul(1 - lr * weightDecay));
        else if (weightDecay !== 0) g = g.add(p.mul(weightDecay));
        const zero = zerosLike(p);
        const { t, m, v, largest } = this.states.get(p) ?? {
          t: 0,
          m: zero,
          v: zero,
          largest: zero,
        };
        const now = { t: t + 1, m: m.mul(beta1).add(g.mul(1 - beta1)), v, largest };
        now.v = v.mul(beta2).add(g.mul(g).mul(1 - beta2));
        now.largest = maximum(largest, now.v);
        this.states.set(p, now);
        const root = sqrt(amsgrad ? now.largest : now.v);
        const denominator = div(root, Math.sqrt(1 - beta2 ** now.t)).add(eps);
        p.copy_(sub(p, mul(div(now.m, denominator), lr / (1 - beta1 ** now.t))));
      }
    });
  }
}
