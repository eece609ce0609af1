// Maxima and means of windows of signals. Threads share the rows; sums are in double precision, in the order of the elements.
#include "../grain.h"
#include "../kernels.h"
#include "../simd/vec.h"
#include "../sizes.h"

namespace ostinato::OSTINATO_ISA {

namespace {

template <class Body>
OSTINATO_INLINE void forRows(Work& work, int64_t rows, int64_t elements, Body body) {
  const int64_t pieces = min(rows, piecesOf(double(rows) * double(elements), grains::rowElements,
                                            work.threads, 3 * work.threads));
  parallel(work, pieces, [&](int64_t piece, int) {
    for (int64_t r = rows * piece / pieces; r < rows * (piece + 1) / pieces; ++r) body(r);
  });
}

}  // namespace

template <class T>
void pool_max(const T* x, const int32_t* windows, T* out, int32_t* index, int64_t rows,
              int64_t length, int64_t outLength, int64_t step, Work& work) {
  forRows(work, rows, length + outLength, [&](int64_t r) {
    const T* const row = x + r * length;
    for (int64_t t = 0; t < outLength; ++t) {
      int64_t best = windows[2 * t];
      T most = row[best];
      for (int64_t i = best + step; i < windows[2 * t + 1]; i += step) {
        // As in PyTorch the last NaN of a window stays.
        if (row[i] > most || row[i] != row[i]) {
          most = row[i];
          best = i;
        }
      }
      out[r * outLength + t] = most;
      index[r * outLength + t] = int32_t(best);
    }
  });
}

template <class T>
void pool_mean(const T* x, const int32_t* windows, const double* scale, T* out, int64_t rows,
               int64_t length, int64_t outLength, Work& work) {
  forRows(work, rows, length + outLength, [&](int64_t r) {
    const T* const row = x + r * length;
    for (int64_t t = 0; t < outLength; ++t) {
      double sum = 0;
      for (int64_t i = windows[2 * t]; i < windows[2 * t + 1]; ++i) sum += double(row[i]);
      out[r * outLength + t] = T(sum * scale[t]);
    }
  });
}

template <class T>
void pool_mean_backward(const T* g, const int32_t* windows, const double* scale, T* dx,
                        int64_t rows, int64_t length, int64_t outLength, Work& work) {
  forRows(work, rows, length + outLength, [&](int64_t r) {
    T* const row = dx + r * length;
    for (int64_t i = 0; i < length; ++i) row[i] = 0;
    for (int64_t t = 0; t < outLength; ++t) {
      const T value = T(double(g[r * outLength + t]) * scale[t]);
      for (int64_t i = windows[2 * t]; i < windows[2 * t + 1]; ++i) row[i] += value;
    }
  });
}

INSTANTIATE_NUMBER(pool_max)
INSTANTIATE_FLOAT(pool_mean)
INSTANTIATE_FLOAT(pool_mean_backward)

}  // namespace ostinato::OSTINATO_ISA
