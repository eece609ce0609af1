import ostinato = require('ostinato');
import type { layer } from './esm.mjs' with { 'resolution-mode': 'import' };

// One declaration of each class, whichever way it came.
export const same: ostinato.nn.Linear = {} as typeof layer;
export const output: ostinato.Tensor = same.forward(ostinato.randn([1, 3]));
