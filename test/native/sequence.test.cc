// native/kernels/sequence against the plain reference of sequence-reference.h, at edge sizes, in
// every memory layout, on every instruction set; and the promises about bits.
#include "sequence-cases.h"

using namespace sequence_cases;

TEST_CASE("sequence: the reference's gradients agree with finite differences") {
  for (const Kind kind : kinds)
    for (const int64_t P : {int64_t(0), int64_t(2)}) {
      if (P && kind != Kind::lstm) continue;
      Setup setup;
      setup.layer = {kind, 3, 3, 2, 4, P, P > 0, {3, 2, 1}};
      Case c = randomCase(setup, 7);
      reference::run(setup.layer, c.values, c.gradients);
      const auto loss = [&](const reference::Values& values) {
        reference::Values v = values;
        reference::Gradients g = c.gradients;
        reference::run(setup.layer, v, g);
        double sum = 0;
        for (size_t i = 0; i < v.out.size(); ++i) sum += v.out[i] * c.gradients.out[i];
        for (size_t i = 0; i < v.hN.size(); ++i) sum += v.hN[i] * c.gradients.hN[i];
        if (kind == Kind::lstm)
          for (size_t i = 0; i < v.cN.size(); ++i) sum += v.cN[i] * c.gradients.cN[i];
        return sum;
      };
      const auto check = [&](const char* name, Array reference::Values::*member,
                             const Array& gradient) {
        for (size_t i = 0; i < (c.values.*member).size(); ++i) {
          const double eps = 1e-6;
          reference::Values up = c.values, down = c.values;
          (up.*member)[i] += eps;
          (down.*member)[i] -= eps;
          const double slope = (loss(up) - loss(down)) / (2 * eps);
          CHECK_MESSAGE(std::abs(slope - gradient[i]) < 1e-7, name, " ", i, " of kind ", int(kind));
        }
      };
      using V = reference::Values;
      check("x", &V::x, c.gradients.x);
      check("h0", &V::h0, c.gradients.h0);
      if (kind == Kind::lstm) check("c0", &V::c0, c.gradients.c0);
      check("weightIh", &V::weightIh, c.gradients.weightIh);
      check("weightHh", &V::weightHh, c.gradients.weightHh);
      check("biasIh", &V::biasIh, c.gradients.biasIh);
      check("biasHh", &V::biasHh, c.gradients.biasHh);
      check("weightHr", &V::weightHr, c.gradients.weightHr);
    }
}

TEST_CASE("sequence: every cell agrees with the reference around the tile sizes") {
  for (const Kind kind : kinds)
    for (const int64_t H : {1, 7, 8, 9, 15, 16, 17, 33, 65})
      for (const int64_t N : {1, 2, 3, 5, 7, 13, 50}) {
        if (N > 7 && H > 17 && H != 65) continue;
        Setup setup;
        setup.layer = {kind, N == 50 ? 2 : 3, N, H % 5 + 1, H, 0, H % 2 == 0, {}};
        checkAllSets(setup);
      }
}

TEST_CASE("sequence: input sizes, lengths and long products") {
  for (const Kind kind : kinds) {
    for (const int64_t I : {1, 15, 16, 17, 64, 65}) {
      Setup setup;
      setup.layer = {kind, 2, 3, I, 10, 0, false, {}};
      checkAllSets(setup);
    }
    for (const int64_t T : {1, 2, 5, 120}) {
      Setup setup;
      setup.layer = {kind, T, 2, 3, 5, 0, T == 5, {}};
      checkAllSets(setup);
    }
    // More rows of the sequence than one block of the weights' gradients, more features than one
    // block of K; then few rows in several chunks.
    Setup setup;
    setup.layer = {kind, 9, 33, 300, 40, 0, false, {}};
    checkAllSets(setup);
    setup.layer = {kind, 5, 20, 20, 270, 0, true, {}};
    checkAllSets(setup);
  }
}

TEST_CASE("sequence: layouts, absent states and biases, in place, packed beforehand") {
  for (const Kind kind : kinds)
    for (const Layout layout : {Layout::timeFirst, Layout::batchFirst, Layout::half})
      for (const int64_t N : {1, 4, 20})
        for (const bool reverse : {false, true}) {
          Setup setup;
          setup.layer = {kind, 4, N, 6, 19, 0, reverse, {}};
          setup.layout = layout;
          setup.inPlace = true;
          checkAllSets(setup);
          setup.states = false;
          setup.packFirst = true;
          checkAllSets(setup);
          setup.biases = false;
          setup.gradStates = false;
          checkAllSets(setup);
          setup.gradStates = true;
          setup.gradOut = false;
          checkAllSets(setup);
        }
}

