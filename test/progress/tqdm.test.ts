// tqdm: what the line says, where it is drawn, and silence without a terminal.
import { tqdm, Progress } from 'ostinato';

class Terminal {
  readonly isTTY: boolean = true;
  readonly columns = 80;
  text = '';
  write(text: string): void {
    this.text += text;
  }
}
class Pipe extends Terminal {
  override readonly isTTY = false;
}

test('iterates over everything, in order, and closes the bar', () => {
  const stream = new Terminal();
  const bar = tqdm(['a', 'b', 'c'], { stream, desc: 'letters', minInterval: 0 });
  const seen: string[] = [];
  for (const letter of bar) {
    bar.setPostfix({ letter, loss: 0.123456 });
    seen.push(letter);
  }
  expect(seen).toEqual(['a', 'b', 'c']);
  const last = stream.text.split('\r').at(-1)!;
  expect(last).toMatch(
    /^letters: 100%\|█+\| 3\/3 \[00:00<00:00, .*it\/s, letter=c, loss=0\.1235\]/,
  );
  expect(last.endsWith('\n')).toBe(true);
});

test('is quiet where there is no terminal', () => {
  const stream = new Pipe();
  expect([...tqdm([1, 2], { stream })]).toEqual([1, 2]);
  expect(stream.text).toBe('');
});

test('takes the total from the option, a length or a size, or counts without one', () => {
  const line = (iterable: Iterable<number>, total?: number): string => {
    const stream = new Terminal();
    Array.from(tqdm(iterable, { stream, ...(total === undefined ? {} : { total }) }));
    return stream.text;
  };
  function* two(): Generator<number> {
    yield 1;
    yield 2;
  }
  expect(line(new Set([1, 2]))).toContain('2/2');
  expect(line(two(), 2)).toContain('2/2');
  expect(line(two())).toMatch(/2it \[00:00, /);
});

test('a bar within a bar is drawn below it and removed at its end', () => {
  const stream = new Terminal();
  for (const x of tqdm([1, 2], { stream })) {
    expect([...tqdm([3, 4], { stream, minInterval: 0 })]).toEqual([3, 4]);
    expect(x).toBeGreaterThan(0);
  }
  expect(stream.text).toContain('\n');
  expect(stream.text).toContain('\x1b[1A');
  expect(stream.text.match(/\n$/)).not.toBeNull();
});

test('a loop that is left early closes its bar', () => {
  const stream = new Terminal();
  for (const x of tqdm([1, 2, 3], { stream })) if (x === 2) break;
  const next = new Progress({ total: 1, stream, leave: true });
  next.close();
  expect(stream.text).not.toContain('\x1b[1A');
});

test('the line fits its width and shows scaled numbers', () => {
  const bar = new Progress({ total: 12_345_678, unitScale: true, unit: 'B', stream: new Pipe() });
  bar.update(1_234_568);
  expect(bar.line(79)).toMatch(/ 10%\|.*\| 1\.23M\/12\.3M \[/);
  for (const width of [10, 20, 40, 79]) expect(bar.line(width).length).toBeLessThanOrEqual(width);
  bar.close();
});

test('refuses what cannot be iterated', () => {
  expect(() => tqdm({} as never)).toThrow(
    new TypeError(
      'tqdm: its first argument must be something to iterate over or a number, got an object',
    ),
  );
});

test('write prints a line on stdout, with the bar taken away before and drawn again after', () => {
  const stream = new Terminal();
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stream.write(String(text));
    return true;
  });
  try {
    for (const x of tqdm([1], { stream, minInterval: 1e6 })) tqdm.write(`x is ${x}`);
    tqdm.write('no bar is open');
  } finally {
    write.mockRestore();
  }
  // eslint-disable-next-line no-control-regex
  expect(stream.text).toMatch(/\r\x1b\[Kx is 1\n\r {2}0%\|/);
  expect(stream.text).toMatch(/no bar is open\n$/);
});

test('of a number counts', () => {
  const bar = tqdm(3, { disable: true });
  expect([...bar]).toEqual([0, 1, 2]);
  expect([...tqdm(0, { disable: true })]).toEqual([]);
  for (const wrong of [-1, 0.5, NaN]) {
    expect(() => tqdm(wrong)).toThrow(
      new RangeError(`tqdm: the number of steps must be an integer of at least 0, got ${wrong}`),
    );
  }
  expect(() => tqdm(null as never)).toThrow(
    new TypeError(
      'tqdm: its first argument must be something to iterate over or a number, got null',
    ),
  );
});
