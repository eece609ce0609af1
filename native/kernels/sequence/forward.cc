// The forward pass of one layer in one direction: which path it takes and how it is shared among
// threads. None of these choices changes a bit of the result.
#include "../grain.h"
#include "../kernels.h"
#include "forward-few.h"
#include "forward-many.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void forward(const Cell<T>& cell, const SequenceForward<T>& s, Work& work) {
  const ForwardCall<T> call(cell, s);
  const int64_t GH = call.G * call.H;
  const double multiplyAdds = double(call.steps.totalRows()) * double(GH) * double(call.I + call.S);
  const int64_t threads =
      paysThreads(multiplyAdds, grains::multiplyAdds, work.threads) ? work.threads : 1;
  const bool shares =
      threads > 1 && s.batch <= grains::stepRows && GH * call.S >= grains::stepMultiplyAdds;
  const int64_t slices = shares || s.batch < 2 * threads ? 1 : threads;
  const bool takesFew = ForwardFew<T>::fits(call, ceilDiv(s.batch, slices));
  const bool packOnFirstUse = takesFew && slices == 1 && ForwardFew<T>::packsOnFirstUse(call);
  const WeightPacker<T> packer(call.w, s);
  if (packOnFirstUse)
    packer.begin();
  else if (!s.packedReady)
    packer.packAll(work, threads);
  const int order = s.packedReady && s.runState ? *s.runState : 0;

  const auto scratchOf = [&](int worker) {
    return reinterpret_cast<T*>(work.scratch(work, worker));
  };
  if (takesFew && shares) {
    parallelRegion(work, int(min(threads, call.w.groups)), [&](int part, int parts, int worker) {
      ForwardFew<T>(call, {.n0 = 0,
                           .n1 = s.batch,
                           .part = part,
                           .parts = parts,
                           .packOnFirstUse = packOnFirstUse,
                           .order = order,
                           .scratch = scratchOf(worker),
                           .work = &work})
          .run();
    });
  } else {
    parallel(work, slices, [&](int64_t slice, int worker) {
      const int64_t n0 = s.batch * slice / slices, n1 = s.batch * (slice + 1) / slices;
      if (!takesFew) return ForwardMany<T>(call).run(n0, n1, scratchOf(worker));
      if (n0 < n1)
        ForwardFew<T>(call, {.n0 = n0,
                             .n1 = n1,
                             .part = 0,
                             .parts = 1,
                             .packOnFirstUse = packOnFirstUse,
                             .order = order,
                             .scratch = scratchOf(worker),
                             .work = nullptr})
            .run();
    });
  }
  if (s.runState) *s.runState = int(order + s.steps) & 1;
  call.finalState();
}

template void forward<float>(const Cell<float>&, const SequenceForward<float>&, Work&);
template void forward<double>(const Cell<double>&, const SequenceForward<double>&, Work&);

}  // namespace ostinato::OSTINATO_ISA
