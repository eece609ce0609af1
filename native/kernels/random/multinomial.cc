// Multinomial sampling, row by row, with given weights. Weights are checked by the caller: finite,
// not negative, and not all zero in a row.
#include "../simd/vec.h"
#include "mt19937.h"

namespace ostinato::OSTINATO_ISA {

// With replacement: p [rows, categories] -> out [rows, samples]. Each sample is the first category
// whose cumulative weight reaches a uniform double. The sums run in T, one category after the
// other, and are divided by the total; `cumulative` holds one row of them.
template <class T>
void random_multinomial(uint32_t* state, const T* p, T* cumulative, int32_t* out, int64_t rows,
                        int64_t categories, int64_t samples) {
  Generator& g = generatorOf(state);
  for (int64_t row = 0; row < rows; ++row, p += categories, out += samples) {
    T sum = 0;
    for (int64_t j = 0; j < categories; ++j) cumulative[j] = sum += p[j];
    for (int64_t j = 0; j < categories; ++j) cumulative[j] /= sum;
    cumulative[categories - 1] = 1;
    for (int64_t sample = 0; sample < samples; ++sample) {
      double u;
      drawUniform(g, &u, 1);
      int64_t low = 0, high = categories;
      while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (double(cumulative[middle]) < u)
          low = middle + 1;
        else
          high = middle;
      }
      out[sample] = int32_t(low);
    }
  }
}

// a comes before b: the greater score, and of equal ones the lower index.
template <class T>
static bool before(const T* score, int32_t a, int32_t b) {
  return score[a] > score[b] || (score[a] == score[b] && a < b);
}
// A heap whose root comes last of all: moves the root's successor down to where it belongs.
template <class T>
static void sink(const T* score, int32_t* heap, int64_t size, int64_t at) {
  const int32_t moved = heap[at];
  for (int64_t child; (child = 2 * at + 1) < size; at = child) {
    if (child + 1 < size && before(score, heap[child], heap[child + 1])) ++child;
    if (!before(score, moved, heap[child])) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
}

// Without replacement: the `samples` greatest of p / q with q exponential, greatest first. scores
// holds what random_exponential drew for all of p, [rows, categories], and takes the quotients.
template <class T>
void random_race(const T* p, T* scores, int32_t* out, int64_t rows, int64_t categories,
                 int64_t samples) {
  for (int64_t row = 0; row < rows; ++row, p += categories, scores += categories, out += samples) {
    for (int64_t j = 0; j < categories; ++j) scores[j] = p[j] / scores[j];
    for (int64_t j = 0; j < samples; ++j) out[j] = int32_t(j);
    for (int64_t j = samples / 2 - 1; j >= 0; --j) sink(scores, out, samples, j);
    // Of equal scores the lower index stays, so only a greater one replaces the root.
    T last = scores[out[0]];
    for (int64_t j = samples; j < categories; ++j)
      if (scores[j] > last) {
        out[0] = int32_t(j);
        sink(scores, out, samples, 0);
        last = scores[out[0]];
      }
    for (int64_t size = samples - 1; size > 0; --size) {
      const int32_t root = out[0];
      out[0] = out[size];
      out[size] = root;
      sink(scores, out, size, 0);
    }
  }
}

INSTANTIATE_FLOAT(random_multinomial)
INSTANTIATE_FLOAT(random_race)

}  // namespace ostinato::OSTINATO_ISA
