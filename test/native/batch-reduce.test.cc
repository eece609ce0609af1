// gemm_batch_reduce on every instruction set, bit for bit against gemm and additions one after the other.
#include "runtime/dispatch.h"
#include "runtime/threads.h"
#include "support.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <vector>

using namespace ostinato;
using namespace ostinato::test;

namespace {

double addressOf(const void* pointer) { return double(reinterpret_cast<uintptr_t>(pointer)); }

template <class T>
void check(const KernelTable& table, int64_t M, int64_t N, int64_t K, int64_t count, int64_t gap) {
  CAPTURE(M);
  CAPTURE(N);
  CAPTURE(K);
  CAPTURE(count);
  uint64_t seed = uint64_t(M * 31 + N * 7 + K + count);
  const int64_t lda = M + gap, ldb = N + gap, ldc = N + gap;
  std::vector<std::vector<T>> as, bs;
  std::vector<double> operands;
  for (int64_t i = 0; i < count; ++i) {
    as.push_back(numbers<T>(K * lda, -1, 1, seed++, false));
    bs.push_back(numbers<T>(K * ldb, -1, 1, seed++, false));
  }
  for (int64_t i = 0; i < count; ++i) {
    operands.push_back(addressOf(as[size_t(i)].data()));
    operands.push_back(addressOf(bs[size_t(i)].data()));
  }
  std::vector<T> expected(size_t(M * N)), product(size_t(M * N));
  for (int64_t i = 0; i < count; ++i) {
    T* const out = i == 0 ? expected.data() : product.data();
    pick<T>(table.gemm_f32, table.gemm_f64)(processWork(), M, N, K, as[size_t(i)].data(), lda, 1,
                                            bs[size_t(i)].data(), ldb, 0, nullptr, out, N, 0);
    for (size_t e = 0; i > 0 && e < expected.size(); ++e) expected[e] = expected[e] + product[e];
  }
  const T canary = T(-12345);
  std::vector<T> c(size_t(M * ldc), canary);
  pick<T>(table.gemm_batch_reduce_f32, table.gemm_batch_reduce_f64)(
      processWork(), operands.data(), count, M, N, K, lda, ldb, c.data(), ldc);
  bool same = true, untouched = true;
  for (int64_t m = 0; m < M; ++m) {
    same = same &&
           std::memcmp(&c[size_t(m * ldc)], &expected[size_t(m * N)], size_t(N) * sizeof(T)) == 0;
    for (int64_t n = N; n < ldc; ++n) untouched = untouched && c[size_t(m * ldc + n)] == canary;
  }
  CHECK(same);
  CHECK(untouched);
}

}  // namespace

TEST_CASE_TEMPLATE("a sum of products has the bits of gemm and add", T, float, double) {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    for (int threads : {1, 2})
      withThreads(threads, [&] {
        for (int64_t M : {1, 5, 6, 7, 13, 61, 250})
          for (int64_t N : {1, 8, 15, 16, 17, 70}) check<T>(*table, M, N, 9, 3, 3);
        for (int64_t K : {1, 31, 32, 33, 100, 256, 300, 512})
          for (int64_t count : {1, 2, 9, 17}) check<T>(*table, 37, 33, K, count, 0);
        check<T>(*table, 128, 1030, 16, 20, 1);
        check<T>(*table, 300, 80, 32, 10, 0);
      });
  }
}

TEST_CASE("of no steps the sum is zero") {
  for (const KernelTable* table : tables()) {
    float c[6] = {1, 1, 1, 1, 1, 1};
    table->gemm_batch_reduce_f32(processWork(), nullptr, 0, 2, 3, 4, 2, 3, c, 3);
    for (float value : c) CHECK(value == 0);
  }
}
