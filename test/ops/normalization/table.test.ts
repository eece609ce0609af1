// The rows of table.ts and PyTorch's cases (fixtures/ops.json) of src/ops/normalization.
import { testGradients } from '../gradients';
import { testParity } from '../parity';
import { table } from './table';

testGradients(table);
testParity('normalization');
