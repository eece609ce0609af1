// The arguments of the recurrent kernels with layer normalization (normalized.h). Names as in arguments.h: T steps, N rows of
// the batch, H hidden units, G gates, R pairs of step and row. One call is one direction of one layer; the caller has computed
// what x adds to the gates, and has validated everything.
//
// Sizes in elements, with up(n) the next multiple of the lanes of a vector; TypeScript allocates all of them.
//   packed           up(G*H) * H, the panels of W_hh
//   products         N * up(G*H)
//   workspace        up(H) * G*H + 2 * N * up(H), of the backward pass
#pragma once

#include <cstdint>

#include "../parameters.h"

namespace ostinato {

// What is added to a variance.
inline constexpr double normalizedEps = 1e-5;

template <class T>
struct NormalizedForward {
  int64_t steps, batch, hiddenSize;
  Flag reverse;  // 0, or 1: from the last step to the first
  const T* ofX;  // [T, N, G*H] or, with batchSizes, [R, G*H]
  int64_t ofXStrideT, ofXStrideN;
  Nullable<const T*> h0;                // [N, H]; null = zeros
  Nullable<const T*> c0;                // [N, H], LSTM only; null = zeros
  const T* weightHh;                    // [G*H, H]; not read when packedReady
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
  Nullable<T*> gates;       // [R, G*H]: after their activations
  Nullable<T*> cells;       // [R, H], LSTM only
  Nullable<double*>
      statistics;  // [R, 3]: 1 / deviation of W_hh h; mean and 1 / deviation of c (LSTM)
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
  const T* weightHh;
  const T* gainHh;
  Nullable<const T*> biasHh;
  Nullable<const T*> gainC;
  Nullable<const T*> biasC;
  Nullable<const int32_t*> batchSizes;
  const T* out;
  int64_t outStrideT, outStrideN;
  const T* normalized;
  const T* gates;
  Nullable<const T*> cells;
  const double* statistics;
  Nullable<const T*> gradOut;  // null = zeros; strides of its own
  int64_t gradOutStrideT, gradOutStrideN;
  Nullable<const T*> gradHN;     // [N, H], null = zeros
  Nullable<const T*> gradCN;     // [N, H], null = zeros
  Nullable<const T*> gradCells;  // [R, H], null = zeros
  T* workspace;                  // 64-byte aligned
  // Results; none aliases an input.
  T* gradOfX;    // [T, N, G*H] or [R, G*H], dense in the order of memory of R
  T* dProducts;  // [R, G*H]: the gradient of W_hh h
  // Sums over the steps of a row, [N, G*H] and (LSTM) [N, H].
  T* gradGainHh;
  T* gradBiasHh;
  Nullable<T*> gradGainC;
  Nullable<T*> gradBiasC;
  Nullable<T*> gradH0;        // [N, H]
  Nullable<T*> gradC0;        // [N, H]
  Nullable<T*> gradWeightHh;  // [G*H, H]
};

}  // namespace ostinato
