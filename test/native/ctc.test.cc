// kernels/reduce/ctc.cc against the recursions over interleaved states in plain double arithmetic: lengths around the vectors,
// repeated labels, no labels, no path; the same bits for every instruction set, batch and number of threads.
#include "support.h"

#include <doctest/doctest.h>

using namespace ostinato;
using namespace ostinato::test;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// One sequence: log-probabilities [steps][classes] and labels.
struct Problem {
  int64_t steps, classes, blank;
  std::vector<int32_t> labels;
};
struct Answer {
  double loss;
  std::vector<double> gradient;  // [steps, classes]
};

double logSum(double a, double b) {
  const double top = std::max(a, b);
  return top == -infinite ? top : top + std::log(std::exp(a - top) + std::exp(b - top));
}

Answer reference(const Problem& p, const std::vector<double>& x) {
  const size_t T = size_t(p.steps), C = size_t(p.classes), S = 2 * p.labels.size() + 1;
  std::vector<size_t> state;
  for (size_t s = 0; s < S; ++s) state.push_back(size_t(s % 2 ? p.labels[s / 2] : p.blank));
  const auto skips = [&](size_t s) { return s % 2 && s > 1 && state[s] != state[s - 2]; };
  Answer out{infinite, std::vector<double>(T * C)};
  if (T == 0) return {S == 1 ? 0 : infinite, {}};
  // beta has the emission of its step too.
  std::vector<std::vector<double>> alpha(T, std::vector<double>(S, -infinite)), beta = alpha;
  for (size_t t = 0; t < T; ++t)
    for (size_t s = 0; s < S; ++s) {
      double from = t == 0 && s < 2 ? 0 : -infinite;
      if (t > 0) {
        from = alpha[t - 1][s];
        if (s > 0) from = logSum(from, alpha[t - 1][s - 1]);
        if (skips(s)) from = logSum(from, alpha[t - 1][s - 2]);
      }
      alpha[t][s] = from + x[t * C + state[s]];
    }
  for (size_t t = T; t-- > 0;)
    for (size_t s = 0; s < S; ++s) {
      double to = t == T - 1 && s + 2 >= S ? 0 : -infinite;
      if (t < T - 1) {
        to = beta[t + 1][s];
        if (s + 1 < S) to = logSum(to, beta[t + 1][s + 1]);
        if (s + 2 < S && skips(s + 2)) to = logSum(to, beta[t + 1][s + 2]);
      }
      beta[t][s] = to + x[t * C + state[s]];
    }
  out.loss = -(S == 1 ? alpha[T - 1][0] : logSum(alpha[T - 1][S - 1], alpha[T - 1][S - 2]));
  for (size_t t = 0; t < T; ++t) {
    for (size_t c = 0; c < C; ++c) out.gradient[t * C + c] = std::exp(x[t * C + c]);
    for (size_t s = 0; s < S; ++s) {
      const double both = alpha[t][s] + beta[t][s] - x[t * C + state[s]];
      out.gradient[t * C + state[s]] -= std::exp(both + out.loss);
    }
  }
  return out;
}

template <class T>
struct Batch {
  int64_t most, classes, blank;
  std::vector<T> x;
  std::vector<int32_t> target, first, steps, lengths;
  int64_t width = 2;

  Batch(int64_t stepsMost, int64_t classCount, int64_t blankClass,
        const std::vector<Problem>& problems)
      : most(stepsMost), classes(classCount), blank(blankClass) {
    for (const Problem& p : problems) {
      first.push_back(int32_t(target.size()));
      steps.push_back(int32_t(p.steps));
      lengths.push_back(int32_t(p.labels.size()));
      target.insert(target.end(), p.labels.begin(), p.labels.end());
      width = std::max(width, int64_t(p.labels.size()) + 2);
    }
    Random random(7);
    for (int64_t row = 0; row < most * size(); ++row) {
      std::vector<double> scores;
      double total = -infinite;
      for (int64_t c = 0; c < classes; ++c) {
        scores.push_back(random.between(-3, 3));
        total = logSum(total, scores.back());
      }
      for (const double score : scores) x.push_back(T(score - total));
    }
  }
  int64_t size() const { return int64_t(first.size()); }
  std::vector<double> rowsOf(int64_t n) const {
    std::vector<double> out;
    for (int64_t t = 0; t < steps[size_t(n)]; ++t)
      for (int64_t c = 0; c < classes; ++c)
        out.push_back(double(x[size_t((t * size() + n) * classes + c)]));
    return out;
  }
};

template <class T>
struct Found {
  std::vector<T> losses, gradient;
};

// Runs both kernels, and the forward without offsets, which must give the same losses.
template <class T>
Found<T> run(const KernelTable& table, const Batch<T>& b, bool zeroInfinity, Work& work) {
  const int64_t N = b.size(), states = 2 * b.width;
  Guarded<T> losses(N), again(N), alpha(N * b.most * states), two(N * 2 * states),
      spare(N * states), spareBack(N * 7 * b.width), out(b.most * N * b.classes);
  Guarded<double> offsets(N * b.most);
  std::vector<T> g;
  for (int64_t n = 0; n < N; ++n) g.push_back(T(1 + 0.5 * double(n % 3)));
  const auto forward = pick<T>(table.ctc_loss_f32, table.ctc_loss_f64);
  const auto backward = pick<T>(table.ctc_loss_backward_f32, table.ctc_loss_backward_f64);
  forward(b.x.data(), b.target.data(), b.first.data(), b.steps.data(), b.lengths.data(),
          losses.data(), alpha.data(), offsets.data(), spare.data(), b.most, N, b.classes, b.width,
          b.blank, work);
  forward(b.x.data(), b.target.data(), b.first.data(), b.steps.data(), b.lengths.data(),
          again.data(), two.data(), nullptr, spare.data(), b.most, N, b.classes, b.width, b.blank,
          work);
  CHECK(sameBits(losses.data(), again.data(), N));
  backward(g.data(), b.x.data(), b.target.data(), b.first.data(), b.steps.data(), b.lengths.data(),
           losses.data(), alpha.data(), offsets.data(), out.data(), spareBack.data(), b.most, N,
           b.classes, b.width, b.blank, zeroInfinity, work);
  for (const auto* buffer : {&losses, &again, &alpha, &two, &spare, &spareBack, &out})
    CHECK(buffer->intact());
  CHECK(offsets.intact());
  return {losses.values(), out.values()};
}

