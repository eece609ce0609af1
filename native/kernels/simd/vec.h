// Vec<T>: the one vector type of every kernel. It is 64 bytes wide on each instruction set (16
// float, 8 double, 16 int32 lanes): one 512-bit register, two of 256 bits, or four of 128. A kernel
// is written once against these lanes, so its order of summation, and with it every bit of its
// result, is the same wherever it runs.
//
// This file is compiled once per instruction set, inside namespace ostinato::<isa>; nothing here
// may use the standard library's inline functions (the linker keeps one copy for all sets).
// Rounding: -ffp-contract=off; a fused multiply-add happens only where fma() is written. The scalar
// set has no fused instruction, rounds twice there, and is exempt from bit equality.
//
// What differs between instruction sets (masks, selection, partial access, conversions, fma, sqrt)
// is in simd/isa.h; functions such as exp are in simd/math.h.
#pragma once

#include "isa.h"

namespace ostinato::OSTINATO_ISA {

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

// What comparisons yield: one truth value for each lane of T. Types of one width share their masks.
template <int laneBytes>
struct LaneMask {
  static constexpr int registers = 64 / OSTINATO_REGISTER_BYTES;
  RegisterMask<laneBytes> r[registers];
};
template <class T>
using Mask = LaneMask<sizeof(T)>;

#define OSTINATO_EACH(v) \
  OSTINATO_UNROLL        \
  for (int i = 0; i < v.registers; ++i) v.r[i]

template <class T>
OSTINATO_INLINE Vec<T> broadcast(T x) {
  Vec<T> v;
  OSTINATO_EACH(v) = broadcastRegister(x);
  return v;
}
template <class T>
OSTINATO_INLINE Vec<T> zero() {
  Vec<T> v;
  OSTINATO_EACH(v) = Register<T>{};
  return v;
}
template <class T>
OSTINATO_INLINE Vec<T> one() {
  return broadcast(T(1));
}
template <class T>
OSTINATO_INLINE Vec<T> load(const T* p) {
  Vec<T> v;
  OSTINATO_EACH(v) = *(const UnalignedRegister<T>*)(p + i * Vec<T>::lanesPerRegister);
  return v;
}
template <class T>
OSTINATO_INLINE void store(T* p, const Vec<T>& v) {
  OSTINATO_UNROLL
  for (int i = 0; i < v.registers; ++i) {
    *(UnalignedRegister<T>*)(p + i * Vec<T>::lanesPerRegister) = v.r[i];
  }
}
// The first n lanes of p (0 <= n <= lanes), the others zero; nothing past p + n is read.
template <class T>
OSTINATO_LONG_INLINE Vec<T> loadPartial(const T* p, int n) {
  Vec<T> v;
  OSTINATO_EACH(v) =
      loadPartialRegister(p + i * Vec<T>::lanesPerRegister, n - i * Vec<T>::lanesPerRegister);
  return v;
}
// Writes the first n lanes; nothing past p + n is written.
template <class T>
OSTINATO_LONG_INLINE void storePartial(T* p, const Vec<T>& v, int n) {
  OSTINATO_UNROLL
  for (int i = 0; i < v.registers; ++i) {
    storePartialRegister(p + i * Vec<T>::lanesPerRegister, v.r[i],
                         n - i * Vec<T>::lanesPerRegister);
  }
}

#define OSTINATO_LANEWISE(signature, expression) \
  template <class T>                             \
  OSTINATO_INLINE signature {                    \
    Vec<T> v;                                    \
    OSTINATO_EACH(v) = (expression);             \
    return v;                                    \
  }
OSTINATO_LANEWISE(Vec<T> operator+(const Vec<T>& a, const Vec<T>& b),
                  (Register<T>)((Register<Arithmetic<T>>)a.r[i] + (Register<Arithmetic<T>>)b.r[i]))
OSTINATO_LANEWISE(Vec<T> operator-(const Vec<T>& a, const Vec<T>& b),
                  (Register<T>)((Register<Arithmetic<T>>)a.r[i] - (Register<Arithmetic<T>>)b.r[i]))
OSTINATO_LANEWISE(Vec<T> operator*(const Vec<T>& a, const Vec<T>& b),
                  (Register<T>)((Register<Arithmetic<T>>)a.r[i] * (Register<Arithmetic<T>>)b.r[i]))
OSTINATO_LANEWISE(Vec<T> operator/(const Vec<T>& a, const Vec<T>& b), a.r[i] / b.r[i])
OSTINATO_LANEWISE(Vec<T> operator-(const Vec<T>& a),
                  (Register<T>)(-(Register<Arithmetic<T>>)a.r[i]))
OSTINATO_LANEWISE(Vec<T> operator&(const Vec<T>& a, const Vec<T>& b), a.r[i] & b.r[i])
OSTINATO_LANEWISE(Vec<T> operator|(const Vec<T>& a, const Vec<T>& b), a.r[i] | b.r[i])
OSTINATO_LANEWISE(Vec<T> operator^(const Vec<T>& a, const Vec<T>& b), a.r[i] ^ b.r[i])
OSTINATO_LANEWISE(Vec<T> operator~(const Vec<T>& a), ~a.r[i])
OSTINATO_LANEWISE(Vec<T> shiftLeft(const Vec<T>& a, int bits),
                  (Register<T>)((Register<Arithmetic<T>>)a.r[i] << bits))
OSTINATO_LANEWISE(Vec<T> shiftRight(const Vec<T>& a, int bits), a.r[i] >> bits)
// a * b + c, rounded once.
OSTINATO_LANEWISE(Vec<T> fma(const Vec<T>& a, const Vec<T>& b, const Vec<T>& c),
                  fmaRegister(a.r[i], b.r[i], c.r[i]))
// The same on every instruction set, slowly in the scalar one: for arithmetic on pairs of doubles.
template <class T>
OSTINATO_LONG_INLINE Vec<T> exactFma(const Vec<T>& a, const Vec<T>& b, const Vec<T>& c) {
  Vec<T> v;
  OSTINATO_EACH(v) = exactFmaRegister(a.r[i], b.r[i], c.r[i]);
  return v;
}
OSTINATO_LANEWISE(Vec<T> sqrt(const Vec<T>& a), sqrtRegister(a.r[i]))
// a > b ? a : b and a < b ? a : b, that is b where either is NaN; one instruction on x86.
OSTINATO_LANEWISE(Vec<T> greater(const Vec<T>& a, const Vec<T>& b), greaterRegister(a.r[i], b.r[i]))
OSTINATO_LANEWISE(Vec<T> lesser(const Vec<T>& a, const Vec<T>& b), lesserRegister(a.r[i], b.r[i]))
// Lane by lane: mask ? a : b.
OSTINATO_LANEWISE(Vec<T> select(const Mask<T>& mask, const Vec<T>& a, const Vec<T>& b),
                  selectRegister(mask.r[i], a.r[i], b.r[i]))
#undef OSTINATO_LANEWISE

#define OSTINATO_COMPARE(op, name)                                        \
  template <class T>                                                      \
  OSTINATO_INLINE Mask<T> operator op(const Vec<T>& a, const Vec<T>& b) { \
    Mask<T> v;                                                            \
    OSTINATO_EACH(v) = name##Register(a.r[i], b.r[i]);                    \
    return v;                                                             \
  }
OSTINATO_COMPARE(<, compareLess)
OSTINATO_COMPARE(<=, compareLessEqual)
OSTINATO_COMPARE(==, compareEqual)
OSTINATO_COMPARE(!=, compareUnequal)
#undef OSTINATO_COMPARE
template <class T>
OSTINATO_INLINE Mask<T> operator>(const Vec<T>& a, const Vec<T>& b) {
  return b < a;
}
template <class T>
OSTINATO_INLINE Mask<T> operator>=(const Vec<T>& a, const Vec<T>& b) {
  return b <= a;
}

#define OSTINATO_MASKWISE(signature, expression)              \
  template <int laneBytes>                                    \
  OSTINATO_INLINE LaneMask<laneBytes> signature {             \
    LaneMask<laneBytes> v;                                    \
    OSTINATO_EACH(v) = (RegisterMask<laneBytes>)(expression); \
    return v;                                                 \
  }
OSTINATO_MASKWISE(operator&(const LaneMask<laneBytes>& a, const LaneMask<laneBytes>& b),
                  a.r[i] & b.r[i])
OSTINATO_MASKWISE(operator|(const LaneMask<laneBytes>& a, const LaneMask<laneBytes>& b),
                  a.r[i] | b.r[i])
OSTINATO_MASKWISE(operator~(const LaneMask<laneBytes>& a), ~a.r[i])
#undef OSTINATO_MASKWISE

// True in the first n lanes.
template <class T>
OSTINATO_INLINE Mask<T> firstLanes(int n) {
  alignas(64) static constexpr Integer<T> counting[] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                        8, 9, 10, 11, 12, 13, 14, 15};
  return load(counting) < broadcast<Integer<T>>(n);
}
template <class T>
OSTINATO_INLINE Mask<T> isNaN(const Vec<T>& a) {
  return a != a;
}

