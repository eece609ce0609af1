// kernels/convolution and kernels/pool against their formulas in long double, and convolution bit for bit against its chains, on every
// instruction set and number of threads.
#include "support.h"

#include <doctest/doctest.h>

using namespace ostinato;
using namespace ostinato::test;

namespace {

template <class T>
std::vector<T> wave(int64_t n, double phase) {
  std::vector<T> out;
  for (int64_t i = 0; i < n; ++i) out.push_back(T(std::sin(0.7 * double(i * i % 997) + phase)));
  return out;
}

struct Sizes {
  int64_t batch, groups, channels, outChannels, length, taps, stride, padding, dilation;
  int64_t outLength() const {
    return (length + 2 * padding - dilation * (taps - 1) - 1) / stride + 1;
  }
};

const std::vector<Sizes> sizes = {
    {1, 1, 1, 1, 5, 3, 1, 0, 1},
    {2, 1, 3, 7, 9, 3, 1, 1, 1},
    {2, 2, 2, 5, 131, 4, 3, 5, 2},
    {3, 1, 5, 13, 70, 2, 2, 0, 3},
    {1, 4, 1, 1, 64, 7, 1, 3, 1},
    {2, 1, 700, 2, 30, 3, 1, 1, 1},
    // of short outputs, in units of channels and rests
    {3, 2, 21, 6, 8, 3, 1, 1, 1},
    {2, 1, 30, 4, 12, 6, 1, 2, 1},
    {1, 1, 20, 3, 9, 4, 2, 1, 1},
    // of many positions: several panels of outputs, chains that are cut, parts of dw
    {3, 2, 9, 35, 600, 8, 4, 2, 1},
    {2, 1, 5, 70, 700, 6, 2, 3, 1},
    {24, 1, 3, 65, 100, 3, 1, 1, 1},
    {1, 1, 40, 2, 520, 40, 1, 0, 1},
    {9, 1, 2, 520, 130, 2, 1, 0, 1},
    // of few rows or columns a group
    {2, 19, 1, 1, 200, 9, 1, 4, 1},
    {3, 1, 1, 11, 2100, 10, 2, 3, 1},
    {1, 3, 1, 2, 131, 17, 3, 8, 1},
    {2, 2, 1, 9, 300, 16, 1, 0, 1},
    {2, 1, 4, 3, 523, 5, 3, 7, 2},
    {1, 1, 2, 4, 40, 3, 4, 2, 3},
    {1, 2, 1, 4, 257, 33, 5, 40, 1},
    {9, 3, 1, 1, 600, 3, 1, 1, 2},
    {1, 1, 300, 4, 150, 8, 1, 3, 1},
    {1, 1, 4, 300, 150, 8, 1, 3, 1},
    {2, 1, 1, 1, 5000, 1, 1, 0, 1},
    {1, 1, 1, 8, 90, 64, 9, 20, 1}};

// An element as the kernels sum it: one chain of fused multiply-adds over r, K of them, from `start`; of more than 2,048 floats
// chains of 256, which are added.
template <class T>
class ChainSum {
 public:
  ChainSum(T start, int64_t K) : sum_(start), cuts_(sizeof(T) == 4 && K > 2048) {}
  void add(int64_t r, T a, T b) {
    if (cuts_ && r / 256 != part_) end(), part_ = r / 256;
    sum_ = std::fma(a, b, sum_);
  }
  T value() {
    end();
    return total_;
  }

 private:
  void end() {
    total_ = first_ ? sum_ : total_ + sum_;
    first_ = false;
    sum_ = 0;
  }
  T sum_, total_ = 0;
  bool cuts_, first_ = true;
  int64_t part_ = 0;
};

// The results of the three kernels, `space` for positions of short outputs or not.
template <class T>
struct Results {
  std::vector<T> y, dx, dw;

