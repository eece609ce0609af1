// kernels/index: every kernel against its defining formula, on every instruction set, with guards
// around the output.
#include "support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace ostinato;

namespace {

constexpr int64_t guardLength = 8;

template <class T>
struct Guarded {
  std::vector<T> values;
  explicit Guarded(int64_t n, T fill = T(0)) : values(size_t(n + 2 * guardLength), T(77)) {
    for (int64_t i = 0; i < n; ++i) values[size_t(i + guardLength)] = fill;
  }
  T* data() { return values.data() + guardLength; }
  int64_t size() const { return int64_t(values.size()) - 2 * guardLength; }
  bool intact() const {
    for (int64_t i = 0; i < guardLength; ++i)
      if (values[size_t(i)] != T(77) || values[values.size() - 1 - size_t(i)] != T(77))
        return false;
    return true;
  }
};

struct Shape {
  int64_t outer, size, n, inner;
};
const std::vector<Shape> shapes = {{0, 3, 2, 4},  {1, 1, 1, 1},  {2, 5, 0, 3},  {3, 4, 7, 1},
                                   {1, 6, 9, 15}, {2, 3, 5, 16}, {1, 7, 4, 17}, {2, 9, 11, 100}};

std::vector<int32_t> indices(int64_t count, int64_t size) {
  std::vector<int32_t> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(int32_t((i * 7 + i * i) % size));
  return out;
}
template <class T>
std::vector<T> values(int64_t count) {
  std::vector<T> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(T((i * 37) % 101));
  return out;
}

template <class T, class Select, class Copy, class Gather, class Scatter>
void checkMoves(Select select, Copy copy, Gather gather, Scatter scatter) {
  for (const Shape& s : shapes) {
    CAPTURE(s.outer);
    CAPTURE(s.size);
    CAPTURE(s.n);
    CAPTURE(s.inner);
    const auto x = values<T>(s.outer * s.size * s.inner);
    const auto rows = indices(s.n, s.size);
    Guarded<T> out(s.outer * s.n * s.inner);
    select(x.data(), rows.data(), out.data(), s.outer, s.size, s.n, s.inner);
    bool same = true;
    for (int64_t o = 0; o < s.outer; ++o)
      for (int64_t i = 0; i < s.n; ++i)
        for (int64_t k = 0; k < s.inner; ++k)
          same = same && out.data()[(o * s.n + i) * s.inner + k] ==
                             x[size_t((o * s.size + rows[size_t(i)]) * s.inner + k)];
    CHECK(same);
    CHECK(out.intact());

    const auto source = values<T>(s.outer * s.n * s.inner);
    Guarded<T> target(s.outer * s.size * s.inner);
    std::vector<T> expected(size_t(target.size()), T(0));
    copy(source.data(), rows.data(), target.data(), s.outer, s.size, s.n, s.inner);
    for (int64_t o = 0; o < s.outer; ++o)
      for (int64_t i = 0; i < s.n; ++i)
        for (int64_t k = 0; k < s.inner; ++k)
          expected[size_t((o * s.size + rows[size_t(i)]) * s.inner + k)] =
              source[size_t((o * s.n + i) * s.inner + k)];
    CHECK(std::equal(expected.begin(), expected.end(), target.data()));
    CHECK(target.intact());

    const auto each = indices(s.outer * s.n * s.inner, s.size);
    Guarded<T> gathered(s.outer * s.n * s.inner);
    gather(x.data(), each.data(), gathered.data(), s.outer, s.size, s.n, s.inner);
    Guarded<T> scattered(s.outer * s.size * s.inner);
    std::vector<T> placed(size_t(scattered.size()), T(0));
    scatter(source.data(), each.data(), scattered.data(), s.outer, s.size, s.n, s.inner);
    same = true;
    for (int64_t o = 0; o < s.outer; ++o)
      for (int64_t i = 0; i < s.n; ++i)
        for (int64_t k = 0; k < s.inner; ++k) {
          const size_t at = size_t((o * s.n + i) * s.inner + k);
          const size_t place = size_t((o * s.size + each[at]) * s.inner + k);
          same = same && gathered.data()[at] == x[place];
          placed[place] = source[at];
        }
    CHECK(same);
    CHECK(std::equal(placed.begin(), placed.end(), scattered.data()));
    CHECK(gathered.intact());
    CHECK(scattered.intact());
  }
}

// Integers wrap around.
template <class T>
T sumOf(T a, T b) {
  if constexpr (sizeof(T) == 1)
    return T(a + b);
  else if constexpr (T(0.5) == T(0))
    return T(uint32_t(a) + uint32_t(b));
  else
    return a + b;
}
template <class T>
T productOf(T a, T b) {
  if constexpr (sizeof(T) == 1)
    return T(a * b);
  else if constexpr (T(0.5) == T(0))
    return T(uint32_t(a) * uint32_t(b));
  else
    return a * b;
}

template <class T>
std::vector<T> factors(int64_t n) {
  auto made = values<T>(n);
  for (T& x : made) {
    if constexpr (sizeof(T) == 1)
      x = T(uint32_t(x) * 97u + 31u);
    else if constexpr (T(0.5) == T(0))
      x = T(uint32_t(x) * 2654435761u);
  }
  return made;
}

template <class T, class IndexAdd, class ScatterAdd, class ScatterMul>
void checkSums(IndexAdd indexAdd, ScatterAdd scatterAdd, ScatterMul scatterMul) {
  for (const Shape& s : shapes) {
    const auto source = factors<T>(s.outer * s.n * s.inner);
    const auto rows = indices(s.n, s.size);
    for (const int64_t skip : {int64_t(-1), int64_t(0)}) {
      Guarded<T> out(s.outer * s.size * s.inner, T(1));
      std::vector<T> expected(size_t(out.size()), T(1));
      indexAdd(source.data(), rows.data(), out.data(), s.outer, s.size, s.n, s.inner, skip);
      for (int64_t o = 0; o < s.outer; ++o)
        for (int64_t i = 0; i < s.n; ++i)
          for (int64_t k = 0; k < s.inner; ++k)
            if (rows[size_t(i)] != skip) {
              T& place = expected[size_t((o * s.size + rows[size_t(i)]) * s.inner + k)];
              place = sumOf(place, source[size_t((o * s.n + i) * s.inner + k)]);
            }
      CHECK(std::equal(expected.begin(), expected.end(), out.data()));
      CHECK(out.intact());
    }
    const auto each = indices(s.outer * s.n * s.inner, s.size);
    Guarded<T> out(s.outer * s.size * s.inner, T(1));
    std::vector<T> expected(size_t(out.size()), T(1));
    Guarded<T> product(out.size(), T(1));
    std::vector<T> expectedProduct(size_t(out.size()), T(1));
    scatterAdd(source.data(), each.data(), out.data(), s.outer, s.size, s.n, s.inner);
    scatterMul(source.data(), each.data(), product.data(), s.outer, s.size, s.n, s.inner);
    for (int64_t o = 0; o < s.outer; ++o)
      for (int64_t i = 0; i < s.n; ++i)
        for (int64_t k = 0; k < s.inner; ++k) {
          const size_t at = size_t((o * s.n + i) * s.inner + k);
          const size_t place = size_t((o * s.size + each[at]) * s.inner + k);
          expected[place] = sumOf(expected[place], source[at]);
          expectedProduct[place] = productOf(expectedProduct[place], source[at]);
        }
    CHECK(std::equal(expected.begin(), expected.end(), out.data()));
    CHECK(std::equal(expectedProduct.begin(), expectedProduct.end(), product.data()));
    CHECK(out.intact());
    CHECK(product.intact());
  }
}

template <class T, class Kernel>
void checkExtremes(Kernel kernel, bool largest) {
  for (const Shape& s : shapes) {
    auto source = factors<T>(s.outer * s.n * s.inner);
    if constexpr (std::is_floating_point_v<T>)
      for (size_t i = 0; i < source.size(); i += 7) source[i] = T(i % 2 ? NAN : -INFINITY);
    const auto each = indices(s.outer * s.n * s.inner, s.size);
    Guarded<T> out(s.outer * s.size * s.inner, T(1));
    std::vector<T> expected(size_t(out.size()), T(1));
    kernel(source.data(), each.data(), out.data(), s.outer, s.size, s.n, s.inner);
    for (int64_t o = 0; o < s.outer; ++o)
      for (int64_t i = 0; i < s.n; ++i)
        for (int64_t k = 0; k < s.inner; ++k) {
          const size_t at = size_t((o * s.n + i) * s.inner + k);
          T& place = expected[size_t((o * s.size + each[at]) * s.inner + k)];
          const T v = source[at];
          if (place == place && (v != v || (largest ? v > place : v < place))) place = v;
        }
    CHECK(test::sameBits(out.data(), expected.data(), out.size()));
    CHECK(out.intact());
  }
}

// Lengths of sequences, each written as the number of steps that a place has.
template <class T, class Pack, class Pad>
void checkPacked(Pack pack, Pad pad) {
  const std::vector<std::vector<int32_t>> cases = {
      {}, {0}, {1}, {3, 0, 5, 5, 1}, std::vector<int32_t>(5000, 2)};
  for (std::vector<int32_t> lengths : cases) {
    for (size_t n = 0; lengths.size() > 1000 && n < lengths.size(); ++n)
      lengths[n] = int32_t(n % 7);
    const int64_t batch = int64_t(lengths.size());
    std::vector<int32_t> order(lengths.size()), sizes;
    for (size_t p = 0; p < order.size(); ++p) order[p] = int32_t(p);
    const auto longer = [&](int32_t a, int32_t b) {
      return lengths[size_t(a)] > lengths[size_t(b)];
    };
    std::stable_sort(order.begin(), order.end(), longer);
    int64_t total = 0;
    for (int32_t t = 0;; ++t) {
      const auto count =
          std::count_if(lengths.begin(), lengths.end(), [&](int32_t l) { return l > t; });
      if (count == 0) break;
      sizes.push_back(int32_t(count));
      total += count;
    }
    const int64_t longest = int64_t(sizes.size()), steps = longest + 2;
    for (const int64_t inner : {int64_t(0), int64_t(1), int64_t(3), int64_t(8), int64_t(70)})
      for (const bool batchFirst : {false, true})
        for (const bool sorted : {false, true}) {
          CAPTURE(batch);
          CAPTURE(inner);
          const int64_t ofStep = batchFirst ? inner : batch * inner,
                        ofSequence = batchFirst ? steps * inner : inner;
          const auto at = [&](int64_t t, int64_t p) {
            return t * ofStep + (sorted ? p : order[size_t(p)]) * ofSequence;
          };
          const auto x = values<T>(batch * steps * inner);
          Guarded<T> packed(total * inner), padded(batch * steps * inner);
          std::vector<T> expected(x.size(), T(9));
          bool same = true;
          pack(x.data(), sizes.data(), sorted ? nullptr : order.data(), packed.data(), longest,
               batch, ofStep, ofSequence, inner);
          for (int64_t t = 0, row = 0; t < longest; ++t)
            for (int64_t p = 0; p < sizes[size_t(t)]; ++p, ++row)
              for (int64_t k = 0; k < inner; ++k) {
                same = same && packed.data()[row * inner + k] == x[size_t(at(t, p) + k)];
                expected[size_t(at(t, p) + k)] = x[size_t(at(t, p) + k)];
              }
          CHECK(same);
          CHECK(packed.intact());
          const T padding = T(9);
          pad(packed.data(), sizes.data(), sorted ? nullptr : order.data(), &padding, padded.data(),
              longest, steps, batch, ofStep, ofSequence, inner);
          CHECK(std::equal(expected.begin(), expected.end(), padded.data()));
          CHECK(padded.intact());
        }
  }
}

}  // namespace

