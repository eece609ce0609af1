// PyTorch's cases (fixtures/more.json) of src/ops/copying.
import { testParity } from '../parity';

testParity('copying');
