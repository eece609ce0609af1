// The elementwise kernels as the tests see them: each with its formula in long double, the error it
// is allowed and the numbers it is fed.
#pragma once

#include "support.h"
#include "wide-math.h"

#include <functional>

namespace ostinato::test {

template <class In, class Out = In>
struct ElementwiseCase {
  std::string name;
  int inputs;
  std::function<void(const KernelTable&, const In* const*, Out*, const Strided&, Work&)> run;
  std::function<long double(const long double*)> exact;
  double ulp;                   // allowed error
  double low = -20, high = 20;  // most inputs are from here
  double absolute = 0;          // also allowed, in units of epsilon: terms cancel
  bool anyBits = true;          // false: no huge, tiny or special numbers, which overflow half-way
};

template <class T>
constexpr double epsilon = std::is_same_v<T, float> ? 0x1p-24 : 0x1p-53;

#define KERNEL(name) pick<T>(&KernelTable::name##_f32, &KernelTable::name##_f64)
#define UNARY(name, formula, ...)                                                           \
  ElementwiseCase<T> {                                                                      \
#name, 1,                                                                                 \
        [](const KernelTable& t, const T* const* in, T* out, const Strided& s, Work& work) {  \
          (t.*KERNEL(name))(in[0], out, s, work);                                             \
        },                                                                                    \
        [](const long double* v) -> long double { [[maybe_unused]] auto x = v[0]; return formula; }, __VA_ARGS__ \
  }
#define UNARY_WITH(name, arguments, formula, ...)                                           \
  ElementwiseCase<T> {                                                                      \
#name, 1,                                                                                 \
        [](const KernelTable& t, const T* const* in, T* out, const Strided& s, Work& work) {  \
          (t.*KERNEL(name))(in[0], out, UNPACK arguments, s, work);                           \
        },                                                                                    \
        [](const long double* v) -> long double { auto x = v[0]; return formula; }, __VA_ARGS__ \
  }
#define BINARY(name, formula, ...)                                                          \
  ElementwiseCase<T> {                                                                      \
#name, 2,                                                                                 \
        [](const KernelTable& t, const T* const* in, T* out, const Strided& s, Work& work) {  \
          (t.*KERNEL(name))(in[0], in[1], out, s, work);                                      \
        },                                                                                    \
        [](const long double* v) -> long double { auto a = v[0], b = v[1]; return formula; }, __VA_ARGS__ \
  }
#define BINARY_WITH(name, arguments, formula, ...)                                          \
  ElementwiseCase<T> {                                                                      \
#name, 2,                                                                                 \
        [](const KernelTable& t, const T* const* in, T* out, const Strided& s, Work& work) {  \
          (t.*KERNEL(name))(in[0], in[1], out, UNPACK arguments, s, work);                    \
        },                                                                                    \
        [](const long double* v) -> long double { auto a = v[0], b = v[1]; return formula; }, __VA_ARGS__ \
  }
#define TERNARY_WITH(name, arguments, formula, ...)                                         \
  ElementwiseCase<T> {                                                                      \
#name, 3,                                                                                 \
        [](const KernelTable& t, const T* const* in, T* out, const Strided& s, Work& work) {  \
          (t.*KERNEL(name))(in[0], in[1], in[2], out, UNPACK arguments, s, work);             \
        },                                                                                    \
        [](const long double* v) -> long double {                                             \
          auto a = v[0], b = v[1], c = v[2];                                                  \
          return formula;                                                                     \
        },                                                                                    \
        __VA_ARGS__ \
  }
#define TERNARY(name, formula, ...)                                                         \
  ElementwiseCase<T> {                                                                      \
#name, 3,                                                                                 \
        [](const KernelTable& t, const T* const* in, T* out, const Strided& s, Work& work) {  \
          (t.*KERNEL(name))(in[0], in[1], in[2], out, s, work);                               \
        },                                                                                    \
        [](const long double* v) -> long double {                                             \
          auto a = v[0], b = v[1], c = v[2];                                                  \
          return formula;                                                                     \
        },                                                                                    \
        __VA_ARGS__ \
  }
#define UNPACK(...) __VA_ARGS__

inline long double logistic(long double x) { return 1 / (1 + wide::exp(-x)); }
inline long double normal(long double x) { return wide::erfc(-x * std::sqrt(0.5L)) / 2; }
inline long double signOf(long double x) { return (x > 0) - (x < 0); }
inline long double geluTanh(long double x) {
  return wide::tanh(std::sqrt(2 / 3.14159265358979323846L) * (x + 0.044715L * x * x * x));
}

inline long double geluTanhSlope(long double x) {
  const long double t = geluTanh(x);
  return (1 + t) / 2 +
         x * (1 - t * t) / 2 * std::sqrt(2 / 3.14159265358979323846L) * (1 + 3 * 0.044715L * x * x);
}
// The remainder with the sign of the divisor.
inline long double logAddExp(long double a, long double b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  const long double larger = std::fmax(a, b);
  return std::isinf(a) || std::isinf(b) ? larger
                                        : larger + wide::log1p(wide::exp(-std::fabs(a - b)));
}
inline long double pythonMod(long double a, long double b) {
  const long double r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

inline long double mishSlope(long double x) {
  const long double t = wide::tanh(wide::log1p(wide::exp(x)));
  return t + x * (1 - t * t) * logistic(x);
}
// std::pow with the sign of an odd power wherever the result is 0 or infinite: musl's forgets it where it leaves the range.
inline long double powerOf(long double a, long double b) {
  const long double y = wide::pow(a, b);
  if (y != 0 && !std::isinf(y)) return y;
  const bool isNegative = std::signbit(a) && std::fabs(std::fmod(b, 2)) == 1;
  return std::copysign(y, isNegative ? -1.0L : 1.0L);
}
// By the half angle, since mingw's std::acos takes √(1 - x²), which loses digits near 1.
inline long double acosOf(long double x) {
  return 2 * std::atan2(std::sqrt(1 - x), std::sqrt(1 + x));
}
inline long double inverseErf(long double x) {
  if (!(std::fabs(x) <= 1)) return NAN;
  if (std::fabs(x) == 1) return x * INFINITY;
  const long double target = 1 - std::fabs(x);
  long double low = 0, high = 8;
  // Bisection on erfc; near 0, where that is blind, Newton's method on erf.
  for (int i = 0; i < 40; ++i) {
    const long double middle = (low + high) / 2;
    (wide::erfc(middle) > target ? low : high) = middle;
  }
  long double y = std::fabs(x) < 1e-3L ? std::fabs(x) * 0.886226925452758013649L : low;
  for (int i = 0; i < 4; ++i) {
    const long double slope = wide::exp(-y * y) * 1.12837916709551257389616L;
    y -= std::fabs(x) < 0.5L ? (wide::erf(y) - std::fabs(x)) / slope
                             : (target - wide::erfc(y)) / slope;
  }
  return std::copysign(y, x);
}
inline long double sincOf(long double x) {
  const long double pi = 3.14159265358979323846264338L, r = x - std::nearbyint(x);
  if (x == 0 || r == 0) return x == 0;
  const bool isOdd = std::fmod(std::nearbyint(x), 2) != 0;
  return (isOdd ? -1 : 1) * std::sin(pi * r) / (pi * x);
}
// The n-th derivative of ln Γ's derivative, for x > 0: the recurrence up to 40, then the asymptotic series.
inline long double polygammaOf(int n, long double x) {
  static const long double bernoulli[] = {1.0L / 6,  -1.0L / 30,     1.0L / 42, -1.0L / 30,
                                          5.0L / 66, -691.0L / 2730, 7.0L / 6,  -3617.0L / 510};
  if (std::isnan(x) || (x < 0 && x == std::floor(x)) || x == -INFINITY) return NAN;
  if (x == 0) return n == 0 ? std::copysign(INFINITY, -x) : INFINITY;
  if (n == 0 && x < 0) {
    const long double pi = 3.14159265358979323846264338L, a = -x, r = std::fmod(a, 1);
    return polygammaOf(0, 1 + a) + pi / std::tan(pi * r);
  }
  long double sum = 0;
  for (; x < 40; ++x) sum += n == 0 ? -1 / x : 1 / (x * x);
  long double power = n == 0 ? x * x : x * x * x, series = 0;
  for (int j = 1; j <= 8; ++j, power *= x * x)
    series += n == 0 ? -bernoulli[j - 1] / (2 * j * power) : bernoulli[j - 1] / power;
  return n == 0 ? sum + wide::log(x) - 1 / (2 * x) + series
                : sum + 1 / x + 1 / (2 * x * x) + series;
}

// The functions of simd/: these are what math.test.cc measures densely.
template <class T>
std::vector<ElementwiseCase<T>> mathCases() {
  const bool isFloat = sizeof(T) == 4;
  const double exponent = isFloat ? 105 : 750;
  return {
      UNARY(exp, wide::exp(x), 1, -exponent, exponent),
      UNARY(expm1, wide::expm1(x), 2, -40, exponent),
      UNARY(expm1, wide::expm1(x), 2, -1, 1),
      UNARY(log, wide::log(x), 1, 0.2, 5),
      UNARY(log1p, wide::log1p(x), 1.5, -1, 3),
      UNARY(log2, wide::log2(x), 2, 0.2, 5),
      UNARY(log10, wide::log10(x), 2, 0.2, 5),
      UNARY(tanh, wide::tanh(x), 2, -1, 1),
      UNARY(tanh, wide::tanh(x), 2, -20, 20),
      UNARY(sigmoid, logistic(x), 2, -10, 10),
      UNARY(sigmoid, logistic(x), 2, -exponent, 45),
      UNARY(sin, std::sin(x), 1, -10, 10),
      UNARY(sin, std::sin(x), 1, -2e6, 2e6),
      UNARY(cos, std::cos(x), 1, -10, 10),
      UNARY(cos, std::cos(x), 1, -2e6, 2e6),
      UNARY(tan, std::tan(x), 3, -10, 10),
      UNARY(tan, std::tan(x), 3, -2e6, 2e6),
      UNARY(erf, wide::erf(x), 2, -4, 4),
      UNARY(sqrt, std::sqrt(x), 0.501, 0, 100),
      UNARY(rsqrt, 1 / std::sqrt(x), 2, 0, 100),
      UNARY(exp2, wide::exp2(x), 1.5, isFloat ? -140 : -1070, isFloat ? 128 : 1024),
      UNARY(sinh, wide::sinh(x), 2, -2, 2),
      UNARY(sinh, wide::sinh(x), 2, -exponent, exponent),
      UNARY(cosh, wide::cosh(x), 2, -2, 2),
      UNARY(cosh, wide::cosh(x), 2, -exponent, exponent),
      UNARY(asin, std::asin(x), 1.5, -1, 1),
      UNARY(acos, acosOf(x), 1.5, -1, 1),
      UNARY(atan, std::atan(x), 1, -5, 5),
      UNARY(asinh, wide::asinh(x), 1, -5, 5),
      UNARY(acosh, wide::acosh(x), 1, 1, 20),
      UNARY(atanh, wide::atanh(x), 1, -1, 1),
      UNARY(erfc, wide::erfc(x), 2, -3, 3),
      UNARY(erfc, wide::erfc(x), 2, 0, isFloat ? 9 : 26),
      UNARY(erfinv, inverseErf(x), 2, -1, 1),
      UNARY(sinc, sincOf(x), 3, -10, 10),
      BINARY(atan2, std::atan2(a, b), 1.5, -5, 5),
      BINARY(hypot, std::hypot(a, b), 1.5, -5, 5),
      BINARY(pow, powerOf(a, b), 2, 0, 3),
      BINARY(pow, powerOf(a, b), 2, -30, 30),
  };
}

// Everything else of one element type throughout.
template <class T>
std::vector<ElementwiseCase<T>> arithmeticCases() {
  return {
      UNARY(neg, -x, 0),
      UNARY(abs, std::fabs(x), 0),
      UNARY(sign, signOf(x), 0),
      UNARY(square, x * x, 0.501),
      UNARY(relu, x < 0 ? 0 : x, 0),
      UNARY(reciprocal, 1 / x, 0.501),
      UNARY(floor, std::floor(x), 0),
      UNARY(ceil, std::ceil(x), 0),
      UNARY(round, std::nearbyint(x), 0),
      UNARY(trunc, std::trunc(x), 0),
      UNARY(lgamma, wide::lgamma(x), 2, 0, 20, 8),
      UNARY(lgamma, wide::lgamma(x), 2, 0, 3000, 8),
      UNARY(digamma, polygammaOf(0, x), 2, 0, 20, 40),
      UNARY(frac, x - std::trunc(x), 0.501, -20, 20, 0, false),
      UNARY(silu, x * logistic(x), 3, -20, 20, 0, false),
      UNARY(mish, x * wide::tanh(wide::log1p(wide::exp(x))), 4, -20, 30, 0, false),
      UNARY(hardsigmoid, std::fmin(std::fmax(x + 3, 0), 6) / 6, 2, -5, 5, 2, false),
      UNARY(hardswish, x * std::fmin(std::fmax(x + 3, 0), 6) / 6, 3, -5, 5, 8, false),
      UNARY(log_sigmoid, std::fmin(x, 0) - wide::log1p(wide::exp(-std::fabs(x))), 3),
      UNARY(gelu, x * normal(x), 9, -12, 12, 0, false),
      UNARY(gelu_tanh, x * (1 + geluTanh(x)) / 2, 4, -20, 20, 20, false),
      UNARY_WITH(nan_to_num, (-1.5, 2.25, 7),
                 std::isnan(x)   ? -1.5L
                 : std::isinf(x) ? (x > 0 ? 2.25L : 7)
                                 : x,
                 0),
      UNARY_WITH(clamp, (-1.5, 2.25),
                 x < -1.5L   ? -1.5L
                 : x > 2.25L ? 2.25L
                             : x,
                 0),
      UNARY_WITH(leaky_relu, (0.25, 0), x > 0 ? x : x * 0.25L, 0.501),
      UNARY_WITH(elu, (0.5, 0), x > 0 ? x : 0.5L * wide::expm1(x), 3),
      UNARY_WITH(selu, (1.75, 1.0625), x > 0 ? x * 1.0625L : 1.75L * wide::expm1(x), 3),
      UNARY_WITH(celu, (0.5, 0), x > 0 ? x : 0.5L * wide::expm1(x / 0.5L), 3),
      UNARY_WITH(hardtanh, (-1.5, 2.25),
                 x < -1.5L   ? -1.5L
                 : x > 2.25L ? 2.25L
                             : x,
                 0),
      UNARY_WITH(hardshrink, (0.5, 0), std::fabs(x) <= 0.5L ? 0 : x, 0),
      UNARY_WITH(softshrink, (0.5, 0),
                 x > 0.5L    ? x - 0.5L
                 : x < -0.5L ? x + 0.5L
                             : x * 0,
                 0.501, -20, 20, 0, false),
      UNARY_WITH(threshold, (0.5, 7), x <= 0.5L ? 7 : x, 0),
      UNARY_WITH(softplus, (1, 20), x > 20 ? x : wide::log1p(wide::exp(x)), 4, -20, 30, 0, false),
      UNARY_WITH(softplus, (2, 20), 2 * x > 20 ? x : wide::log1p(wide::exp(2 * x)) / 2, 4, -20, 30,
                 0, false),
      BINARY(add, a + b, 0.501),
      BINARY(sub, a - b, 0.501),
      BINARY(mul, a * b, 0.501),
      BINARY(div, a / b, 0.501),
      BINARY(maximum, std::isnan(a) || a > b ? a : b, 0),
      BINARY(minimum, std::isnan(a) || a < b ? a : b, 0),
      BINARY(remainder, pythonMod(a, b), 0.501),
      BINARY(floor_divide, std::floor(a / b), 0, -20, 20, 0, false),
      BINARY(fmax, std::fmax(a, b), 0),
      BINARY(fmin, std::fmin(a, b), 0),
      BINARY(fmod, std::fmod(a, b), 0),
      BINARY(copysign, std::copysign(a, b), 0),
      BINARY(where_finite, std::isfinite(b) ? a : 0, 0),
      BINARY(heaviside, a == 0 ? b : a > 0, 0),
      BINARY(logaddexp2, wide::log2(wide::exp2(a) + wide::exp2(b)), 3, -20, 20, 4, false),
      BINARY(xlogy, a == 0 && !std::isnan(b) ? 0 : a * wide::log(b), 3, 0.1, 20, 0, false),
      BINARY(squared_difference, (a - b) * (a - b), 2, -20, 20, 0, false),
      BINARY(logaddexp, logAddExp(a, b), 3, -20, 20, 4),
      TERNARY_WITH(squared_difference_backward, (2), 2 * a * (b - c), 3, -20, 20, 0, false),
      BINARY(tanh_backward, a * (1 - b * b), 3, -2, 2, 10, false),
      BINARY(sigmoid_backward, a * b * (1 - b), 3, -2, 2, 10, false),
      BINARY(relu_backward, b <= 0 ? 0 : a, 0),
      BINARY(abs_backward, a * signOf(b), 0.501),
      BINARY(silu_backward, a * logistic(b) * (1 + b * (1 - logistic(b))), 4, -10, 10, 20, false),
      BINARY(log_sigmoid_backward, a * logistic(-b), 3, -20, 20, 0, false),
      BINARY(mish_backward, a * mishSlope(b), 5, -10, 25, 20, false),
      BINARY(hardsigmoid_backward, std::fabs(b) < 3 ? a / 6 : 0, 1.5, -5, 5, 0, false),
      BINARY(hardswish_backward,
             b <= -3  ? 0
             : b >= 3 ? a
                      : a * (b / 3 + 0.5L),
             3, -5, 5, 20, false),
      BINARY(gelu_backward,
             a * (normal(b) + b * wide::exp(-b * b / 2) / std::sqrt(2 * 3.14159265358979323846L)),
             8, -6, 6, 60, false),
      BINARY(gelu_tanh_backward, a * geluTanhSlope(b), 8, -5, 5, 100, false),
      BINARY_WITH(clamp_backward, (-1.5, 2.25), b < -1.5L || b > 2.25L || std::isnan(b) ? 0 : a, 0),
      BINARY_WITH(leaky_relu_backward, (0.25, 0), b > 0 ? a : a * 0.25L, 0.501),
      BINARY_WITH(elu_backward, (0.5, 0), b > 0 || std::isnan(b) ? a : a * 0.5L * wide::exp(b), 3,
                  -20, 20, 0, false),
      BINARY_WITH(selu_backward, (1.75, 1.0625), b > 0 ? a * 1.0625L : a * 1.75L * wide::exp(b), 3,
                  -20, 20, 0, false),
      BINARY_WITH(celu_backward, (0.5, 0), b > 0 ? a : a * wide::exp(b / 0.5L), 3, -20, 20, 0,
                  false),
      BINARY_WITH(hardtanh_backward, (-1.5, 2.25), b > -1.5L && b < 2.25L ? a : 0, 0),
      BINARY_WITH(shrink_backward, (0.5, 0), std::fabs(b) > 0.5L ? a : 0, 0),
      BINARY_WITH(threshold_backward, (0.5, 7), b <= 0.5L ? 0 : a, 0),
      TERNARY(lerp, std::fabs(c) < 0.5L ? a + c * (b - a) : b - (b - a) * (1 - c), 4, -2, 2, 20,
              false),
      TERNARY_WITH(addcmul, (0.5), a + 0.5L * b * c, 2, -20, 20, 400, false),
      TERNARY_WITH(addcdiv, (0.5), a + 0.5L * b / c, 3, 0.5, 20, 40, false),
      BINARY_WITH(softplus_backward, (2, 20), 2 * b > 20 ? a : a * logistic(2 * b), 4, -20, 20, 0,
                  false),
  };
}

#undef KERNEL

// Integers modulo 2^32. The formulas are exact in long double before they are reduced; pow's own is
// below.
inline long double wrap(long double x) {
  const long double turns = std::floor((x + 0x1p31L) / 0x1p32L);
  return x - turns * 0x1p32L;
}
inline long double floorMod(long double a, long double b) {
  return b == 0 ? 0 : a - b * std::floor(a / b);
}
inline std::vector<ElementwiseCase<int32_t>> integerCases() {
  using T = int32_t;
#define KERNEL(name) &KernelTable::name##_i32
  return {
      UNARY(neg, wrap(-x), 0, -1e9, 1e9),
      UNARY(abs, wrap(std::fabs(x)), 0, -1e9, 1e9),
      UNARY(sign, signOf(x), 0, -1e9, 1e9),
      UNARY(square, wrap(x * x), 0, -1e9, 1e9),
      UNARY(relu, x < 0 ? 0 : x, 0, -1e9, 1e9),
      UNARY_WITH(clamp, (-5, 9),
                 x < -5  ? -5
                 : x > 9 ? 9
                         : x,
                 0),
      BINARY(add, wrap(a + b), 0, -2e9, 2e9),
      BINARY(sub, wrap(a - b), 0, -2e9, 2e9),
      BINARY(mul, wrap(a * b), 0, -2e9, 2e9),
      BINARY(mul, wrap(a * b), 0),
      BINARY(pow, b < 0 ? (a == 0 ? 0 : std::trunc(std::pow(a, b))) : wrap(std::pow(a, b)), 0, -3,
             4, 0, false),
      BINARY(maximum, a > b ? a : b, 0),
      BINARY(minimum, a < b ? a : b, 0),
      BINARY(remainder, floorMod(a, b), 0),
      BINARY(floor_divide, b == 0 ? 0 : wrap(std::floor(a / b)), 0),
      BINARY(fmod, b == 0 ? 0 : std::fmod(a, b), 0),
      BINARY(fmax, a > b ? a : b, 0),
      BINARY(fmin, a < b ? a : b, 0),
      BINARY(heaviside, a == 0 ? b : a > 0, 0, -3, 3),
      TERNARY_WITH(addcmul, (2), wrap(a + 2 * b * c), 0, -1e4, 1e4, 0, false),
  };
#undef KERNEL
}

#define COMPARE(name, type, formula)                                                        \
  ElementwiseCase<T, uint8_t> {                                                             \
#name, 2,                                                                                 \
        [](const KernelTable& t, const T* const* in, uint8_t* out, const Strided& s,          \
           Work& work) { (t.*type)(in[0], in[1], out, s, work); },                            \
        [](const long double* v) -> long double { auto a = v[0], b = v[1]; return formula; }, 0, -3, 3 \
  }
template <class T>
std::vector<ElementwiseCase<T, uint8_t>> comparisonCases() {
#define KERNEL(name) \
  pick<T>(&KernelTable::name##_f32, &KernelTable::name##_f64, &KernelTable::name##_i32)
  return {
      COMPARE(lt, KERNEL(lt), a < b),  COMPARE(le, KERNEL(le), a <= b),
      COMPARE(gt, KERNEL(gt), a > b),  COMPARE(ge, KERNEL(ge), a >= b),
      COMPARE(eq, KERNEL(eq), a == b), COMPARE(ne, KERNEL(ne), a != b),
  };
#undef KERNEL
}

inline std::vector<ElementwiseCase<uint8_t>> boolCases() {
  using T = uint8_t;
#define BOOLEAN(name, kernel, formula)                                                     \
  ElementwiseCase<T> {                                                                     \
#name, 2,                                                                                \
        [](const KernelTable& t, const T* const* in, T* out, const Strided& s, Work& work) { \
          (t.kernel)(in[0], in[1], out, s, work);                                            \
        },                                                                                   \
        [](const long double* v) -> long double { auto a = v[0], b = v[1]; return formula; }, 0, 0, 2, 0, false \
  }
  return {
      BOOLEAN(logical_and, logical_and, a != 0 && b != 0),
      BOOLEAN(logical_or, logical_or, a != 0 || b != 0),
      BOOLEAN(logical_xor, logical_xor, a != b),
      BOOLEAN(lt, lt_u8, a < b),
      BOOLEAN(le, le_u8, a <= b),
      BOOLEAN(gt, gt_u8, a > b),
      BOOLEAN(ge, ge_u8, a >= b),
      BOOLEAN(eq, eq_u8, a == b),
      BOOLEAN(ne, ne_u8, a != b),
  };
}

}  // namespace ostinato::test
