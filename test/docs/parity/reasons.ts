// Why a name of PyTorch's is not here, and what differs where it is. The first pattern that fits a name decides; a name that is
// neither here nor fits one fails the test, so that nothing is left out in silence.

export interface Reason {
  /** Of the whole name in PyTorch's spelling. */
  readonly names: RegExp;
  readonly why: string;
  /** In these modules alone; elsewhere too when left out. */
  readonly modules?: readonly string[];
}

const images = 'images and volumes (two and three dimensions) are outside of what sequences need';
const oneDevice = 'there is one device, the CPU, and dense strided tensors';
const linalg = 'decompositions and solvers of linear algebra are outside';
const complex = 'there are no complex numbers';
const quantized = 'quantized tensors are outside';
const sparse = 'there are no sparse tensors';
const python = "a part of PyTorch's own making, not for users";
const symbolic = 'symbolic sizes belong to torch.compile';
const noViewTwin = 'copies of views: `clone()` of the view';
const rare = 'rare in sequence models';

export const reasons: readonly Reason[] = [
  { names: /(2d|3d|2d_with_indices|3d_with_indices)$/i, why: images },
  {
    names:
      /^(Fold|Unfold|fold|PixelShuffle|PixelUnshuffle|pixel_(un)?shuffle|Upsample\w*|interpolate|grid_sample\w*|grid_sampler\w*|affine_grid\w*|ChannelShuffle|channel_shuffle|CrossMapLRN2d|LocalResponseNorm|local_response_norm|convert_conv\w+|rot90|dirac_)$/,
    why: images,
  },
  { names: /^unfold$/, why: images, modules: ['nn.functional'] },
  {
    names: /(quantize|quantized|fbgemm|fake_quant|q_scale|q_zero|q_per|qscheme|int_repr|qparams)/,
    why: quantized,
  },
  {
    names:
      /(sparse|coalesce|_indices_copy|^ccol_|^crow_|^col_indices|^row_indices|^values$|^values_copy|^indices$|^indices_copy|dense_dim|^to_dense|^s?smm$|^hs[mp]+m$|^spmm$|^dsmm$|^hspmm$|^sspaddmm$|^saddmm$|SparseAdam|to_padded_tensor|is_nested)/,
    why: sparse,
  },
  {
    names:
      /^(complex|polar|real|imag|conj\w*|is_conj|is_complex|is_neg|resolve_\w+|view_as_(real|complex)\w*|adjoint|H|mH|angle|cdouble|cfloat|chalf|sgn_?|isreal|vdot|stft|istft)$/,
    why: complex,
  },
  {
    names:
      /^(cholesky\w*|det|logdet|slogdet|eig|symeig|geqrf|inverse|pinverse|lu\w*|qr|orgqr|ormqr|solve|lstsq|svd\w*|pca_lowrank|lobpcg|matrix_exp|triangular_solve|nuclear_norm|linalg\w*)$/,
    why: linalg,
  },
  {
    names:
      /^(cuda|cpu|xpu|ipu|mtia|is_(cuda|cpu|xpu|ipu|maia|meta|mkldnn|mps|mtia|vulkan|xla|pinned|quantized|distributed)|to_mkldnn|pin_memory|device|get_device|record_stream|layout|untyped_storage|storage_type|data_ptr|const_data_ptr|dim_order|is_set_to|set_|is_coalesced|resize_as_sparse_|miopen\w*|DataParallel|SyncBatchNorm|DistributedSampler|numpy_device)$/,
    why: oneDevice,
  },
  { names: /^sym_\w+$/, why: symbolic },
  { names: /^conv_tbc$/, why: '`conv1d` of the tensor with its dimensions permuted does the same' },
  {
    names: /^(matrix_power|chain_matmul)$/,
    why: 'repeated `matmul`, in the order that the caller chooses',
  },
  { names: /^(cross|block_diag)$/, why: rare },
  { names: /^Buffer$/, why: '`registerBuffer` makes one of any tensor', modules: ['nn'] },
  {
    names: /^Sampler$/,
    why: 'a type, not a class to extend: any iterable object with a `length` is a sampler',
    modules: ['data'],
  },
  { names: /_copy$/, why: noViewTwin },
  {
    names:
      /^(batch_norm_\w+|native_\w+|norm_except_dim|hash_tensor|frobenius_norm|unsafe_\w+|slice_inverse|NestedIOFunction|Variable|variable|Container|factory_kwargs|enforce_grad_layout_policy|set_multithreading_enabled|type_before_parametrizations|transfer_parametrizations_and_params|swap_in_optimizer_params_and_state|RNNCellBase|UninitializedParameter|index|as_subclass|is_inference|output_nr|volatile|map2?_|apply_|reinforce|new|nonzero_static|name|grad_dtype|multi_head_attention_forward|_DatasetKind|argument_validation|runtime_validation\w*|functional_datapipe|guaranteed_datapipes_determinism|non_deterministic|convolution|rnn_(relu|tanh)(_cell)?|feature_dropout|max_pool1d_with_indices|adaptive_max_pool1d_with_indices|constant_pad_nd|(lstm|gru)(_cell)?|DFIterDataPipe|DataChunk|IterDataPipe|MapDataPipe|UninitializedBuffer|register_kl|biject_to|transform_to|CatTransform|invert_permutation|is_same_size|get_worker_info|default_convert|reshape_as|LinearCrossEntropyOptions|NLLLoss2d)$/,
    why: python,
  },
  {
    names: /^(half|bfloat16|char|short|long)$/,
    why: 'element types are float32, float64, int32, uint8 and bool',
    modules: ['Tensor'],
  },
  {
    names:
      /^(igammac?_?|i0_?|mvlgamma_?|gcd_?|lcm_?|nextafter_?|frexp|ldexp_?|float_power_?|deg2rad_?|rad2deg_?|cauchy_|log_normal_|geometric_|exponential_|random_|put_?|index_put_?|index_reduce_?|select_scatter|slice_scatter|diagonal_scatter|as_strided\w*|fill_diagonal_|renorm_?|cumulative_trapezoid|trapezoid|trapz|gradient|histogram|histogramdd|histc|cov|corrcoef|dist|addbmm_?|addmv_?|addr_?|combinations|cartesian_prod|pdist|logspace|unravel_index|sum_to_size|resize_?|resize_as_?|retains_grad|register_post_accumulate_grad_hook|binomial|poisson|argwhere|is_nonzero|is_signed|diagflat|diag_embed|from_numpy|narrow_copy|kthvalue|mode|rrelu|RReLU)$/,
    why: rare,
  },
  { names: /^(Lazy\w+)$/, why: 'of the lazy layers there is LazyLinear' },
  {
    names: /^(Transformer(Decoder(Layer)?)?)$/,
    why: 'the encoder and MultiheadAttention are here; generation here is recurrent',
  },
  {
    names: /^(Adafactor|Muon|linear_cross_entropy|LinearCrossEntropyLoss)$/,
    why: 'made for large transformers',
  },
  {
    names:
      /^(FractionalMaxPool\w+|MaxUnpool1d|max_unpool1d|LPPool1d|lp_pool1d|InstanceNorm1d|instance_norm|FeatureAlphaDropout|feature_alpha_dropout|Softmax2d|sparse_)$/i,
    why: rare,
  },
  {
    names: /^(clip_grad_norm|weight_norm|remove_weight_norm|spectral_norm|remove_spectral_norm)$/,
    why: 'deprecated in PyTorch for `nn.utils.parametrizations`',
    modules: ['nn.utils'],
  },
  {
    names: /^(skip_init|fuse_\w+|get_total_norm|clip_grads_with_norm_)$/,
    why: rare,
    modules: ['nn.utils'],
  },
  { names: /^(spectral_norm|orthogonal)$/, why: rare, modules: ['nn.utils.parametrizations'] },
  {
    names: /./,
    why: 'distributions here are those of forecasts and of drawing: Normal, StudentT, Uniform, Laplace, Exponential, Gamma, Bernoulli, Categorical, Poisson, NegativeBinomial',
    modules: ['distributions'],
  },
  {
    names: /^(set_device_states|get_device_states|DefaultDeviceType)$/,
    why: oneDevice,
    modules: ['utils.checkpoint'],
  },
  {
    names: /^(CheckpointFunction|check_backward_validity|detach_variable)$/,
    why: 'parts of `use_reentrant=True`, which is not here',
    modules: ['utils.checkpoint'],
  },
  {
    names: /./,
    why: 'a checkpoint keeps its arguments alone and runs the whole function again: there is nothing to select or to stop early',
    modules: ['utils.checkpoint'],
  },
];

