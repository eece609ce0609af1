// Activation functions and their gradients in one pass: the code of the lines of unary.inc and binary.inc,
// and those with parameters. Equations are torch.nn.functional's. A slope is dy/dx.
#include "walk.h"
#include "../simd/erf.h"
#include "../simd/math.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
OSTINATO_INLINE Vec<T> siluSlope(const Vec<T>& x) {
  const Vec<T> y = sigmoid(x);
  // sigmoid(-x) is 1 - y without its cancellation.
  return y * fma(x, sigmoid(-x), one<T>());
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
#include "../kernels.inc"

template <class T>
void leaky_relu(const T* x, T* out, double slope, const Strided& s, Work& work) {
  const auto f = [slope = T(slope)](const Vec<T>& v) -> Vec<T> {
    return select(v <= zero<T>(), v * broadcast(slope), v);
  };
  mapLanes<T, medium>(s, work, f, out, x);
}
INSTANTIATE_FLOAT(leaky_relu)
template <class T>
void leaky_relu_backward(const T* g, const T* x, T* out, double slope, const Strided& s,
                         Work& work) {
  const auto f = [slope = T(slope)](const Vec<T>& g, const Vec<T>& v) -> Vec<T> {
    return select(zero<T>() < v, g, g * broadcast(slope));
  };
  mapLanes<T, medium>(s, work, f, out, g, x);
}
INSTANTIATE_FLOAT(leaky_relu_backward)

// x where x > 0, else alpha (e^x - 1)
template <class T>
void elu(const T* x, T* out, double alpha, const Strided& s, Work& work) {
  const auto f = [alpha = T(alpha)](const Vec<T>& v) -> Vec<T> {
    return select(v <= zero<T>(), broadcast(alpha) * expm1(v), v);
  };
  mapLanes<T, heavy>(s, work, f, out, x);
}
INSTANTIATE_FLOAT(elu)
template <class T>
void elu_backward(const T* g, const T* x, T* out, double alpha, const Strided& s, Work& work) {
  const auto f = [alpha = T(alpha)](const Vec<T>& g, const Vec<T>& v) -> Vec<T> {
    return select(zero<T>() < v, g, g * (broadcast(alpha) * exp(v)));
  };
  mapLanes<T, heavy>(s, work, f, out, g, x);
}
INSTANTIATE_FLOAT(elu_backward)

template <class T>
void softplus(const T* x, T* out, double beta, double threshold, const Strided& s, Work& work) {
  const auto f = [beta = T(beta), threshold = T(threshold)](const Vec<T>& v) -> Vec<T> {
    const Vec<T> scaled = v * broadcast(beta);
    return select(broadcast(threshold) < scaled, v, log1p(exp(scaled)) / broadcast(beta));
  };
  mapLanes<T, heavy>(s, work, f, out, x);
}
INSTANTIATE_FLOAT(softplus)
template <class T>
void softplus_backward(const T* g, const T* x, T* out, double beta, double threshold,
                       const Strided& s, Work& work) {
  const auto f = [beta = T(beta), threshold = T(threshold)](const Vec<T>& g,
                                                            const Vec<T>& v) -> Vec<T> {
    const Vec<T> scaled = v * broadcast(beta);
    return select(broadcast(threshold) < scaled, g, g * sigmoid(scaled));
  };
  mapLanes<T, heavy>(s, work, f, out, g, x);
}
INSTANTIATE_FLOAT(softplus_backward)

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
