// S3d: what a recurrent layer computes is two matrix products, their sum and a bias
//
// A batch of 100 inputs with 3 features and its hidden states with 50:
//   X [100, 3] · W [3, 50] + H [100, 50] · U [50, 50] + b [1, 50]
// The bias has one row and is added to each of the hundred: it is broadcast. nn.Linear is the same product, with its
// weight stored the other way round: [out, in].
import { manualSeed, nn, noGrad, ones, randn, tqdm, type Tensor } from 'ostinato';

export interface Products {
  byHand: Tensor;
  withBias: Tensor;
  byLayers: Tensor;
}

export function run(print = tqdm.write): Products {
  manualSeed(0);
  const X = randn([100, 3]);
  const W = randn([3, 50]);
  const H = randn([100, 50]);
  const U = randn([50, 50]);
  const b = ones([1, 50]);

  const input = X.matmul(W);
  const hidden = H.matmul(U);
  const byHand = input.add(hidden);
  const withBias = byHand.add(b);
  print(`X·W [${input.shape.join(', ')}], H·U [${hidden.shape.join(', ')}]`);
  print(`X·W + H·U [${byHand.shape.join(', ')}], + b [${withBias.shape.join(', ')}]`);

  // Two linear layers that are given the same weights.
  const ofInput = new nn.Linear(3, 50);
  const ofHidden = new nn.Linear(50, 50, { bias: false });
  noGrad(() => {
    ofInput.weight.copy_(W.t());
    ofInput.bias.copy_(b.view([50]));
    ofHidden.weight.copy_(U.t());
  });
  const byLayers = ofInput.forward(X).add(ofHidden.forward(H));
  const apart = byLayers.sub(withBias).abs().max().item();
  print(
    `Linear(X) + Linear(H) [${byLayers.shape.join(', ')}], at most ${apart.toPrecision(2)} apart`,
  );
  return { byHand, withBias, byLayers };
}

if (require.main === module) run();