TEST_CASE("sequence: packed batches of unequal lengths") {
  const std::vector<int32_t> sizes[] = {
      {5, 5, 3, 1}, {4, 4, 4}, {6, 2, 2, 2, 1, 0}, {0, 0}, {20, 19, 18, 3, 2, 1}, {1, 1, 1}};
  for (const Kind kind : kinds)
    for (const auto& batchSizes : sizes)
      for (const bool reverse : {false, true})
        for (const bool states : {false, true}) {
          Setup setup;
          // Two rows of length 0 behind the others.
          setup.layer = {
              kind, int64_t(batchSizes.size()), batchSizes[0] + 2, 3, 18, 0, reverse, batchSizes};
          setup.states = states;
          checkAllSets(setup);
          setup.layout = Layout::half;
          setup.inPlace = true;
          checkAllSets(setup);
        }
}

TEST_CASE("sequence: LSTM with a projection") {
  for (const int64_t P : {1, 5, 16, 17, 31})
    for (const bool reverse : {false, true}) {
      Setup setup;
      setup.layer = {Kind::lstm, 4, 5, 3, 33, P, reverse, {}};
      checkAllSets(setup);
      setup.layout = Layout::batchFirst;
      setup.inPlace = true;
      setup.states = false;
      checkAllSets(setup);
      setup.layer.N = 50;
      setup.layer.batchSizes = {50, 20, 20, 1};
      setup.packFirst = true;
      checkAllSets(setup);
      setup.inference = true;
      checkAllSets(setup);
    }
}

TEST_CASE("sequence: inference gives the bits of training") {
  for (const Kind kind : kinds) {
    Setup setup;
    setup.layer = {kind, 5, 7, 5, 37, 0, false, {}};
    const Case c = randomCase(setup);
    for (const KernelTable* table : tables()) {
      CAPTURE(std::string(table->isa));
      const Result<float> training = runKernels<float>(*table, setup, c);
      Setup inference = setup;
      inference.inference = inference.packFirst = true;
      const Result<float> got = runKernels<float>(*table, inference, c);
      CHECK(sameBits(got.out, training.out));
      CHECK(sameBits(got.hN, training.hN));
      CHECK(sameBits(got.cN, training.cN));
    }
  }
}

TEST_CASE("sequence: the same bits on every instruction set with a fused multiply-add") {
  for (const Kind kind : kinds) {
    Setup setup;
    setup.layer = {kind, 5, 19, 21, 37, kind == Kind::lstm ? 18 : 0, false, {19, 11, 4, 4, 1}};
    const Case c = randomCase(setup);
    const KernelTable* first = nullptr;
    for (const KernelTable* table : tables()) {
      CAPTURE(std::string(table->isa));
      if (std::string(table->isa) == "scalar") continue;
      if (!first) first = table;
      checkSameBits(runKernels<float>(*table, setup, c), runKernels<float>(*first, setup, c));
      checkSameBits(runKernels<double>(*table, setup, c), runKernels<double>(*first, setup, c));
    }
  }
}

TEST_CASE("sequence: the same bits for any number of threads") {
  struct Size {
    int64_t T, N, I, H;
  };
  for (const Kind kind : kinds)
    for (const Size size : {Size{6, 33, 40, 70}, Size{4, 4, 30, 272}, Size{3, 9, 16, 130}})
      for (const int64_t P : {0, 20})
        for (const bool packed : {false, true}) {
          if (P && kind != Kind::lstm) continue;
          Setup setup;
          setup.layer = {kind, size.T, size.N, size.I, size.H, P, packed, {}};
          if (packed)
            for (int64_t t = 0; t < size.T; ++t)
              setup.layer.batchSizes.push_back(int32_t(t < 2 ? size.N : (size.N + 1) / 2));
          const Case c = randomCase(setup);
          for (const KernelTable* table : tables()) {
            CAPTURE(std::string(table->isa));
            setup.threads = 1;
            const Result<float> one = runKernels<float>(*table, setup, c);
            for (const int threads : {2, 3}) {
              setup.threads = threads;
              CAPTURE(threads);
              checkSameBits(runKernels<float>(*table, setup, c), one);
            }
          }
        }
}

