// Random pushes of some sessions as one batch, the same ones again or others, with what else happens to sessions in between: each has the
// bits of a session of its own.
import { cat, manualSeed, nn, randn, type Tensor } from 'ostinato';
import { expectSameBits } from '../../support';

// Which layers a forward calls.
let called = 3;

class Model extends nn.Module {
  gru = new nn.GRU(3, 4);
  lstm = new nn.LSTM(3, 5, { numLayers: 2 });
  forward(x: Tensor): Tensor[] {
    const found: Tensor[] = [];
    // Returns the state itself, which the caller may change.
    if ((called & 1) !== 0) found.push(...this.gru.forward(x));
    if ((called & 2) !== 0) found.push(this.lstm.forward(x)[0]);
    return found;
  }
}

test.each([1, 2, 3, 4, 5, 6])('as alone, seed %i', (seed) => {
  manualSeed(seed);
  let last = seed;
  const random = (n: number): number => {
    last = (last * 48271) % 2147483647;
    return last % n;
  };
  const model = new Model();
  const sessions = new nn.Sessions(model);
  const open: { shared: nn.Session<Model>; alone: nn.Session<Model> }[] = [];
  const add = (shared: nn.Session<Model>, alone: nn.Session<Model>): void => {
    open.push({ shared, alone });
  };
  for (let i = 0; i < 4; i++) add(sessions.open(), model.stream());
  let some = open.slice();
  for (let turn = 0; turn < 120; turn++) {
    // Mostly the same sessions again.
    if (random(4) === 0) {
      some = open.filter(() => random(3) > 0).sort(() => random(3) - 1);
      if (some.length === 0) some = [open[0]];
    }
    called = [3, 3, 3, 1, 2][random(5)];
    const x = randn([2, some.length, 3]);
    const together = sessions.push(some.map(({ shared }) => shared), x); // prettier-ignore
    const each = some.map(({ alone }, i) => alone.push(x.narrow(1, i, 1)));
    together.forEach((y, k) => {
      expectSameBits([y], [cat(each.map((ys) => ys[k]), 1)]); // prettier-ignore
      y.fill_(9);
    });
    const { shared, alone } = open[random(open.length)];
    switch (random(9)) {
      case 0:
        shared.reset();
        alone.reset();
        break;
      case 1:
        shared.restore(alone.snapshot());
        break;
      case 2:
        if (open.length < 6) add(shared.fork(), alone.fork());
        break;
      case 3:
        if (open.length < 6) add(sessions.open(), model.stream());
        break;
      case 4: {
        if (open.length === 1) break;
        open.splice(0, 1)[0].shared.close();
        some = open.slice();
        break;
      }
      case 5: {
        const saved = [shared, alone].map((one) => [...one.snapshot()]);
        expect(saved[0].map(([name]) => name)).toEqual(saved[1].map(([name]) => name));
        expectSameBits(...(saved.map((one) => one.map(([, state]) => state)) as [Tensor[], Tensor[]])); // prettier-ignore
        break;
      }
      case 6:
        expect(() => sessions.push([shared], randn([2, 1, 7]))).toThrow(
          /^(GRU|LSTM)\.forward: input has 7 features, but this layer was built with inputSize 3 \(input \[2, 1, 7\], expected \[T, N, 3\]\)$/,
        );
    }
  }
});
