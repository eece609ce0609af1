// gemm and gemm_batched on every instruction set: against a product in long double, and bit for bit
// against their definition, one chain of fused multiply-adds over k in order.
#include "runtime/dispatch.h"
#include "runtime/threads.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

using namespace ostinato;

namespace {

template <class T>
auto gemmOf(const KernelTable& table) {
  if constexpr (sizeof(T) == 4)
    return table.gemm_f32;
  else
    return table.gemm_f64;
}
template <class T>
auto batchedOf(const KernelTable& table) {
  if constexpr (sizeof(T) == 4)
    return table.gemm_batched_f32;
  else
    return table.gemm_batched_f64;
}

template <class Body>
void onEverySet(Body body) {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (int i = 0; i < count; ++i) {
    CAPTURE(std::string(tables[i]->isa));
    body(*tables[i]);
  }
}
bool fuses(const KernelTable& table) { return std::strcmp(table.isa, "scalar") != 0; }

struct Noise {
  uint64_t state;
  double next() {  // in [-1, 1)
    state = state * 6364136223846793005u + 1442695040888963407u;
    return double(int64_t(state) >> 11) * 0x1p-52;
  }
};

// A matrix of rows x columns, stored transposed or not, with ld elements a line and canaries around
// and in the gap between columns and ld.
template <class T>
struct Matrix {
  static constexpr size_t margin = 64;
  int64_t lines, width, ld;
  bool transposed;
  std::vector<T> memory;
  static T canary() { return T(-12345.0); }

