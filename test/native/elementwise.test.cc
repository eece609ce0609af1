// kernels/elementwise: every kernel against its formula; then the same bits for any layout, size,
// in place, instruction set and number of threads. Conversions, selection and int32 are in
// conversion.test.cc.
#include "elementwise-cases.h"

#include <doctest/doctest.h>

using namespace ostinato;
using namespace ostinato::test;

namespace {

constexpr int maxInputs = 3;

// Inputs in pairs and triples that cover all special values, results on one table, and the checks
// made of them.
template <class In, class Out>
class Harness {
 public:
  Harness(const ElementwiseCase<In, Out>& c, const KernelTable& table) : c_(c), table_(table) {
    for (int o = 0; o < c.inputs; ++o) {
      std::vector<In> x = numbers<In>(700, c.low, c.high, uint64_t(o) + 3, c.anyBits);
      // Every input in an order of its own.
      Random random(uint64_t(o) + 17);
      for (size_t i = x.size() - 1; i > 0; --i) std::swap(x[i], x[random.bits() % (i + 1)]);
      in_.push_back(x);
    }
    size_ = int64_t(in_[0].size());
    results_ = runContiguous(0, size_);
  }

  const std::vector<Out>& results() const { return results_; }

  void checkFormula() const {
    for (int64_t i = 0; i < size_; ++i) {
      long double x[maxInputs];
      for (int o = 0; o < c_.inputs; ++o) x[o] = widened(in_[size_t(o)][size_t(i)]);
      const long double exact = c_.exact(x);
      const Out got = results_[size_t(i)];
      if constexpr (std::is_floating_point_v<Out>) {
        const double allowed = isScalar(table_) && c_.ulp > 0.6 ? c_.ulp + 2 : c_.ulp;
        const bool near = std::fabs((long double)got - exact) <=
                          c_.absolute * (epsilon<Out>)*(isScalar(table_) ? 2 : 1);
        // The scalar set rounds a product before it is added: an error of the operands' size.
        const long double size = std::fabs(x[0]) + std::fabs(x[c_.inputs > 1 ? 1 : 0]);
        const bool twice = isScalar(table_) && c_.inputs > 1 &&
                           std::fabs((long double)got - exact) <= epsilon<Out> * size;
        const bool good = near || twice || ulps(got, exact) <= allowed;
        if (good) continue;
      } else if (got == Out(int64_t(exact))) {
        continue;
      }
      CAPTURE(x[0]);
      CAPTURE(x[c_.inputs > 1 ? 1 : 0]);
      CAPTURE(got);
      CAPTURE(exact);
      FAIL_CHECK("wrong result");
      return;
    }
  }

  // A piece of the numbers in every kind of layout: the same bits as in the middle of a long run.
  void checkLayouts() const {
    for (const int64_t n : edgeSizes<In>()) {
      CAPTURE(n);
      const int64_t from = 11;
      const std::vector<Out> expected = slice(from, n);
      CHECK(sameBits(runContiguous(from, n), expected));
      checkStrided(from, n, expected);
      if constexpr (std::is_same_v<In, Out>) checkInPlace(from, n, expected);
      checkRepeated(from, n);
      checkTransposed(from, n);
    }
    Guarded<Out> one(1);
    const In* in[maxInputs];
    for (int o = 0; o < c_.inputs; ++o) in[o] = in_[size_t(o)].data() + 5;
    run(in, one.data(), layout({}, std::vector<std::vector<int64_t>>(size_t(c_.inputs) + 1)));
    CHECK(sameBits(one.data(), results_.data() + 5, 1));
    CHECK(one.intact());
  }

