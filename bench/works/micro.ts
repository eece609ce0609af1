/** Works of nanoseconds: what one operation costs from TypeScript. */
import { noGrad } from 'ostinato';
import { filled, type Goal, type Work } from './work';

export function addition(n: number, goals: readonly Goal[]): Work {
  const perRun = 100;
  return {
    name: `add of two tensors of ${n}, no gradient`,
    group: 'micro',
    goals,
    perRun,
    torch: { work: 'add', args: [n, perRun] },
    make() {
      const a = filled([n], 0);
      const b = filled([n], 1);
      const many = (): void => {
        for (let i = 0; i < perRun; i++) a.add(b);
      };
      return { run: () => noGrad(many), result: () => [a.add(b)] };
    },
  };
}

export const micro: readonly Work[] = [addition(8, [{ than: 'torch', times: 5 }])];
