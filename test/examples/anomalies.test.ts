// The autoencoder sounds an alarm at each of the four events, soon, and nowhere else.
import { setNumThreads } from 'ostinato';
import { events, run } from '../../examples/anomalies';

beforeAll(() => setNumThreads(1));

test('anomalies: every event is found while it lasts, and nothing else is', () => {
  const { series, scores, alarms } = run({}, () => undefined);
  expect(series.shape).toEqual([1000]);
  expect(scores.shape).toEqual([1000]);
  // A window ends up to 15 steps after the last step that it holds of an event. Within half a window an event must be seen: it is
  // more of the window then than what was before it.
  for (const { start } of events) {
    expect(alarms.some((t) => t >= start && t < start + 8)).toBe(true);
  }
  const explained = (t: number): boolean =>
    events.some(({ start, length }) => t >= start && t < start + length + 15);
  expect(alarms.filter((t) => !explained(t))).toEqual([]);
  // A value that does not change is far from all waves, if these were learned; the largest error of a usual window is 1 / 1.2. A network
  // that gives the mean instead rebuilds it better than the waves.
  const stuck = scores.narrow(0, 210, 10).min().item();
  expect(stuck).toBeGreaterThan(5);
}, 120_000);
