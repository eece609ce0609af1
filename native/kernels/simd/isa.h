// One register of each instruction set, and the operations on it that GCC's and Clang's vector
// extension does not spell the same (or not well) everywhere. Vec (vec.h) is made of these; kernels
// use Vec only.
#pragma once

#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
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
// Functions of many instructions, such as exp and partial loads: inline, except in the set for old x86 processors, which is to be
// small.
#if defined(__SSE2__) && !defined(__AVX2__)
#define OSTINATO_LONG_INLINE inline __attribute__((noinline))
#define OSTINATO_SMALL true
#else
#define OSTINATO_LONG_INLINE OSTINATO_INLINE
#define OSTINATO_SMALL false
#endif
#define OSTINATO_UNROLL _Pragma("GCC unroll 16")

namespace ostinato::OSTINATO_ISA {

// Whether this set is to be small: then one function serves whole vectors and partial ones.
inline constexpr bool forSize = OSTINATO_SMALL;
#undef OSTINATO_SMALL

template <class T>
struct RegisterOf {
  typedef T type __attribute__((vector_size(OSTINATO_REGISTER_BYTES)));
  typedef T unaligned
      __attribute__((vector_size(OSTINATO_REGISTER_BYTES), aligned(sizeof(T)), may_alias));
};
template <class T>
using Register = typename RegisterOf<T>::type;
template <class T>
using UnalignedRegister = typename RegisterOf<T>::unaligned;

template <class A, class B>
inline constexpr bool sameType = false;
template <class A>
inline constexpr bool sameType<A, A> = true;
template <class T>
inline constexpr bool isFloating = sameType<T, float> || sameType<T, double>;
template <class R, class T>
inline constexpr bool RegisterIs = sameType<R, Register<T>>;

// The signed integer type of T's width.
template <int bytes>
struct IntegerOfWidth;
template <>
struct IntegerOfWidth<4> {
  using type = int32_t;
};
template <>
struct IntegerOfWidth<8> {
  using type = int64_t;
};
template <class T>
using Integer = typename IntegerOfWidth<sizeof(T)>::type;

// The registers that T's +, -, * and << run in: int32 wraps modulo 2^32 and int64 modulo 2^64,
// which C++ promises for unsigned lanes only.
template <class T>
struct ArithmeticOf {
  using type = T;
};
template <>
struct ArithmeticOf<int32_t> {
  using type = uint32_t;
};
template <>
struct ArithmeticOf<int64_t> {
  using type = uint64_t;
};
template <class T>
using Arithmetic = typename ArithmeticOf<T>::type;

template <class T>
OSTINATO_INLINE Register<T> broadcastRegister(T x) {
  return x - Register<T>{};  // x - (+0) is x, sign of zero included
}

// RegisterMask: a truth value for each lane. A mask register of AVX-512, else an integer as wide as
// the lane with all bits set for true.
#if defined(__AVX512F__)
template <int laneBytes>
struct RegisterMaskOf;
template <>
struct RegisterMaskOf<4> {
  using type = __mmask16;
};
template <>
struct RegisterMaskOf<8> {
  using type = __mmask8;
};
#define OSTINATO_COMPARE(name, predicate, integer)                           \
  OSTINATO_INLINE __mmask16 name(Register<float> a, Register<float> b) {     \
    return _mm512_cmp_ps_mask(a, b, predicate);                              \
  }                                                                          \
  OSTINATO_INLINE __mmask8 name(Register<double> a, Register<double> b) {    \
    return _mm512_cmp_pd_mask(a, b, predicate);                              \
  }                                                                          \
  OSTINATO_INLINE __mmask16 name(Register<int32_t> a, Register<int32_t> b) { \
    return _mm512_cmp_epi32_mask((__m512i)a, (__m512i)b, integer);           \
  }                                                                          \
  OSTINATO_INLINE __mmask8 name(Register<int64_t> a, Register<int64_t> b) {  \
    return _mm512_cmp_epi64_mask((__m512i)a, (__m512i)b, integer);           \
  }
OSTINATO_COMPARE(compareLessRegister, _CMP_LT_OQ, _MM_CMPINT_LT)
OSTINATO_COMPARE(compareLessEqualRegister, _CMP_LE_OQ, _MM_CMPINT_LE)
OSTINATO_COMPARE(compareEqualRegister, _CMP_EQ_OQ, _MM_CMPINT_EQ)
OSTINATO_COMPARE(compareUnequalRegister, _CMP_NEQ_UQ, _MM_CMPINT_NE)
#undef OSTINATO_COMPARE
OSTINATO_INLINE Register<float> selectRegister(__mmask16 m, Register<float> a, Register<float> b) {
  return _mm512_mask_blend_ps(m, b, a);
}
OSTINATO_INLINE Register<double> selectRegister(__mmask8 m, Register<double> a,
                                                Register<double> b) {
  return _mm512_mask_blend_pd(m, b, a);
}
OSTINATO_INLINE Register<int32_t> selectRegister(__mmask16 m, Register<int32_t> a,
                                                 Register<int32_t> b) {
  return (Register<int32_t>)_mm512_mask_blend_epi32(m, (__m512i)b, (__m512i)a);
}
OSTINATO_INLINE Register<int64_t> selectRegister(__mmask8 m, Register<int64_t> a,
                                                 Register<int64_t> b) {
  return (Register<int64_t>)_mm512_mask_blend_epi64(m, (__m512i)b, (__m512i)a);
}
#else
template <int laneBytes>
struct RegisterMaskOf {
  using type = Register<typename IntegerOfWidth<laneBytes>::type>;
};
#define OSTINATO_COMPARE(name, op)                                \
  template <class R>                                              \
  OSTINATO_INLINE auto name(R a, R b) {                           \
    return (typename RegisterMaskOf<sizeof(a[0])>::type)(a op b); \
  }
OSTINATO_COMPARE(compareLessRegister, <)
OSTINATO_COMPARE(compareLessEqualRegister, <=)
OSTINATO_COMPARE(compareEqualRegister, ==)
OSTINATO_COMPARE(compareUnequalRegister, !=)
#undef OSTINATO_COMPARE
template <class M, class R>
OSTINATO_INLINE R selectRegister(M mask, R a, R b) {
#if defined(__AVX2__)
  if constexpr (sizeof(a[0]) == 4)
    return (R)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)mask);
  else
    return (R)_mm256_blendv_pd((__m256d)b, (__m256d)a, (__m256d)mask);
