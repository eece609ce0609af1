// Every row of the tables of the folders, and those of the operations beside them.
import * as o from 'ostinato';
import { ofOne, smooth, type Entry } from './entry';
import { table as elementwise } from './elementwise/table';
import { table as reduce } from './reduce/table';
import { table as view } from './view/table';
import { table as joining } from './joining/table';
import { table as indexing } from './indexing/table';
import { table as sorting } from './sorting/table';
import { table as loss } from './loss/table';

export const ownTable: readonly Entry[] = [
  ofOne('flip', (x) => (x.ndim === 0 ? o.flip(x, []) : o.flip(x, [0])), smooth),
];

export const table: readonly Entry[] = [
  ...ownTable,
  ...elementwise,
  ...reduce,
  ...view,
  ...joining,
  ...indexing,
  ...sorting,
  ...loss,
];
