// The packed weights of one layer and direction: the offset of each part, and packing it. Hidden units
// go in groups of the cell's unitBlocks vectors; the product of x with a group fills its first
// `gates` pre-activation blocks, that of h its last `gates`.
//
//   flag     W                     an int32_t: 0 when every weight_hh is finite, else 1
//   bias     [group][blocks][W]    the chain's start: b_ih + b_hh, or the one that the block has
//   x        [group] Panel of gates vectors, K = I
//   h        [group] Panel of gates vectors, K = S; where both fill the same blocks (not GRU), x
//            and h of a group are one Panel of K = I + S: a step's chain runs through it
//   hr       [P / W] vectors, groups of 4, K = H
//
// Hidden units from H on have zero weights and biases; their lanes are computed and never stored.
// Packed weights are never written again, so that any number of sequences may read them; what a
// sequence leaves to its next call is SequenceForward::runState.
#pragma once

#include "../gemm/pack.h"
#include "../work.h"
#include "arguments.h"
#include "cell.h"
#include "plain-panels.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
struct PackedWeights {
  const Cell<T>& cell;
  const int64_t gates, blocks, unitBlocks;
  const int64_t I, H, P, S;
  const int64_t unitVectors;  // vectors of hidden units
  const int64_t groups;
  const T* const base;

  PackedWeights(const Cell<T>& cell, int64_t I, int64_t H, int64_t P, const T* base)
      : cell(cell),
        gates(cell.gates),
        blocks(cell.blocks),
        unitBlocks(cell.unitBlocks),
        I(I),
        H(H),
        P(P),
        S(P ? P : H),
        unitVectors(ceilDiv(H, W<T>)),
        groups(ceilDiv(unitVectors, unitBlocks)),
        base(base) {}

  int units(int64_t group) const {
    const int64_t rest = unitVectors - group * unitBlocks;
    return int(rest < unitBlocks ? rest : unitBlocks);
  }
  bool finite() const {
    return __atomic_load_n(reinterpret_cast<const int32_t*>(base), __ATOMIC_RELAXED) == 0;
  }
  // Bytes of the weights of x and h.
  int64_t bytes() const { return unitVectors * gates * (I + S) * 64; }
  const T* bias(int64_t group) const { return base + W<T> * (1 + group * unitBlocks * blocks); }
  // x and h of a group as one panel of K = I + S.
  Panel<T> xh(int64_t group) const {
    return panelOf<T>(weights() + group * unitBlocks * gates * (I + S) * W<T>, units(group) * gates,
                      I + S);
  }
  Panel<T> x(int64_t group) const {
    if (cell.concatenatesInputAndHidden()) return xh(group);
    return panelOf<T>(weights() + group * unitBlocks * gates * I * W<T>, units(group) * gates, I);
  }
  Panel<T> h(int64_t group) const {
    if (cell.concatenatesInputAndHidden()) return xh(group).from(I);
    return panelOf<T>(weights() + (unitVectors * I + group * unitBlocks * S) * gates * W<T>,
                      units(group) * gates, S);
  }
  PlainPanels<T> hr() const { return {weights() + W<T> * unitVectors * gates * (I + S), P, H}; }
  int64_t hrGroups() const { return P ? hr().groups() : 0; }

 private:
  const T* weights() const { return base + W<T> * (1 + unitVectors * blocks); }
};

// Writes the packed form of a layer's weights: first begin(), then each part of each group once, by any
// worker.
template <class T>
struct WeightPacker {
  const PackedWeights<T>& w;
  T* const memory;  // w.base
  const T *weightIh, *weightHh, *biasIh, *biasHh, *weightHr;

  WeightPacker(const PackedWeights<T>& w, const SequenceForward<T>& s)
      : w(w),
        memory(s.packed),
        weightIh(s.weightIh),
        weightHh(s.weightHh),
        biasIh(s.biasIh),
        biasHh(s.biasHh),
        weightHr(s.weightHr) {}

  void begin() const { setFinite(true); }
  // Several workers may find a weight that is not finite.
  void setFinite(bool finite) const {
    __atomic_store_n(reinterpret_cast<int32_t*>(memory), finite ? 0 : 1, __ATOMIC_RELAXED);
  }