TEST_CASE("sequence: a row has the same bits alone and in any batch") {
  for (const Kind kind : kinds)
    for (const int64_t P : {0, 7}) {
      if (P && kind != Kind::lstm) continue;
      Setup setup;
      setup.layer = {kind, 7, 23, 9, 35, P, false, {}};
      setup.inference = true;
      const Case c = randomCase(setup);
      const int64_t S = setup.layer.state();
      for (const KernelTable* table : tables()) {
        CAPTURE(std::string(table->isa));
        const Result<float> all = runKernels<float>(*table, setup, c);
        for (const int64_t n : {0, 6, 22}) {
          Setup single = setup;
          single.layer.N = 1;
          Case alone = c;
          alone.values.x.clear();
          for (int64_t t = 0; t < 7; ++t)
            for (int64_t k = 0; k < 9; ++k)
              alone.values.x.push_back(c.values.x[(t * 23 + n) * 9 + k]);
          alone.values.h0.assign(&c.values.h0[n * S], &c.values.h0[n * S] + S);
          alone.values.c0.assign(&c.values.c0[n * 35], &c.values.c0[n * 35] + 35);
          const Result<float> one = runKernels<float>(*table, single, alone);
          for (int64_t t = 0; t < 7; ++t)
            CHECK(std::memcmp(&one.out[t * S], &all.out[(t * 23 + n) * S], size_t(S) * 4) == 0);
          CHECK(std::memcmp(one.hN.data(), &all.hN[n * S], size_t(S) * 4) == 0);
        }
      }
    }
}

TEST_CASE("sequence: no initial state has the bits of given zeros") {
  for (const Kind kind : kinds)
    for (const bool specials : {false, true})
      for (const int64_t N : {2, 20}) {
        Setup setup;
        setup.layer = {kind, 2, N, 3, 17, 0, false, {}};
        setup.states = setup.biases = false;
        setup.inference = true;
        Case c = randomCase(setup);
        // Pre-activations of -0, from products too small for a float.
        for (int64_t k = 0; k < 3; ++k) c.values.x[k] = 1e-30;
        for (int64_t k = 0; k < 17 * 3; ++k) c.values.weightIh[k] = -1e-30;
        if (specials) {
          c.values.weightHh[5] = std::numeric_limits<double>::infinity();
          c.values.weightHh[6] = std::numeric_limits<double>::quiet_NaN();
        }
        Case given = c;
        given.values.h0.assign(N * 17, 0);
        given.values.c0.assign(N * 17, 0);
        for (const KernelTable* table : tables()) {
          CAPTURE(std::string(table->isa));
          const Result<float> a = runKernels<float>(*table, setup, c),
                              b = runKernels<float>(*table, setup, given);
          CHECK(sameBits(a.out, b.out));
          CHECK(sameBits(a.cN, b.cN));
          CHECK(std::isnan(a.out[0]) == specials);
        }
      }
}

TEST_CASE("sequence: NaN and Inf stay in their rows and come out as in the reference") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const Kind kind : kinds) {
    Setup setup;
    setup.layer = {kind, 3, 8, 4, 18, 0, false, {}};
    Case c = randomCase(setup);
    c.values.x[0 * 4] = nan;
    c.values.x[3 * 4] = infinity;
    c.values.x[5 * 4] = 1e30;
    reference::run(setup.layer, c.values, c.gradients);
    for (const KernelTable* table : tables()) {
      CAPTURE(std::string(table->isa));
      const Result<double> r = runKernels<double>(*table, setup, c);
      for (size_t i = 0; i < r.out.size(); ++i) {
        INFO("kind ", int(kind), " at ", i, ": ", r.out[i], " for ", c.values.out[i]);
        CHECK((std::isnan(r.out[i]) == std::isnan(c.values.out[i]) &&
               (!std::isfinite(c.values.out[i]) ||
                std::abs(r.out[i] - c.values.out[i]) <= 1e-12 * (1 + std::abs(c.values.out[i])))));
      }
      for (size_t i = 0; i < r.gradX.size(); ++i)
        CHECK(std::isnan(r.gradX[i]) == std::isnan(c.gradients.x[i]));
    }
  }
}
