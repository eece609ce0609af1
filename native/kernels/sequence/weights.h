// The packed weights of one layer and direction: where each part lies, and packing it. Hidden units
// go in groups of Cell::unitBlocks vectors; the product of x with a group fills its first `gates`
// pre-activation blocks, that of h its last `gates`.
//
//   state    W                     element 0 is 0 when every weight_hh is finite, else NaN
//   bias     [group][blocks][W]    the chain's start: b_ih + b_hh, or the one that the block has
//   x        [group] Panel of gates vectors, K = I
//   h        [group] Panel of gates vectors, K = S
//   hr       [P / W] vectors, groups of 4, K = H
//
// Hidden units from H on have zero weights and biases; their lanes are computed and never stored.
#pragma once

#include "../gemm/pack.h"
#include "../work.h"
#include "arguments.h"
#include "product.h"

namespace ostinato::OSTINATO_ISA {

// Vectors in a Panel of a matrix that has no gates (W_hr, and weights as they stand in backward).
inline constexpr int plainVectors = 4;

// A row-major or transposed matrix of `columns` columns as Panels of plainVectors vectors.
template <class T>
struct PlainPanels {
  T* base;
  int64_t columns, K;
  int64_t vectors() const { return ceilDiv(columns, W<T>); }
  int64_t groups() const { return ceilDiv(vectors(), plainVectors); }
  int64_t elements() const { return vectors() * W<T> * K; }
  Panel<T> panel(int64_t group) const {
    const int64_t rest = vectors() - group * plainVectors;
    return panelOf<T>(base + group * plainVectors * W<T> * K,
                      rest < plainVectors ? rest : plainVectors, K);
  }
  // Packs a group out of b: [K, columns] row-major, or [columns, K] when transposed.
  void pack(int64_t group, const T* b, bool transposed) const {
    const Panel<T> panel = this->panel(group);
    for (int64_t v = 0; v < panel.vectors; ++v) {
      const int64_t first = (group * plainVectors + v) * W<T>;
      const int64_t count = columns - first < W<T> ? columns - first : W<T>;
      T* const to = const_cast<T*>(panel.p) + v * panel.vStride;
      if (transposed)
        packBlockTransposed<T>(b, K, K, {first, int(count)}, to, panel.kStride);
      else
        packBlock<T>(b, columns, K, {first, int(count)}, to, panel.kStride);
    }
  }
};

template <class T, class Cell>
struct PackedWeights {
  int64_t I, H, P, S;
  int64_t unitVectors;  // vectors of hidden units
  int64_t groups;
  T* base;

  PackedWeights(int64_t I, int64_t H, int64_t P, T* base)
      : I(I),
        H(H),
        P(P),
        S(P ? P : H),
        unitVectors(ceilDiv(H, W<T>)),
        groups(ceilDiv(unitVectors, Cell::unitBlocks)),
        base(base) {}

  int units(int64_t group) const {
    const int64_t rest = unitVectors - group * Cell::unitBlocks;
    return int(rest < Cell::unitBlocks ? rest : Cell::unitBlocks);
  }
  bool finite() const { return base[0] == 0; }
  T* bias(int64_t group) const {
    return base + W<T> * (1 + group * Cell::unitBlocks * Cell::blocks);
  }
  Panel<T> x(int64_t group) const {
    return panelOf<T>(
        base + W<T> * (1 + unitVectors * Cell::blocks + group * Cell::unitBlocks * Cell::gates * I),
        units(group) * Cell::gates, I);
  }
  Panel<T> h(int64_t group) const {
    return panelOf<T>(base + W<T> * (1 + unitVectors * (Cell::blocks + Cell::gates * I) +
                                     group * Cell::unitBlocks * Cell::gates * S),
                      units(group) * Cell::gates, S);
  }
  PlainPanels<T> hr() const {
    return {base + W<T> * (1 + unitVectors * (Cell::blocks + Cell::gates * (I + S))), P, H};
  }

