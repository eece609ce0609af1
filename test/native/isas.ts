// The instruction sets that results must agree on: every one of this build and processor but scalar, which has no fused
// multiply-add and is exempt.
import { availableIsas } from '../../src/native/instance';

export const vectorIsas: readonly string[] = availableIsas.filter((isa) => isa !== 'scalar');
