/** `utils.checkpoint`: memory for time (torch.utils.checkpoint). */
export { checkpoint, type CheckpointOptions } from './checkpoint';
export { checkpointSequential } from './sequential';