  Matrix(int64_t rows, int64_t columns, bool transposed, int64_t gap)
      : lines(transposed ? columns : rows),
        width(transposed ? rows : columns),
        ld(width + gap),
        transposed(transposed),
        memory(size_t(lines * ld) + 2 * margin, canary()) {}
  T* data() { return memory.data() + margin; }
  const T* data() const { return memory.data() + margin; }
  T& at(int64_t i, int64_t j) { return data()[transposed ? j * ld + i : i * ld + j]; }
  T at(int64_t i, int64_t j) const { return data()[transposed ? j * ld + i : i * ld + j]; }
  void fill(Noise& noise) {
    for (int64_t i = 0; i < lines; ++i)
      for (int64_t j = 0; j < width; ++j) data()[i * ld + j] = T(noise.next());
  }
  bool canariesAlive() const {
    for (size_t i = 0; i < memory.size(); ++i) {
      const int64_t at = int64_t(i) - int64_t(margin);
      const bool inside = at >= 0 && at < lines * ld && at % ld < width;
      if (!inside && memory[i] != canary()) return false;
    }
    return true;
  }
};

template <class T>
bool sameBits(T a, T b) {
  // The payload and sign of a NaN are the processor's own.
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

enum class Start { zero, bias, accumulate };

struct Shape {
  int64_t M, N, K;
  bool transposeA, transposeB;
  int64_t gap;
  Start start;
};

// Runs one product and counts the elements that differ from the definition.
template <class T>
void checkProduct(const KernelTable& table, Work& work, const Shape& s, uint64_t seed) {
  CAPTURE(s.M);
  CAPTURE(s.N);
  CAPTURE(s.K);
  CAPTURE(s.transposeA);
  CAPTURE(s.transposeB);
  CAPTURE(s.gap);
  CAPTURE(int(s.start));
  Noise noise{seed};
  Matrix<T> a(s.M, s.K, s.transposeA, s.gap), b(s.K, s.N, s.transposeB, s.gap),
      c(s.M, s.N, false, s.gap), bias(1, s.N, false, 0);
  a.fill(noise);
  b.fill(noise);
  c.fill(noise);
  bias.fill(noise);
  const Matrix<T> before = c;
  gemmOf<T>(table)(work, s.M, s.N, s.K, a.data(), a.ld, s.transposeA, b.data(), b.ld, s.transposeB,
                   s.start == Start::bias ? bias.data() : nullptr, c.data(), c.ld,
                   s.start == Start::accumulate);
  int64_t farOff = 0, otherBits = 0;
  for (int64_t i = 0; i < s.M; ++i)
    for (int64_t j = 0; j < s.N; ++j) {
      T chain = s.start == Start::bias         ? bias.at(0, j)
                : s.start == Start::accumulate ? before.at(i, j)
                                               : T(0);
      // long double is slow where it is emulated: of a large product's elements every 17th, which
      // divides none of their widths, is added up in it.
      if (s.M * s.N * s.K < 100000 || (i * s.N + j) % 17 == 0) {
        long double sum = chain, size = std::fabs(chain);
        for (int64_t k = 0; k < s.K; ++k) {
          const long double product = (long double)a.at(i, k) * b.at(k, j);
          sum += product;
          size += std::fabs(product);
        }
        // Each of the K steps rounds a partial sum of at most `size` (twice where nothing is
        // fused).
        const long double bound = 2 * (s.K + 1) * std::numeric_limits<T>::epsilon() * size;
        farOff += !(std::fabs(sum - c.at(i, j)) <= bound);
      }
      if (!fuses(table)) continue;
      for (int64_t k = 0; k < s.K; ++k) chain = std::fma(a.at(i, k), b.at(k, j), chain);
      otherBits += !sameBits(chain, c.at(i, j));
    }
  CHECK(farOff == 0);
  CHECK(otherBits == 0);
  CHECK(a.canariesAlive());
  CHECK(b.canariesAlive());
  CHECK(c.canariesAlive());
}

// 0, 1 and the sizes around one and two tiles of 5 or 6 rows, of 8, 16 and 64 columns; 26 rows are
// too many to read B in place.
const int64_t rowSizes[] = {0, 1, 2, 3, 4, 5, 6, 7, 11, 13, 26};
const int64_t columnSizes[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 35, 63, 64, 65, 131};
const int64_t depths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 17, 33};

template <class T>
void checkEdges(const KernelTable& table) {
  Work& work = processWork();
  uint64_t seed = 1;
  for (int64_t M : rowSizes)
    for (int64_t N : columnSizes)
      for (int64_t K : depths) {
        // All four transpositions; starts and gaps take turns.
        for (int t = 0; t < 4; ++t) {
          ++seed;
          checkProduct<T>(
              table, work,
              {M, N, K, (t & 1) != 0, (t & 2) != 0, int64_t(seed / 3 % 2 * 3), Start(seed % 3)},
              seed);
        }
      }
}

template <class T>
void checkLarge(const KernelTable& table) {
  Work& work = processWork();
  // Over a block's depth, rows and columns; few rows and many columns, and the reverse.
  const int64_t shapes[][3] = {{100, 70, 300},  {253, 130, 70}, {64, 256, 513}, {7, 1030, 260},
                               {1030, 7, 260},  {1, 1030, 515}, {1030, 1, 515}, {2, 515, 1030},
                               {515, 2, 1030},  {4, 256, 64},   {33, 33, 1100}, {600, 40, 9},
                               {6, 1100, 1030}, {2, 70, 1024},  {9, 37, 1024}};
  uint64_t seed = 1000;
  for (const auto& shape : shapes)
    for (int t = 0; t < 4; ++t) {
      ++seed;
      checkProduct<T>(
          table, work,
          {shape[0], shape[1], shape[2], (t & 1) != 0, (t & 2) != 0, t % 2 * 5, Start(seed % 3)},
          seed);
    }
}

template <class T>
void checkSpecialValues(const KernelTable& table) {
  Work& work = processWork();
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const T values[] = {T(0), -T(0), T(1), -T(1),
                      inf,  -inf,  nan,  std::numeric_limits<T>::denorm_min()};
  const int64_t shapes[][3] = {{8, 8, 1}, {1, 64, 3}, {64, 1, 3}, {13, 37, 5}};
  for (const auto& [M, N, K] : shapes)
    for (int t = 0; t < 4; ++t)
      for (T start : {T(0), -T(0), inf}) {
        Matrix<T> a(M, K, t & 1, 1), b(K, N, t & 2, 1), c(M, N, false, 1);
        for (int64_t i = 0; i < M; ++i)
          for (int64_t k = 0; k < K; ++k) a.at(i, k) = values[(i + 3 * k) % 8];
        for (int64_t k = 0; k < K; ++k)
          for (int64_t j = 0; j < N; ++j) b.at(k, j) = values[(j / 8 + j + 5 * k) % 8];
        for (int64_t i = 0; i < M; ++i)
          for (int64_t j = 0; j < N; ++j) c.at(i, j) = start;
        gemmOf<T>(table)(work, M, N, K, a.data(), a.ld, t & 1, b.data(), b.ld, (t & 2) != 0,
                         nullptr, c.data(), c.ld, 1);
        int64_t wrong = 0;
        for (int64_t i = 0; i < M; ++i)
          for (int64_t j = 0; j < N; ++j) {
            T chain = start;
            for (int64_t k = 0; k < K; ++k)
              chain = fuses(table) ? std::fma(a.at(i, k), b.at(k, j), chain)
                                   : T(a.at(i, k) * b.at(k, j)) + chain;
            wrong += !sameBits(chain, c.at(i, j));
          }
        CHECK(wrong == 0);
        CHECK(c.canariesAlive());
      }
}

template <class T>
void checkBatched(const KernelTable& table) {
  Work& work = processWork();
  const int64_t shapes[][4] = {{0, 3, 4, 5},   {1, 3, 4, 5},   {5, 1, 20, 33},
                               {7, 33, 20, 1}, {3, 20, 1, 33}, {4, 0, 3, 2},
                               {4, 3, 3, 0},   {40, 9, 17, 8}, {3, 70, 65, 300}};
  for (const auto& [inner, M, N, K] : shapes)
    for (int t = 0; t < 8; ++t)
      for (bool shareB : {false, true}) {
        // Two outer ones are apart by one product of A that nobody reads, and have one B each where B is shared.
        const int64_t outer = t < 4 ? 1 : 2, batch = outer * inner;
        Noise noise{uint64_t(batch * 100 + t)};
        const int64_t copies = batch > 0 ? batch : 1;
        const int64_t outerA = (inner + 1) * M * K;
        Matrix<T> a((copies + 1) * M, K, false, 0), b((copies + 1) * K, N, false, 0),
            c(copies * M, N, false, 0);
        a.fill(noise);
        b.fill(noise);
        c.fill(noise);
        Matrix<T> expected = c;
        const int64_t lda = t & 1 ? M : K, ldb = t & 2 ? K : N;
        const int64_t innerB = shareB ? 0 : K * N, outerB = shareB ? K * N : inner * K * N;
        const bool accumulates = (t & 3) == 3;
        batchedOf<T>(table)(work, outer, inner, M, N, K, a.data(), lda, t & 1, outerA, M * K,
                            b.data(), ldb, (t & 2) != 0, outerB, innerB, c.data(), N, M * N,
                            accumulates);
        for (int64_t i = 0; i < outer; ++i)
          for (int64_t j = 0; j < inner; ++j)
            gemmOf<T>(table)(work, M, N, K, a.data() + i * outerA + j * M * K, lda, t & 1,
                             b.data() + i * outerB + j * innerB, ldb, (t & 2) != 0, nullptr,
                             expected.data() + (i * inner + j) * M * N, N, accumulates);
        CHECK(std::memcmp(c.memory.data(), expected.memory.data(), c.memory.size() * sizeof(T)) ==
              0);
      }
}

}  // namespace