TEST_CASE("packed sequences and padded batches are each other's rows") {
  for (const KernelTable* table : test::tables())
    for (const int threads : {1, 2})
      test::withThreads(threads, [&] {
        Work& work = processWork();
#define CHECK_PACKED(T, suffix)                                               \
  checkPacked<T>([&](auto... a) { table->pack_padded_##suffix(a..., work); }, \
                 [&](auto... a) { table->pad_packed_##suffix(a..., work); });
        CHECK_PACKED(float, f32)
        CHECK_PACKED(double, f64)
        CHECK_PACKED(int32_t, i32)
        CHECK_PACKED(uint8_t, u8)
#undef CHECK_PACKED
      });
}

TEST_CASE("index kernels move and add what their formulas say") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (int t = 0; t < count; ++t) {
    const KernelTable& k = *tables[t];
    CAPTURE(k.isa);
    checkMoves<float>(k.index_select_f32, k.index_copy_f32, k.gather_f32, k.scatter_f32);
    checkMoves<double>(k.index_select_f64, k.index_copy_f64, k.gather_f64, k.scatter_f64);
    checkMoves<int32_t>(k.index_select_i32, k.index_copy_i32, k.gather_i32, k.scatter_i32);
    checkMoves<uint8_t>(k.index_select_u8, k.index_copy_u8, k.gather_u8, k.scatter_u8);
    for (const bool largest : {true, false}) {
      checkExtremes<float>(largest ? k.scatter_max_f32 : k.scatter_min_f32, largest);
      checkExtremes<double>(largest ? k.scatter_max_f64 : k.scatter_min_f64, largest);
      checkExtremes<int32_t>(largest ? k.scatter_max_i32 : k.scatter_min_i32, largest);
      checkExtremes<uint8_t>(largest ? k.scatter_max_u8 : k.scatter_min_u8, largest);
    }
    checkSums<float>(k.index_add_f32, k.scatter_add_f32, k.scatter_mul_f32);
    checkSums<double>(k.index_add_f64, k.scatter_add_f64, k.scatter_mul_f64);
    checkSums<int32_t>(k.index_add_i32, k.scatter_add_i32, k.scatter_mul_i32);
    checkSums<uint8_t>(k.index_add_u8, k.scatter_add_u8, k.scatter_mul_u8);
  }
}

TEST_CASE("index_bounds finds the first index out of range") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (int t = 0; t < count; ++t) {
    const std::vector<int32_t> index = {0, 4, 2, -1, 5};
    double position = 99;
    tables[t]->index_bounds(index.data(), 0, 0, 5, &position);
    CHECK(position == -1);
    tables[t]->index_bounds(index.data(), 3, 0, 5, &position);
    CHECK(position == -1);
    tables[t]->index_bounds(index.data(), 5, 0, 5, &position);
    CHECK(position == 3);
    tables[t]->index_bounds(index.data(), 5, -5, 5, &position);
    CHECK(position == 4);
  }
}

template <class T, class Kernel>
void checkBags(Kernel kernel) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for (const int64_t features : {0, 1, 3, 17})
    for (const int64_t n : {0, 1, 5, 40}) {
      const int64_t bags = 4;  // the third has no rows, and what is in a fifth is in none
      std::vector<T> x;
      for (int64_t i = 0; i < n * features; ++i) x.push_back(i % 11 == 4 ? nan : T((i * 37) % 23));
      std::vector<int32_t> bag;
      std::vector<uint8_t> skipped;
      for (int64_t i = 0; i < n; ++i) {
        bag.push_back(int32_t(i % 5 == 2 ? 0 : i % 5));
        skipped.push_back(uint8_t(i % 3 == 1));
      }
      for (const uint8_t* skip :
           {static_cast<const uint8_t*>(nullptr), static_cast<const uint8_t*>(skipped.data())}) {
        Guarded<int32_t> best(bags * features, 99);
        kernel(x.data(), bag.data(), skip, best.data(), n, bags, features);
        CHECK(best.intact());
        bool same = true;
        for (int64_t b = 0; b < bags; ++b)
          for (int64_t k = 0; k < features; ++k) {
            int64_t expected = -1;
            for (int64_t i = 0; i < n; ++i) {
              if (bag[size_t(i)] != b || (skip && skip[i])) continue;
              if (expected < 0 || x[size_t(i * features + k)] > x[size_t(expected * features + k)])
                expected = i;
            }
            same = same && best.data()[b * features + k] == expected;
          }
        CHECK(same);
      }
    }
}

