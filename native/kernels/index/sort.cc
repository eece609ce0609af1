// Sorting along the last dimension of contiguous [rows, n] tensors: sort_rows and topk_rows. NaN
// counts as the greatest number, equal elements keep their order (so -0 and 0 do too).
#include "../kernels.h"
#include "../sizes.h"

namespace ostinato::OSTINATO_ISA {

// Whether a sorts before b, without a branch.
template <bool descending, class T>
static inline bool before(T a, T b) {
  if constexpr (descending)
    return !(a <= b) & (b == b);
  else
    return !(a >= b) & (a == a);
}

// Moves the last of n elements to its place among those before it, which are sorted.
template <bool descending, class T>
static inline void insertLast(T* values, int32_t* index, int64_t n) {
  const T value = values[n - 1];
  const int32_t at = index[n - 1];
  int64_t j = n - 1;
  for (; j > 0 && before<descending>(value, values[j - 1]); --j) {
    values[j] = values[j - 1];
    index[j] = index[j - 1];
  }
  values[j] = value;
  index[j] = at;
}

template <bool descending, class T>
static void insertionSort(T* values, int32_t* index, int64_t n) {
  for (int64_t i = 2; i <= n; ++i) insertLast<descending>(values, index, i);
}

// The indices a and b by a condition, without a branch: which of two elements comes first is as good as random.
static inline int64_t either(bool isFirst, int64_t a, int64_t b) {
  return b ^ ((a ^ b) & -int64_t(isFirst));
}

// Stable merge of the sorted from[0, middle) and from[middle, n).
template <bool descending, class T>
static void merge(const T* from, const int32_t* fromIndex, T* to, int32_t* toIndex, int64_t middle,
                  int64_t n) {
  int64_t left = 0, right = middle, i = 0;
  for (; left < middle && right < n; ++i) {
    const bool takeRight = before<descending>(from[right], from[left]);
    const int64_t at = either(takeRight, right, left);
    to[i] = from[at];
    toIndex[i] = fromIndex[at];
    right += takeRight;
    left += !takeRight;
  }
  for (; left < middle; ++i, ++left) {
    to[i] = from[left];
    toIndex[i] = fromIndex[left];
  }
  for (; right < n; ++i, ++right) {
    to[i] = from[right];
    toIndex[i] = fromIndex[right];
  }
}

// The same of two parts of `half` elements, from both ends at once: two chains of loads and comparisons, neither of which can
// leave its part, since each takes `half` elements.
template <bool descending, class T>
static void mergeHalves(const T* from, const int32_t* fromIndex, T* to, int32_t* toIndex,
                        int64_t half) {
  int64_t left = 0, right = half, lastLeft = half - 1, lastRight = 2 * half - 1;
  for (int64_t i = 0, j = lastRight; i < half; ++i, --j) {
    const bool takeRight = before<descending>(from[right], from[left]);
    const int64_t at = either(takeRight, right, left);
    to[i] = from[at];
    toIndex[i] = fromIndex[at];
    right += takeRight;
    left += !takeRight;
    const bool takeLeft = before<descending>(from[lastRight], from[lastLeft]);
    const int64_t last = either(takeLeft, lastLeft, lastRight);
    to[j] = from[last];
    toIndex[j] = fromIndex[last];
    lastLeft -= takeLeft;
    lastRight -= !takeLeft;
  }
}

template <class T>
static void copyPairs(T* values, int32_t* index, const T* from, const int32_t* fromIndex,
                      int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    values[i] = from[i];
    index[i] = fromIndex[i];
  }
}

// Rows that are sorted by insertion: as runs before the first merge, or as the best so far.
constexpr int64_t run = 16;

template <bool descending, class T>
static void mergeSort(T* values, int32_t* index, T* spareValues, int32_t* spareIndex, int64_t n) {
  for (int64_t i = 0; i < n; i += run)
    insertionSort<descending>(values + i, index + i, min(n - i, run));
  T* from = values;
  int32_t* fromIndex = index;
  T* to = spareValues;
  int32_t* toIndex = spareIndex;
  for (int64_t width = run; width < n; width *= 2) {
    for (int64_t i = 0; i < n; i += 2 * width) {
      const int64_t rest = n - i;
      if (rest >= 2 * width)
        mergeHalves<descending>(from + i, fromIndex + i, to + i, toIndex + i, width);
      else
        merge<descending>(from + i, fromIndex + i, to + i, toIndex + i, min(rest, width), rest);
    }
    T* const values_ = from;
    from = to;
    to = values_;
    int32_t* const index_ = fromIndex;
    fromIndex = toIndex;
    toIndex = index_;
  }
  if (from != values) copyPairs(values, index, from, fromIndex, n);
}

