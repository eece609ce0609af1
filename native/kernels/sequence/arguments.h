// The arguments of the whole-sequence recurrent kernels, and the sizes of the memory that their
// caller provides. One call is one layer in one direction. The caller (TypeScript) has validated
// everything.
//
// Names. T steps, N rows of the batch, I input features, H hidden units, P projected features (LSTM
// only; 0 = no projection), S = P or else H: the features of the recurrent state h.
// R is the number of (step, row) pairs: T*N, or the sum of batchSizes. Row r of an [R, ...] array
// is (t, n) in order of t, then n.
//
//            G gates (weight rows G*H)   B pre-activation blocks (saved columns B*H)
//   RNN      1: h                        1
//   LSTM     4: i f g o                  4: i f g o
//   GRU      3: r z n                    4: r z n and W_hn h + b_hn, which the reset gate scales
//   JANET    2: s g                      2: s g, s before its activation
//
// Sizes in elements. TypeScript allocates all of them.
//   packed      SequenceMemory::packed() (memory.h)
//   gates       R * B*H   where the cell saves its gates (not RNN), training only
//   cells       R * H     LSTM, training only
//   projected   R * H     projection only; N * H in inference: the state before W_hr
//   dGates      R * B*H   may be gates itself
//   dProjected  R * P     projection only
//   workspace   SequenceMemory::workspace(), of the backward pass
#pragma once

#include <cstdint>

#include "../parameters.h"

namespace ostinato {

template <class T>
struct SequenceForward {
  int64_t steps, batch, inputSize, hiddenSize, projSize;  // T, N, I, H, P
  Flag reverse;  // 0, or 1: from the last step to the first
  Flag relu;     // RNN only: 0 tanh, 1 relu
  // x[t, n, :] is at x + t * xStrideT + n * xStrideN, feature stride 1. out likewise ([T, N, S]); a
  // bidirectional layer passes a half of its [T, N, 2S] with these strides. With batchSizes, x and
  // out are [R, .]: row r is at r * strideN, and strideT is not used.
  const T* x;
  int64_t xStrideT, xStrideN;
  Nullable<const T*> h0;        // [N, S]; null = zeros, bit for bit (forward-call.h)
  Nullable<const T*> c0;        // [N, H], LSTM only; null = zeros
  const T* weightIh;            // [G*H, I]; not read when packedReady
  const T* weightHh;            // [G*H, S]; not read when packedReady
  Nullable<const T*> biasIh;    // [G*H], may be null; not read when packedReady
  Nullable<const T*> biasHh;    // [G*H], may be null; not read when packedReady
  Nullable<const T*> weightHr;  // [P, H]; not read when packedReady
  // null, or [T]: N >= batchSizes[0] >= batchSizes[1] ... >= 0 rows are active at step t, as in
  // PyTorch's PackedSequence. Rows from batchSizes[0] on have length 0: their final state is the
  // initial one.
  Nullable<const int32_t*> batchSizes;
  T* out;
  int64_t outStrideT, outStrideN;
  T* hN;            // [N, S]; each row's state after its own last step. May be h0
  Nullable<T*> cN;  // [N, H], LSTM only; the running cell state in the meantime. May be c0
  // What backward needs, when training is 1. In inference memory does not depend on T.
  Flag training;
  Nullable<T*> gates;      // [R, B*H] as the cell saves them; null in inference and for RNN
  Nullable<T*> cells;      // [R, H], LSTM only; null in inference
  Nullable<T*> projected;  // [R, H], in inference [N, H]; null without projection
  T* packed;  // the packed weights, 64-byte aligned; with packedReady they are only read
  Flag packedReady;
  // [1]: what one run with these packed weights leaves to the next one, the order in which it reads them
  // (forward-few.h). Each reader of the weights has its own. Read only with packedReady; null in training.
  Nullable<int32_t*> runState;
  // What a variant of the cell has (variant.h); null for a plain one. [R, .]: in order of memory.
  Nullable<const T*> recurrentMask;  // [N, S]; without projection only, as zoneout
  Nullable<const T*> recurrentH0;    // [N, S]: h0 * recurrentMask; null with h0
  Nullable<T*> recurrent;            // [R, S] written: h * recurrentMask; null without that
  Nullable<const T*> zoneoutH;       // what is kept of the state before: [R, H], or [H] for all
  Nullable<const T*> zoneoutC;       // [R, H] or [H], LSTM only
  int64_t zoneoutStride;             // H, or 0
  Nullable<const T*> peephole;       // [3, H]: of i, f and o; LSTM only
};

template <class T>
struct SequenceBackward {
  int64_t steps, batch, inputSize, hiddenSize, projSize;  // T, N, I, H, P
  Flag reverse, relu;
  const T* x;
  int64_t xStrideT, xStrideN;
  Nullable<const T*> h0;
  Nullable<const T*> c0;
  const T* weightIh;
  const T* weightHh;
  Nullable<const T*> weightHr;
  Nullable<const int32_t*> batchSizes;
  const T* out;  // the forward's output
  int64_t outStrideT, outStrideN;
  Nullable<const T*> gates;  // as the forward saved them
  Nullable<const T*> cells;
  Nullable<const T*> projected;
  Nullable<const T*>
      gradOut;  // null = zeros; [T, N, S] with strides of its own, [R, S] with batchSizes
  int64_t gradOutStrideT, gradOutStrideN;
  Nullable<const T*> gradHN;     // [N, S], null = zeros
  Nullable<const T*> gradCN;     // [N, H], null = zeros
  Nullable<const T*> gradCells;  // [R, H], null = zeros: of every step's cell state
  // As in forward, and the gradients of the saved gates, [R, B*H], null = zeros.
  Nullable<const T*> recurrentMask;
  Nullable<const T*> recurrentH0;
  Nullable<const T*> recurrent;
  Nullable<const T*> zoneoutH;
  Nullable<const T*> zoneoutC;
  int64_t zoneoutStride;
  Nullable<const T*> peephole;
  Nullable<const T*> gradGates;
  T* dGates;                // [R, B*H] written: gradient of the pre-activations. May be `gates`
  Nullable<T*> dProjected;  // [R, P] written; null without projection
  T* workspace;             // 64-byte aligned
  // Results. Each may be null and is then not computed; none may alias an input.
  Nullable<T*> gradX;  // strides of its own, [R, I] with batchSizes
  int64_t gradXStrideT, gradXStrideN;
  Nullable<T*> gradH0;  // [N, S]
  Nullable<T*> gradC0;  // [N, H]
  Nullable<T*> gradWeightIh;
  Nullable<T*> gradWeightHh;
  Nullable<T*> gradBiasIh;
  Nullable<T*> gradBiasHh;
  Nullable<T*> gradWeightHr;
  Nullable<T*> gradPeephole;  // [N, 3, H]: of each row, over its steps
};

}  // namespace ostinato
