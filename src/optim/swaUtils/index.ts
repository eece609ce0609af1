/** `optim.swaUtils`: averages of a model's weights over training (torch.optim.swa_utils). */
export {
  getEmaAvgFn,
  getEmaMultiAvgFn,
  getSwaAvgFn,
  getSwaMultiAvgFn,
  type AvgFn,
  type MultiAvgFn,
} from './averages';
export { AveragedModel, type AveragedModelOptions } from './model';
export { SWALR, type SWALROptions } from './schedule';
export { updateBn } from './update-bn';
