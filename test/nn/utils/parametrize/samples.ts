// Parametrizations for tests: with an inverse, and without.
import { nn, type Tensor } from 'ostinato';

export class Symmetric extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.triu().add(x.triu(1).t());
  }
}

export class Scaled extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.mul(0.5);
  }
  rightInverse(y: Tensor): Tensor {
    return y.mul(2);
  }
}

/** x = a + b. */
export class Sum extends nn.Module {
  forward(a: Tensor, b: Tensor): Tensor {
    return a.add(b);
  }
  rightInverse(y: Tensor): Tensor[] {
    return [y.mul(0.25), y.mul(0.75)];
  }
}
