// kernels/index/sort.cc and select.cc: sort_rows, topk_rows and select_rows against a stable sort of indices, on every
// instruction set.
#include "runtime/dispatch.h"
#include "runtime/threads.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

using namespace ostinato;

namespace {

const std::vector<int64_t> lengths = {0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 200};

// Many equal elements, and for floats NaN, both infinities and both zeros.
template <class T>
std::vector<T> values(int64_t count) {
  std::vector<T> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(T((i * 37 + i * i) % 11));
  if constexpr (std::numeric_limits<T>::has_infinity) {
    const T specials[] = {T(NAN), T(INFINITY), T(-INFINITY), T(-0.0), T(0.0)};
    for (int64_t i = 0; i < count; i += 3) out[size_t(i)] = specials[i / 3 % 5];
  }
  return out;
}

template <class T>
std::vector<int32_t> expectedOrder(const T* x, int64_t n, bool descending) {
  const auto rank = [](T v) { return v != v ? 1 : 0; };
  std::vector<int32_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t i, int32_t j) {
    const T a = descending ? x[j] : x[i], b = descending ? x[i] : x[j];
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    return a < b;
  });
  return order;
}

template <class T>
bool same(T a, T b) {
  return a == b || (a != a && b != b);
}

template <class T, class Sort, class Topk>
void check(Sort sort, Topk topk) {
  constexpr int64_t rows = 3;
  for (const int64_t n : lengths)
    for (const bool descending : {false, true}) {
      CAPTURE(n);
      CAPTURE(descending);
      const auto x = values<T>(rows * n);
      auto sorted = x;
      std::vector<int32_t> index(x.size(), -1), spareIndex(static_cast<size_t>(n));
      std::vector<T> spare(static_cast<size_t>(n));
      sort(sorted.data(), index.data(), spare.data(), spareIndex.data(), rows, n, descending);
      for (int64_t r = 0; r < rows; ++r) {
        const auto order = expectedOrder(x.data() + r * n, n, descending);
        for (int64_t i = 0; i < n; ++i) {
          CHECK(index[size_t(r * n + i)] == order[size_t(i)]);
          CHECK(same(sorted[size_t(r * n + i)], x[size_t(r * n + order[size_t(i)])]));
        }
      }
      for (const int64_t k :
           {int64_t(0), int64_t(1), int64_t(16), int64_t(17), int64_t(40), n / 2, n - 1, n}) {
        if (k < 0 || k > n) continue;
        CAPTURE(k);
        std::vector<T> best(size_t(rows * k) + 1, T(77));
        std::vector<int32_t> where(size_t(rows * k) + 1, 77);
        std::vector<T> spareBest(size_t(4 * k) + 1, T(77));
        std::vector<int32_t> spareWhere(size_t(4 * k) + 1, 77);
        topk(x.data(), best.data(), where.data(), spareBest.data(), spareWhere.data(), rows, n, k,
             descending);
        CHECK(spareBest.back() == T(77));
        CHECK(spareWhere.back() == 77);
        for (int64_t r = 0; r < rows; ++r) {
          const auto order = expectedOrder(x.data() + r * n, n, descending);
          for (int64_t i = 0; i < k; ++i) {
            CHECK(where[size_t(r * k + i)] == order[size_t(i)]);
            CHECK(same(best[size_t(r * k + i)], x[size_t(r * n + order[size_t(i)])]));
          }
        }
        CHECK(best.back() == T(77));
        CHECK(where.back() == 77);
      }
    }
}

template <class T, class Select>
void checkSelect(Select select) {
  for (const int64_t n : lengths)
    for (const bool spread : {false, true}) {
      const int64_t rows = n == 0 ? 0 : 3;
      auto x = values<T>(rows * n);
      // Few equal elements, of both signs, and the extreme ones of integers.
      if (spread)
        for (size_t i = 0; i < x.size(); ++i)
          if (x[i] == x[i])
            x[i] = T(i % 5 == 0 ? std::numeric_limits<T>::lowest() : x[i] * T(i) - T(3 * i));
      for (int64_t k = 0; k < n; k += 1 + n / 20)
        for (const int64_t middle : {0, 1, 2}) {
          CAPTURE(n);
          CAPTURE(k);
          CAPTURE(middle);
          std::vector<T> found(size_t(rows) + 1, T(77));
          std::vector<int32_t> where(size_t(rows) + 1, 77);
          select(x.data(), found.data(), where.data(), rows, n, k, middle, processWork());
          for (int64_t r = 0; r < rows; ++r) {
            const T* const row = x.data() + r * n;
            const auto order = expectedOrder(row, n, false);
            const int64_t numbers = std::count_if(row, row + n, [](T v) { return v == v; });
            const int64_t place = middle == 0   ? k
                                  : middle == 2 ? std::max<int64_t>(numbers - 1, 0) / 2
                                  : numbers < n ? numbers
                                                : (n - 1) / 2;
            CHECK(where[size_t(r)] == order[size_t(place)]);
            CHECK(same(found[size_t(r)], row[order[size_t(place)]]));
          }
          CHECK(found.back() == T(77));
          CHECK(where.back() == 77);
        }
    }
}

}  // namespace

TEST_CASE("sort_rows and topk_rows") {
  int count;
  const KernelTable* const* tables = availableTables(&count);
  for (int i = 0; i < count; ++i) {
    CAPTURE(tables[i]->isa);
    check<float>(tables[i]->sort_rows_f32, tables[i]->topk_rows_f32);
    check<double>(tables[i]->sort_rows_f64, tables[i]->topk_rows_f64);
    check<int32_t>(tables[i]->sort_rows_i32, tables[i]->topk_rows_i32);
    check<uint8_t>(tables[i]->sort_rows_u8, tables[i]->topk_rows_u8);
  }
}

TEST_CASE("select_rows") {
  int count;
  const KernelTable* const* tables = availableTables(&count);
  for (int i = 0; i < count; ++i) {
    CAPTURE(tables[i]->isa);
    checkSelect<float>(tables[i]->select_rows_f32);
    checkSelect<double>(tables[i]->select_rows_f64);
    checkSelect<int32_t>(tables[i]->select_rows_i32);
    checkSelect<uint8_t>(tables[i]->select_rows_u8);
  }
}