std::vector<int32_t> labels(int64_t count, int64_t classes, int64_t blank, uint64_t seed) {
  Random random(seed);
  std::vector<int32_t> out;
  for (int64_t i = 0; i < count; ++i) {
    // Every third label repeats the one before.
    if (i % 3 == 2) {
      out.push_back(out.back());
      continue;
    }
    int32_t label = int32_t(random.between(0, double(classes) - 0.001));
    if (label == blank) label = int32_t((label + 1) % classes);
    out.push_back(label);
  }
  return out;
}

template <class T>
void check(const KernelTable& table, Work& work, double tolerance) {
  for (const int64_t classes : {2, 5, 16, 30})
    for (const int64_t blank : {int64_t(0), classes - 1}) {
      std::vector<Problem> problems;
      const int64_t most = 60;
      for (const int64_t count : {0, 1, 2, 6, 7, 8, 9, 14, 15, 16, 17, 18, 31, 33})
        problems.push_back({most - count % 5, classes, blank, labels(count, classes, blank, 3)});
      problems.push_back({0, classes, blank, {}});
      problems.push_back({0, classes, blank, {1}});
      problems.push_back({1, classes, blank, {}});
      problems.push_back({1, classes, blank, labels(1, classes, blank, 4)});
      problems.push_back({3, classes, blank, labels(4, classes, blank, 5)});
      const Batch<T> batch(most, classes, blank, problems);
      for (const bool zeroInfinity : {false, true}) {
        const Found<T> found = run(table, batch, zeroInfinity, work);
        for (size_t n = 0; n < problems.size(); ++n) {
          CAPTURE(n);
          CAPTURE(classes);
          const Answer right = reference(problems[n], batch.rowsOf(int64_t(n)));
          const bool impossible = right.loss == infinite;
          if (impossible)
            CHECK(found.losses[n] == T(infinite));
          else
            CHECK(std::fabs(double(found.losses[n]) - right.loss) <=
                  tolerance * (1 + std::fabs(right.loss)));
          for (int64_t t = 0; t < most; ++t)
            for (int64_t c = 0; c < classes; ++c) {
              const T ours =
                  found.gradient[(size_t(t) * problems.size() + n) * size_t(classes) + size_t(c)];
              if (t >= problems[n].steps || (impossible && zeroInfinity)) {
                CHECK(ours == 0);
                continue;
              }
              if (impossible) {
                CHECK(ours != ours);
                continue;
              }
              const double exact = right.gradient[size_t(t * classes + c)];
              CHECK(std::fabs(double(ours) / (1 + 0.5 * double(n % 3)) - exact) <= 10 * tolerance);
            }
        }
      }
    }
}

template <class T>
void checkBits(Work& work) {
  std::vector<Problem> problems;
  for (int64_t n = 0; n < 9; ++n)
    problems.push_back({90 - n, 20, 0, labels(11 + n, 20, 0, uint64_t(n))});
  const Batch<T> batch(90, 20, 0, problems);
  Found<T> first;
  for (const KernelTable* table : tables()) {
    if (isScalar(*table)) continue;
    CAPTURE(table->isa);
    withThreads(1, [&] {
      const Found<T> one = run(*table, batch, false, work);
      if (first.losses.empty()) first = one;
      CHECK(sameBits(one.losses, first.losses));
      CHECK(sameBits(one.gradient, first.gradient));
    });
    withThreads(2, [&] {
      const Found<T> two = run(*table, batch, false, work);
      CHECK(sameBits(two.losses, first.losses));
      CHECK(sameBits(two.gradient, first.gradient));
    });
  }
}

}  // namespace

TEST_CASE("ctc_loss and ctc_loss_backward") {
  Work& work = processWork();
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    check<float>(*table, work, 2e-6);
    check<double>(*table, work, 1e-13);
  }
}

// A long sequence: what is stored stays near 0.
TEST_CASE("ctc_loss keeps its precision over many steps") {
  Work& work = processWork();
  const std::vector<Problem> problems = {{2000, 30, 0, labels(150, 30, 0, 1)}};
  const Batch<float> batch(2000, 30, 0, problems);
  const Answer right = reference(problems[0], batch.rowsOf(0));
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    const Found<float> found = run(*table, batch, false, work);
    CHECK(std::fabs(found.losses[0] / right.loss - 1) <= 1e-6);
    double worst = 0;
    for (size_t i = 0; i < right.gradient.size(); ++i)
      worst = std::max(worst, std::fabs(double(found.gradient[i]) - right.gradient[i]));
    CHECK(worst <= 1e-4);
  }
}

TEST_CASE("ctc_loss has the same bits for every set and number of threads") {
  Work& work = processWork();
  checkBits<float>(work);
  checkBits<double>(work);
}
