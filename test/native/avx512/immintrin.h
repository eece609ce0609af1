// A replacement of <immintrin.h> that lets the AVX-512 set of the kernels run on a processor without
// it: the intrinsics that simd/isa.h uses are loops over lanes here, with the results that Intel's
// manual gives them. Types, and every narrower intrinsic, are the compiler's. It is found first on
// the include path when the native tests are built with OSTINATO_EMULATE_AVX512, for AVX2 and FMA;
// an intrinsic that is missing here does not compile there.
//
// __AVX512F__, defined on the command line, makes isa.h choose registers of 64 bytes and these
// intrinsics. The compiler's header must not see it: it would take the real ones for available.
#pragma once

#undef __AVX512F__
#include_next <immintrin.h>
#define __AVX512F__ 1

namespace ostinato::emulated {

// Elements in memory, of whatever type they are there.
typedef float Float __attribute__((may_alias));
typedef double Double __attribute__((may_alias));

#define OSTINATO_EMULATED inline __attribute__((always_inline))

// Result: v[i] = bit i of the mask ? expression : 0.
#define OSTINATO_LANES(Result, name, parameters, expression)     \
  OSTINATO_EMULATED Result name parameters {                     \
    Result v = {};                                               \
    for (unsigned i = 0; i < sizeof(Result) / sizeof(v[0]); ++i) \
      if (mask >> i & 1) v[i] = (expression);                    \
    return v;                                                    \
  }
OSTINATO_LANES(__m512, fmadd_ps, (unsigned mask, __m512 a, __m512 b, __m512 c),
               __builtin_fmaf(a[i], b[i], c[i]))
OSTINATO_LANES(__m512d, fmadd_pd, (unsigned mask, __m512d a, __m512d b, __m512d c),
               __builtin_fma(a[i], b[i], c[i]))
OSTINATO_LANES(__m512, sqrt_ps, (unsigned mask, __m512 a), __builtin_sqrtf(a[i]))
OSTINATO_LANES(__m512d, sqrt_pd, (unsigned mask, __m512d a), __builtin_sqrt(a[i]))
// The second operand where either is NaN or both are zeros.
OSTINATO_LANES(__m512, max_ps, (unsigned mask, __m512 a, __m512 b), a[i] > b[i] ? a[i] : b[i])
OSTINATO_LANES(__m512d, max_pd, (unsigned mask, __m512d a, __m512d b), a[i] > b[i] ? a[i] : b[i])
OSTINATO_LANES(__m512, min_ps, (unsigned mask, __m512 a, __m512 b), a[i] < b[i] ? a[i] : b[i])
OSTINATO_LANES(__m512d, min_pd, (unsigned mask, __m512d a, __m512d b), a[i] < b[i] ? a[i] : b[i])
OSTINATO_LANES(__m512d, cvtps_pd, (unsigned mask, __m256 a), double(a[i]))
OSTINATO_LANES(__m256, cvtpd_ps, (unsigned mask, __m512d a), float(a[i]))
OSTINATO_LANES(__m256, extractf32x8_ps, (unsigned mask, __m512 a, unsigned half), a[half * 8 + i])
OSTINATO_LANES(__m512, loadu_ps, (unsigned mask, const void* p), ((const Float*)p)[i])
OSTINATO_LANES(__m512d, loadu_pd, (unsigned mask, const void* p), ((const Double*)p)[i])
#undef OSTINATO_LANES

template <class Element, class V>
OSTINATO_EMULATED void storeEach(Element* p, unsigned mask, const V& v) {
  for (unsigned i = 0; i < sizeof(V) / sizeof(Element); ++i)
    if (mask >> i & 1) p[i] = v[i];
}
OSTINATO_EMULATED void storeu_ps(void* p, unsigned mask, __m512 v) {
  storeEach((Float*)p, mask, v);
}
OSTINATO_EMULATED void storeu_pd(void* p, unsigned mask, __m512d v) {
  storeEach((Double*)p, mask, v);
}

// Bit i of the mask ? b[i] : a[i].
template <class V>
OSTINATO_EMULATED V blend(unsigned mask, V a, V b) {
  for (unsigned i = 0; i < sizeof(V) / sizeof(a[0]); ++i)
    if (mask >> i & 1) a[i] = b[i];
  return a;
}

// Bit i of the result: a[i] predicate b[i]. A predicate on floating-point numbers is one on
// integers in its lower bits; the upper one says whether NaN raises a flag.
template <class V>
OSTINATO_EMULATED unsigned compare(V a, V b, int predicate) {
  static_assert((_CMP_LT_OQ & 7) == _MM_CMPINT_LT && (_CMP_LE_OQ & 7) == _MM_CMPINT_LE &&
                _CMP_EQ_OQ == _MM_CMPINT_EQ && _CMP_NEQ_UQ == _MM_CMPINT_NE);
  unsigned mask = 0;
  for (unsigned i = 0; i < sizeof(V) / sizeof(a[0]); ++i) {
    bool holds = false;
    switch (predicate & 7) {
      case _MM_CMPINT_EQ:
        holds = a[i] == b[i];
        break;
      case _MM_CMPINT_LT:
        holds = a[i] < b[i];
        break;
      case _MM_CMPINT_LE:
        holds = a[i] <= b[i];
        break;
      case _MM_CMPINT_NE:
        holds = a[i] != b[i];
        break;
    }
    mask |= unsigned(holds) << i;
  }
  return mask;
}

#undef OSTINATO_EMULATED

}  // namespace ostinato::emulated

