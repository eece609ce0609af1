/** The operators that are read: one declaration of each. */
import { refuse } from '../../malformed';
import { given, numberIn, type Operator, type Operators } from '../node';
import { elementwise } from './elementwise';
import { products } from './products';
import { recurrents } from './recurrent';
import { reductions } from './reductions';
import { shapes } from './shapes';

/** One of two graphs, which see what the graph around them has computed. */
const branches: Operator = {
  inputs: [1, 1],
  outputs: Infinity,
  make: (node) => {
    const yes = node.graph('then_branch');
    const no = node.graph('else_branch');
    return ([condition], branch) => {
      const results = branch(numberIn(given(condition)) !== 0 ? yes : no);
      return results.length < node.outputs ? refuse('a branch has fewer outputs than it') : results;
    };
  },
};

export const operators: Operators = {
  ...elementwise,
  ...shapes,
  ...products,
  ...reductions,
  ...recurrents,
  If: branches,
};
