// Loops of the elementwise kernels over strided operands. A kernel is an operation on lanes (Lanes:
// float and double arithmetic on Vec<T>) or on single elements (Scalars: integers, comparisons,
// conversions; exact, and vectorized by the compiler). This file makes an inner loop of it, specialized
// for contiguous and broadcast operands; walk.cc owns the outer dimensions and threads.
//
// A lane's result does not depend on where in the loop it is computed: the last, partial vector
// runs the same operations. The output may be one of the inputs, with the same strides; otherwise
// they must not overlap.
#pragma once

#include "../grain.h"
#include "../kernels.h"
#include "../simd/vec.h"
#include "../sizes.h"

// The next loop's iterations do not depend on each other.
#if defined(__clang__)
#define OSTINATO_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define OSTINATO_INDEPENDENT _Pragma("GCC ivdep")
#endif

// In a loop, tells the compiler to leave it as it is: short or strided loops that would only grow.
#define OSTINATO_KEEP_SCALAR ({ __asm__ volatile(""); })

namespace ostinato::OSTINATO_ISA {

// The operands of one run along the innermost dimension: inputs in order, then the output. Strides
// are in elements.
struct Run {
  char* pointer[Strided::maxOperands];
  int64_t stride[Strided::maxOperands];
  int64_t length;
};
using InnerLoop = void (*)(const Run& run, const void* operation);

// Calls `loop` for runs along one dimension until all of `s` is covered; on several threads from `grain`
// elements on.
void walk(const Strided& s, const Run& start, const int* elementBytes, InnerLoop loop,
          const void* operation, Work& work, int64_t grain);

// ---- One element or vector of an operand, at a position along the run

enum Access { unit, repeated, strided };

template <class T, Access access>
OSTINATO_INLINE T readElement(const char* pointer, int64_t stride, int64_t at) {
  const T* p = (const T*)pointer;
  return access == unit ? p[at] : access == repeated ? *p : p[at * stride];
}
// Strided lanes through a buffer: out of line, because every kernel needs them and few calls do.
template <class T>
inline __attribute__((noinline)) void gatherLanes(const T* p, int64_t stride, int count, T* lanes) {
  for (int i = 0; i < count; ++i, OSTINATO_KEEP_SCALAR) lanes[i] = p[i * stride];
  for (int i = count; i < Vec<T>::lanes; ++i, OSTINATO_KEEP_SCALAR) lanes[i] = 0;
}
template <class T>
inline __attribute__((noinline)) void scatterLanes(T* p, int64_t stride, int count,
                                                   const T* lanes) {
  for (int i = 0; i < count; ++i, OSTINATO_KEEP_SCALAR) p[i * stride] = lanes[i];
}
// With access `strided` the strides 1 and 0 are recognized at run time.
template <class T, Access access>
OSTINATO_LONG_INLINE Vec<T> readLanes(const char* pointer, int64_t stride, int64_t at, int count) {
  const T* p = (const T*)pointer;
  if (access == unit || (access == strided && stride == 1))
    return count == Vec<T>::lanes ? load(p + at) : loadPartial(p + at, count);
  if (access == repeated || stride == 0) return broadcast(*p);
  alignas(64) T lanes[Vec<T>::lanes];
  gatherLanes(p + at * stride, stride, count, lanes);
  return load(lanes);
}
template <class T, Access access>
OSTINATO_LONG_INLINE void writeLanes(char* pointer, int64_t stride, int64_t at, int count,
                                     const Vec<T>& v) {
  T* p = (T*)pointer;
  if (access == unit || stride == 1) {
    if (count == Vec<T>::lanes)
      store(p + at, v);
    else
      storePartial(p + at, v, count);
  } else {
    alignas(64) T lanes[Vec<T>::lanes];
    store(lanes, v);
    scatterLanes(p + at * stride, stride, count, lanes);
  }
}

// Masks become bools, 0 or 1.
template <class T, Access access>
OSTINATO_LONG_INLINE void writeLanes(char* pointer, int64_t stride, int64_t at, int count,
                                     const Mask<T>& mask) {
  constexpr int lanes = Vec<T>::lanes;
  const unsigned all = bits(mask);
  uint64_t bytes[lanes / 8];
  OSTINATO_UNROLL
  for (int i = 0; i < lanes / 8; ++i) {
    // Bit j into byte j: copies in all bytes, each keeps its own bit, and any bit set becomes a 1.
    const uint64_t copies = uint64_t(all >> (8 * i) & 255) * 0x0101010101010101;
    bytes[i] = ((copies & 0x8040201008040201) + 0x7f7f7f7f7f7f7f7f) >> 7 & 0x0101010101010101;
  }
  uint8_t* p = (uint8_t*)pointer + at * stride;
  if ((access == unit || stride == 1) && count == lanes)
    __builtin_memcpy(p, bytes, lanes);
  else
    scatterLanes(p, stride, count, (const uint8_t*)bytes);
}

// ---- Inner loops

template <int... i>
struct Indices {};
template <int count>
struct IndicesBelow;
template <>
struct IndicesBelow<0> {
  using type = Indices<>;
};
template <>
struct IndicesBelow<1> {
  using type = Indices<0>;
};
template <>
struct IndicesBelow<2> {
  using type = Indices<0, 1>;
};
template <>
struct IndicesBelow<3> {
  using type = Indices<0, 1, 2>;
};

// Operation: operator()(Vec<T> ...) const, for `inputs` inputs of T, giving Vec<T> or Mask<T>.
template <class T, class Operation, int inputs>
struct Lanes {
  static constexpr bool hasBlocks = false;

