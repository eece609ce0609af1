// S2: RNN, LSTM and GRU step by step: what goes in, what comes out, in which shapes
//
// One sequence of three steps, one number each: [batch 1, time 3, feature 1]. Every layer answers with an output for
// each step and its state after the last; giving that state back continues the sequence where it ended.
import { manualSeed, nn, tensor, tqdm, type DType, type Tensor } from 'ostinato';

export function run(print = tqdm.write, dtype: DType = 'float32'): Record<string, Tensor> {
  manualSeed(4);
  const x = tensor([[[0.1], [0.2], [0.3]]], { dtype });
  const shown: Record<string, Tensor> = {};
  const show = (name: string, value: Tensor): void => {
    shown[name] = value;
    print(`${name} [${value.shape.join(', ')}]\n${value.toString()}\n`);
  };

  // Two hidden units. The output holds the hidden state of every step; its last step is the state h.
  const rnn = new nn.RNN(1, 2, { batchFirst: true }).to(dtype);
  const [out, h] = rnn.forward(x);
  show('RNN(1→2) output', out);
  show('RNN(1→2) h', h);

  // The same input again, continuing from h: other outputs, since the network remembers.
  const [again, hAgain] = rnn.forward(x, h);
  show('RNN(1→2) continued, output', again);
  show('RNN(1→2) continued, h', hAgain);

  // Four hidden units: the last dimension grows, the others stay.
  const wide = new nn.RNN(1, 4, { batchFirst: true }).to(dtype);
  const [wideOut, wideH] = wide.forward(x);
  show('RNN(1→4) output', wideOut);
  show('RNN(1→4) h', wideH);

  // Three layers on top of each other: the output is the top layer's, h has one row for each layer.
  const deep = new nn.RNN(1, 2, { numLayers: 3, batchFirst: true }).to(dtype);
  const [deepOut, deepH] = deep.forward(x);
  show('RNN(1→2), 3 layers, output', deepOut);
  show('RNN(1→2), 3 layers, h', deepH);

  // The LSTM has a second state, the cell c.
  const lstm = new nn.LSTM(1, 2, { batchFirst: true }).to(dtype);
  const [lstmOut, [lstmH, lstmC]] = lstm.forward(x);
  show('LSTM(1→2) output', lstmOut);
  show('LSTM(1→2) h', lstmH);
  show('LSTM(1→2) c', lstmC);
  const [lstmAgain, [lstmHAgain, lstmCAgain]] = lstm.forward(x, [lstmH, lstmC]);
  show('LSTM(1→2) continued, output', lstmAgain);
  show('LSTM(1→2) continued, h', lstmHAgain);
  show('LSTM(1→2) continued, c', lstmCAgain);

  // The GRU gets by with one.
  const gru = new nn.GRU(1, 2, { batchFirst: true }).to(dtype);
  const [gruOut, gruH] = gru.forward(x);
  show('GRU(1→2) output', gruOut);
  show('GRU(1→2) h', gruH);
  const [gruAgain, gruHAgain] = gru.forward(x, gruH);
  show('GRU(1→2) continued, output', gruAgain);
  show('GRU(1→2) continued, h', gruHAgain);
  return shown;
}

if (require.main === module) run();