  // Long, and with a broadcast operand: the same bits for one thread and for two.
  void checkThreads() const {
    const int64_t rows = 130, columns = 1201;
    std::vector<std::vector<In>> big(static_cast<size_t>(c_.inputs));
    const In* in[maxInputs];
    for (int o = 0; o < c_.inputs; ++o) {
      for (int64_t i = 0; i < rows * columns; ++i)
        big[size_t(o)].push_back(in_[size_t(o)][size_t(i % size_)]);
      in[o] = big[size_t(o)].data();
    }
    for (const bool flat : {true, false}) {
      std::vector<std::vector<int64_t>> strides(
          size_t(c_.inputs) + 1, flat ? std::vector<int64_t>{1} : std::vector<int64_t>{columns, 1});
      if (!flat) strides[0] = {0, 1};
      const Strided s = flat ? layout({rows * columns}, strides) : layout({rows, columns}, strides);
      Guarded<Out> alone(rows * columns), together(rows * columns);
      withThreads(1, [&] { run(in, alone.data(), s); });
      withThreads(2, [&] { run(in, together.data(), s); });
      CHECK(sameBits(alone.values(), together.values()));
      CHECK(together.intact());
    }
  }

 private:
  void run(const In* const* in, Out* out, const Strided& s) const {
    c_.run(table_, in, out, s, processWork());
  }
  std::vector<Out> slice(int64_t from, int64_t n) const {
    return {results_.begin() + from, results_.begin() + from + n};
  }

  std::vector<Out> runContiguous(int64_t from, int64_t n) const {
    const In* in[maxInputs];
    for (int o = 0; o < c_.inputs; ++o) in[o] = in_[size_t(o)].data() + from;
    Guarded<Out> out(n);
    run(in, out.data(), layout({n}, std::vector<std::vector<int64_t>>(size_t(c_.inputs) + 1, {1})));
    CHECK(out.intact());
    return out.values();
  }

  // Inputs 2 and -1 elements apart, the output 3.
  void checkStrided(int64_t from, int64_t n, const std::vector<Out>& expected) const {
    std::vector<std::vector<In>> spread(static_cast<size_t>(c_.inputs));
    std::vector<std::vector<int64_t>> strides;
    const In* in[maxInputs];
    for (int o = 0; o < c_.inputs; ++o) {
      const int64_t stride = o == 1 ? -1 : 2;
      spread[size_t(o)].resize(size_t(2 * n + 1));
      in[o] = spread[size_t(o)].data() + (stride < 0 ? std::max<int64_t>(n - 1, 0) : 0);
      for (int64_t i = 0; i < n; ++i)
        const_cast<In*>(in[o])[i * stride] = in_[size_t(o)][size_t(from + i)];
      strides.push_back({stride});
    }
    strides.push_back({3});
    Guarded<Out> out(3 * n);
    const std::vector<Out> before = out.values();
    run(in, out.data(), layout({n}, strides));
    for (int64_t i = 0; i < 3 * n; ++i)
      CHECK(sameBits(&out[i], i % 3 == 0 ? &expected[size_t(i / 3)] : &before[size_t(i)], 1));
    CHECK(out.intact());
  }

  void checkInPlace(int64_t from, int64_t n, const std::vector<Out>& expected) const {
    for (int target = 0; target < c_.inputs; ++target) {
      const auto& x = in_[size_t(target)];
      Guarded<Out> out(std::vector<Out>(x.begin() + from, x.begin() + from + n));
      const In* in[maxInputs];
      for (int o = 0; o < c_.inputs; ++o)
        in[o] = o == target ? out.data() : in_[size_t(o)].data() + from;
      run(in, out.data(),
          layout({n}, std::vector<std::vector<int64_t>>(size_t(c_.inputs) + 1, {1})));
      CHECK(sameBits(out.values(), expected));
      CHECK(out.intact());
    }
  }

