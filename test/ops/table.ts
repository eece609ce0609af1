// Every row of the tables of the folders.
import type { Entry } from './entry';
import { table as elementwise } from './elementwise/table';
import { table as reduce } from './reduce/table';
import { table as view } from './view/table';
import { table as joining } from './joining/table';
import { table as normalization } from './normalization/table';
import { table as rearranging } from './rearranging/table';
import { table as indexing } from './indexing/table';
import { table as sorting } from './sorting/table';
import { table as loss } from './loss/table';
import { table as matmul } from './matmul/table';

export const table: readonly Entry[] = [
  ...elementwise,
  ...reduce,
  ...view,
  ...joining,
  ...normalization,
  ...rearranging,
  ...indexing,
  ...sorting,
  ...loss,
  ...matmul,
];
