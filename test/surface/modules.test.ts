// Whatever a user puts in the place of a module's weights and sizes, a call gives a result or our own error: each parameter, buffer
// and plain attribute of each module whose methods the table calls is replaced in turn, forward and backward.
import * as ostinato from 'ostinato';
import { nn, Tensor, zeros } from 'ostinato';
import { fault } from './fault';
import { runIn } from '../support';
import { folder, makeCall, sampleOf } from './samples';
import { publicCalls } from './surface';
import { isFloat, tensorsIn } from './tensors';

runIn(folder);

const calls = publicCalls().filter(
  ({ name, kind }) => kind === 'method' && sampleOf(name)?.on instanceof nn.Module,
);

/** What takes the place of a tensor, by what a failure calls it. */
const tensors: Readonly<Record<string, (x: Tensor) => unknown>> = {
  'of shape [512, 512]': ({ dtype }) => zeros([512, 512], { dtype }),
  'of one element': ({ dtype }) => zeros([1], { dtype }),
  'without elements': ({ dtype }) => zeros([0], { dtype }),
  'of 0 dimensions': ({ dtype }) => zeros([], { dtype }),
  'a row shorter': (x) => (x.ndim === 0 ? x : x.detach().narrow(0, 0, Math.max(x.shape[0] - 1, 0))),
  transposed: (x) => (x.ndim < 2 ? x.detach().unsqueeze(0) : x.detach().transpose(0, 1)),
  strided: ({ shape, dtype, ndim }) => zeros([...shape, 2], { dtype }).select(ndim, 0),
  float64: (x) => x.detach().to('float64'),
  int32: (x) => x.detach().to('int32'),
  null: () => null,
  undefined: () => undefined,
  'a number': () => 5,
  'an object': () => ({}),
};
const values = [0, -1, 3, 7, 1000, 2 ** 31, 1.5, NaN, '2', null, undefined, true];
const lists = [[], [1000], [0], [-1], 'text', null, 5];

type Fields = Record<string, unknown>;
const isPlain = (value: unknown): boolean =>
  value === null || ['number', 'boolean', 'string'].includes(typeof value);
const replacements = (value: unknown): [string, (before: unknown) => unknown][] => {
  if (value instanceof Tensor) {
    return Object.entries(tensors).flatMap(([what, make]) => [
      [what, make as (x: unknown) => unknown],
      [
        `a Parameter, ${what}`,
        (x): unknown => {
          const made = make(x as Tensor);
          return made instanceof Tensor && isFloat(made) ? new nn.Parameter(made) : made;
        },
      ],
    ]);
  }
  const plain = Array.isArray(value) ? lists : isPlain(value) ? values : [];
  return plain.map((other) => [JSON.stringify(other) ?? 'undefined', (): unknown => other]);
};

it('finds the modules', () => {
  expect(calls.length).toBeGreaterThan(50);
});

it.each(calls.map((call) => [call.name, call] as const))('%s', (name, call) => {
  const found: string[] = [];
  const modulesOf = (on: object | undefined): Fields[] =>
    [...(on as nn.Module).modules()].map((each) => each as unknown as Fields);
  for (const [m, module] of modulesOf(sampleOf(name)!.on).entries()) {
    const own = [
      ...Object.keys(module),
      ...Object.keys((module as unknown as nn.Module).stateDict()),
    ];
    for (const key of new Set(own)) {
      for (const [what, replacement] of replacements(module[key])) {
        ostinato.manualSeed(1);
        const sample = sampleOf(name)!;
        try {
          const target = modulesOf(sample.on)[m];
          target[key] = replacement(target[key]);
          for (const y of tensorsIn(makeCall(call, sample))) {
            if (y.requiresGrad) y.sum().backward({ retainGraph: true });
          }
        } catch (error) {
          const wrong = fault(error);
          if (wrong !== null) found.push(`${module.constructor.name}.${key} is ${what}: ${wrong}`);
        }
      }
    }
  }
  expect(found).toEqual([]);
});