  // The units first .. first + count - 1 of unit vector u.
  ColumnBlock unitBlock(int64_t u) const {
    const int64_t rest = H - u * W<T>;
    return {u * W<T>, int(rest < W<T> ? rest : W<T>)};
  }

  void packBias(int64_t group, const T* biasIh, const T* biasHh) const {
    for (int unit = 0; unit < units(group); ++unit) {
      const ColumnBlock block = unitBlock(group * Cell::unitBlocks + unit);
      for (int b = 0; b < Cell::blocks; ++b) {
        constexpr int firstH = Cell::blocks - Cell::gates;
        Vec<T> sum = zero<T>();
        if (biasIh && b < Cell::gates)
          sum = loadUpTo(biasIh + Cell::xGate(b) * H + block.first, block.count);
        if (biasHh && b >= firstH)
          sum = sum + loadUpTo(biasHh + Cell::hGate(b - firstH) * H + block.first, block.count);
        store(bias(group) + (unit * Cell::blocks + b) * W<T>, sum);
      }
    }
  }
  void packX(int64_t group, const T* weightIh) const {
    packGates(group, x(group), weightIh, I, [](int g) { return Cell::xGate(g); });
  }
  void packH(int64_t group, const T* weightHh) const {
    packGates(group, h(group), weightHh, S, [](int g) { return Cell::hGate(g); });
  }
  // NaN when a packed weight_hh of the group is not finite, else 0.
  T finiteOf(int64_t group) const {
    const Panel<T> panel = h(group);
    Vec<T> sum = zero<T>();
    for (int64_t i = 0; i < panel.vectors * S; ++i)
      sum = fma(load(panel.p + i * W<T>), zero<T>(), sum);
    return sumLanes(sum);
  }

 private:
  template <class GateOf>
  void packGates(int64_t group, const Panel<T>& panel, const T* weight, int64_t K,
                 GateOf gateOf) const {
    for (int v = 0; v < panel.vectors; ++v) {
      const ColumnBlock block = unitBlock(group * Cell::unitBlocks + v / Cell::gates);
      packBlockTransposed<T>(weight + gateOf(v % Cell::gates) * H * K, K, K, block,
                             const_cast<T*>(panel.p) + v * panel.vStride, panel.kStride);
    }
  }
};

template <class T, class Cell>
void pack(const PackedWeights<T, Cell>& w, const T* weightIh, const T* weightHh, const T* biasIh,
          const T* biasHh, const T* weightHr, Work& work, int64_t threads) {
  const PlainPanels<T> hr = w.hr();
  const int64_t hrGroups = w.P ? hr.groups() : 0;
  T* const finite = reinterpret_cast<T*>(work.scratch(work, 0));
  auto body = [&](int64_t part, int) {
    T sum = 0;
    for (int64_t g = w.groups * part / threads; g < w.groups * (part + 1) / threads; ++g) {
      w.packBias(g, biasIh, biasHh);
      w.packX(g, weightIh);
      w.packH(g, weightHh);
      sum += w.finiteOf(g);
    }
    finite[part] = sum;
    for (int64_t g = hrGroups * part / threads; g < hrGroups * (part + 1) / threads; ++g)
      hr.pack(g, weightHr, true);
  };
  parallel(work, threads, body);
  T sum = 0;
  for (int64_t part = 0; part < threads; ++part) sum += finite[part];
  store(w.base, zero<T>());
  w.base[0] = sum;
}

template <class T, class Cell>
void packWeights(const SequencePack<T>& s, Work& work) {
  const PackedWeights<T, Cell> w(s.inputSize, s.hiddenSize, s.projSize, s.packed);
  pack(w, s.weightIh, s.weightHh, s.biasIh, s.biasHh, s.weightHr, work, work.threads);
}

}  // namespace ostinato::OSTINATO_ISA
