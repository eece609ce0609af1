// Elementwise kernels: neg, add, ... over Strided operands.
#include "../kernels.h"
#include "../simd/vec.h"

namespace ostinato::OSTINATO_ISA {

template <class T, class F>
static void walk(const T* a, const T* b, auto* out, const Strided& s, F f) {
  int64_t index[Strided::maxDims] = {};
  for (;;) {
    *out = f(*a, *b);
    int64_t d = s.dims - 1;
    for (; d >= 0; --d) {
      a += s.strides[0][d];
      b += s.strides[s.operands - 2][d];
      out += s.strides[s.operands - 1][d];
      if (++index[d] < s.shape[d]) break;
      a -= s.strides[0][d] * s.shape[d];
      b -= s.strides[s.operands - 2][d] * s.shape[d];
      out -= s.strides[s.operands - 1][d] * s.shape[d];
      index[d] = 0;
    }
    if (d < 0) return;
  }
}
static bool empty(const Strided& s) {
  for (int64_t d = 0; d < s.dims; ++d)
    if (s.shape[d] == 0) return true;
  return false;
}

template <class T>
void neg(const T* x, T* out, const Strided& s) {
  if (!empty(s)) walk(x, x, out, s, [](T a, T) { return -a; });
}
template <class T>
void add(const T* a, const T* b, T* out, const Strided& s) {
  if (!empty(s)) walk(a, b, out, s, [](T x, T y) { return T(x + y); });
}
template <class T>
void mul(const T* a, const T* b, T* out, const Strided& s) {
  if (!empty(s)) walk(a, b, out, s, [](T x, T y) { return T(x * y); });
}
template <class T>
void div(const T* a, const T* b, T* out, const Strided& s) {
  if (!empty(s)) walk(a, b, out, s, [](T x, T y) { return x / y; });
}
template <class T>
void lt(const T* a, const T* b, uint8_t* out, const Strided& s) {
  if (!empty(s)) walk(a, b, out, s, [](T x, T y) { return uint8_t(x < y); });
}

INSTANTIATE_FLOAT(neg)
INSTANTIATE_NUMBER(add)
INSTANTIATE_NUMBER(mul)
INSTANTIATE_FLOAT(div)
INSTANTIATE_ANY(lt)

}  // namespace ostinato::OSTINATO_ISA
