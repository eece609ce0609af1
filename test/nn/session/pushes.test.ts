// Sessions, and what happens around a push: one opened later, buffers that are used again, an end in between.
import { manualSeed, nn, noGrad, randn, zeros, type Tensor } from 'ostinato';

const firstOf = (value: unknown): Tensor => (value as readonly Tensor[])[0];

describe('sessions and what happens around a push', () => {
  it('take one that was opened later, in any order', () => {
    manualSeed(0);
    const gru = new nn.GRU(2, 3);
    const x = randn([2, 1, 2]);
    for (const order of [[0, 1], [1, 0]]) {
      const sessions = new nn.Sessions(gru);
      const older = sessions.open();
      older.push(x.at('0:1'));
      const both = [older, sessions.open()];
      const out = firstOf(sessions.push(order.map((i) => both[i]), x.at('1:').repeatInterleave(2, 1)));
      const expected = [x, x.at('1:')].map((one) => noGrad(() => gru.forward(one))[0].at(-1));
      order.forEach((i, row) => {
        expect(out.select(1, row).squeeze(0).toArray()).toEqual(expected[i].squeeze(0).toArray());
      });
    }
  }); // prettier-ignore

  it('keep a state apart from the memory of what was pushed', () => {
    class Difference extends nn.Module {
      steps = new nn.Recurrent(
        (x: Tensor, before?: Tensor | null) => [before ? x.sub(before) : x, x],
        { returnsOutput: true, compile: false },
      );
      forward(x: Tensor): Tensor {
        return this.steps.forward(x)[0];
      }
    }
    const session = new Difference().stream();
    const buffer = zeros([1, 1, 1]).add(1);
    session.push(buffer);
    buffer.fill_(5);
    expect(session.push(buffer).item()).toBe(4);
  });

  it('refuse to end one whose forward runs', () => {
    let live: nn.Session | null = null;
    class Closing extends nn.Module {
      gru = new nn.GRU(1, 2);
      forward(x: Tensor): Tensor {
        const [y] = this.gru.forward(x);
        live?.close();
        return y;
      }
    }
    const sessions = new nn.Sessions(new Closing());
    live = sessions.open();
    expect(() => {
      live.push(zeros([1, 1, 1]));
    }).toThrow(
      new Error('Session.close: forward is running for this session; close it afterwards'),
    );
    live.close();
    expect([...sessions.open().snapshot().keys()]).toEqual([]);
  });
});

it('a session is made by those that have states', () => {
  const Made = nn.Session as unknown as new (store?: unknown) => nn.Session;
  for (const given of [[], [{}], [null]]) {
    expect(() => new Made(...given)).toThrow(
      new TypeError('Session: is made by model.stream() or by open() of nn.Sessions'),
    );
  }
});
