// simd/math.h, trigonometry.h, erf.h and pow.h, through the elementwise kernels: error in ulp
// against the C library's long double, densely, and the same bits on every instruction set.
#include "elementwise-cases.h"

#include <doctest/doctest.h>

using namespace ostinato;
using namespace ostinato::test;

namespace {

template <class T>
std::vector<T> inputFor(const ElementwiseCase<T>& c, int operand) {
  // Long double arithmetic is done in software on some machines; this many take a second there.
  std::vector<T> x = numbers<T>(20000, c.low, c.high, uint64_t(operand) + 1);
  if (operand == 1) {
    // Every corner against every corner: the corners are the last elements of both.
    const size_t corners = 22, first = x.size() - corners;
    std::vector<T> pairs(corners * corners);
    for (size_t i = 0; i < pairs.size(); ++i) pairs[i] = x[first + i % corners];
    x.insert(x.end(), pairs.begin(), pairs.end());
  } else if (c.inputs == 2) {
    const size_t corners = 22, first = x.size() - corners;
    std::vector<T> pairs(corners * corners);
    for (size_t i = 0; i < pairs.size(); ++i) pairs[i] = x[first + i / corners];
    x.insert(x.end(), pairs.begin(), pairs.end());
  }
  return x;
}

template <class T>
void measure() {
  for (const ElementwiseCase<T>& c : mathCases<T>()) {
    std::vector<std::vector<T>> in;
    for (int o = 0; o < c.inputs; ++o) in.push_back(inputFor(c, o));
    const int64_t n = int64_t(in[0].size());
    const T* pointers[2] = {in[0].data(), in.back().data()};
    std::vector<long double> exact;
    for (int64_t i = 0; i < n; ++i) {
      const long double x[2] = {widened(in[0][size_t(i)]), widened(in.back()[size_t(i)])};
      exact.push_back(c.exact(x));
    }
    const Strided s = layout({n}, std::vector<std::vector<int64_t>>(size_t(c.inputs) + 1, {1}));
    std::vector<T> first;
    for (const KernelTable* table : tables()) {
      Guarded<T> out(n);
      c.run(*table, pointers, out.data(), s, processWork());
      CHECK(out.intact());
      double worst = 0;
      int64_t where = 0;
      for (int64_t i = 0; i < n; ++i) {
        const double error = ulps(out[i], exact[size_t(i)]);
        if (error > worst) {
          worst = error;
          where = i;
        }
      }
      CAPTURE(table->isa);
      CAPTURE(c.name);
      CAPTURE(pointers[0][where]);
      CAPTURE(pointers[1][where]);
      CAPTURE(out[where]);
      // Without a fused multiply-add intermediate results are rounded once more.
      CHECK(worst <= (isScalar(*table) && c.ulp > 0.6 ? c.ulp + 1.5 : c.ulp));
      if (isScalar(*table)) continue;
      if (first.empty())
        first = out.values();
      else
        CHECK(sameBits(first, out.values()));
    }
  }
}

}  // namespace

TEST_CASE("math: float functions are within their ulp, corners included") { measure<float>(); }
TEST_CASE("math: double functions are within their ulp, corners included") { measure<double>(); }