  template <Access out, Access... in, int... i>
  OSTINATO_INLINE static void step(const Run& run, const Operation& f, int64_t at, int count,
                                   Indices<i...>) {
    writeLanes<T, out>(run.pointer[inputs], run.stride[inputs], at, count,
                       f(readLanes<T, in>(run.pointer[i], run.stride[i], at, count)...));
  }
  template <Access out, Access... in, int... i>
  OSTINATO_INLINE static void loop(const Run& run, const Operation& f, Indices<i...> indices) {
    constexpr int lanes = Vec<T>::lanes;
    const int64_t n = run.length;
    if constexpr (out == strided) {
      // One copy of the operation, to keep the code small.
      for (int64_t at = 0; at < n; at += lanes)
        step<out, in...>(run, f, at, n - at < lanes ? int(n - at) : lanes, indices);
    } else {
      int64_t at = 0;
      for (; at + lanes <= n; at += lanes) step<out, in...>(run, f, at, lanes, indices);
      if (at < n) step<out, in...>(run, f, at, int(n - at), indices);
    }
  }
};

// What a loop that is vectorized keeps of its arguments.
template <class X, bool bySize = forSize>
struct Held {
  using type = const X;
};
template <class X>
struct Held<X, true> {
  using type = const X&;
};

// The block that a repeated element becomes: an operand as contiguous as the others, so that one loop, which the compiler
// vectorizes, serves them all.
constexpr int64_t blockLength = 256;
struct alignas(64) Block {
  char bytes[blockLength * sizeof(double)];
};
template <class T>
inline __attribute__((noinline)) void fillBlock(Block& block, const char* element, int64_t n) {
  const T value = *(const T*)element;
  T* const p = (T*)block.bytes;
  for (int64_t i = 0; i < n; ++i) p[i] = value;
}

// Operation: Out operator()(In ...) const.
template <class Operation, class Out, class... In>
struct Scalars {
  static constexpr bool hasBlocks = sizeof...(In) > 0;

  // Of operands that are contiguous or repeated, for a contiguous output.
  template <int... i>
  OSTINATO_INLINE static void blocks(const Run& run, const Operation& f, Indices<i...> indices) {
    constexpr int inputs = sizeof...(In);
    Block repeats[inputs];
    bool repeated = false;
    const int64_t first = run.length < blockLength ? run.length : blockLength;
    (..., (run.stride[i] == 0 ? (repeated = true, fillBlock<In>(repeats[i], run.pointer[i], first))
                              : void()));
    Run part = run;
    part.length = repeated ? blockLength : run.length;
    for (int64_t at = 0; at < run.length; at += part.length) {
      if (run.length - at < part.length) part.length = run.length - at;
      (..., (part.pointer[i] = run.stride[i] == 0 ? repeats[i].bytes
                                                  : run.pointer[i] + at * int64_t(sizeof(In))));
      part.pointer[inputs] = run.pointer[inputs] + at * int64_t(sizeof(Out));
      loop<unit, (i < 0 ? strided : unit)...>(part, f, indices);
    }
  }

  template <int... i>
  OSTINATO_INLINE static void anywhere(const Run& run, const Operation& f, Indices<i...> indices) {
    loop<strided, (i < 0 ? unit : strided)...>(run, f, indices);
  }