#else
  return mask ? a : b;
#endif
}
#endif
template <class M>
OSTINATO_INLINE bool anyRegister(M mask) {
#if defined(__AVX512F__)
  return mask != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_epi8((__m256i)mask) != 0;
#elif defined(__SSE2__)
  return _mm_movemask_epi8((__m128i)mask) != 0;
#else
  const auto wide = (Register<int64_t>)mask;
  return (wide[0] | wide[1]) != 0;
#endif
}
// One bit for each lane, the first lane lowest.
template <class M>
OSTINATO_INLINE unsigned bitsRegister(M mask) {
#if defined(__AVX512F__)
  return mask;
#elif defined(__AVX2__)
  return sizeof(mask[0]) == 4 ? _mm256_movemask_ps((__m256)mask)
                              : _mm256_movemask_pd((__m256d)mask);
#elif defined(__SSE2__)
  return sizeof(mask[0]) == 4 ? _mm_movemask_ps((__m128)mask) : _mm_movemask_pd((__m128d)mask);
#elif defined(__aarch64__)
  if constexpr (sizeof(mask[0]) == 4)
    return vaddvq_u32((uint32x4_t)(mask & M{1, 2, 4, 8}));
  else
    return vaddvq_u64((uint64x2_t)(mask & M{1, 2}));
#else
  unsigned bits = 0;
  for (unsigned i = 0; i < sizeof(M) / sizeof(mask[0]); ++i) bits |= (mask[i] & 1u) << i;
  return bits;
#endif
}
template <int laneBytes>
using RegisterMask = typename RegisterMaskOf<laneBytes>::type;