  // Each input in turn as one number for all.
  void checkRepeated(int64_t from, int64_t n) const {
    for (int target = 0; target < c_.inputs; ++target) {
      const std::vector<In> filled(size_t(n), in_[size_t(target)][size_t(from)]);
      const In* in[maxInputs];
      const In* inFilled[maxInputs];
      std::vector<std::vector<int64_t>> strides(size_t(c_.inputs) + 1, {1});
      const Strided all = layout({n}, strides);
      strides[size_t(target)] = {0};
      for (int o = 0; o < c_.inputs; ++o) {
        in[o] = in_[size_t(o)].data() + from;
        inFilled[o] = o == target ? filled.data() : in[o];
      }
      Guarded<Out> out(n), expected(n);
      run(in, out.data(), layout({n}, strides));
      run(inFilled, expected.data(), all);
      CHECK(sameBits(out.values(), expected.values()));
      CHECK(out.intact());
    }
  }

  // [3, n]: first the inputs transposed, then the output.
  void checkTransposed(int64_t from, int64_t n) const {
    if (3 * n > size_ - from) return;
    const std::vector<Out> expected = slice(from, 3 * n);
    const In* in[maxInputs];
    for (int o = 0; o < c_.inputs; ++o) in[o] = in_[size_t(o)].data() + from;
    Guarded<Out> out(3 * n);
    std::vector<std::vector<int64_t>> strides(size_t(c_.inputs) + 1, {1, 3});
    strides.back() = {n, 1};
    run(in, out.data(), layout({3, n}, strides));
    for (int64_t r = 0; r < 3; ++r)
      for (int64_t i = 0; i < n; ++i)
        CHECK(sameBits(&out[r * n + i], &expected[size_t(i * 3 + r)], 1));
    strides = std::vector<std::vector<int64_t>>(size_t(c_.inputs) + 1, {n, 1});
    strides.back() = {1, 3};
    run(in, out.data(), layout({3, n}, strides));
    for (int64_t r = 0; r < 3; ++r)
      for (int64_t i = 0; i < n; ++i)
        CHECK(sameBits(&out[i * 3 + r], &expected[size_t(r * n + i)], 1));
    CHECK(out.intact());
  }

