/** Cases of products, convolutions and pooling. */
import { both, type Case } from './case';
import * as o from 'ostinato';

const F = o.nn.functional;

export const products: readonly Case[] = [
  both('matmul', 'x t', (x, y) => x.matmul(y), 'a.matmul(b)'),
  both('mm', 'x t', (x, y) => x.mm(y), 'a.mm(b)'),
  both('linear', 'x few', (x, w) => F.linear(x, w), 'F.linear(a, b)'),
  both('cdist', 'few few', (x, y) => o.cdist(x, y), 'torch.cdist(a, b)'),
  both('mv', 'x row', (x, v) => x.mv(v), 'a.mv(b)'),
  both('dot', 'row row', (x, y) => x.dot(y), 'a.dot(b)'),
  both('outer', 'col row', (x, y) => o.outer(x.flatten(), y), 'torch.outer(a.flatten(), b)'),
  both('bmm', 'many manyT', (x, y) => x.bmm(y), 'a.bmm(b)'),
  both('addmm', 'x x t', (m, x, y) => o.addmm(m.at(':', ':1'), x, y), 'torch.addmm(a[:, :1], b, c)'),
  both('baddbmm', 'many many manyT', (m, x, y) => o.baddbmm(m.at(':', ':', ':1'), x, y), 'torch.baddbmm(a[:, :, :1], b, c)'),
  both('einsum', 'x few', (x, w) => o.einsum('ij,kj->ik', x, w), "torch.einsum('ij,kj->ik', a, b)"),
  both('tensordot', 'x table', (x, w) => o.tensordot(x, w, 1), 'torch.tensordot(a, b, 1)'),
  both('inner', 'x few', (x, w) => o.inner(x, w), 'torch.inner(a, b)'),
  both('kron', 'x side', (x) => o.kron(x, o.ones([2, 2])), 'torch.kron(a, torch.ones(2, 2))'),
  both('bilinear', 'few few', (x, y) => F.bilinear(x, y, o.ones([4, x.shape[1], y.shape[1]])), 'F.bilinear(a, b, torch.ones(4, a.shape[1], b.shape[1]))', 2e5),
  both('scaledDotProductAttention', 'few x x', (q, k, v) => F.scaledDotProductAttention(q, k, v), 'F.scaled_dot_product_attention(a, b, c)'),
  both('conv1d', 'x', (x) => o.conv1d(x.unsqueeze(1), o.ones([4, 1, 2])), 'F.conv1d(a.unsqueeze(1), torch.ones(4, 1, 2))'),
  both('convTranspose1d', 'x', (x) => o.convTranspose1d(x.unsqueeze(1), o.ones([1, 4, 2])), 'F.conv_transpose1d(a.unsqueeze(1), torch.ones(1, 4, 2))'),
  both('maxPool1d', 'x', (x) => F.maxPool1d(x, 2), 'F.max_pool1d(a.unsqueeze(1), 2).squeeze(1)'),
  both('avgPool1d', 'x', (x) => F.avgPool1d(x, 2), 'F.avg_pool1d(a, 2)'),
  both('lpPool1d', 'x', (x) => F.lpPool1d(x.unsqueeze(1), 2, 2), 'F.lp_pool1d(a.unsqueeze(1), 2, 2)'),
  both('adaptiveAvgPool1d', 'x', (x) => F.adaptiveAvgPool1d(x, 2), 'F.adaptive_avg_pool1d(a, 2)'),
  both('adaptiveMaxPool1d', 'x', (x) => F.adaptiveMaxPool1d(x, 2), 'F.adaptive_max_pool1d(a.unsqueeze(1), 2).squeeze(1)'),
]; // prettier-ignore
