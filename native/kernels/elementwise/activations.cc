// Activation functions and their gradients in one pass: the code of the lines of unary.inc and binary.inc,
// and those with parameters. Equations are torch.nn.functional's. A slope is dy/dx.
#include "walk.h"
#include "../simd/erf.h"
#include "../simd/math.h"

namespace ostinato::OSTINATO_ISA {

// The gradient g * dy/dx; g itself where it is NaN, since of two NaNs that differ instructions take either.
template <class T>
OSTINATO_INLINE Vec<T> gradientOf(const Vec<T>& g, const Vec<T>& slope) {
  return select(isNaN(g), g, g * slope);
}

template <class T>
OSTINATO_INLINE Vec<T> siluSlope(const Vec<T>& x) {
  const Vec<T> y = sigmoid(x);
  // sigmoid(-x) is 1 - y without its cancellation; of NaN it is another than x.
  return select(isNaN(x), x, y * fma(x, sigmoid(-x), one<T>()));
}

// gelu = x Φ(x) with Φ(x) = (1 + erf(x / √2)) / 2, φ(x) = e^(-x²/2) / √(2π):  Φ(x) + x φ(x)
template <class T>
OSTINATO_INLINE Vec<T> geluSlope(const Vec<T>& x) {
  // The order of the operands makes a number of NaN, as in normalCdf.
  const Vec<T> power = greater(x * x * broadcast(T(-0.5)), broadcast(Format<T>::expMin));
  const Vec<T> density = exp(power) * broadcast(T(0x1.9884533d43651p-2));
  return fma(x, density, normalCdf(x));
}

// gelu_tanh = x (1 + tanh(u)) / 2 with u = √(2/π) (x + 0.044715 x³)
template <class T>
struct TanhGelu {
  Vec<T> tanh, slope;  // tanh(u), du/dx
};
template <class T>
OSTINATO_INLINE TanhGelu<T> tanhGelu(const Vec<T>& x) {
  const Vec<T> scale = broadcast(T(0x1.9884533d43651p-1)), cubic = broadcast(T(0.044715));
  const Vec<T> square = x * x;
  return {tanh(scale * fma(cubic * square, x, x)),
          scale * fma(broadcast(T(3)) * cubic, square, one<T>())};
}
template <class T>
OSTINATO_INLINE Vec<T> tanhGeluSlope(const Vec<T>& x) {
  const auto [t, slope] = tanhGelu<T>(x);
  return broadcast(T(0.5)) * fma(x * (one<T>() - t * t), slope, one<T>() + t);
}

// mish = x tanh(ln(1 + e^x)) = x n / (n + 2) with n = e^x (e^x + 2); x itself where e^x is large
template <class T>
struct Mish {
  Vec<T> e, n;
};
template <class T>
OSTINATO_INLINE Mish<T> mishParts(const Vec<T>& x) {
  // The order of the operands lets NaN through.
  const Vec<T> e = exp(lesser(broadcast(T(20)), x));
  return {e, e * (e + broadcast(T(2)))};
}
template <class T>
OSTINATO_INLINE Vec<T> mishOf(const Vec<T>& x) {
  const auto [e, n] = mishParts(x);
  return select(broadcast(T(20)) < x, x, x * (n / (n + broadcast(T(2)))));
}
// n / (n + 2) + 4 x e^x (e^x + 1) / (n + 2)^2
template <class T>
OSTINATO_INLINE Vec<T> mishSlope(const Vec<T>& x) {
  const auto [e, n] = mishParts(x);
  const Vec<T> inverse = one<T>() / (n + broadcast(T(2)));
  const Vec<T> growth = broadcast(T(4)) * e * inverse * ((e + one<T>()) * inverse);
  return select(broadcast(T(20)) < x, one<T>(), fma(x, growth, n * inverse));
}

template <class T>
OSTINATO_INLINE Vec<T> upToSix(const Vec<T>& x) {
  return lesser(broadcast(T(6)), greater(zero<T>(), x));
}
// hardswish = x min(max(x + 3, 0), 6) / 6
template <class T>
OSTINATO_INLINE Vec<T> hardswishSlope(const Vec<T>& x) {
  const Vec<T> three = broadcast(T(3)), middle = x / three + broadcast(T(0.5));
  return select(x <= -three, zero<T>(), select(three <= x, one<T>(), middle));
}

#define KERNEL_ACTIVATION(name, expression)                              \
  template <class T>                                                     \
  void name(const T* in, T* out, const Strided& s, Work& work) {         \
    const auto f = [](const Vec<T>& x) -> Vec<T> { return expression; }; \
    mapLanes<T, heavy>(s, work, f, out, in);                             \
  }                                                                      \
  INSTANTIATE_FLOAT(name)
#define KERNEL_GRADIENT_OF_RESULT(name, weight, expression)                               \
  template <class T>                                                                      \
  void name(const T* a, const T* b, T* out, const Strided& s, Work& work) {               \
    const auto f = [](const Vec<T>& g, const Vec<T>& y) -> Vec<T> { return expression; }; \
    mapLanes<T, weight>(s, work, f, out, a, b);                                           \
  }                                                                                       \
  INSTANTIATE_FLOAT(name)
#define KERNEL_GRADIENT(name, weight, expression)                                         \
  template <class T>                                                                      \
  void name(const T* a, const T* b, T* out, const Strided& s, Work& work) {               \
    const auto f = [](const Vec<T>& g, const Vec<T>& x) -> Vec<T> { return expression; }; \
    mapLanes<T, weight>(s, work, f, out, a, b);                                           \
  }                                                                                       \
  INSTANTIATE_FLOAT(name)
#define KERNEL_ACTIVATION_WITH(name, weight, expression)                                      \
  template <class T>                                                                          \
  void name(const T* in, T* out, double first, double second, const Strided& s, Work& work) { \
    const auto f = [first = T(first), second = T(second)](const Vec<T>& x) -> Vec<T> {        \
      [[maybe_unused]] const Vec<T> p = broadcast(first), q = broadcast(second);              \
      return expression;                                                                      \
    };                                                                                        \
    mapLanes<T, weight>(s, work, f, out, in);                                                 \
  }                                                                                           \
  INSTANTIATE_FLOAT(name)
#define KERNEL_GRADIENT_WITH(name, weight, expression)                                     \
  template <class T>                                                                       \
  void name(const T* a, const T* b, T* out, double first, double second, const Strided& s, \
            Work& work) {                                                                  \
    const auto f = [first = T(first), second = T(second)](const Vec<T>& g,                 \
                                                          const Vec<T>& x) -> Vec<T> {     \
      [[maybe_unused]] const Vec<T> p = broadcast(first), q = broadcast(second);           \
      return expression;                                                                   \
    };                                                                                     \
    mapLanes<T, weight>(s, work, f, out, a, b);                                            \
  }                                                                                        \
  INSTANTIATE_FLOAT(name)
#include "../kernels.inc"

template <class T>
void clamp_backward(const T* g, const T* x, T* out, double low, double high, const Strided& s,
                    Work& work) {
  const auto f = [low = T(low), high = T(high)](const Vec<T>& g, const Vec<T>& v) -> Vec<T> {
    return select((broadcast(low) <= v) & (v <= broadcast(high)), g, zero<T>());
  };
  mapLanes<T, medium>(s, work, f, out, g, x);
}
INSTANTIATE_FLOAT(clamp_backward)

}  // namespace ostinato::OSTINATO_ISA
