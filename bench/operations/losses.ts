/** Cases of normalizations, distances and losses. */
import { both, type Case } from './case';
import * as o from 'ostinato';

const F = o.nn.functional;

export const losses: readonly Case[] = [
  both('layerNorm', 'x row row', (x, w, b) => F.layerNorm(x, [x.shape[1]], { weight: w, bias: b }), 'F.layer_norm(a, (a.shape[1],), b, c)'),
  both('rmsNorm', 'x row', (x, w) => F.rmsNorm(x, [x.shape[1]], { weight: w }), 'F.rms_norm(a, (a.shape[1],), b)'),
  both('groupNorm', 'x', (x) => F.groupNorm(x, 2), 'F.group_norm(a, 2)'),
  both('instanceNorm', 'x', (x) => F.instanceNorm(x.unsqueeze(0)), 'F.instance_norm(a.unsqueeze(0))'),
  both('batchNorm', 'x', (x) => F.batchNorm(x, null, null, { training: true }), 'F.batch_norm(a, None, None, training=True)'),
  both('ctcLoss', 'many', (x) => F.ctcLoss(x.logSoftmax(2), o.ones([x.shape[1], 1], { dtype: 'int32' }), o.full([x.shape[1]], 2, { dtype: 'int32' }), o.ones([x.shape[1]], { dtype: 'int32' })), 'F.ctc_loss(a.log_softmax(2), torch.ones(a.shape[1], 1, dtype=torch.long), torch.full((a.shape[1],), 2), torch.ones(a.shape[1], dtype=torch.long))'),
  both('alphaDropout', 'x', (x) => F.alphaDropout(x, 0.5, { training: true }), 'F.alpha_dropout(a, 0.5, True)'),
  both('dropout1d', 'x', (x) => F.dropout1d(x, 0.5), 'F.dropout1d(a, 0.5)'),
  both('dropout', 'x', (x) => F.dropout(x, 0.5), 'F.dropout(a, 0.5)'),
  both('gumbelSoftmax', 'x', (x) => F.gumbelSoftmax(x), 'F.gumbel_softmax(a)'),
  both('normalize', 'x', (x) => F.normalize(x), 'F.normalize(a)'),
  both('cosineSimilarity', 'x x', (x, y) => F.cosineSimilarity(x, y), 'F.cosine_similarity(a, b)'),
  both('pairwiseDistance', 'x x', (x, y) => F.pairwiseDistance(x, y), 'F.pairwise_distance(a, b)'),
  both('crossEntropy', 'x class', (x, c) => F.crossEntropy(x, c), 'F.cross_entropy(a, b)'),
  both('nllLoss', 'log class', (x, c) => F.nllLoss(x, c), 'F.nll_loss(a, b)'),
  both('mseLoss', 'x x', (x, y) => F.mseLoss(x, y), 'F.mse_loss(a, b)'),
  both('l1Loss', 'x x', (x, y) => F.l1Loss(x, y), 'F.l1_loss(a, b)'),
  both('huberLoss', 'x x', (x, y) => F.huberLoss(x, y), 'F.huber_loss(a, b)'),
  both('smoothL1Loss', 'x x', (x, y) => F.smoothL1Loss(x, y), 'F.smooth_l1_loss(a, b)'),
  both('binaryCrossEntropy', 'unit target', (x, y) => F.binaryCrossEntropy(x, y), 'F.binary_cross_entropy(a, b)'),
  both('binaryCrossEntropyWithLogits', 'x target', (x, y) => F.binaryCrossEntropyWithLogits(x, y), 'F.binary_cross_entropy_with_logits(a, b)'),
  both('klDiv', 'log target', (x, y) => F.klDiv(x, y), 'F.kl_div(a, b)'),
  both('gaussianNllLoss', 'x x pos', (x, y, v) => F.gaussianNllLoss(x, y, v), 'F.gaussian_nll_loss(a, b, c)'),
  both('poissonNllLoss', 'x target', (x, y) => F.poissonNllLoss(x, y), 'F.poisson_nll_loss(a, b)'),
  both('cosineEmbeddingLoss', 'x x side', (x, y, s) => F.cosineEmbeddingLoss(x, y, s), 'F.cosine_embedding_loss(a, b, c)'),
  both('hingeEmbeddingLoss', 'x side', (x, s) => F.hingeEmbeddingLoss(x, s.unsqueeze(1)), 'F.hinge_embedding_loss(a, b.unsqueeze(1))'),
  both('marginRankingLoss', 'x x side', (x, y, s) => F.marginRankingLoss(x, y, s.unsqueeze(1)), 'F.margin_ranking_loss(a, b, c.unsqueeze(1))'),
  both('multiMarginLoss', 'x class', (x, c) => F.multiMarginLoss(x, c), 'F.multi_margin_loss(a, b)'),
  both('multilabelMarginLoss', 'x class', (x, c) => F.multilabelMarginLoss(x, c.unsqueeze(1).expand(x.shape[0], x.shape[1])), 'F.multilabel_margin_loss(a, b.unsqueeze(1).expand(a.shape).contiguous())', 2000),
  both('multilabelSoftMarginLoss', 'x target', (x, y) => F.multilabelSoftMarginLoss(x, y), 'F.multilabel_soft_margin_loss(a, b)'),
  both('softMarginLoss', 'x target', (x, y) => F.softMarginLoss(x, y), 'F.soft_margin_loss(a, b)'),
  both('tripletMarginLoss', 'x x x', (x, y, z) => F.tripletMarginLoss(x, y, z), 'F.triplet_margin_loss(a, b, c)'),
]; // prettier-ignore
