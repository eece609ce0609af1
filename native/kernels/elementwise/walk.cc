// The outer dimensions of an elementwise kernel, and its threads.
#include "walk.h"

namespace ostinato::OSTINATO_ISA {

namespace {

// The dimensions of s with the run's own last. Normally that is s's last; where the output is
// transposed it is the one along which the output is contiguous.
struct Plan {
  int64_t outer[Strided::maxDims];                       // sizes, slowest first
  int64_t step[Strided::maxDims][Strided::maxOperands];  // in bytes
  int64_t outerDims, operands, outerCount, length;
  int64_t runStride[Strided::maxOperands];  // in elements
  int elementBytes[Strided::maxOperands];
};

void makePlan(Plan& plan, const Strided& s, const int* elementBytes) {
  const int64_t output = s.operands - 1;
  int64_t innermost = s.dims - 1;
  if (s.strides[output][innermost] != 1)
    for (int64_t d = 0; d < s.dims; ++d)
      if (s.strides[output][d] == 1 && s.shape[d] > 1) innermost = d;
  plan.operands = s.operands;
  plan.outerDims = 0;
  plan.outerCount = 1;
  plan.length = s.shape[innermost];
  for (int64_t o = 0; o < s.operands; ++o) {
    plan.runStride[o] = s.strides[o][innermost];
    plan.elementBytes[o] = elementBytes[o];
  }
  for (int64_t d = 0; d < s.dims; ++d) {
    if (d == innermost) continue;
    plan.outer[plan.outerDims] = s.shape[d];
    plan.outerCount *= s.shape[d];
    for (int64_t o = 0; o < s.operands; ++o)
      plan.step[plan.outerDims][o] = s.strides[o][d] * elementBytes[o];
    ++plan.outerDims;
  }
}

// Runs `loop` over the outer positions [from, to), each from element `offset` on for `length`
// elements.
void walkRange(const Plan& plan, const Run& start, InnerLoop loop, const void* operation,
               int64_t from, int64_t to, int64_t offset, int64_t length) {
  Run run;
  run.length = length;
  int64_t index[Strided::maxDims];
  for (int64_t o = 0; o < plan.operands; ++o) {
    run.stride[o] = plan.runStride[o];
    run.pointer[o] = start.pointer[o] + offset * plan.runStride[o] * plan.elementBytes[o];
  }
  int64_t rest = from;
  for (int64_t d = plan.outerDims - 1; d >= 0; --d) {
    index[d] = rest % plan.outer[d];
    rest /= plan.outer[d];
    for (int64_t o = 0; o < plan.operands; ++o) run.pointer[o] += index[d] * plan.step[d][o];
  }
  for (int64_t position = from;;) {
    loop(run, operation);
    if (++position == to) return;
    for (int64_t d = plan.outerDims - 1; d >= 0; --d) {
      if (++index[d] < plan.outer[d]) {
        for (int64_t o = 0; o < plan.operands; ++o) run.pointer[o] += plan.step[d][o];
        break;
      }
      index[d] = 0;
      for (int64_t o = 0; o < plan.operands; ++o)
        run.pointer[o] -= plan.step[d][o] * (plan.outer[d] - 1);
    }
  }
}

}  // namespace

void walk(const Strided& s, const Run& start, const int* elementBytes, InnerLoop loop,
          const void* operation, Work& work, int64_t grain) {
  if (s.dims == 0) {
    Run run = start;
    for (int64_t o = 0; o < s.operands; ++o) run.stride[o] = 1;
    run.length = 1;
    return loop(run, operation);
  }
  Plan plan;
  makePlan(plan, s, elementBytes);
  if (plan.outerCount == 0 || plan.length == 0) return;
  const int64_t total = plan.outerCount * plan.length;
  if (!paysThreads(double(total), double(grain), work.threads))
    return walkRange(plan, start, loop, operation, 0, plan.outerCount, 0, plan.length);
  // A piece is a part of a long run, or several short runs.
  const int64_t piece = pieceOf(grain);
  const int64_t parts = plan.length < 2 * piece ? 1 : ceilDiv(plan.length, piece);
  const int64_t runs = parts > 1 || plan.length >= piece ? 1 : piece / plan.length;
  const int64_t groups = ceilDiv(plan.outerCount, runs);
  parallel(work, groups * parts, [&](int64_t index, int) {
    const int64_t from = index / parts * runs, offset = parts == 1 ? 0 : index % parts * piece;
    const int64_t left = plan.length - offset;
    walkRange(plan, start, loop, operation, from, min(from + runs, plan.outerCount), offset,
              parts == 1 ? left : min(left, piece));
  });
}

}  // namespace ostinato::OSTINATO_ISA