/** Names that are here in another spelling, by `module.name` of PyTorch's. */
export const spelled: Readonly<Record<string, string>> = {
  'Tensor.tolist': 'Tensor.toArray',
  'Tensor.numpy': 'Tensor.toTypedArray',
  'Tensor.size': 'Tensor.shape',
  'Tensor.dim': 'Tensor.ndim',
  'Tensor.ndimension': 'Tensor.ndim',
  'Tensor.nelement': 'Tensor.numel',
  'Tensor.stride': 'Tensor.strides',
  'Tensor.storage_offset': 'Tensor.offset',
  'torch.from_numpy': 'tensor',
  'torch.as_tensor': 'tensor',
  'nn.RNNBase': 'nn.RecurrentBase',
  'nn.functional.relu_': 'relu_',
};

const steps = (...refused: readonly string[]): string =>
  `one fused step; ${refused.map((name) => `\`${name}\``).join(', ')} are refused`;

/** What differs where a name is here, by its name here. */
export const differences: Readonly<Record<string, string>> = {
  'distributions.Gamma': 'no `cdf`; `rsample` has gradients in the rate alone',
  'distributions.StudentT': '`rsample` has gradients in loc and scale alone',
  'autograd.functional.jacobian': 'without `vectorize` and `strategy`, which change the way alone',
  'autograd.functional.hessian':
    'without `vectorize` and `outer_jacobian_strategy`, which change the way alone',
  'Tensor.toArray': '`tolist`',
  'Tensor.toTypedArray': '`numpy()`: a copy',
  'Tensor.shape': '`size()`: a frozen array',
  'Tensor.ndim': '`dim()`',
  'Tensor.strides': '`stride()`: a frozen array',
  'Tensor.offset': '`storage_offset()`',
  'Tensor.numel': 'a number, not a method',
  'Tensor.storage': 'opaque: whether two tensors share memory',
  'Tensor.isLeaf': 'a property, as in PyTorch',
  tensor: 'numbers are float32 unless a dtype or a typed array says otherwise',
  'Tensor.item': 'of bool tensors true or false',
  'autograd.noGrad': 'takes the function that runs without gradients',
  'autograd.enableGrad': 'takes the function that runs with gradients',
  'Tensor.type': '`type()` is the name of the element type, as `dtype` is',
  relu_: 'of the root',
  'nn.RecurrentBase': 'the base of all recurrent layers',
  unique: 'of `dim`, `returnInverse` and `returnCounts` as options; always sorted',
  cdist: '`compute_mode` changes nothing: differences are computed, never ‖a‖² − 2a·b + ‖b‖²',
  'Tensor.unique': 'of `dim`, `returnInverse` and `returnCounts` as options; always sorted',
  'nn.functional.gumbelSoftmax': 'no `eps`, which PyTorch ignores',
  'nn.Module': 'called by `forward`',
  'nn.ModuleDict': '`get(name)` in place of indexing',
  'nn.ParameterDict': '`get(name)` in place of indexing; of tensors alone',
  'nn.AlphaDropout': '`inplace` has an effect',
  'nn.ModuleList': '`at(i)` in place of indexing',
  'nn.Sequential': '`at(i)` in place of indexing',
  'nn.Parameter': 'always a leaf of floats',
  'data.DataLoader': 'no worker processes: options about them are refused',
  'data.Dataset': '`length` and `get(i)` in place of `__len__` and `__getitem__`',
  'nn.functional.embeddingBag': '`scaleGradByFreq` divides by the frequency of the row itself',
  'nn.EmbeddingBag': '`scaleGradByFreq` divides by the frequency of the row itself',
  'optim.SGD': steps('foreach', 'fused', 'differentiable'),
  'optim.Adam': `${steps('foreach', 'fused', 'capturable', 'differentiable')}; for \`decoupled_weight_decay\` there is AdamW`,
  'optim.AdamW': steps('foreach', 'fused', 'capturable', 'differentiable'),
  'optim.Adagrad': steps('foreach', 'fused', 'differentiable'),
  'optim.Adadelta': steps('foreach', 'capturable', 'differentiable'),
  'optim.Adamax': steps('foreach', 'capturable', 'differentiable'),
  'optim.ASGD': steps('foreach', 'capturable', 'differentiable'),
  'optim.NAdam': steps('foreach', 'capturable', 'differentiable'),
  'optim.RAdam': steps('foreach', 'capturable', 'differentiable'),
  'optim.RMSprop': steps('foreach', 'capturable', 'differentiable'),
  'optim.Rprop': steps('foreach', 'capturable', 'differentiable'),
  'autograd.grad': 'an array of gradients; no `is_grads_batched`: `autograd.functional.jacobian`',
  'autograd.gradcheck':
    '`eps`, `atol`, `rtol`, `raise_exception` alone: every element is compared, of dense tensors',
  'autograd.gradgradcheck':
    '`eps`, `atol`, `rtol`, `raise_exception` alone: every element is compared, of dense tensors',
  'utils.checkpoint.checkpoint':
    '`use_reentrant=False` alone; no `context_fn`, `determinism_check`, `debug`, `early_stop`',
  'utils.checkpoint.checkpointSequential': '`use_reentrant=False` alone',
  'nn.TransformerEncoder':
    'no `enable_nested_tensor` and `mask_check`: there are no nested tensors',
};
