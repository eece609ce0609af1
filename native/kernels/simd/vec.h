// Vec<T>: the one vector type of every kernel. It is 64 bytes wide on each instruction set (16 float,
// 8 double, 16 int32 lanes): one 512-bit register, two of 256 bits, or four of 128. A kernel is
// written once against these lanes, so its order of summation, and with it every bit of its result,
// is the same wherever it runs.
//
// This file is compiled once per instruction set, inside namespace ostinato::<isa>; nothing here may
// pull in the standard library's inline functions (the linker keeps one copy for all sets).
// Rounding: -ffp-contract=off; a fused multiply-add happens only where fma() is written. The scalar
// set has no fused instruction, rounds twice there, and is exempt from bit equality.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if defined(__AVX512F__)
#define OSTINATO_REGISTER_BYTES 64
#elif defined(__AVX2__)
#define OSTINATO_REGISTER_BYTES 32
#else
#define OSTINATO_REGISTER_BYTES 16
#endif

#define OSTINATO_INLINE inline __attribute__((always_inline))
#define OSTINATO_UNROLL _Pragma("GCC unroll 16")

namespace ostinato::OSTINATO_ISA {

template <class T>
struct RegisterOf {
  typedef T type __attribute__((vector_size(OSTINATO_REGISTER_BYTES)));
  typedef T unaligned
      __attribute__((vector_size(OSTINATO_REGISTER_BYTES), aligned(sizeof(T)), may_alias));
};
template <class T>
using Register = typename RegisterOf<T>::type;

// The integer type of T's width: what comparisons of T yield, all bits set for true.
template <class T>
struct IntegerOf;
template <>
struct IntegerOf<float> {
  using type = int32_t;
};
template <>
struct IntegerOf<double> {
  using type = int64_t;
};
template <>
struct IntegerOf<int32_t> {
  using type = int32_t;
};
template <>
struct IntegerOf<int64_t> {
  using type = int64_t;
};
template <class T>
using Integer = typename IntegerOf<T>::type;

template <class T>
struct Vec {
  static constexpr int lanes = 64 / sizeof(T);
  static constexpr int registers = 64 / OSTINATO_REGISTER_BYTES;
  static constexpr int lanesPerRegister = lanes / registers;
  Register<T> r[registers];

