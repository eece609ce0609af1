// The packed weights of one layer and direction: the offset of each part, and packing it. Hidden units
// go in groups of the cell's unitBlocks vectors; the product of x with a group fills its first
// `gates` pre-activation blocks, that of h its last `gates`.
//
//   state    W                     two int32_t: 0 when every weight_hh is finite, else 1; and
//                                  in which order the next forward pass takes the groups
//   bias     [group][blocks][W]    the chain's start: b_ih + b_hh, or the one that the block has
//   x        [group] Panel of gates vectors, K = I
//   h        [group] Panel of gates vectors, K = S; where both fill the same blocks (not GRU), x
//            and h of a group are one Panel of K = I + S: a step's chain runs through it
//   hr       [P / W] vectors, groups of 4, K = H
//
// Hidden units from H on have zero weights and biases; their lanes are computed and never stored.
#pragma once

#include "../gemm/pack.h"
#include "../work.h"
#include "arguments.h"
#include "cell.h"
#include "plain_panels.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
struct PackedWeights {
  const Cell<T>& cell;
  const int64_t gates, blocks, unitBlocks;
  int64_t I, H, P, S;
  int64_t unitVectors;  // vectors of hidden units
  int64_t groups;
  T* base;

  PackedWeights(const Cell<T>& cell, int64_t I, int64_t H, int64_t P, T* base)
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
  // Several workers may find a weight that is not finite.
  bool finite() const { return __atomic_load_n(flag(), __ATOMIC_RELAXED) == 0; }
  void setFinite(bool finite) const { __atomic_store_n(flag(), finite ? 0 : 1, __ATOMIC_RELAXED); }
  int order() const { return __atomic_load_n(flag() + 1, __ATOMIC_RELAXED); }
  void setOrder(int order) const { __atomic_store_n(flag() + 1, order, __ATOMIC_RELAXED); }
  // Before anything else is packed.
  void begin() const {
    setFinite(true);
    setOrder(0);
  }
  // Bytes of the weights of x and h.
  int64_t bytes() const { return unitVectors * gates * (I + S) * 64; }
  T* bias(int64_t group) const { return base + W<T> * (1 + group * unitBlocks * blocks); }
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

  // The units first .. first + count - 1 of unit vector u.
  ColumnBlock unitBlock(int64_t u) const {
    const int64_t rest = H - u * W<T>;
    return {u * W<T>, int(rest < W<T> ? rest : W<T>)};
  }

  void packBias(int64_t group, const T* biasIh, const T* biasHh) const {
    for (int unit = 0; unit < units(group); ++unit) {
      const ColumnBlock block = unitBlock(group * unitBlocks + unit);
      for (int b = 0; b < blocks; ++b) {
        const int64_t firstH = blocks - gates;
        Vec<T> sum = zero<T>();
        if (biasIh && b < gates)
          sum = loadUpTo(biasIh + cell.xGate[b] * H + block.first, block.count);
        if (biasHh && b >= firstH)
          sum = sum + loadUpTo(biasHh + cell.hGate[b - firstH] * H + block.first, block.count);
        store(bias(group) + (unit * blocks + b) * W<T>, sum);
      }
    }
  }
  // Packs vectors v .. v + panel.vectors - 1 of a group into the panel.
  void packX(int64_t group, int64_t v, const T* weightIh, const Panel<T>& panel) const {
    packGates(group, v, panel, weightIh, I, cell.xGate);
  }
  void packH(int64_t group, int64_t v, const T* weightHh, const Panel<T>& panel) const {
    packGates(group, v, panel, weightHh, S, cell.hGate);
  }
  // Whether everything in a panel of weight_hh is finite.
  bool finite(const Panel<T>& panel) const {
    // Zero times an element is zero, or NaN; several sums, because each waits for its last.
    Vec<T> sum[4] = {};
    for (int64_t v = 0; v < panel.vectors; ++v) {
      const T* p = panel.p + v * panel.vStride;
      int64_t k = 0;
      for (; k + 4 <= S; k += 4, p += 4 * panel.kStride) {
        OSTINATO_UNROLL
        for (int i = 0; i < 4; ++i) sum[i] = fma(load(p + i * panel.kStride), zero<T>(), sum[i]);
      }
      for (; k < S; ++k, p += panel.kStride) sum[0] = fma(load(p), zero<T>(), sum[0]);
    }
    return sumLanes((sum[0] + sum[1]) + (sum[2] + sum[3])) == 0;
  }

 private:
  int32_t* flag() const { return reinterpret_cast<int32_t*>(base); }
  T* weights() const { return base + W<T> * (1 + unitVectors * blocks); }

  // Some columns of k at a time, while the next ones (in the end those of the next vector) are
  // asked for: rows that begin far apart are short streams, which the processor would not see
  // coming.
  void packGates(int64_t group, int64_t firstV, const Panel<T>& panel, const T* weight, int64_t K,
                 const int* gateOf) const {
    constexpr int64_t line = 64 / sizeof(T), columns = 4 * line;
    const auto rowsOf = [&](int64_t v) { return weight + gateOf[v % gates] * H * K; };
    for (int64_t v = firstV; v < firstV + panel.vectors; ++v) {
      const int64_t unit = group * unitBlocks + v / gates;
      const ColumnBlock block = unitBlock(unit);
      const bool last = v + 1 == units(group) * gates;
      const int64_t nextUnit = last                   ? (group + 1) * unitBlocks
                               : (v + 1) % gates == 0 ? unit + 1
                                                      : unit;
      for (int64_t k = 0; k < K; k += columns) {
        const bool inRow = k + columns < K;
        const int64_t soon = inRow ? unit : nextUnit;
        if (soon < unitVectors) {
          const int64_t k1 = inRow ? k + columns : 0, k2 = min(k1 + columns, K);
          const T* row = rowsOf(inRow ? v : last ? 0 : v + 1) + soon * W<T> * K;
          for (int r = 0; r < unitBlock(soon).count; ++r, row += K)
            for (int64_t i = k1; i < k2; i += line) __builtin_prefetch(row + i, 0, 2);
        }
        packBlockTransposed<T>(
            rowsOf(v) + k, K, min(columns, K - k), block,
            const_cast<T*>(panel.p) + (v - firstV) * panel.vStride + k * panel.kStride,
            panel.kStride);
      }
    }
  }
};

template <class T>
void pack(const PackedWeights<T>& w, const T* weightIh, const T* weightHh, const T* biasIh,
          const T* biasHh, const T* weightHr, Work& work, int64_t threads) {
  const PlainPanels<T> hr = w.hr();
  const int64_t hrGroups = w.P ? hr.groups() : 0;
  w.begin();
  auto body = [&](int64_t part, int) {
    for (int64_t g = w.groups * part / threads; g < w.groups * (part + 1) / threads; ++g) {
      w.packBias(g, biasIh, biasHh);
      w.packX(g, 0, weightIh, w.x(g));
      w.packH(g, 0, weightHh, w.h(g));
      if (!w.finite(w.h(g))) w.setFinite(false);
    }
    for (int64_t g = hrGroups * part / threads; g < hrGroups * (part + 1) / threads; ++g)
      hr.pack(g, weightHr, true);
  };
  parallel(work, threads, body);
}

template <class T>
void packWeights(const Cell<T>& cell, const SequencePack<T>& s, Work& work) {
  const PackedWeights<T> w(cell, s.inputSize, s.hiddenSize, s.projSize, s.packed);
  pack(w, s.weightIh, s.weightHh, s.biasIh, s.biasHh, s.weightHr, work, work.threads);
}

}  // namespace ostinato::OSTINATO_ISA
