// Every operation has a row in `bench:ops`, so that a new one is measured, or stands here with what it does instead.
import * as ostinato from 'ostinato';
import { cases } from '../../bench/operations';

/** Other names of operations that have rows. */
const aliases =
  'absolute arccos arccosh arcsin arcsinh arctan arctan2 arctanh bceLoss bceWithLogits clip concat concatenate divide dsplit ' +
  'expandAs fix greater greaterEqual hsplit less lessEqual multiply negative notEqual reshapeAs rowStack rsplit subtract swapdims ' +
  'moveaxis ravel positive fliplr flipud ger msort trueDivide type typeAs variance view viewAs vsplit emptyLike fullLike onesLike zerosLike randintLike randLike randnLike newEmpty ' +
  'newEmptyStrided newFull newOnes newTensor newZeros bool byte double float int';
/** Reads, settings, and functions whose time is that of others. */
const others =
  'atleast1d atleast2d atleast3d backward broadcastTensors compile constructor deepcopy detach elementSize elements empty enableGrad ' +
  'getNumThreads getRngState inferenceMode initialSeed isContiguous isFloatingPoint isGradEnabled isShared item manualSeed noGrad ' +
  'paddingMask pinballLoss registerHook requiresGrad_ retainGrad seed setGradEnabled setNumThreads setRngState shareMemory_ size ' +
  'tensor toArray toString toTypedArray toJSON tqdm tripletMarginWithDistanceLoss';
// Members of Tensor that are not in its types.
const internal = 'checkGradient copyData memory reach';

const words = (text: string): string[] => text.split(' ');
const measured = new Set(cases.map(({ name }) => name.split(',')[0]));
const functions = (owner: object): string[] =>
  Object.entries(Object.getOwnPropertyDescriptors(owner))
    .filter(([name, { value }]) => typeof value === 'function' && /^[a-z]/.test(name))
    .map(([name]) => name);

describe('the cases of bench:ops', () => {
  const names = new Set([
    ...Object.keys(ostinato.nn.functional),
    ...Object.keys(ostinato).filter(
      (name) => typeof Reflect.get(ostinato, name) === 'function' && /^[a-z]/.test(name),
    ),
    ...functions(ostinato.Tensor.prototype as object),
  ]);
  const elsewhere = new Set([...words(aliases), ...words(others), ...words(internal)]);

  test.each([...names])('%s is measured', (name) => {
    const outOfPlace = name.replace(/_$/, '');
    const found = [name, outOfPlace].some((one) => measured.has(one) || elsewhere.has(one));
    expect(found).toBe(true);
  });

  test.each([...measured])('%s exists', (name) => {
    expect(names.has(name)).toBe(true);
  });

  test('no two have one name', () => {
    const all = cases.map(({ name }) => name);
    expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
  });
});