  const ElementwiseCase<In, Out>& c_;
  const KernelTable& table_;
  std::vector<std::vector<In>> in_;
  int64_t size_;
  std::vector<Out> results_;
};

template <class In, class Out>
void checkAll(const std::vector<ElementwiseCase<In, Out>>& cases) {
  for (const ElementwiseCase<In, Out>& c : cases) {
    std::vector<Out> first;
    for (const KernelTable* table : tables()) {
      CAPTURE(c.name);
      CAPTURE(table->isa);
      const Harness<In, Out> harness(c, *table);
      harness.checkFormula();
      harness.checkLayouts();
      harness.checkThreads();
      if (isScalar(*table)) continue;
      if (first.empty())
        first = harness.results();
      else
        CHECK(sameBits(first, harness.results()));
    }
  }
}

// NaN of either sign and with a payload, alone and beside finite numbers, and what is NaN of others: the same bits,
// sign and payload included, on every set of vectors. Of two NaNs that differ either may be the result.
template <class T>
void checkNaN(const std::vector<ElementwiseCase<T>>& cases) {
  using Limits = std::numeric_limits<T>;
  const T nan = Limits::quiet_NaN();
  std::vector<T> others = {
      0, 1, T(0.5), 3, 20, 100, 800, Limits::min(), Limits::max(), Limits::denorm_min()};
  for (size_t i = 0, n = others.size(); i < n; ++i) others.push_back(-others[i]);
  T payload = nan;
  reinterpret_cast<unsigned char&>(payload) = 77;
  for (const ElementwiseCase<T>& c : cases) {
    std::vector<std::vector<T>> in(size_t(c.inputs));
    const auto push = [&](T x) {
      for (std::vector<T>& one : in) one.push_back(x);
    };
    for (const T bad : {nan, -nan, payload, -payload}) {
      push(bad);
      for (size_t o = 0; o < in.size(); ++o)
        for (const T other : others) {
          push(other);
          in[o].back() = bad;
        }
    }
    for (const T other : others) push(other);
    for (const T other : {Limits::infinity(), -Limits::infinity()}) push(other);
    const int64_t n = int64_t(in[0].size());
    const T* addresses[maxInputs];
    for (int o = 0; o < c.inputs; ++o) addresses[o] = in[size_t(o)].data();
    const Strided s = layout({n}, std::vector<std::vector<int64_t>>(size_t(c.inputs) + 1, {1}));
    std::vector<T> first;
    for (const KernelTable* table : tables()) {
      if (isScalar(*table)) continue;
      CAPTURE(c.name);
      CAPTURE(table->isa);
      std::vector<T> out(static_cast<size_t>(n));
      c.run(*table, addresses, out.data(), s, processWork());
      if (first.empty()) first = out;
      CHECK(std::memcmp(first.data(), out.data(), out.size() * sizeof(T)) == 0);
    }
  }
}

#define NAME(name, ...) #name,
const std::vector<std::string> floatKernels = {
#define KERNEL_UNARY NAME
#define KERNEL_UNARY_NUMBER NAME
#define KERNEL_ACTIVATION NAME
#define KERNEL_ACTIVATION_WITH NAME
#define KERNEL_GRADIENT_WITH NAME
#define KERNEL_SPECIAL NAME
#define KERNEL_SPECIAL_BINARY NAME
#define KERNEL_BINARY_FLOAT NAME
#define KERNEL_BINARY NAME
#define KERNEL_BINARY_SCALAR NAME
#define KERNEL_GRADIENT_OF_RESULT NAME
#define KERNEL_GRADIENT NAME
#include "kernels/kernels.inc"
};
const std::vector<std::string> integerKernels = {
#define KERNEL_UNARY_NUMBER NAME
#define KERNEL_BINARY NAME
#define KERNEL_BINARY_SCALAR NAME
#include "kernels/kernels.inc"
};
const std::vector<std::string> comparisonKernels = {
#define KERNEL_COMPARE NAME
#include "kernels/kernels.inc"
};
#undef NAME

template <class In, class Out>
void checkComplete(const std::vector<std::string>& kernels,
                   std::initializer_list<std::vector<ElementwiseCase<In, Out>>> lists) {
  for (const std::string& name : kernels) {
    CAPTURE(name);
    bool found = false;
    for (const auto& cases : lists)
      for (const auto& c : cases) found = found || c.name == name;
    CHECK_MESSAGE(found, "a kernel of the list without a formula in elementwise-cases.h");
  }
}

}  // namespace

TEST_CASE("elementwise: every kernel of unary.inc and binary.inc has a formula to agree with") {
  checkComplete(floatKernels, {arithmeticCases<float>(), mathCases<float>()});
  checkComplete(floatKernels, {arithmeticCases<double>(), mathCases<double>()});
  checkComplete(integerKernels, {integerCases()});
  checkComplete(comparisonKernels, {comparisonCases<float>()});
}
TEST_CASE("elementwise: float arithmetic and activations") { checkAll(arithmeticCases<float>()); }
TEST_CASE("elementwise: double arithmetic and activations") { checkAll(arithmeticCases<double>()); }
TEST_CASE("elementwise: float functions in every layout") { checkAll(mathCases<float>()); }
TEST_CASE("elementwise: double functions in every layout") { checkAll(mathCases<double>()); }
TEST_CASE("elementwise: NaN has the same bits on every set") {
  checkNaN(arithmeticCases<float>());
  checkNaN(arithmeticCases<double>());
  checkNaN(mathCases<float>());
  checkNaN(mathCases<double>());
}
TEST_CASE("elementwise: int32 arithmetic wraps around") { checkAll(integerCases()); }
TEST_CASE("elementwise: float comparisons") { checkAll(comparisonCases<float>()); }
TEST_CASE("elementwise: double comparisons") { checkAll(comparisonCases<double>()); }
TEST_CASE("elementwise: int32 comparisons") { checkAll(comparisonCases<int32_t>()); }
TEST_CASE("elementwise: logic and comparisons of bools") { checkAll(boolCases()); }
