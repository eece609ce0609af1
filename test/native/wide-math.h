// Functions of long double that are as exact as its arithmetic: the references of tests. They are the C library's, but for musl on
// arm64, whose long double has 113 bits and whose functions of it are double's: there they are made of + - * / here, to far below a unit
// in the last place of double.
#pragma once

#include <cfloat>
#include <cmath>

namespace ostinato::test::wide {

#if LDBL_MANT_DIG != 113 || defined(__GLIBC__)

using std::acosh;
using std::asinh;
using std::atanh;
using std::cosh;
using std::erf;
using std::erfc;
using std::exp;
using std::exp2;
using std::expm1;
using std::lgamma;
using std::log;
using std::log10;
using std::log1p;
using std::log2;
using std::pow;
using std::sinh;
using std::tanh;

#else

constexpr long double ln2 = 0.693147180559945309417232121458176568L;
constexpr long double pi = 3.141592653589793238462643383279502884L;
// Terms of a series below this part of its sum are left out.
constexpr long double negligible = 0x1p-100L;

// x + x²/2! + x³/3! + …, for |x| < 1
inline long double expSeries(long double x) {
  long double term = x, sum = x;
  for (int n = 2; std::fabs(term) > negligible * std::fabs(sum); ++n) sum += term *= x / n;
  return sum;
}
// 2 (s + s³/3 + s⁵/5 + …) = ln((1 + s) / (1 - s)), for |s| < 1/4
inline long double logSeries(long double s) {
  long double power = s, sum = s;
  for (int n = 3; std::fabs(power) > negligible * std::fabs(sum); n += 2)
    sum += (power *= s * s) / n;
  return 2 * sum;
}

inline long double exp(long double x) {
  if (!(std::fabs(x) < 12000)) return x < 0 ? 0 : x + INFINITY;
  const long double k = std::nearbyint(x / ln2);
  return std::ldexp(1 + expSeries(x - k * ln2), int(k));
}
inline long double expm1(long double x) { return std::fabs(x) < 0.25L ? expSeries(x) : exp(x) - 1; }
inline long double exp2(long double x) {
  if (!(std::fabs(x) < 16500)) return x < 0 ? 0 : x + INFINITY;
  const long double k = std::nearbyint(x);
  return std::ldexp(exp((x - k) * ln2), int(k));
}

inline long double log(long double x) {
  if (x == 0) return -INFINITY;
  if (!(x > 0) || std::isinf(x)) return x < 0 ? NAN : x;
  int e;
  long double m = std::frexp(x, &e);
  if (m < std::sqrt(0.5L)) {
    m *= 2;
    --e;
  }
  return e * ln2 + logSeries((m - 1) / (m + 1));
}
inline long double log1p(long double x) {
  return std::fabs(x) < 0.25L ? logSeries(x / (2 + x)) : log(1 + x);
}
inline long double log2(long double x) { return log(x) / ln2; }
inline long double log10(long double x) { return log(x) / log(10); }

inline long double sinh(long double x) {
  const long double t = expm1(std::fabs(x));
  return std::copysign(std::isinf(t) ? t : (t + t / (1 + t)) / 2, x);
}
inline long double cosh(long double x) {
  const long double e = exp(std::fabs(x));
  return (e + 1 / e) / 2;
}
inline long double tanh(long double x) {
  const long double t = expm1(-2 * std::fabs(x));
  return std::copysign(t / (t + 2), x);
}
inline long double asinh(long double x) {
  const long double a = std::fabs(x);
  const long double y = a > 0x1p60L ? log(a) + ln2 : log1p(a + a * a / (1 + std::sqrt(1 + a * a)));
  return std::copysign(y, x);
}
inline long double acosh(long double x) {
  if (x < 1) return NAN;
  return x > 0x1p60L ? log(x) + ln2 : log1p(x - 1 + std::sqrt((x - 1) * (x + 1)));
}
inline long double atanh(long double x) {
  const long double a = std::fabs(x);
  return std::copysign(a > 1 ? NAN : log1p(2 * a / (1 - a)) / 2, x);
}

inline long double erfc(long double x);
// 2/√π e^(-x²) (x + 2 x³/3 + 4 x⁵/(3·5) + …), whose terms have one sign
inline long double erf(long double x) {
  const long double a = std::fabs(x);
  if (a >= 2) return std::copysign(1 - erfc(a), x);
  long double term = x, sum = x;
  for (int n = 3; std::fabs(term) > negligible * std::fabs(sum); n += 2)
    sum += term *= 2 * a * a / n;
  return 2 / std::sqrt(pi) * exp(-a * a) * sum;
}
// e^(-x²)/√π / (x + 1/2 / (x + 2/2 / (x + 3/2 / (x + …)))), from the end
inline long double erfc(long double x) {
  if (!(x >= 2)) return 1 - erf(x);
  if (x > 110) return 0;
  long double tail = x;
  for (int n = 30 + int(500 / (x * x)); n > 0; --n) tail = x + n / 2.0L / tail;
  return exp(-x * x) / std::sqrt(pi) / tail;
}

inline long double pow(long double a, long double b) {
  const bool isWhole = b == std::trunc(b);
  if (a == 0 || b == 0 || !std::isfinite(a) || !std::isfinite(b) || (a < 0 && !isWhole))
    return std::pow(a, b);
  const bool isNegative = a < 0 && std::fabs(std::fmod(b, 2)) == 1;
  return std::copysign(exp(b * log(std::fabs(a))), isNegative ? -1.0L : 1.0L);
}

// Stirling's series from 30 on, the recurrence below, the reflection of negative numbers
inline long double lgamma(long double x) {
  if (std::isnan(x)) return x;
  if (std::isinf(x) || (x <= 0 && x == std::floor(x))) return INFINITY;
  if (x < 0) return log(pi / std::fabs(std::sin(pi * (x - std::nearbyint(x))))) - lgamma(1 - x);
  static const long double bernoulli[] = {1.0L / 6,  -1.0L / 30,     1.0L / 42, -1.0L / 30,
                                          5.0L / 66, -691.0L / 2730, 7.0L / 6,  -3617.0L / 510};
  long double product = 1;
  for (; x < 30; ++x) product *= x;
  long double series = 0, power = x;
  for (int k = 1; k <= 8; ++k, power *= x * x)
    series += bernoulli[k - 1] / (2 * k * (2 * k - 1) * power);
  return (x - 0.5L) * log(x) - x + log(2 * pi) / 2 + series - log(product);
}

#endif

}  // namespace ostinato::test::wide