// Whether any lane is true.
template <int laneBytes>
OSTINATO_INLINE bool any(const LaneMask<laneBytes>& a) {
  auto found = a.r[0];
  OSTINATO_UNROLL
  for (int i = 1; i < a.registers; ++i) found |= a.r[i];
  return anyRegister(found);
}

// One bit for each lane, the first lane lowest.
template <int laneBytes>
OSTINATO_INLINE unsigned bits(const LaneMask<laneBytes>& a) {
  constexpr int lanes = OSTINATO_REGISTER_BYTES / laneBytes;
  unsigned all = 0;
  OSTINATO_UNROLL
  for (int i = 0; i < a.registers; ++i) all |= bitsRegister(a.r[i]) << (i * lanes);
  return all;
}

// The same 64 bytes seen as another lane type.
template <class To, class From>
OSTINATO_INLINE Vec<To> bitCast(const Vec<From>& a) {
  Vec<To> v;
  OSTINATO_EACH(v) = (Register<To>)a.r[i];
  return v;
}

template <class T>
OSTINATO_INLINE Vec<Integer<T>> signBits() {
  return broadcast<Integer<T>>(Integer<T>(Integer<T>(1) << (sizeof(T) * 8 - 2)) * -2);
}
template <class T>
OSTINATO_INLINE Vec<T> abs(const Vec<T>& a) {
  return bitCast<T>(bitCast<Integer<T>>(a) & ~signBits<T>());
}
// |magnitude| with the sign bit of `sign`.
template <class T>
OSTINATO_INLINE Vec<T> copySign(const Vec<T>& magnitude, const Vec<T>& sign) {
  return bitCast<T>((bitCast<Integer<T>>(magnitude) & ~signBits<T>()) |
                    (bitCast<Integer<T>>(sign) & signBits<T>()));
}
// 1, 0 or -1; NaN gives 0.
template <class T>
OSTINATO_INLINE Vec<T> sign(const Vec<T>& a) {
  return select(zero<T>() < a, one<T>(), select(a < zero<T>(), -one<T>(), zero<T>()));
}
// NaN in either operand gives NaN, as torch.maximum and torch.minimum do.
template <class T>
OSTINATO_INLINE Vec<T> max(const Vec<T>& a, const Vec<T>& b) {
  return select(isNaN(a), a, greater(a, b));
}
template <class T>
OSTINATO_INLINE Vec<T> min(const Vec<T>& a, const Vec<T>& b) {
  return select(isNaN(a), a, lesser(a, b));
}

