// The arguments of the recurrent kernels with layer normalization (normalized.h). Names as in arguments.h: T steps, N rows of
// the batch, H hidden units, G gates, R pairs of step and row. One call is one direction of one layer; the caller has computed
// W_ih x of all steps, and has validated everything.
//
// Sizes in elements, with up(n) the next multiple of the lanes of a vector; TypeScript allocates all of them.
//   packed           up(G*H) * H, the panels of W_hh
//   products         N * up(G*H)
//   workspace        up(H) * G*H + 2 * N * up(H) + S * (up((3G+2)*H) + up(2G*H)), of the backward pass
//   sums             S * up((3G+2)*H) doubles, of the backward pass
// S = ceil(N / rows): of so many rows, min(max(floor(N / rowsDivisor), 1), rowsOfSum), gradients of gains and biases are
// added up apart. It depends on N alone, so that their bits do not depend on the threads.
#pragma once

#include <cstdint>

#include "../parameters.h"

namespace ostinato {

// What is added to a variance.
inline constexpr double normalizedEps = 1e-5;
// Doubles that are kept of each row's statistics.
inline constexpr int64_t statisticsOfRow = 5;
inline constexpr int64_t rowsDivisor = 8, rowsOfSum = 8;

template <class T>
struct NormalizedForward {
  int64_t steps, batch, hiddenSize;
  Flag reverse;  // 0, or 1: from the last step to the first
  const T* ofX;  // W_ih x: [T, N, G*H] or, with batchSizes, [R, G*H]
  int64_t ofXStrideT, ofXStrideN;
  Nullable<const T*> h0;                // [N, H]; null = zeros
  Nullable<const T*> c0;                // [N, H], LSTM only; null = zeros
  const T* weightHh;                    // [G*H, H]; not read when packedReady
  const T* gainIh;                      // [G*H]
  Nullable<const T*> biasIh;            // [G*H]
  const T* gainHh;                      // [G*H]
  Nullable<const T*> biasHh;            // [G*H]
  Nullable<const T*> gainC;             // [H], LSTM only
  Nullable<const T*> biasC;             // [H], LSTM only
  Nullable<const int32_t*> batchSizes;  // as in SequenceForward
  T* out;
  int64_t outStrideT, outStrideN;
  T* hN;            // [N, H]; the running state in the meantime
  Nullable<T*> cN;  // [N, H], LSTM only; likewise
  // What backward needs; null in inference.
  Nullable<T*> normalized;  // [R, G*H]: W_hh h less its mean, divided by its deviation
  Nullable<T*> cells;       // [R, H], LSTM only
  Nullable<double*>
      statistics;  // [R, 5]: 1 / deviation of W_hh h; mean and 1 / deviation of W_ih x and (LSTM) of c
  T* packed;       // 64-byte aligned; with packedReady only read
  Flag packedReady;
  T* products;  // 64-byte aligned
};

template <class T>
struct NormalizedBackward {
  int64_t steps, batch, hiddenSize;
  Flag reverse;
  Nullable<const T*> h0;
  Nullable<const T*> c0;
  const T* ofX;
  int64_t ofXStrideT, ofXStrideN;
  const T* weightHh;
  const T* gainIh;
  Nullable<const T*> biasIh;
  const T* gainHh;
  Nullable<const T*> biasHh;
  Nullable<const T*> gainC;
  Nullable<const T*> biasC;
  Nullable<const int32_t*> batchSizes;
  const T* out;
  int64_t outStrideT, outStrideN;
  const T* normalized;
  Nullable<const T*> cells;
  const double* statistics;
  Nullable<const T*> gradOut;  // null = zeros; strides of its own
  int64_t gradOutStrideT, gradOutStrideN;
  Nullable<const T*> gradHN;     // [N, H], null = zeros
  Nullable<const T*> gradCN;     // [N, H], null = zeros
  Nullable<const T*> gradCells;  // [R, H], null = zeros
  T* workspace;                  // 64-byte aligned
  double* sums;                  // 64-byte aligned
  // Results. gradOfX may be ofX and dProducts may be normalized; nothing else aliases an input.
  T* gradOfX;    // the gradient of W_ih x, with the strides of ofX
  T* dProducts;  // [R, G*H]: the gradient of W_hh h
  T* gradGainIh;
  Nullable<T*> gradBiasIh;
  T* gradGainHh;
  Nullable<T*> gradBiasHh;
  Nullable<T*> gradGainC;
  Nullable<T*> gradBiasC;
  Nullable<T*> gradH0;        // [N, H]
  Nullable<T*> gradC0;        // [N, H]
  Nullable<T*> gradWeightHh;  // [G*H, H]
};

}  // namespace ostinato