  void packBias(int64_t group) const {
    const int64_t firstH = w.blocks - w.gates;
    T* to = memory + (w.bias(group) - w.base);
    for (int unit = 0; unit < w.units(group); ++unit) {
      const ColumnBlock block = unitBlock(group * w.unitBlocks + unit);
      for (int b = 0; b < w.blocks; ++b, to += W<T>) {
        Vec<T> sum = zero<T>();
        if (biasIh && b < w.gates)
          sum = load(biasIh + w.cell.xGate[b] * w.H + block.first, block.count);
        if (biasHh && b >= firstH)
          sum = sum + load(biasHh + w.cell.hGate[b - firstH] * w.H + block.first, block.count);
        store(to, sum);
      }
    }
  }
  // Packs vectors v .. v + panel.vectors - 1 of a group into the panel.
  void packX(int64_t group, int64_t v, const Panel<T>& panel) const {
    packGates(group, v, panel, weightIh, w.I, w.cell.xGate);
  }
  void packH(int64_t group, int64_t v, const Panel<T>& panel) const {
    packGates(group, v, panel, weightHh, w.S, w.cell.hGate);
  }
  void packHr(int64_t group) const { w.hr().pack(group, weightHr, true); }

  // Whether everything in a panel of weight_hh is finite.
  bool finite(const Panel<T>& panel) const {
    // Zero times an element is zero, or NaN; several sums, because each waits for its last.
    Vec<T> sum[4] = {};
    for (int64_t v = 0; v < panel.vectors; ++v) {
      const T* p = panel.p + v * panel.vStride;
      int64_t k = 0;
      for (; k + 4 <= w.S; k += 4, p += 4 * panel.kStride) {
        OSTINATO_UNROLL
        for (int i = 0; i < 4; ++i) sum[i] = fma(load(p + i * panel.kStride), zero<T>(), sum[i]);
      }
      for (; k < w.S; ++k, p += panel.kStride) sum[0] = fma(load(p), zero<T>(), sum[0]);
    }
    return sumLanes((sum[0] + sum[1]) + (sum[2] + sum[3])) == 0;
  }

  void packAll(Work& work, int64_t threads) const {
    begin();
    parallel(work, threads, [&](int64_t part, int) {
      for (int64_t g = w.groups * part / threads; g < w.groups * (part + 1) / threads; ++g) {
        packBias(g);
        packX(g, 0, w.x(g));
        packH(g, 0, w.h(g));
        if (!finite(w.h(g))) setFinite(false);
      }
      const int64_t hrGroups = w.hrGroups();
      for (int64_t g = hrGroups * part / threads; g < hrGroups * (part + 1) / threads; ++g)
        packHr(g);
    });
  }

 private:
  // The units first .. first + count - 1 of unit vector u.
  ColumnBlock unitBlock(int64_t u) const {
    const int64_t rest = w.H - u * W<T>;
    return {u * W<T>, int(rest < W<T> ? rest : W<T>)};
  }

  // Some columns of k at a time, while the next ones (in the end those of the next vector) are
  // prefetched: rows that begin far apart are short streams, which the hardware prefetcher does not detect.
  void packGates(int64_t group, int64_t firstV, const Panel<T>& panel, const T* weight, int64_t K,
                 const int* gateOf) const {
    constexpr int64_t line = 64 / sizeof(T), columns = 4 * line;
    const int64_t gates = w.gates, H = w.H;
    const auto rowsOf = [&](int64_t v) { return weight + gateOf[v % gates] * H * K; };
    for (int64_t v = firstV; v < firstV + panel.vectors; ++v) {
      const int64_t unit = group * w.unitBlocks + v / gates;
      const ColumnBlock block = unitBlock(unit);
      const bool last = v + 1 == w.units(group) * gates;
      const int64_t nextUnit = last                   ? (group + 1) * w.unitBlocks
                               : (v + 1) % gates == 0 ? unit + 1
                                                      : unit;
      for (int64_t k = 0; k < K; k += columns) {
        const bool inRow = k + columns < K;
        const int64_t soon = inRow ? unit : nextUnit;
        if (soon < w.unitVectors) {
          const int64_t k1 = inRow ? k + columns : 0, k2 = min(k1 + columns, K);
          const T* row = rowsOf(inRow ? v : last ? 0 : v + 1) + soon * W<T> * K;
          for (int r = 0; r < unitBlock(soon).count; ++r, row += K)
            for (int64_t i = k1; i < k2; i += line) __builtin_prefetch(row + i, 0, 2);
        }
        packBlockTransposed<T>(rowsOf(v) + k, K, min(columns, K - k), block,
                               writable(panel) + (v - firstV) * panel.vStride + k * panel.kStride,
                               panel.kStride);
      }
    }
  }
};

}  // namespace ostinato::OSTINATO_ISA
