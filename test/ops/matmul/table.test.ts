// The rows of table.ts and PyTorch's cases (the fixtures of ../parity.ts) of src/ops/matmul.
import { testGradients } from '../gradients';
import { testParity } from '../parity';
import { table } from './table';

testGradients(table);
testParity('matmul');