  OSTINATO_INLINE T operator[](int lane) const {
    return r[lane / lanesPerRegister][lane % lanesPerRegister];
  }
};
template <class T>
using Mask = Vec<Integer<T>>;

template <class T>
OSTINATO_INLINE Vec<T> broadcast(T x) {
  Vec<T> v;
  OSTINATO_UNROLL for (int i = 0; i < Vec<T>::registers; ++i) v.r[i] = x - Register<T>{};
  return v;
}
template <class T>
OSTINATO_INLINE Vec<T> zero() {
  Vec<T> v;
  OSTINATO_UNROLL for (int i = 0; i < Vec<T>::registers; ++i) v.r[i] = Register<T>{};
  return v;
}
template <class T>
OSTINATO_INLINE Vec<T> load(const T* p) {
  Vec<T> v;
  OSTINATO_UNROLL for (int i = 0; i < Vec<T>::registers; ++i) v.r[i] =
      *(const typename RegisterOf<T>::unaligned*)(p + i * Vec<T>::lanesPerRegister);
  return v;
}
template <class T>
OSTINATO_INLINE void store(T* p, const Vec<T>& v) {
  OSTINATO_UNROLL for (int i = 0; i < Vec<T>::registers; ++i)
      * (typename RegisterOf<T>::unaligned*)(p + i * Vec<T>::lanesPerRegister) = v.r[i];
}
// The first n lanes of p (0 <= n <= lanes), the others zero; nothing past p + n is read.
template <class T>
OSTINATO_INLINE Vec<T> loadPartial(const T* p, int n) {
  alignas(64) T lanes[Vec<T>::lanes] = {};
  for (int i = 0; i < n; ++i) lanes[i] = p[i];
  return load(lanes);
}
// Writes the first n lanes; nothing past p + n is written.
template <class T>
OSTINATO_INLINE void storePartial(T* p, const Vec<T>& v, int n) {
  alignas(64) T lanes[Vec<T>::lanes];
  store(lanes, v);
  for (int i = 0; i < n; ++i) p[i] = lanes[i];
}

#define OSTINATO_LANEWISE(signature, expression)                                       \
  template <class T>                                                                   \
  OSTINATO_INLINE signature {                                                          \
    decltype(resultOf(a)) v;                                                           \
    OSTINATO_UNROLL for (int i = 0; i < Vec<T>::registers; ++i) v.r[i] = (expression); \
    return v;                                                                          \
  }
template <class T>
Vec<T> resultOf(const Vec<T>&);
OSTINATO_LANEWISE(Vec<T> operator+(const Vec<T>& a, const Vec<T>& b), a.r[i] + b.r[i])
OSTINATO_LANEWISE(Vec<T> operator-(const Vec<T>& a, const Vec<T>& b), a.r[i] - b.r[i])
OSTINATO_LANEWISE(Vec<T> operator*(const Vec<T>& a, const Vec<T>& b), a.r[i] * b.r[i])
OSTINATO_LANEWISE(Vec<T> operator/(const Vec<T>& a, const Vec<T>& b), a.r[i] / b.r[i])
OSTINATO_LANEWISE(Vec<T> operator-(const Vec<T>& a), -a.r[i])
OSTINATO_LANEWISE(Vec<T> operator&(const Vec<T>& a, const Vec<T>& b), a.r[i] & b.r[i])
OSTINATO_LANEWISE(Vec<T> operator|(const Vec<T>& a, const Vec<T>& b), a.r[i] | b.r[i])
OSTINATO_LANEWISE(Vec<T> operator^(const Vec<T>& a, const Vec<T>& b), a.r[i] ^ b.r[i])
OSTINATO_LANEWISE(Vec<T> operator~(const Vec<T>& a), ~a.r[i])
OSTINATO_LANEWISE(Vec<T> shiftLeft(const Vec<T>& a, int bits), a.r[i] << bits)
OSTINATO_LANEWISE(Vec<T> shiftRight(const Vec<T>& a, int bits), a.r[i] >> bits)
#undef OSTINATO_LANEWISE

#define OSTINATO_COMPARE(op)                                                             \
  template <class T>                                                                     \
  OSTINATO_INLINE Mask<T> operator op(const Vec<T>& a, const Vec<T>& b) {                \
    Mask<T> v;                                                                           \
    OSTINATO_UNROLL for (int i = 0; i < Vec<T>::registers; ++i) v.r[i] =                 \
        (Register<Integer<T>>)(a.r[i] op b.r[i]);                                        \
    return v;                                                                            \
  }
OSTINATO_COMPARE(<)
OSTINATO_COMPARE(<=)
OSTINATO_COMPARE(>)
OSTINATO_COMPARE(>=)
OSTINATO_COMPARE(==)
OSTINATO_COMPARE(!=)
#undef OSTINATO_COMPARE

// Lane by lane: mask ? a : b.
template <class T>
OSTINATO_INLINE Vec<T> select(const Mask<T>& mask, const Vec<T>& a, const Vec<T>& b) {
  Vec<T> v;
  OSTINATO_UNROLL for (int i = 0; i < Vec<T>::registers; ++i) v.r[i] =
      mask.r[i] ? a.r[i] : b.r[i];
  return v;
}

// The same 64 bytes seen as another lane type.
template <class To, class From>
OSTINATO_INLINE Vec<To> bitCast(const Vec<From>& a) {
  Vec<To> v;
  OSTINATO_UNROLL for (int i = 0; i < Vec<To>::registers; ++i) v.r[i] = (Register<To>)a.r[i];
  return v;
}

OSTINATO_INLINE Register<float> fmaRegister(Register<float> a, Register<float> b,
                                            Register<float> c) {
#if defined(__AVX512F__)
  return (Register<float>)_mm512_fmadd_ps(a, b, c);
#elif defined(__AVX2__)
  return (Register<float>)_mm256_fmadd_ps(a, b, c);
#elif defined(__aarch64__)
  return (Register<float>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}
OSTINATO_INLINE Register<double> fmaRegister(Register<double> a, Register<double> b,
                                             Register<double> c) {
#if defined(__AVX512F__)
  return (Register<double>)_mm512_fmadd_pd(a, b, c);
#elif defined(__AVX2__)
  return (Register<double>)_mm256_fmadd_pd(a, b, c);
#elif defined(__aarch64__)
  return (Register<double>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}
// a * b + c, rounded once.
template <class T>
OSTINATO_INLINE Vec<T> fma(const Vec<T>& a, const Vec<T>& b, const Vec<T>& c) {
  Vec<T> v;
  OSTINATO_UNROLL for (int i = 0; i < Vec<T>::registers; ++i) v.r[i] =
      fmaRegister(a.r[i], b.r[i], c.r[i]);
  return v;
}

OSTINATO_INLINE Register<float> sqrtRegister(Register<float> a) {
#if defined(__AVX512F__)
  // The masked form, all lanes on: the plain one makes GCC 12 warn of its own header.
  return (Register<float>)_mm512_maskz_sqrt_ps(0xffff, a);
#elif defined(__AVX2__)
  return (Register<float>)_mm256_sqrt_ps(a);
#elif defined(__aarch64__)
  return (Register<float>)vsqrtq_f32((float32x4_t)a);
#else
  Register<float> v;
  for (int i = 0; i < 4; ++i) v[i] = __builtin_sqrtf(a[i]);
  return v;
#endif
}
OSTINATO_INLINE Register<double> sqrtRegister(Register<double> a) {
#if defined(__AVX512F__)
  return (Register<double>)_mm512_maskz_sqrt_pd(0xff, a);
#elif defined(__AVX2__)
  return (Register<double>)_mm256_sqrt_pd(a);
#elif defined(__aarch64__)
  return (Register<double>)vsqrtq_f64((float64x2_t)a);
#else
  Register<double> v;
  for (int i = 0; i < 2; ++i) v[i] = __builtin_sqrt(a[i]);
  return v;
#endif
}
template <class T>
OSTINATO_INLINE Vec<T> sqrt(const Vec<T>& a) {
  Vec<T> v;
  OSTINATO_UNROLL for (int i = 0; i < Vec<T>::registers; ++i) v.r[i] = sqrtRegister(a.r[i]);
  return v;
}
template <class T>
OSTINATO_INLINE Vec<T> abs(const Vec<T>& a) {
  constexpr Integer<T> sign = Integer<T>(1) << (sizeof(T) * 8 - 1);
  return bitCast<T>(bitCast<Integer<T>>(a) & broadcast<Integer<T>>(~sign));
}
// NaN in either operand gives NaN, as torch.maximum and torch.minimum do.
template <class T>
OSTINATO_INLINE Vec<T> max(const Vec<T>& a, const Vec<T>& b) {
  return select<T>((a > b) | (a != a), a, b);
}
template <class T>
OSTINATO_INLINE Vec<T> min(const Vec<T>& a, const Vec<T>& b) {
  return select<T>((a < b) | (a != a), a, b);
}

// The sum of all lanes as a balanced tree: lane i meets lane i + lanes/2, then halves again. The same
// tree on every instruction set.
template <class T>
OSTINATO_INLINE T sumLanes(const Vec<T>& a) {
  alignas(64) T lanes[Vec<T>::lanes];
  store(lanes, a);
  OSTINATO_UNROLL for (int half = Vec<T>::lanes / 2; half > 0; half /= 2)
      OSTINATO_UNROLL for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  return lanes[0];
}

}  // namespace ostinato::OSTINATO_ISA