  template <Access out, Access... in, int... i>
  OSTINATO_INLINE static void loop(const Run& given, const Operation& operation, Indices<i...>) {
    constexpr int inputs = sizeof...(In);
    // Copies: a store of a byte could change anything else, for all the compiler knows.
    typename Held<Run>::type run = given;
    typename Held<Operation>::type f = operation;
    const int64_t n = run.length;
    [[maybe_unused]] const int64_t outStride = run.stride[inputs];
    Out* const p = (Out*)run.pointer[inputs];
    if constexpr (out == unit) {
      OSTINATO_INDEPENDENT for (int64_t at = 0; at < n; ++at) p[at] =
          f(readElement<In, in>(run.pointer[i], run.stride[i], at)...);
    } else {
      for (int64_t at = 0; at < n; ++at, OSTINATO_KEEP_SCALAR)
        p[at * outStride] = f(readElement<In, in>(run.pointer[i], run.stride[i], at)...);
    }
  }
};

// The cost of an operation: light is an instruction or two, and has loops specialized for a broadcast
// operand; medium a few instructions; heavy as many as exp, where run-time strides cost nothing in
// comparison.
enum Weight { light, medium, heavy };

// Dispatches on the run's strides. The lighter the operation, the more specializations are compiled.
template <class Loop, class Operation, int inputs, Weight weight>
__attribute__((noinline)) void innerLoop(const Run& run, const void* operation) {
  const Operation& f = *(const Operation*)operation;
  const int64_t* s = run.stride;
  const typename IndicesBelow<inputs>::type indices;
  if constexpr (Loop::hasBlocks && weight != heavy) {
    bool areBlocks = s[inputs] == 1;
    for (int i = 0; i < inputs; ++i) areBlocks = areBlocks && (s[i] == 0 || s[i] == 1);
    if (areBlocks) return Loop::blocks(run, f, indices);
    Loop::anywhere(run, f, indices);
  } else if constexpr (inputs == 0) {
    if constexpr (weight != heavy)
      if (s[0] == 1) return Loop::template loop<unit>(run, f, indices);
    Loop::template loop<strided>(run, f, indices);
  } else if constexpr (inputs == 1) {
    if constexpr (weight != heavy)
      if (s[0] == 1 && s[1] == 1) return Loop::template loop<unit, unit>(run, f, indices);
    Loop::template loop<strided, strided>(run, f, indices);
  } else if constexpr (inputs == 2) {
    if constexpr (weight != heavy)
      if (s[0] == 1 && s[1] == 1 && s[2] == 1)
        return Loop::template loop<unit, unit, unit>(run, f, indices);
    if constexpr (weight == light) {
      if (s[0] == 1 && s[1] == 0 && s[2] == 1)
        return Loop::template loop<unit, unit, repeated>(run, f, indices);
      if (s[0] == 0 && s[1] == 1 && s[2] == 1)
        return Loop::template loop<unit, repeated, unit>(run, f, indices);
    }
    Loop::template loop<strided, strided, strided>(run, f, indices);
  } else {
    if constexpr (weight != heavy)
      if (s[0] == 1 && s[1] == 1 && s[2] == 1 && s[3] == 1)
        return Loop::template loop<unit, unit, unit, unit>(run, f, indices);
    Loop::template loop<strided, strided, strided, strided>(run, f, indices);
  }
}

// ---- What kernels call

constexpr int64_t grainOf(Weight weight) {
  return weight == heavy ? grains::heavyElements : grains::plainElements;
}

template <class Loop, class Operation, int inputs, Weight weight>
OSTINATO_INLINE void walkWith(const Strided& s, const char* const* pointers,
                              const int* elementBytes, const Operation& f, Work& work) {
  constexpr Weight copies = forSize ? heavy : weight;
  constexpr InnerLoop loop = innerLoop<Loop, Operation, inputs, copies>;
  Run run;
  OSTINATO_UNROLL
  for (int i = 0; i <= inputs; ++i) {
    run.pointer[i] = const_cast<char*>(pointers[i]);
    run.stride[i] = s.strides[i][0];
  }
  if (s.dims == 1 && s.shape[0] < grainOf(weight)) {
    run.length = s.shape[0];
    loop(run, &f);
  } else {
    walk(s, run, elementBytes, loop, &f, work, grainOf(weight));
  }
}

// out = f(in ...) by Vec<T>; out is of T, or bool where f gives masks.
template <class T, Weight weight, class Operation, class Out, class... In>
OSTINATO_INLINE void mapLanes(const Strided& s, Work& work, const Operation& f, Out* out,
                              const In*... in) {
  const char* const pointers[] = {(const char*)in..., (const char*)out};
  static constexpr int bytes[] = {sizeof(In)..., sizeof(Out)};
  walkWith<Lanes<T, Operation, sizeof...(In)>, Operation, sizeof...(In), weight>(s, pointers, bytes,
                                                                                 f, work);
}
// out = f(in ...) element by element.
template <class Out, class Operation, class... In>
OSTINATO_INLINE void mapScalars(const Strided& s, Work& work, const Operation& f, Out* out,
                                const In*... in) {
  const char* const pointers[] = {(const char*)in..., (const char*)out};
  static constexpr int bytes[] = {sizeof(In)..., sizeof(Out)};
  walkWith<Scalars<Operation, Out, In...>, Operation, sizeof...(In), light>(s, pointers, bytes, f,
                                                                            work);
}

}  // namespace ostinato::OSTINATO_ISA
