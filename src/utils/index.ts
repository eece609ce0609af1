/** The `utils` namespace of the package (torch.utils). */
export * as checkpoint from './checkpoint';
