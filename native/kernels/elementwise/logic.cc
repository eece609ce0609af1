// Comparisons, logic on bools, selection. Bools are bytes of 0 or 1.
#include "walk.h"

namespace ostinato::OSTINATO_ISA {

#define COMPARE(name, op)                                                                \
  template <class T>                                                                     \
  void name(const T* a, const T* b, uint8_t* out, const Strided& s, Work& work) {        \
    if constexpr (sizeof(T) == 1 || forSize) {                                           \
      mapScalars(                                                                        \
          s, work, [](T x, T y) -> uint8_t { return x op y; }, out, a, b);               \
    } else {                                                                             \
      const auto f = [](const Vec<T>& x, const Vec<T>& y) -> Mask<T> { return x op y; }; \
      mapLanes<T, medium>(s, work, f, out, a, b);                                        \
    }                                                                                    \
  }                                                                                      \
  INSTANTIATE_ANY(name)
COMPARE(lt, <)
COMPARE(le, <=)
COMPARE(gt, >)
COMPARE(ge, >=)
COMPARE(eq, ==)
COMPARE(ne, !=)
#undef COMPARE

#define LOGICAL(name, op)                                                                     \
  void name(const uint8_t* a, const uint8_t* b, uint8_t* out, const Strided& s, Work& work) { \
    mapScalars(                                                                               \
        s, work, [](uint8_t x, uint8_t y) -> uint8_t { return x op y; }, out, a, b);          \
  }
LOGICAL(logical_and, &)
LOGICAL(logical_or, |)
LOGICAL(logical_xor, ^)
#undef LOGICAL
void logical_not(const uint8_t* x, uint8_t* out, const Strided& s, Work& work) {
  mapScalars(
      s, work, [](uint8_t v) -> uint8_t { return v ^ 1; }, out, x);
}

template <class T>
void where(const uint8_t* condition, const T* a, const T* b, T* out, const Strided& s, Work& work) {
  const auto f = [](uint8_t chosen, T x, T y) -> T { return chosen ? x : y; };
  mapScalars(s, work, f, out, condition, a, b);
}
INSTANTIATE_ANY(where)

}  // namespace ostinato::OSTINATO_ISA