// 8 floats as doubles, exactly, and back, rounded to nearest even.
OSTINATO_INLINE Vec<double> loadAsDouble(const float* p) {
  Vec<double> v;
  OSTINATO_EACH(v) = widenRegister(p + i * Vec<double>::lanesPerRegister);
  return v;
}
OSTINATO_INLINE Vec<double> loadAsDouble(const double* p) { return load(p); }
OSTINATO_INLINE Vec<double> loadPartialAsDouble(const double* p, int n) {
  return loadPartial(p, n);
}
OSTINATO_INLINE Vec<double> loadPartialAsDouble(const float* p, int n) {
  alignas(64) float lanes[Vec<float>::lanes];
  store(lanes, loadPartial(p, n));
  return loadAsDouble(lanes);
}
// The lower (half 0) or upper (half 1) eight lanes as doubles.
template <int half>
OSTINATO_INLINE Vec<double> halfAsDouble(const Vec<float>& a) {
  Vec<double> v;
  OSTINATO_EACH(v) = widenPart(a.r, half * v.registers + i);
  return v;
}
OSTINATO_INLINE void storeAs(double* p, const Vec<double>& v) { store(p, v); }
OSTINATO_INLINE void storeAs(float* p, const Vec<double>& v) {
  OSTINATO_UNROLL
  for (int i = 0; i < v.registers; ++i) {
    narrowRegister(p + i * Vec<double>::lanesPerRegister, v.r[i]);
  }
}
OSTINATO_INLINE void storePartialAs(double* p, const Vec<double>& v, int n) {
  storePartial(p, v, n);
}
OSTINATO_INLINE void storePartialAs(float* p, const Vec<double>& v, int n) {
  alignas(64) float lanes[Vec<float>::lanes] = {};
  storeAs(lanes, v);
  storePartial(p, load(lanes), n);
}

// The sum of all lanes as a balanced tree: lane i + lane (i + lanes/2), then by halves again. The same
// tree on every instruction set.
template <class T>
OSTINATO_INLINE T sumLanes(const Vec<T>& a) {
  alignas(64) T lanes[Vec<T>::lanes];
  store(lanes, a);
  OSTINATO_UNROLL
  for (int half = Vec<T>::lanes / 2; half > 0; half /= 2) OSTINATO_UNROLL
  for (int i = 0; i < half; ++i)
    lanes[i] = T(Arithmetic<T>(lanes[i]) + Arithmetic<T>(lanes[i + half]));
  return lanes[0];
}

}  // namespace ostinato::OSTINATO_ISA