template <class T>
void sort_rows(T* values, int32_t* index, T* spareValues, int32_t* spareIndex, int64_t rows,
               int64_t n, int64_t descending) {
  for (int64_t r = 0; r < rows; ++r, values += n, index += n) {
    for (int64_t i = 0; i < n; ++i) index[i] = int32_t(i);
    if (descending)
      mergeSort<true>(values, index, spareValues, spareIndex, n);
    else
      mergeSort<false>(values, index, spareValues, spareIndex, n);
  }
}

// Insertion into the sorted k best so far: one comparison for an element that does not come before the k-th.
template <bool largest, class T>
static void insertBest(const T* x, T* values, int32_t* index, int64_t n, int64_t k) {
  for (int64_t i = 0; i < k; ++i) {
    values[i] = x[i];
    index[i] = int32_t(i);
  }
  insertionSort<largest>(values, index, k);
  T last = values[k - 1];
  for (int64_t i = k; i < n; ++i) {
    if (!before<largest>(x[i], last)) continue;
    values[k - 1] = x[i];
    index[k - 1] = int32_t(i);
    insertLast<largest>(values, index, k);
    last = values[k - 1];
  }
}

// O(n log k): candidates, which come before the k-th best so far, are collected until there are k of them, then sorted and
// merged with the best. A candidate comes after the best that equal it, so the merge keeps the order of equal elements.
template <bool largest, class T>
static void mergeBest(const T* x, T* values, int32_t* index, T* spareValues, int32_t* spareIndex,
                      int64_t n, int64_t k) {
  // [best (k) | candidates (k)], and the same again for sorting and merging.
  T* const merged = spareValues + 2 * k;
  int32_t* const mergedIndex = spareIndex + 2 * k;
  for (int64_t i = 0; i < k; ++i) {
    spareValues[i] = x[i];
    spareIndex[i] = int32_t(i);
  }
  mergeSort<largest>(spareValues, spareIndex, merged, mergedIndex, k);
  int64_t found = k;
  const auto absorb = [&] {
    mergeSort<largest>(spareValues + k, spareIndex + k, merged, mergedIndex, found - k);
    merge<largest>(spareValues, spareIndex, merged, mergedIndex, k, found);
    copyPairs(spareValues, spareIndex, merged, mergedIndex, k);
    found = k;
  };
  for (int64_t i = k; i < n; ++i) {
    if (!before<largest>(x[i], spareValues[k - 1])) continue;
    spareValues[found] = x[i];
    spareIndex[found] = int32_t(i);
    if (++found == 2 * k) absorb();
  }
  if (found > k) absorb();
  copyPairs(values, index, spareValues, spareIndex, k);
}

template <bool largest, class T>
static void topkRow(const T* x, T* values, int32_t* index, T* spareValues, int32_t* spareIndex,
                    int64_t n, int64_t k) {
  if (k <= run)
    insertBest<largest>(x, values, index, n, k);
  else
    mergeBest<largest>(x, values, index, spareValues, spareIndex, n, k);
}

template <class T>
void topk_rows(const T* x, T* values, int32_t* index, T* spareValues, int32_t* spareIndex,
               int64_t rows, int64_t n, int64_t k, int64_t largest) {
  if (k == 0) return;
  for (int64_t r = 0; r < rows; ++r, x += n, values += k, index += k) {
    if (largest)
      topkRow<true>(x, values, index, spareValues, spareIndex, n, k);
    else
      topkRow<false>(x, values, index, spareValues, spareIndex, n, k);
  }
}

INSTANTIATE_ANY(sort_rows)
INSTANTIATE_ANY(topk_rows)

}  // namespace ostinato::OSTINATO_ISA
