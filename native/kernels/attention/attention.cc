// Attention of many heads, a block of queries of one head at a time, so that scores and weights stay in L2 between the products
// (gemm.cc) and the softmax. Heads are read and written where they are, whatever is between their rows. Chains, sums and roundings are
// those of the operations that softmax(scale q kᵀ + mask) v consists of, in their order: the same bits, for any block.
#include "../gemm/product.h"
#include "../grain.h"
#include "../kernels.h"
#include "../reduce/softmax.h"
#include "sizes.h"

namespace ostinato::OSTINATO_ISA {

namespace {

// The matrices of all heads, rows of elements side by side.
template <class T>
struct Heads {
  T* p;
  int64_t outer, inner, row;
  T* at(int64_t o, int64_t i) const { return p + o * outer + i * inner; }
};

struct Sizes {
  int64_t outer, inner, queries, keys, features, valueFeatures;
};

// A worker's memory beside that of the products: `rows` rows of scores, of weights after noise, and of queries.
template <class T>
struct Block {
  int64_t rows, ld;  // of scores and weights: whole vectors, not a multiple of 4 KB
  T *scores, *weights, *queries;
  char* products;

  static int64_t leading(const Sizes& s) {
    const int64_t ld = roundUp(s.keys, Vec<T>::lanes);
    return ld * int64_t(sizeof(T)) % 4096 == 0 ? ld + Vec<T>::lanes : ld;
  }
  // Rows of scores that L2 holds beside the other operands; packing the keys once for each block wants many.
  static int64_t rowsFor(const Sizes& s) {
    constexpr int64_t elements = (int64_t(512) << 10) / sizeof(T);
    const int64_t longest = max(leading(s), s.features);
    return evenBlock(s.queries, max(elements / longest / tileRows * tileRows, tileRows), tileRows);
  }
  Block(const Sizes& s, char* scratch) : rows(rowsFor(s)), ld(leading(s)), products(scratch) {
    static_assert(multiplyScratch<T> + 3 * tileRows * (mostAttended + 64) * int64_t(sizeof(T)) <=
                  Work::scratchBytes);
    static_assert(multiplyScratch<T> + 3 * (int64_t(576) << 10) <= Work::scratchBytes);
    scores = (T*)(scratch + roundUp(multiplyScratch<T>, 64));
    weights = scores + rows * ld;
    queries = weights + rows * ld;
  }
};

// Calls body(o, i, r0, rows, block) for every block of at most `step` queries of every head.
template <class T, class Body>
OSTINATO_INLINE void eachBlock(Work& work, const Sizes& s, int64_t step, double products,
                               Body body) {
  const int64_t blocks = ceilDiv(s.queries, step), units = s.outer * s.inner * blocks;
  const double multiplyAdds = double(s.outer * s.inner) * double(s.queries) * double(s.keys) *
                              double(s.features + s.valueFeatures) * products;
  const int64_t pieces =
      min(piecesOf(multiplyAdds, grains::multiplyAdds, work.threads, 4 * work.threads), units);
  // Not inlined, since `parallel` calls it in two places.
  parallel(
      work, pieces, [&](int64_t piece, int worker) __attribute__((noinline)) {
        const Block<T> block(s, work.scratch(work, worker));
        for (int64_t unit = units * piece / pieces; unit < units * (piece + 1) / pieces; ++unit) {
          const int64_t head = unit / blocks, r0 = unit % blocks * step;
          body(head / s.inner, head % s.inner, r0, min(step, s.queries - r0), block);
        }
      });
}

// to = factor * from, rows of `columns` elements.
template <class T>
void scaleRows(const T* from, int64_t fromRow, double factor, int64_t rows, int64_t columns, T* to,
               int64_t toRow) {
  const Vec<T> f = broadcast(T(factor));
  for (int64_t r = 0; r < rows; ++r)
    forEachVector<T>(0, columns, [&](int64_t j, int count) {
      store(to + r * toRow + j, load(from + r * fromRow + j, count) * f, count);
    });
}

// to = a * b; `to` may be a.
template <class T>
OSTINATO_INLINE void multiplyRow(const T* a, const T* b, int64_t n, T* to) {
  forEachVector<T>(0, n, [&](int64_t j, int count) {
    store(to + j, load(a + j, count) * load(b + j, count), count);
  });
}

// Adds the mask to a row of scores. Whether a key takes part; always with `hides` unset.
template <class T>
OSTINATO_INLINE bool maskRow(T* scores, const T* mask, int64_t n, bool hides) {
  constexpr T lowest = -Format<T>::infinity;
  Mask<T> seen = zero<T>() != zero<T>();
  forEachVector<T>(0, n, [&](int64_t j, int count) {
    const Vec<T> m = load(mask + j, count), x = load(scores + j, count);
    const Mask<T> hidden = m == broadcast(lowest);
    seen = seen | (~hidden & firstLanes<T>(count));
    store(scores + j, hides ? select(hidden, m, x + m) : x + m, count);
  });
  return !hides || any(seen);
}

template <class T>
void forward(Work& work, const Sizes& s, const Heads<const T>& q, const Heads<const T>& k,
             const Heads<const T>& v, const Heads<const T>& mask, bool hides, const T* noise,
             T* kept, const Heads<T>& out, double scale) {
  eachBlock<T>(work, s, Block<T>::rowsFor(s), 1,
               [&](int64_t o, int64_t i, int64_t r0, int64_t rows, const Block<T>& b) {
                 const int64_t first = ((o * s.inner + i) * s.queries + r0) * s.keys;
                 const int64_t E = s.features;
                 scaleRows(q.at(o, i) + r0 * q.row, q.row, scale, rows, E, b.queries, E);
                 multiply<T>({rows, s.keys, E, b.queries, E, 1, k.at(o, i), 1, k.row, b.scores,
                              b.ld, 1, false, nullptr, 0, 1},
                             b.products);
                 for (int64_t r = 0; r < rows; ++r) {
                   T* const x = b.scores + r * b.ld;
                   if (mask.p && !maskRow(x, mask.at(o, i) + (r0 + r) * mask.row, s.keys, hides))
                     forEachVector<T>(
                         0, s.keys, [&](int64_t j, int count) { store(x + j, zero<T>(), count); });
                   else
                     softmaxRow<T>({x, s.keys, 1}, {x, s.keys, 1});
                   if (kept)
                     forEachVector<T>(0, s.keys, [&](int64_t j, int count) {
                       store(kept + first + r * s.keys + j, load(x + j, count), count);
                     });
                   if (noise) multiplyRow(x, noise + first + r * s.keys, s.keys, x);
                 }
                 multiply<T>({rows, s.valueFeatures, s.keys, b.scores, b.ld, 1, v.at(o, i), v.row,
                              1, out.at(o, i) + r0 * out.row, out.row, 1, false, nullptr, 0, 1},
                             b.products);
               });
}

// A head at a time, since its rows of queries add to the gradients of all keys and values, in order.
template <class T>
void backward(Work& work, const Sizes& s, const Heads<const T>& g, const Heads<const T>& q,
              const Heads<const T>& k, const Heads<const T>& v, const T* weights, const T* noise,
              const Heads<T>& dq, const Heads<T>& dk, const Heads<T>& dv, double scale) {
  const int64_t E = s.features, V = s.valueFeatures, S = s.keys;
  const auto rowsOf = [&](int64_t o, int64_t i, int64_t r0, int64_t rows, const Block<T>& b) {
    const int64_t first = ((o * s.inner + i) * s.queries + r0) * S;
    const T* const gRows = g.at(o, i) + r0 * g.row;
    if (dv.p) {
      const T* p = weights + first;
      int64_t ld = S;
      if (noise) {
        for (int64_t r = 0; r < rows; ++r)
          multiplyRow(p + r * S, noise + first + r * S, S, b.weights + r * b.ld);
        p = b.weights;
        ld = b.ld;
      }
      multiply<T>(
          {S, V, rows, p, 1, ld, gRows, g.row, 1, dv.at(o, i), dv.row, 1, r0 > 0, nullptr, 0, 1},
          b.products);
    }
    if (!dq.p && !dk.p) return;
    multiply<T>({rows, S, V, gRows, g.row, 1, v.at(o, i), 1, v.row, b.scores, b.ld, 1, false,
                 nullptr, 0, 1},
                b.products);
    for (int64_t r = 0; r < rows; ++r) {
      T* const d = b.scores + r * b.ld;
      if (noise) multiplyRow(d, noise + first + r * S, S, d);
      softmaxGradientRow<T>({d, S, 1}, {const_cast<T*>(weights) + first + r * S, S, 1}, {d, S, 1});
    }
    if (dq.p) {
      T* const to = dq.at(o, i) + r0 * dq.row;
      multiply<T>({rows, E, S, b.scores, b.ld, 1, k.at(o, i), k.row, 1, to, dq.row, 1, false,
                   nullptr, 0, 1},
                  b.products);
      scaleRows(to, dq.row, scale, rows, E, to, dq.row);
    }
    if (dk.p) {
      scaleRows(q.at(o, i) + r0 * q.row, q.row, scale, rows, E, b.queries, E);
      multiply<T>({S, E, rows, b.scores, 1, b.ld, b.queries, E, 1, dk.at(o, i), dk.row, 1, r0 > 0,
                   nullptr, 0, 1},
                  b.products);
    }
  };
  const int64_t step = Block<T>::rowsFor(s);
  eachBlock<T>(work, s, s.queries, 2,
               [&](int64_t o, int64_t i, int64_t, int64_t, const Block<T>& b) {
                 for (int64_t r0 = 0; r0 < s.queries; r0 += step)
                   rowsOf(o, i, r0, min(step, s.queries - r0), b);
               });
}

}  // namespace

template <class T>
void attention_forward(const T* query, const T* key, const T* value, const T* mask, const T* noise,
                       T* weights, T* out, int64_t outer, int64_t inner, int64_t queries,
                       int64_t keys, int64_t features, int64_t valueFeatures, double scale,
                       int64_t queryOuter, int64_t queryInner, int64_t queryRow, int64_t keyOuter,
                       int64_t keyInner, int64_t keyRow, int64_t valueOuter, int64_t valueInner,
                       int64_t valueRow, int64_t maskOuter, int64_t maskInner, int64_t maskRow,
                       int64_t hides, int64_t outOuter, int64_t outInner, int64_t outRow,
                       Work& work) {
  forward<T>(work, {outer, inner, queries, keys, features, valueFeatures},
             {query, queryOuter, queryInner, queryRow}, {key, keyOuter, keyInner, keyRow},
             {value, valueOuter, valueInner, valueRow}, {mask, maskOuter, maskInner, maskRow},
             hides != 0, noise, weights, {out, outOuter, outInner, outRow}, scale);
}

template <class T>
void attention_backward(const T* g, const T* query, const T* key, const T* value, const T* weights,
                        const T* noise, T* dQuery, T* dKey, T* dValue, int64_t outer, int64_t inner,
                        int64_t queries, int64_t keys, int64_t features, int64_t valueFeatures,
                        double scale, int64_t gOuter, int64_t gInner, int64_t gRow,
                        int64_t queryOuter, int64_t queryInner, int64_t queryRow, int64_t keyOuter,
                        int64_t keyInner, int64_t keyRow, int64_t valueOuter, int64_t valueInner,
                        int64_t valueRow, int64_t dQueryOuter, int64_t dQueryInner,
                        int64_t dQueryRow, int64_t dKeyOuter, int64_t dKeyInner, int64_t dKeyRow,
                        int64_t dValueOuter, int64_t dValueInner, int64_t dValueRow, Work& work) {
  backward<T>(work, {outer, inner, queries, keys, features, valueFeatures},
              {g, gOuter, gInner, gRow}, {query, queryOuter, queryInner, queryRow},
              {key, keyOuter, keyInner, keyRow}, {value, valueOuter, valueInner, valueRow}, weights,
              noise, {dQuery, dQueryOuter, dQueryInner, dQueryRow},
              {dKey, dKeyOuter, dKeyInner, dKeyRow}, {dValue, dValueOuter, dValueInner, dValueRow},
              scale);
}

INSTANTIATE_FLOAT(attention_forward)
INSTANTIATE_FLOAT(attention_backward)

}  // namespace ostinato::OSTINATO_ISA
