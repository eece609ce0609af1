// Rows of a table added up bag by bag (embeddingBag), and the gradient of the table. Sums are in double precision and in the order of the
// indices; the gradient adds in the table's type, row after row, as index_add does. Both walk some features of all rows at a time, which
// stay in registers.
#include "../grain.h"
#include "../kernels.h"
#include "../simd/lanes.h"
#include "../sizes.h"
#include "../work.h"

namespace ostinato::OSTINATO_ISA {

namespace {

// Which indices a bag has: those from its offset to the next one, or to n; `size` of them where there are no offsets.
struct Bags {
  const int32_t* offsets;
  int64_t given, size, n;
  int64_t first(int64_t b) const { return offsets ? offsets[b] : b * size; }
  int64_t end(int64_t b) const {
    return !offsets ? (b + 1) * size : b + 1 < given ? offsets[b + 1] : n;
  }
};

// body(first, end) for shares of [0, count), each at least a grain of `amount` elements.
template <class Body>
void share(Work& work, int64_t count, double amount, Body body) {
  const int64_t pieces = piecesOf(amount, grains::rowElements, work.threads, 4 * work.threads);
  parallel(work, min(pieces, max(count, 1)), [&](int64_t piece, int) {
    const int64_t of = min(pieces, max(count, 1));
    body(count * piece / of, count * (piece + 1) / of);
  });
}

}  // namespace

template <class T>
void bag_sum(const T* table, const int32_t* index, const int32_t* offsets, T* out, int64_t bags,
             int64_t features, int64_t n, int64_t size, int64_t given, int64_t skip, Flag mean,
             Work& work) {
  constexpr int lanes = W<double>, vectors = 4;
  const Bags where = {offsets, given, size, n};
  share(work, bags, double(n) * double(features), [&](int64_t from, int64_t to) {
    for (int64_t b = from; b < to; ++b) {
      const int64_t first = where.first(b), end = where.end(b);
      T divisor = 1;
      if (mean) {
        int64_t count = 0;
        for (int64_t i = first; i < end; ++i) count += index[i] != skip;
        divisor = T(max(count, 1));
      }
      const auto finish = [&](int64_t k, const Vec<double>& total, int count) {
        storePartialAs(out + b * features + k, total, count);
      };
      int64_t k = 0;
      for (; k + vectors * lanes <= features; k += vectors * lanes) {
        Vec<double> sums[vectors] = {zero<double>(), zero<double>(), zero<double>(),
                                     zero<double>()};
        for (int64_t i = first; i < end; ++i) {
          if (index[i] == skip) continue;
          const T* const row = table + index[i] * features + k;
          OSTINATO_UNROLL
          for (int v = 0; v < vectors; ++v) sums[v] = sums[v] + loadAsDouble(row + v * lanes);
        }
        for (int v = 0; v < vectors; ++v) finish(k + v * lanes, sums[v], lanes);
      }
      for (; k < features; k += lanes) {
        const int count = int(min(features - k, lanes));
        Vec<double> sum = zero<double>();
        for (int64_t i = first; i < end; ++i)
          if (index[i] != skip)
            sum = sum + loadPartialAsDouble(table + index[i] * features + k, count);
        finish(k, sum, count);
      }
      if (mean)
        for (int64_t j = b * features; j < (b + 1) * features; ++j) out[j] /= divisor;
    }
  });
}

template <class T>
void bag_sum_backward(const T* g, const int32_t* index, const int32_t* offsets, T* out,
                      int64_t bags, int64_t features, int64_t n, int64_t size, int64_t given,
                      int64_t skip, Work& work) {
  constexpr int vectors = 4;
  constexpr int64_t block = vectors * W<T>;
  const Bags where = {offsets, given, size, n};
  // Each worker adds to features of its own, in the order of the indices.
  share(work, ceilDiv(features, block), double(n) * double(features),
        [&](int64_t from, int64_t to) {
          for (int64_t k = from * block; k < min(to * block, features); k += block) {
            const int64_t width = min(features - k, block);
            for (int64_t b = 0; b < bags; ++b) {
              const T* const own = g + b * features + k;
              const int64_t end = where.end(b);
              if (width == block) {
                Vec<T> added[vectors];
                for (int v = 0; v < vectors; ++v) added[v] = load(own + v * W<T>);
                for (int64_t i = where.first(b); i < end; ++i) {
                  if (index[i] == skip) continue;
                  T* const row = out + index[i] * features + k;
                  OSTINATO_UNROLL
                  for (int v = 0; v < vectors; ++v)
                    store(row + v * W<T>, load(row + v * W<T>) + added[v]);
                }
              } else {
                for (int64_t i = where.first(b); i < end; ++i) {
                  if (index[i] == skip) continue;
                  T* const row = out + index[i] * features + k;
                  for (int64_t j = 0; j < width; j += W<T>)
                    store(row + j, load(row + j, width - j) + load(own + j, width - j), width - j);
                }
              }
            }
          }
        });
}

INSTANTIATE_FLOAT(bag_sum)
INSTANTIATE_FLOAT(bag_sum_backward)

}  // namespace ostinato::OSTINATO_ISA
