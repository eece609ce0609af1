/** Sessions: a step against the bare layer's with a state carried by hand, and 64 of them as one batch against one by one. */
import { nn, noGrad, type Tensor } from 'ostinato';
import { showRatio, showTiming } from '../measure';
import { fill } from './recurrent';
import { alternate, type Special } from './special';
import { filled } from './work';

const most = 1.2;
const least = 8;
const many = 64;

/** An LSTM whose output alone is returned, as a served model's is. */
class Served extends nn.Module {
  constructor(readonly rnn: nn.LSTM) {
    super();
  }
  forward(x: Tensor): Tensor {
    return this.rnn.forward(x)[0];
  }
}

const makeModel = (I: number, H: number): Served => {
  const rnn = new nn.LSTM(I, H);
  fill(rnn);
  return new Served(rnn);
};

function step(I: number, H: number): Special {
  const name = `session, LSTM step, B = 1, ${I} → ${H}`;
  return {
    name,
    group: 'streaming',
    measure({ settings }) {
      const model = makeModel(I, H);
      const session = model.stream();
      const x = filled([1, 1, I], 0);
      let state: [Tensor, Tensor] | undefined;
      const bare = (): Tensor => {
        const [out, next] = noGrad(() => model.rnn.forward(x, state));
        state = next;
        return out;
      };
      const same = [1, 2, 3].every(() => session.push(x).equal(bare()));
      const [pushed, carried] = alternate(
        [(): void => void session.push(x), (): void => void bare()],
        settings,
      );
      const ratio = pushed.median / carried.median;
      return Promise.resolve({
        name,
        group: 'streaming',
        own: `${showTiming(pushed)}, ${showTiming(carried)} by hand`,
        peers: {},
        bound: '',
        verdicts: [
          { goal: `≤ ${most}× the bare layer`, value: showRatio(ratio), reached: ratio <= most },
          { goal: 'bits of the bare layer', value: same ? 'equal' : 'differ', reached: same },
        ],
      });
    },
  };
}

function batch(I: number, H: number): Special {
  const name = `${many} sessions, LSTM step, ${I} → ${H}`;
  return {
    name,
    group: 'streaming',
    measure({ settings }) {
      const model = makeModel(I, H);
      const sessions = new nn.Sessions(model);
      const all = Array.from({ length: many }, () => sessions.open());
      const alone = all.map(() => model.stream());
      const x = filled([1, many, I], 0);
      const rows = x.split(1, 1);
      const together = (): Tensor => sessions.push(all, x);
      const oneByOne = (): Tensor[] => alone.map((session, i) => session.push(rows[i]));
      const same = [1, 2].every(() => {
        const own = oneByOne();
        return together()
          .split(1, 1)
          .every((y, i) => y.equal(own[i]));
      });
      const [batched, single] = alternate(
        [(): void => void together(), (): void => void oneByOne()],
        settings,
      );
      const ratio = single.median / batched.median;
      return Promise.resolve({
        name,
        group: 'streaming',
        own: `${showTiming(batched)}, ${showTiming(single)} one by one`,
        peers: {},
        bound: '',
        verdicts: [
          { goal: `≥ ${least}× one by one`, value: showRatio(ratio), reached: ratio >= least },
          { goal: 'bits of each alone', value: same ? 'equal' : 'differ', reached: same },
        ],
      });
    },
  };
}

export const sessions: readonly Special[] = [
  step(8, 16),
  step(80, 256),
  batch(8, 16),
  batch(32, 64),
  batch(80, 256),
];
