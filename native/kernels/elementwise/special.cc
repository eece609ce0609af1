// Functions that are rarer and longer than a call: the code of the lines KERNEL_SPECIAL and its kin of unary.inc and binary.inc. Each
// is one function on eight doubles, which the loops of all of them call by its address: so the code of a
// function exists once, and that of the loops once for each element type. floats are computed as doubles, those of simd/short.h by
// functions of their own.
#include "walk.h"
#include "../simd/erf.h"
#include "../simd/gamma.h"
#include "../simd/inverse.h"
#include "../simd/math.h"
#include "../simd/short.h"
#include "../simd/vec.h"

namespace ostinato::OSTINATO_ISA {

using OfOne = Vec<double> (*)(const Vec<double>& x);
using OfTwo = Vec<double> (*)(const Vec<double>& a, const Vec<double>& b);

template <class T, class F, class... X>
OSTINATO_INLINE Vec<T> onDoubles(F f, const X&... x) {
  if constexpr (sizeof(T) == sizeof(double))
    return f(x...);
  else
    return throughDouble(f, x...);
}
// A NaN argument itself, and one NaN for what is none: what instructions make differs in its sign.
template <class T>
OSTINATO_INLINE Vec<T> settled(const Vec<T>& y, const Vec<T>& x) {
  return select(isNaN(y), select(isNaN(x), x, broadcast(T(Format<T>::nan))), y);
}

template <class T>
__attribute__((noinline)) static void mapOfOne(OfOne f, const T* in, T* out, const Strided& s,
                                               Work& work) {
  const auto each = [f](const Vec<T>& x) -> Vec<T> { return settled(onDoubles<T>(f, x), x); };
  mapLanes<T, heavy>(s, work, each, out, in);
}
using OfFloats = Vec<float> (*)(const Vec<float>& x);
__attribute__((noinline)) static void mapOfFloats(OfFloats f, const float* in, float* out,
                                                  const Strided& s, Work& work) {
  const auto each = [f](const Vec<float>& x) -> Vec<float> { return settled(f(x), x); };
  mapLanes<float, heavy>(s, work, each, out, in);
}
template <class T>
__attribute__((noinline)) static void mapOfTwo(OfTwo f, const T* left, const T* right, T* out,
                                               const Strided& s, Work& work) {
  const auto each = [f](const Vec<T>& a, const Vec<T>& b) -> Vec<T> {
    return settled(onDoubles<T>(f, a, b), select(isNaN(a), a, b));
  };
  mapLanes<T, heavy>(s, work, each, out, left, right);
}

#define KERNEL_SPECIAL(name, expression)                                      \
  static Vec<double> name##Lanes(const Vec<double>& x) { return expression; } \
  template <class T>                                                          \
  void name(const T* in, T* out, const Strided& s, Work& work) {              \
    if constexpr (requires { &Short<T>::name; })                              \
      mapOfFloats(&Short<T>::name, in, out, s, work);                         \
    else                                                                      \
      mapOfOne<T>(name##Lanes, in, out, s, work);                             \
  }                                                                           \
  INSTANTIATE_FLOAT(name)
#define KERNEL_SPECIAL_BINARY(name, expression)                                    \
  static Vec<double> name##Lanes(const Vec<double>& a, const Vec<double>& b) {     \
    return expression;                                                             \
  }                                                                                \
  template <class T>                                                               \
  void name(const T* left, const T* right, T* out, const Strided& s, Work& work) { \
    mapOfTwo<T>(name##Lanes, left, right, out, s, work);                           \
  }                                                                                \
  INSTANTIATE_FLOAT(name)

// sin(πx) / (πx), 1 at 0
static Vec<double> sincOf(const Vec<double>& x) {
  const Vec<double> a = abs(x), nearest = roundEven(a), none = zero<double>();
  const Vec<double> angle = a * broadcast(0x1.921fb54442d18p+1), y = sinPi(a) / angle;
  const auto isOdd = roundEven(nearest * broadcast(0.5)) * broadcast(2.0) != nearest;
  const Vec<double> signedY = select(a == nearest, a * none, select(isOdd, -y, y));
  return select(angle == none, broadcast(1.0), signedY);
}
// log2(2^a + 2^b) = max(a, b) + log2(1 + 2^-|a - b|); the larger operand where the difference is infinite or NaN
static Vec<double> logAddExp2(const Vec<double>& a, const Vec<double>& b) {
  using F = Format<double>;
  const Vec<double> larger = max(a, b), distance = abs(a - b);
  const Vec<double> added = log1p(exp2(-distance)) * broadcast(F::log2e);
  return select(distance < broadcast(F::infinity), larger + added, larger);
}
// a ln b, 0 where a is 0 whatever b but NaN
static Vec<double> xLogY(const Vec<double>& a, const Vec<double>& b) {
  return select((a == zero<double>()) & ~isNaN(b), zero<double>(), a * log(b));
}

#include "../kernels.inc"

template <class T>
void polygamma(const T* in, T* out, double order, const Strided& s, Work& work) {
  const auto f = [order](const Vec<double>& x) { return polygamma(x, order); };
  const auto each = [f](const Vec<T>& x) -> Vec<T> { return settled(onDoubles<T>(f, x), x); };
  mapLanes<T, heavy>(s, work, each, out, in);
}
INSTANTIATE_FLOAT(polygamma)

}  // namespace ostinato::OSTINATO_ISA