  Results(const KernelTable& k, const Sizes& s, bool inSpace) {
    const int64_t outLength = s.outLength(), all = s.groups * s.outChannels;
    const int64_t inputs = s.groups * s.channels, weights = all * s.channels * s.taps;
    const auto x = wave<T>(s.batch * inputs * s.length, 1), w = wave<T>(weights, 2);
    const auto bias = wave<T>(all, 3), g = wave<T>(s.batch * all * outLength, 4);
    Guarded<T> out(s.batch * all * outLength), back(s.batch * inputs * s.length),
        rearranged(weights);
    Guarded<T> gradient(weights);
    const int64_t rows = std::max(outLength, s.length);
    const int64_t width =
        std::max(s.channels * s.taps + 2 * s.outChannels, s.outChannels * s.taps + 2 * s.channels);
    Guarded<T> space(rows * width);
    T* const memory = inSpace ? space.data() : nullptr;
    const int64_t spaceRows = inSpace ? rows : 0;
    Work& work = processWork();
    pick<T>(k.conv1d_f32, k.conv1d_f64)(x.data(), w.data(), bias.data(), out.data(), memory,
                                        spaceRows, s.batch, s.groups, s.channels, s.outChannels,
                                        s.length, outLength, s.taps, s.stride, s.padding,
                                        s.dilation, work);
    pick<T>(k.conv1d_transposed_f32, k.conv1d_transposed_f64)(
        g.data(), w.data(), nullptr, back.data(), rearranged.data(), memory, spaceRows, s.batch,
        s.groups, s.channels, s.outChannels, s.length, outLength, s.taps, s.stride, s.padding,
        s.dilation, work);
    pick<T>(k.conv1d_weight_f32, k.conv1d_weight_f64)(
        g.data(), x.data(), gradient.data(), s.batch, s.groups, s.channels, s.outChannels, s.length,
        outLength, s.taps, s.stride, s.padding, s.dilation, work);
    for (const auto* memory : {&out, &back, &gradient, &space, &rearranged})
      CHECK(memory->intact());
    y = out.values();
    dx = back.values();
    dw = gradient.values();

    std::vector<long double> yExact(y.size()), dxExact(dx.size()), dwExact(dw.size());
    for (int64_t n = 0; n < s.batch; ++n)
      for (int64_t o = 0; o < all; ++o)
        for (int64_t t = 0; t < outLength; ++t) {
          const size_t to = size_t((n * all + o) * outLength + t);
          yExact[to] = bias[size_t(o)];
          for (int64_t c = 0; c < s.channels; ++c)
            for (int64_t j = 0; j < s.taps; ++j) {
              const int64_t l = t * s.stride + j * s.dilation - s.padding;
              if (l < 0 || l >= s.length) continue;
              const int64_t channel = o / s.outChannels * s.channels + c;
              const size_t from = size_t((n * inputs + channel) * s.length + l);
              const size_t weight = size_t((o * s.channels + c) * s.taps + j);
              yExact[to] += (long double)w[weight] * x[from];
              dxExact[from] += (long double)w[weight] * g[to];
              dwExact[weight] += (long double)g[to] * x[from];
            }
        }
    if (!isScalar(k)) checkChains(s, x, w, bias, g);
    const auto close = [](const std::vector<T>& ours, const std::vector<long double>& exact) {
      long double worst = 0, largest = 1;
      for (size_t i = 0; i < ours.size(); ++i) {
        worst = std::max(worst, std::fabs(ours[i] - exact[i]));
        largest = std::max(largest, std::fabs(exact[i]));
      }
      CHECK(double(worst / largest) <= (sizeof(T) == 4 ? 2e-6 : 1e-14));
    };
    close(y, yExact);
    close(dx, dxExact);
    close(dw, dwExact);
  }

