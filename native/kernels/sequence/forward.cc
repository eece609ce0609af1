// The forward pass of one layer in one direction: which path it takes and how it is shared among
// threads. None of these choices changes a bit of the result.
#include "../kernels.h"
#include "forward_few.h"
#include "forward_many.h"
#include "sharing.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void forward(const Cell<T>& cell, const SequenceForward<T>& s, Work& work) {
  const int64_t H = s.hiddenSize, S = s.projSize ? s.projSize : H, GH = cell.gates * H;
  const PackedWeights<T> w(cell, s.inputSize, H, s.projSize, s.packed);
  const Steps steps{s.steps, s.batch, s.reverse != 0, s.batchSizes};
  const double multiplyAdds = double(steps.totalRows()) * double(GH) * double(s.inputSize + S);
  const int64_t threads = multiplyAdds < threadGrain ? 1 : work.threads;
  const ForwardFew<T> few(cell, s);
  const auto scratchOf = [&](int worker) {
    return reinterpret_cast<T*>(work.scratch(work, worker));
  };

  const bool shares = threads > 1 && s.batch <= sharedRows && GH * S >= sharedWeights;
  const int64_t slices = shares || s.batch < 2 * threads ? 1 : threads;
  const int64_t maxRowsOfSlice = ceilDiv(s.batch, slices);
  const bool takesFew = few.fits(maxRowsOfSlice);
  const bool packOnFirstUse = takesFew && slices == 1 && few.packsOnFirstUse();
  if (!s.packedReady && !packOnFirstUse)
    pack(w, s.weightIh, s.weightHh, s.biasIh, s.biasHh, s.weightHr, work, threads);
  if (takesFew && shares) {
    parallelRegion(work, int(min(threads, w.groups)), [&](int part, int parts, int worker) {
      few.run(0, s.batch, part, parts, packOnFirstUse, scratchOf(worker), &work);
    });
  } else {
    parallel(work, slices, [&](int64_t slice, int worker) {
      const int64_t n0 = s.batch * slice / slices, n1 = s.batch * (slice + 1) / slices;
      if (takesFew)
        few.run(n0, n1, 0, 1, packOnFirstUse, scratchOf(worker), nullptr);
      else
        ForwardMany<T>(cell, s).run(n0, n1, scratchOf(worker));
    });
  }
  few.finalState();
}

#define INSTANTIATE(T)                                                        \
  template void forward<T>(const Cell<T>&, const SequenceForward<T>&, Work&); \
  template void packWeights<T>(const Cell<T>&, const SequencePack<T>&, Work&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace ostinato::OSTINATO_ISA
