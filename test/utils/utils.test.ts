// The parts of torch.utils that are here, under its names.
import { utils } from 'ostinato';

it('has the names of torch.utils', () => {
  expect(Object.keys(utils)).toEqual(['checkpoint']);
  expect(Object.keys(utils.checkpoint).sort()).toEqual(['checkpoint', 'checkpointSequential']);
});