  // Every bit of the results.
  void checkChains(const Sizes& s, const std::vector<T>& x, const std::vector<T>& w,
                   const std::vector<T>& bias, const std::vector<T>& g) const {
    const int64_t outLength = s.outLength(), all = s.groups * s.outChannels;
    const int64_t inputs = s.groups * s.channels;
    const auto xAt = [&](int64_t n, int64_t c, int64_t l) {
      return l >= 0 && l < s.length ? x[size_t((n * inputs + c) * s.length + l)] : T(0);
    };
    const auto gAt = [&](int64_t n, int64_t o, int64_t t) {
      return g[size_t((n * all + o) * outLength + t)];
    };
    const auto wAt = [&](int64_t o, int64_t c, int64_t j) {
      return w[size_t((o * s.channels + c) * s.taps + j)];
    };
    int64_t wrong = 0, at = 0;
    for (int64_t n = 0; n < s.batch; ++n)
      for (int64_t o = 0; o < all; ++o)
        for (int64_t t = 0; t < outLength; ++t) {
          ChainSum<T> sum(bias[size_t(o)], s.channels * s.taps);
          for (int64_t c = 0; c < s.channels; ++c)
            for (int64_t j = 0; j < s.taps; ++j)
              sum.add(c * s.taps + j, wAt(o, c, j),
                      xAt(n, o / s.outChannels * s.channels + c,
                          t * s.stride + j * s.dilation - s.padding));
          wrong += sum.value() != y[size_t(at++)];
        }
    CHECK(wrong == 0);
    wrong = at = 0;
    for (int64_t n = 0; n < s.batch; ++n)
      for (int64_t c = 0; c < inputs; ++c)
        for (int64_t l = 0; l < s.length; ++l) {
          std::vector<int64_t> reach;
          for (int64_t j = 0; j < s.taps; ++j)
            if ((l + s.padding - j * s.dilation) % s.stride == 0) reach.push_back(j);
          const int64_t count = int64_t(reach.size());
          ChainSum<T> sum(T(0), s.outChannels * count);
          for (int64_t o = 0; o < s.outChannels; ++o)
            for (int64_t i = 0; i < count; ++i) {
              const int64_t j = reach[size_t(i)];
              const int64_t t = (l + s.padding - j * s.dilation) / s.stride;
              const int64_t output = c / s.channels * s.outChannels + o;
              sum.add(o * count + i, wAt(output, c % s.channels, j),
                      t >= 0 && t < outLength ? gAt(n, output, t) : T(0));
            }
          wrong += sum.value() != dx[size_t(at++)];
        }
    CHECK(wrong == 0);
    wrong = at = 0;
    for (int64_t o = 0; o < all; ++o)
      for (int64_t c = 0; c < s.channels; ++c)
        for (int64_t j = 0; j < s.taps; ++j) {
          ChainSum<T> sum(T(0), s.batch * outLength);
          for (int64_t n = 0; n < s.batch; ++n)
            for (int64_t t = 0; t < outLength; ++t)
              sum.add(n * outLength + t, gAt(n, o, t),
                      xAt(n, o / s.outChannels * s.channels + c,
                          t * s.stride + j * s.dilation - s.padding));
          wrong += sum.value() != dw[size_t(at++)];
        }
    CHECK(wrong == 0);
  }
};

template <class T>
void checkSizes(const Sizes& s) {
  const Results<T>* first = nullptr;
  std::vector<Results<T>> kept;
  kept.reserve(64);
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    for (int threads : {1, 2, 3})
      for (bool inSpace : {false, true}) {
        setThreads(threads);
        kept.emplace_back(*table, s, inSpace);
        if (isScalar(*table)) continue;
        if (!first) first = &kept.back();
        CHECK(kept.back().y == first->y);
        CHECK(kept.back().dx == first->dx);
        CHECK(kept.back().dw == first->dw);
      }
  }
  setThreads(1);
}

}  // namespace

TEST_CASE("convolution and its gradients follow their formulas, with the same bits everywhere") {
  for (const Sizes& s : sizes) {
    CAPTURE(s.length);
    checkSizes<float>(s);
    checkSizes<double>(s);
  }
}

TEST_CASE("pooling follows its formulas") {
  const std::vector<int32_t> windows = {0, 3, 2, 5, 1, 7, 6, 7};
  const std::vector<double> scale = {1.0 / 3, 0.5, 1.0 / 6, 1};
  const int64_t rows = 5, length = 7, outLength = 4;
  auto x = wave<float>(rows * length, 1);
  x[3] = x[5] = NAN;
  const auto g = wave<float>(rows * outLength, 2);
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    for (int64_t step : {1, 2}) {
      Guarded<float> out(rows * outLength);
      Guarded<int32_t> index(rows * outLength);
      table->pool_max_f32(x.data(), windows.data(), out.data(), index.data(), rows, length,
                          outLength, step, processWork());
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t t = 0; t < outLength; ++t) {
          int64_t best = windows[size_t(2 * t)];
          for (int64_t i = best; i < windows[size_t(2 * t + 1)]; i += step) {
            const float value = x[size_t(r * length + i)];
            if (value > x[size_t(r * length + best)] || std::isnan(value)) best = i;
          }
          CHECK(index[r * outLength + t] == best);
          CHECK(std::memcmp(&out[r * outLength + t], &x[size_t(r * length + best)], 4) == 0);
        }
      CHECK((out.intact() && index.intact()));
    }
    const auto finite = wave<float>(rows * length, 1);
    Guarded<float> mean(rows * outLength), dx(rows * length);
    table->pool_mean_f32(finite.data(), windows.data(), scale.data(), mean.data(), rows, length,
                         outLength, processWork());
    table->pool_mean_backward_f32(g.data(), windows.data(), scale.data(), dx.data(), rows, length,
                                  outLength, processWork());
    std::vector<double> expected(size_t(rows * length));
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t t = 0; t < outLength; ++t) {
        double sum = 0;
        for (int32_t i = windows[size_t(2 * t)]; i < windows[size_t(2 * t + 1)]; ++i) {
          sum += finite[size_t(r * length + i)];
          expected[size_t(r * length + i)] += scale[size_t(t)] * g[size_t(r * outLength + t)];
        }
        CHECK(mean[r * outLength + t] == float(sum * scale[size_t(t)]));
      }
    for (int64_t i = 0; i < dx.size(); ++i) CHECK(std::fabs(dx[i] - expected[size_t(i)]) <= 1e-6);
    CHECK((mean.intact() && dx.intact()));
  }
}
