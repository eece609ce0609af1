'use strict';
// How the reference is arranged: what each module is for, and the families of functions of tensors.

/** The functions of tensors by the folder of src/ops that declares them. */
const families = {
  creation: 'Creation',
  random: 'Random numbers',
  elementwise: 'Elementwise',
  reduce: 'Reductions',
  normalization: 'Normalization',
  convolution: 'Convolutions',
  pooling: 'Pooling',
  matmul: 'Matrix products',
  view: 'Views and shapes',
  joining: 'Joining and splitting',
  indexing: 'Indexing',
  rearranging: 'Rearranging',
  sorting: 'Sorting and counting',
  loss: 'Losses',
  copying: 'Copies',
  other: 'Compiling, gradients, threads, progress',
};

/** What a module is for, in the order of the side bar. */
const modules = {
  '': [
    'Tensors',
    'Tensors, and the functions that make and take them. Most are methods of a tensor, too.',
  ],
  nn: ['nn', 'Layers, cells, losses, attention, and the modules that they are (torch.nn).'],
  'nn.functional': [
    'nn.functional',
    'Layers without parameters, as functions (torch.nn.functional).',
  ],
  'nn.init': ['nn.init', 'Initial values of parameters (torch.nn.init).'],
  'nn.utils': ['nn.utils', 'Gradients clipped, parameters as one vector (torch.nn.utils).'],
  'nn.utils.parametrizations': [
    'nn.utils.parametrizations',
    'Weights as length and direction (torch.nn.utils.parametrizations).',
  ],
  'nn.utils.parametrize': [
    'nn.utils.parametrize',
    'Tensors of modules that are computed of others (torch.nn.utils.parametrize).',
  ],
  'nn.utils.rnn': [
    'nn.utils.rnn',
    'Sequences of unequal lengths: padding and packing (torch.nn.utils.rnn).',
  ],
  optim: ['optim', 'Optimizers (torch.optim).'],
  'optim.lrScheduler': [
    'optim.lrScheduler',
    'Learning rate schedulers (torch.optim.lr_scheduler).',
  ],
  'optim.swaUtils': [
    'optim.swaUtils',
    "Averages of a model's weights over training (torch.optim.swa_utils).",
  ],
  utils: ['utils', 'What belongs to no other module (torch.utils).'],
  distributions: ['distributions', 'Probability distributions (torch.distributions).'],
  data: ['data', 'Datasets, samplers and loaders (torch.utils.data).'],
  io: ['io', 'Weights and runs in files, and tensors in messages to other threads.'],
  generate: [
    'generate',
    'Tokens and sequences from a trained model: greedy, drawn, by beam search, as streams.',
  ],
  autograd: ['autograd', 'Gradients of functions, and whether they are right (torch.autograd).'],
  'autograd.functional': [
    'autograd.functional',
    'Jacobians, Hessians and their products with vectors (torch.autograd.functional).',
  ],
  'utils.checkpoint': [
    'utils.checkpoint',
    'Functions that run again in backward instead of keeping their graph (torch.utils.checkpoint).',
  ],
  train: ['train', 'A training as one call, stopped and resumed to the bit.'],
  plot: ['plot', 'Curves and matrices as SVG, drawn by the optional package echarts.'],
  testing: ['testing', 'Tensors compared in tests (torch.testing).'],
};

const kinds = { class: 'Classes', function: 'Functions', value: 'Values', type: 'Types' };

module.exports = { families, kinds, modules };
