// gemm_pack and gemm_packed on every instruction set, bit for bit against gemm.
#include "runtime/dispatch.h"
#include "runtime/threads.h"
#include "support.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace ostinato;
using namespace ostinato::test;

namespace {

template <class T>
void check(const KernelTable& table, int64_t M, int64_t N, int64_t K, bool transposed, bool biased,
           int64_t gap) {
  CAPTURE(M);
  CAPTURE(N);
  CAPTURE(K);
  CAPTURE(transposed);
  CAPTURE(biased);
  const uint64_t seed = uint64_t(M * 31 + N * 7 + K);
  const int64_t lda = K + gap, ldb = (transposed ? K : N) + gap, ldc = N + gap;
  const auto a = numbers<T>(M * lda, -1, 1, seed, false),
             b = numbers<T>((transposed ? N : K) * ldb, -1, 1, seed + 1, false),
             bias = numbers<T>(N, -1, 1, seed + 2, false);
  const T canary = T(-12345);
  std::vector<T> expected(size_t(M * ldc), canary), c(size_t(M * ldc), canary);
  pick<T>(table.gemm_f32, table.gemm_f64)(processWork(), M, N, K, a.data(), lda, 0, b.data(), ldb,
                                          transposed, biased ? bias.data() : nullptr,
                                          expected.data(), ldc, 0);
  const int64_t unit = sizeof(T) == 4 ? 64 : 32;
  const Guarded<T> packed((N + unit - 1) / unit * unit * K, Start::aligned);
  pick<T>(table.gemm_pack_f32, table.gemm_pack_f64)(N, K, b.data(), ldb, transposed, packed.data());
  pick<T>(table.gemm_packed_f32, table.gemm_packed_f64)(
      processWork(), M, N, K, a.data(), lda, packed.data(), biased ? bias.data() : nullptr,
      c.data(), ldc);
  CHECK(packed.intact());
  CHECK(sameBits(c, expected));
}

}  // namespace

TEST_CASE_TEMPLATE("a product with a packed B has gemm's bits", T, float, double) {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    for (int threads : {1, 2})
      withThreads(threads, [&] {
        for (bool transposed : {false, true}) {
          for (int64_t M : {1, 2, 5, 6, 7, 13, 32, 61})
            for (int64_t N : {1, 8, 15, 16, 17, 64, 70, 130})
              check<T>(*table, M, N, 33, transposed, M % 2 == 0, 3);
          for (int64_t K : {1, 4, 255, 256, 257, 512, 1024})
            check<T>(*table, 20, 90, K, transposed, K % 2 == 0, 0);
          check<T>(*table, 32, 1024, 80, transposed, true, 0);
          check<T>(*table, 250, 140, 70, transposed, false, 1);
          check<T>(*table, 0, 5, 7, transposed, false, 0);
        }
      });
  }
}
