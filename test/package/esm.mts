import { nn, randn, type Tensor } from 'ostinato';

export const layer: nn.Linear = new nn.Linear(3, 2);
export const output: Tensor = layer.forward(randn([1, 3]));
