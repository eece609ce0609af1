// PyTorch's cases (fixtures/ops.json) of src/ops/creation.
import { testParity } from '../parity';

testParity('creation');