TEST_CASE("bag_largest finds the first largest element of each bag") {
  for (const KernelTable* table : test::tables()) {
    checkBags<float>(table->bag_largest_f32);
    checkBags<double>(table->bag_largest_f64);
  }
}

namespace {

// Bags of unequal size (an empty one among them, the last to the end or not) and of equal size, for features around the vectors.
template <class T, class Sum, class Backward>
void checkBags(Sum sum, Backward backward) {
  const int64_t vocabulary = 7, n = 60;
  const std::vector<int32_t> index = indices(n, vocabulary), offsets = {0, 3, 3, 20, 21, 50};
  for (const int64_t features : {0, 1, 7, 8, 31, 32, 33, 64, 100, 300}) {
    const std::vector<T> table = values<T>(vocabulary * features);
    for (const int form : {0, 1, 2})
      for (const int64_t skip : {-1, 3})
        for (const int64_t mean : {0, 1}) {
          CAPTURE(features);
          CAPTURE(form);
          CAPTURE(skip);
          CAPTURE(mean);
          const int32_t* const begins = form == 0 ? nullptr : offsets.data();
          const int64_t given = form == 0 ? 0 : 6, size = form == 0 ? 12 : 0;
          const int64_t bags = form == 0 ? 5 : form == 1 ? 6 : 5;
          const std::vector<T> g = values<T>(bags * features);
          std::vector<T> expected(size_t(bags * features)), gradient(size_t(vocabulary * features));
          for (int64_t b = 0; b < bags; ++b) {
            const int64_t first = begins ? begins[b] : b * size;
            const int64_t end = !begins ? (b + 1) * size : b + 1 < given ? begins[b + 1] : n;
            int64_t count = 0;
            for (int64_t i = first; i < end; ++i) count += index[size_t(i)] != skip;
            for (int64_t k = 0; k < features; ++k) {
              double total = 0;
              for (int64_t i = first; i < end; ++i) {
                const int64_t row = index[size_t(i)];
                if (row == skip) continue;
                total += double(table[size_t(row * features + k)]);
                gradient[size_t(row * features + k)] += g[size_t(b * features + k)];
              }
              const T divisor = T(mean && count > 1 ? count : 1);
              expected[size_t(b * features + k)] = T(total) / divisor;
            }
          }
          for (const int threads : {1, 2}) {
            Guarded<T> out(bags * features), own(vocabulary * features);
            test::withThreads(threads, [&] {
              sum(table.data(), index.data(), begins, out.data(), bags, features, n, size, given,
                  skip, mean, processWork());
              backward(g.data(), index.data(), begins, own.data(), bags, features, n, size, given,
                       skip, processWork());
            });
            CHECK(std::equal(expected.begin(), expected.end(), out.data()));
            CHECK(std::equal(gradient.begin(), gradient.end(), own.data()));
            CHECK(out.intact());
            CHECK(own.intact());
          }
        }
  }
}

}  // namespace

TEST_CASE("index: bags of rows") {
  for (const KernelTable* table : test::tables()) {
    CAPTURE(std::string(table->isa));
    checkBags<float>(table->bag_sum_f32, table->bag_sum_backward_f32);
    checkBags<double>(table->bag_sum_f64, table->bag_sum_backward_f64);
  }
}
