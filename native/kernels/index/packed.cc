// Sequences of unequal length between a padded batch and packed order (torch.nn.utils.rnn), where step t of all
// sequences that have one comes before step t + 1. Rows are copied as they are; a few places at a time, so that what is read
// or written in steps of a whole sequence stays in L1.
#include "../grain.h"
#include "../kernels.h"
#include "../sizes.h"

#include <cstring>

namespace ostinato::OSTINATO_ISA {

namespace {

// Places whose rows of a step are copied together. Where a sequence's steps are neighbours, each place has cache lines of its
// own that its next steps find again: few places for rows of some length, whose lines are then read one after the other.
constexpr int64_t longRow = 4, longRowBlock = 8, shortRowBlock = 64, wideBlock = 4096;

struct Batch {
  const int32_t* sizes;
  const int32_t* order;
  int64_t steps, sequences, stepStride, sequenceStride, inner;

  int64_t rowAt(int64_t step, int64_t place) const {
    return step * stepStride + (order ? order[place] : place) * sequenceStride;
  }
  // Whether the places of a step are neighbours.
  bool dense() const { return !order && sequenceStride == inner; }
};

template <class T>
void copyRow(const T* from, T* to, int64_t n) {
  // Sixteen bytes at a time without a call: most rows are short.
  constexpr int64_t lanes = 16 / int64_t(sizeof(T));
  if (n >= 16 * lanes) {
    std::memcpy(to, from, size_t(n) * sizeof(T));
    return;
  }
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) __builtin_memcpy(to + i, from + i, 16);
  for (; i < n; ++i) to[i] = from[i];
}

template <class T>
void fillRow(T value, T* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = value;
}

// body(t, first, p, inside, end): of step t, whose place 0 is packed row `first`, the places p to inside - 1 have a row and
// those from inside to end - 1 have none.
template <class Body>
void eachBlock(const Batch& b, int64_t packedSteps, Work& work, const Body& body) {
  if (b.sequences == 0) return;
  const int64_t narrow = b.inner < longRow ? shortRowBlock : longRowBlock;
  const int64_t block = b.stepStride < b.sequenceStride ? narrow : wideBlock;
  const int64_t blocks = ceilDiv(b.sequences, block);
  const double elements = double(b.sequences) * double(b.steps) * double(b.inner);
  const int64_t pieces =
      piecesOf(elements, double(pieceOf(grains::plainElements)), work.threads, blocks);
  const int64_t places = ceilDiv(blocks, pieces) * block;
  parallel(work, ceilDiv(b.sequences, places), [&](int64_t piece, int) {
    const int64_t until = min((piece + 1) * places, b.sequences);
    for (int64_t p = piece * places; p < until; p += block) {
      const int64_t end = min(p + block, until);
      int64_t first = 0;
      for (int64_t t = 0; t < b.steps; ++t) {
        const int64_t size = t < packedSteps ? b.sizes[t] : 0;
        body(t, first, p, min(max(size, p), end), end);
        first += size;
      }
    }
  });
}

}  // namespace

template <class T>
void pack_padded(const T* x, const int32_t* sizes, const int32_t* order, T* out, int64_t steps,
                 int64_t sequences, int64_t stepStride, int64_t sequenceStride, int64_t inner,
                 Work& work) {
  const Batch b = {sizes, order, steps, sequences, stepStride, sequenceStride, inner};
  eachBlock(b, steps, work, [&](int64_t t, int64_t first, int64_t p, int64_t inside, int64_t) {
    T* to = out + (first + p) * inner;
    if (b.dense()) {
      copyRow(x + b.rowAt(t, p), to, (inside - p) * inner);
    } else if (inner == 1) {
      for (; p < inside; ++p) *to++ = x[b.rowAt(t, p)];
    } else {
      for (; p < inside; ++p, to += inner) copyRow(x + b.rowAt(t, p), to, inner);
    }
  });
}

template <class T>
void pad_packed(const T* data, const int32_t* sizes, const int32_t* order, const T* padding, T* out,
                int64_t packedSteps, int64_t steps, int64_t sequences, int64_t stepStride,
                int64_t sequenceStride, int64_t inner, Work& work) {
  const Batch b = {sizes, order, steps, sequences, stepStride, sequenceStride, inner};
  const T value = *padding;
  eachBlock(b, packedSteps, work,
            [&](int64_t t, int64_t first, int64_t p, int64_t inside, int64_t end) {
              const T* from = data + (first + p) * inner;
              if (b.dense()) {
                copyRow(from, out + b.rowAt(t, p), (inside - p) * inner);
                fillRow(value, out + b.rowAt(t, inside), (end - inside) * inner);
              } else if (inner == 1) {
                for (; p < inside; ++p) out[b.rowAt(t, p)] = *from++;
                for (; p < end; ++p) out[b.rowAt(t, p)] = value;
              } else {
                for (; p < inside; ++p, from += inner) copyRow(from, out + b.rowAt(t, p), inner);
                for (; p < end; ++p) fillRow(value, out + b.rowAt(t, p), inner);
              }
            });
}

INSTANTIATE_ANY(pack_padded)
INSTANTIATE_ANY(pad_packed)

}  // namespace ostinato::OSTINATO_ISA
