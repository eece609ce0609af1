// copy, fill and conversions between element types.
#include "walk.h"

namespace ostinato::OSTINATO_ISA {

template <class To, class From>
OSTINATO_INLINE To convert(From x) {
  if constexpr (sameType<To, uint8_t>)
    return x != From(0);
  else if constexpr (sameType<To, int32_t> && isFloating<From>)
    // Processors disagree on what does not fit; x86's answer is the rule here.
    return x >= From(-0x1p31) && x < From(0x1p31) ? int32_t(x) : INT32_MIN;
  else
    return To(x);
}

#define CAST(name, To)                                              \
  template <class T>                                                \
  void name(const T* x, To* out, const Strided& s, Work& work) {    \
    mapScalars(                                                     \
        s, work, [](T v) -> To { return convert<To>(v); }, out, x); \
  }                                                                 \
  INSTANTIATE_ANY(name)
CAST(cast_to_f32, float)
CAST(cast_to_f64, double)
CAST(cast_to_i32, int32_t)
CAST(cast_to_u8, uint8_t)
#undef CAST

template <class T>
void copy(const T* x, T* out, const Strided& s, Work& work) {
  mapScalars(
      s, work, [](T v) -> T { return v; }, out, x);
}
INSTANTIATE_ANY(copy)

template <class T>
void fill(T* out, double value, const Strided& s, Work& work) {
  const T element = convert<T>(value);
  mapScalars(
      s, work, [element]() -> T { return element; }, out);
}
INSTANTIATE_ANY(fill)

}  // namespace ostinato::OSTINATO_ISA
