/** The options of a module's methods: what each is, and what it is by default. */
import { boolean, optionsTable, string } from '../check';

/** Options of a traversal of modules. */
export interface WalkOptions {
  /** Put before every name, with a dot. Default: `''`. */
  prefix?: string;
  /** Whether descendants are included. Default: true. */
  recurse?: boolean;
  /** Whether shared modules are listed once. Default: true. */
  removeDuplicate?: boolean;
}

export const walkOptions = optionsTable<WalkOptions>('Module', {
  prefix: string.or(''),
  recurse: boolean.or(true),
  removeDuplicate: boolean.or(true),
});

/** Options of `Module.parameters`. */
export interface ParametersOptions {
  /** Whether those of descendants are included. Default: true. */
  recurse?: boolean;
}

export const parametersOptions = optionsTable<ParametersOptions>('parameters', {
  recurse: boolean.or(true),
});

/** Options of `Module.registerBuffer`. */
export interface BufferOptions {
  /** Whether the state dict has the buffer. Default: true. */
  persistent?: boolean;
}

export const bufferOptions = optionsTable<BufferOptions>('registerBuffer', {
  persistent: boolean.or(true),
});

/** Options of `Module.zeroGrad` and `Optimizer.zeroGrad`. */
export interface ZeroGradOptions {
  /** Whether gradients become null, instead of zeros. Default: true. */
  setToNone?: boolean;
}

export const zeroGradOptions = optionsTable<ZeroGradOptions>('zeroGrad', {
  setToNone: boolean.or(true),
});

/** Options of `Module.stateDict`. */
export interface StateDictOptions {
  /** Put before every key, with its dot. Default: `''`. */
  prefix?: string;
}

export const stateDictOptions = optionsTable<StateDictOptions>('stateDict', {
  prefix: string.or(''),
});