#define _mm512_maskz_fmadd_ps(...) ::ostinato::emulated::fmadd_ps(__VA_ARGS__)
#define _mm512_maskz_fmadd_pd(...) ::ostinato::emulated::fmadd_pd(__VA_ARGS__)
#define _mm512_maskz_sqrt_ps(...) ::ostinato::emulated::sqrt_ps(__VA_ARGS__)
#define _mm512_maskz_sqrt_pd(...) ::ostinato::emulated::sqrt_pd(__VA_ARGS__)
#define _mm512_maskz_max_ps(...) ::ostinato::emulated::max_ps(__VA_ARGS__)
#define _mm512_maskz_max_pd(...) ::ostinato::emulated::max_pd(__VA_ARGS__)
#define _mm512_maskz_min_ps(...) ::ostinato::emulated::min_ps(__VA_ARGS__)
#define _mm512_maskz_min_pd(...) ::ostinato::emulated::min_pd(__VA_ARGS__)
#define _mm512_maskz_cvtps_pd(...) ::ostinato::emulated::cvtps_pd(__VA_ARGS__)
#define _mm512_maskz_cvtpd_ps(...) ::ostinato::emulated::cvtpd_ps(__VA_ARGS__)
#define _mm512_maskz_extractf32x8_ps(...) ::ostinato::emulated::extractf32x8_ps(__VA_ARGS__)
#define _mm512_maskz_loadu_ps(...) ::ostinato::emulated::loadu_ps(__VA_ARGS__)
#define _mm512_maskz_loadu_pd(...) ::ostinato::emulated::loadu_pd(__VA_ARGS__)
#define _mm512_mask_storeu_ps(...) ::ostinato::emulated::storeu_ps(__VA_ARGS__)
#define _mm512_mask_storeu_pd(...) ::ostinato::emulated::storeu_pd(__VA_ARGS__)
#define _mm512_mask_blend_ps(...) ::ostinato::emulated::blend<__m512>(__VA_ARGS__)
#define _mm512_mask_blend_pd(...) ::ostinato::emulated::blend<__m512d>(__VA_ARGS__)
#define _mm512_mask_blend_epi32(mask, a, b) \
  (__m512i)::ostinato::emulated::blend<__v16si>(mask, (__v16si)a, (__v16si)b)
#define _mm512_mask_blend_epi64(...) ::ostinato::emulated::blend<__m512i>(__VA_ARGS__)
#define _mm512_cmp_ps_mask(...) __mmask16(::ostinato::emulated::compare<__m512>(__VA_ARGS__))
#define _mm512_cmp_pd_mask(...) __mmask8(::ostinato::emulated::compare<__m512d>(__VA_ARGS__))
#define _mm512_cmp_epi32_mask(a, b, predicate) \
  __mmask16(::ostinato::emulated::compare((__v16si)a, (__v16si)b, predicate))
#define _mm512_cmp_epi64_mask(...) __mmask8(::ostinato::emulated::compare<__m512i>(__VA_ARGS__))