// Below: intrinsics where the compiler would have a choice. OSTINATO_X86(sqrt_ps, a) is the
// instruction at the width in use; for AVX-512 in its zero-masking form with a full mask, because
// the plain one draws a false warning about an uninitialized value from GCC 12 (the code is the
// same).
#if defined(__AVX512F__)
#define OSTINATO_X86(name, ...) _mm512_maskz_##name(-1, __VA_ARGS__)
#elif defined(__AVX2__)
#define OSTINATO_X86(name, ...) _mm256_##name(__VA_ARGS__)
#endif

// a * b + c, rounded once (twice in the scalar set).
template <class R>
OSTINATO_INLINE R fmaRegister(R a, R b, R c) {
  [[maybe_unused]] constexpr bool isFloat = sizeof(a[0]) == 4;
#if defined(__AVX2__)
  if constexpr (isFloat)
    return (R)OSTINATO_X86(fmadd_ps, a, b, c);
  else
    return (R)OSTINATO_X86(fmadd_pd, a, b, c);
#elif defined(__aarch64__)
  if constexpr (isFloat)
    return (R)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
  else
    return (R)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}

// a * b + c, rounded once.
template <class R>
OSTINATO_INLINE R exactFmaRegister(R a, R b, R c) {
#if defined(__AVX2__) || defined(__aarch64__)
  return fmaRegister(a, b, c);
#else
  R v;
  for (unsigned i = 0; i < sizeof(R) / sizeof(a[0]); ++i) {
    if constexpr (sizeof(a[0]) == 4)
      v[i] = __builtin_fmaf(a[i], b[i], c[i]);
    else
      v[i] = __builtin_fma(a[i], b[i], c[i]);
  }
  return v;
#endif
}

template <class R>
OSTINATO_INLINE R sqrtRegister(R a) {
  [[maybe_unused]] constexpr bool isFloat = sizeof(a[0]) == 4;
#if defined(__AVX2__)
  if constexpr (isFloat)
    return (R)OSTINATO_X86(sqrt_ps, a);
  else
    return (R)OSTINATO_X86(sqrt_pd, a);
#elif defined(__aarch64__)
  if constexpr (isFloat)
    return (R)vsqrtq_f32((float32x4_t)a);
  else
    return (R)vsqrtq_f64((float64x2_t)a);
#else
  R v;
  for (unsigned i = 0; i < sizeof(R) / sizeof(a[0]); ++i) {
    if constexpr (isFloat)
      v[i] = __builtin_sqrtf(a[i]);
    else
      v[i] = __builtin_sqrt(a[i]);
  }
  return v;
#endif
}

// a > b ? a : b, and so b where either is NaN or both are zeros.
template <class R>
OSTINATO_INLINE R greaterRegister(R a, R b) {
#if defined(__AVX2__)
  if constexpr (RegisterIs<R, float>)
    return (R)OSTINATO_X86(max_ps, a, b);
  else if constexpr (RegisterIs<R, double>)
    return (R)OSTINATO_X86(max_pd, a, b);
  else
#endif
    return selectRegister(compareLessRegister(b, a), a, b);
}
// a < b ? a : b, and so b where either is NaN or both are zeros.
template <class R>
OSTINATO_INLINE R lesserRegister(R a, R b) {
#if defined(__AVX2__)
  if constexpr (RegisterIs<R, float>)
    return (R)OSTINATO_X86(min_ps, a, b);
  else if constexpr (RegisterIs<R, double>)
    return (R)OSTINATO_X86(min_pd, a, b);
  else
#endif
    return selectRegister(compareLessRegister(a, b), a, b);
}

// The first n lanes of p, the others zero; n may be negative (as 0) or exceed the lanes (all of
// them). Nothing past p + n is touched.
template <class T>
OSTINATO_INLINE Register<T> loadPartialRegister(const T* p, int n) {
  [[maybe_unused]] constexpr int lanes = OSTINATO_REGISTER_BYTES / sizeof(T);
#if defined(__AVX512F__)
  const auto mask = n >= lanes ? ~0u : n <= 0 ? 0u : (1u << n) - 1;
  if constexpr (sizeof(T) == 4)
    return (Register<T>)_mm512_maskz_loadu_ps((__mmask16)mask, p);
  else
    return (Register<T>)_mm512_maskz_loadu_pd((__mmask8)mask, p);
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return (Register<T>)_mm256_maskload_ps((const float*)p,
                                           _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane));
  } else {
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    return (Register<T>)_mm256_maskload_pd((const double*)p,
                                           _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), lane));
  }