TEST_CASE("gemm: every edge size, transposition and start is its chain of fused multiply-adds") {
  onEverySet([](const KernelTable& table) {
    checkEdges<float>(table);
    checkEdges<double>(table);
  });
}

TEST_CASE("gemm: blocks over rows, columns and depth leave every bit alone") {
  onEverySet([](const KernelTable& table) {
    checkLarge<float>(table);
    checkLarge<double>(table);
  });
}

TEST_CASE("gemm: NaN, infinities, signed zeros and denormals pass through the chain") {
  onEverySet([](const KernelTable& table) {
    checkSpecialValues<float>(table);
    checkSpecialValues<double>(table);
  });
}

TEST_CASE("gemm_batched: each product is gemm's, to the bit") {
  onEverySet([](const KernelTable& table) {
    checkBatched<float>(table);
    checkBatched<double>(table);
  });
}

TEST_CASE("gemm and gemm_batched of int32 wrap around") {
  onEverySet([](const KernelTable& table) {
    Work& work = processWork();
    const int64_t shapes[][3] = {{1, 1, 1},  {3, 5, 0},    {0, 4, 2},     {4, 0, 2},   {7, 1, 9},
                                 {1, 33, 4}, {17, 16, 15}, {120, 90, 70}, {64, 64, 65}};
    for (const auto& [M, N, K] : shapes)
      for (int t = 0; t < 4; ++t)
        for (const Start start : {Start::zero, Start::bias, Start::accumulate}) {
          CAPTURE(M);
          CAPTURE(N);
          CAPTURE(K);
          CAPTURE(t);
          CAPTURE(int(start));
          uint32_t state = uint32_t(M * 31 + N * 7 + K + t);
          const auto fill = [&](Matrix<int32_t>& x) {
            for (int64_t i = 0; i < x.lines * x.ld; ++i)
              if (i % x.ld < x.width) x.data()[i] = int32_t(state = state * 1664525u + 1013904223u);
          };
          Matrix<int32_t> a(M, K, t & 1, 2), b(K, N, (t & 2) != 0, 3), c(M, N, false, 1),
              bias(1, N, false, 0);
          fill(a);
          fill(b);
          fill(c);
          fill(bias);
          Matrix<int32_t> expected = c;
          for (int64_t i = 0; i < M; ++i)
            for (int64_t j = 0; j < N; ++j) {
              uint32_t sum = start == Start::bias         ? uint32_t(bias.at(0, j))
                             : start == Start::accumulate ? uint32_t(c.at(i, j))
                                                          : 0;
              for (int64_t k = 0; k < K; ++k) sum += uint32_t(a.at(i, k)) * uint32_t(b.at(k, j));
              expected.at(i, j) = int32_t(sum);
            }
          Matrix<int32_t> batched = c;
          table.gemm_i32(work, M, N, K, a.data(), a.ld, t & 1, b.data(), b.ld, (t & 2) != 0,
                         start == Start::bias ? bias.data() : nullptr, c.data(), c.ld,
                         start == Start::accumulate);
          CHECK(c.memory == expected.memory);
          if (start == Start::bias) continue;
          table.gemm_batched_i32(work, 1, 1, M, N, K, a.data(), a.ld, t & 1, 0, 0, b.data(), b.ld,
                                 (t & 2) != 0, 0, 0, batched.data(), batched.ld, 0,
                                 start == Start::accumulate);
          CHECK(batched.memory == expected.memory);
        }
  });
}
