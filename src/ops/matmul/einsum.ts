/** einsum: sums of products of tensors, in Einstein's notation. */
import { refuse } from '../../check';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { listedTensors, type Listed } from '../arguments/tensors';
import { permute } from '../view/permute';
import { contracted } from './contraction';
import { planOf } from './einsum-plan';

function checkOperands(given: readonly unknown[]): Tensor[] {
  const operands = listedTensors('einsum', given, 'operands');
  if (operands.length === 0) throw new RangeError('einsum: takes at least one operand');
  return operands;
}

/**
 * Sums of products in Einstein's notation (torch.einsum): each operand's dimensions have letters, equal letters have equal
 * sizes (or 1, which broadcasts), and letters that the result lacks are summed over. A letter twice in one operand is
 * its diagonal; `...` stands for dimensions without letters, which broadcast. Without `->` the result has `...` and then the letters that
 * occur once, in the order of the alphabet. Contractions are matrix products; of three and more operands the pair comes first
 * whose product is smallest.
 * @param operands tensors one by one, or one array of them
 * @throws TypeError for what is no text or tensor, and for contracted operands of different element types; RangeError for
 * an equation that is none, and for operands that do not fit it.
 * @example
 * const a = tensor([[1, 2], [3, 4]]);
 * einsum('ij,jk->ik', a, a); // a·a: [[7, 10], [15, 22]]
 * einsum('ii', a); // trace: 5
 * einsum('bij,bjk->bik', randn([4, 2, 3]), randn([4, 3, 5])).shape; // [4, 2, 5]
 */
export function einsum(equation: string, ...operands: Listed): Tensor {
  if (typeof equation !== 'string') {
    refuse('einsum', 'equation', "a string such as 'ij,jk->ik'", equation);
  }
  const rest = checkOperands(operands);
  const plan = planOf(equation, rest.map(sizesOf));
  for (let i = 0; i < rest.length; i++) {
    for (const [d, e] of plan.diagonals[i]) rest[i] = rest[i].diagonal(0, d, e).movedim(-1, d);
    const dims = plan.squeezed[i];
    if (dims !== null) rest[i] = rest[i].squeeze(dims);
  }
  for (const { i, j, isReversed, contraction } of plan.steps) {
    const [a, b] = isReversed ? [rest[j], rest[i]] : [rest[i], rest[j]];
    rest.splice(j, 1);
    rest[i] = contracted('einsum', contraction, a, b);
  }
  const out = plan.sum === null ? rest[0] : rest[0].sum(plan.sum);
  return plan.order === null ? out : permute(out, plan.order);
}