#else
  if (n >= lanes) return *(const UnalignedRegister<T>*)p;
  Register<T> v = {};
  for (int i = 0; i < lanes; ++i)
    if (i < n) v[i] = p[i];
  return v;
#endif
}
template <class T>
OSTINATO_INLINE void storePartialRegister(T* p, Register<T> v, int n) {
  [[maybe_unused]] constexpr int lanes = OSTINATO_REGISTER_BYTES / sizeof(T);
#if defined(__AVX512F__)
  const auto mask = n >= lanes ? ~0u : n <= 0 ? 0u : (1u << n) - 1;
  if constexpr (sizeof(T) == 4)
    _mm512_mask_storeu_ps(p, (__mmask16)mask, (__m512)v);
  else
    _mm512_mask_storeu_pd(p, (__mmask8)mask, (__m512d)v);
#else
  if (n >= lanes) {
    *(UnalignedRegister<T>*)p = v;
    return;
  }
  if (n <= 0) return;
#if defined(__AVX2__)
  // Halves by plain stores: maskstore is microcoded on AMD's processors.
  constexpr bool isFloat = sizeof(T) == 4;
  float* out = (float*)p;
  __m128 part = _mm256_castps256_ps128((__m256)v);
  if (isFloat ? n & 4 : n & 2) {
    _mm_storeu_ps(out, part);
    part = _mm256_extractf128_ps((__m256)v, 1);
    out += 4;
  }
  if (isFloat ? n & 2 : n & 1) {
    _mm_storel_pi((__m64*)out, part);
    part = _mm_movehl_ps(part, part);
    out += 2;
  }
  if (isFloat && (n & 1)) _mm_store_ss(out, part);
#else
  for (int i = 0; i < lanes; ++i)
    if (i < n) p[i] = v[i];
#endif
#endif
}

// As many floats as a register has doubles, exactly; and back, rounded to nearest even.
OSTINATO_INLINE Register<double> widenRegister(const float* p) {
#if defined(__AVX512F__)
  return (Register<double>)_mm512_maskz_cvtps_pd(-1, _mm256_loadu_ps(p));
#elif defined(__AVX2__)
  return (Register<double>)_mm256_cvtps_pd(_mm_loadu_ps(p));
#else
  return Register<double>{p[0], p[1]};
#endif
}
// The doubles of one register's worth out of the middle of 64 bytes of floats: the `index`-th of
// all of them.
OSTINATO_INLINE Register<double> widenPart(const Register<float>* floats, int index) {
#if defined(__AVX512F__)
  return (Register<double>)_mm512_maskz_cvtps_pd(
      -1, index == 0 ? _mm512_maskz_extractf32x8_ps(-1, floats[0], 0)
                     : _mm512_maskz_extractf32x8_ps(-1, floats[0], 1));
#elif defined(__AVX2__)
  const __m256 v = floats[index / 2];
  return (Register<double>)_mm256_cvtps_pd(index % 2 == 0 ? _mm256_castps256_ps128(v)
                                                          : _mm256_extractf128_ps(v, 1));
#else
  const Register<float> v = floats[index / 2];
  return index % 2 == 0 ? Register<double>{v[0], v[1]} : Register<double>{v[2], v[3]};
#endif
}
OSTINATO_INLINE void narrowRegister(float* p, Register<double> v) {
#if defined(__AVX512F__)
  _mm256_storeu_ps(p, _mm512_maskz_cvtpd_ps(-1, v));
#elif defined(__AVX2__)
  _mm_storeu_ps(p, _mm256_cvtpd_ps(v));
#else
  p[0] = float(v[0]);
  p[1] = float(v[1]);
#endif
}
#undef OSTINATO_X86

}  // namespace ostinato::OSTINATO_ISA
