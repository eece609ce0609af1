// PyTorch's cases (fixtures/ops.json) of src/ops/matmul: products of integers.
import { testParity } from '../parity';

testParity('matmul');
