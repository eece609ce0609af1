// kernels/attention: forward and backward against their formulas in long double, at sizes around tiles, vectors and blocks of queries, with
// gaps between rows, masks and noise; bit for bit between instruction sets, numbers of threads and batches.
#include "support.h"

#include <doctest/doctest.h>

using namespace ostinato;
using namespace ostinato::test;

namespace {

struct Shape {
  int64_t outer, inner, queries, keys, features, valueFeatures;
};
enum class MaskKind { none, added, hiding };

// Rows of [outer, rows, inner, features] with `gap` elements after each: heads as an affine map of their sequence leaves them.
struct Layout {
  int64_t rows, features, innerCount, outerCount;
  static constexpr int64_t gap = 3;
  int64_t inner() const { return features + gap; }
  int64_t row() const { return innerCount * inner(); }
  int64_t outer() const { return rows * row(); }
  int64_t size() const { return outerCount * outer(); }
  int64_t at(int64_t o, int64_t i, int64_t r, int64_t f) const {
    return o * outer() + i * inner() + r * row() + f;
  }
};

template <class T>
struct Case {
  Shape s;
  MaskKind kind;
  bool noisy;
  double scale = 0.3;
  Layout ofQuery, ofKey, ofValue, ofOut;
  std::vector<T> query, key, value, g, mask, noise;
  Guarded<T> out, weights, dQuery, dKey, dValue;

  Case(const Shape& s_, MaskKind kind_, bool noisy_)
      : s(s_),
        kind(kind_),
        noisy(noisy_),
        ofQuery{s.queries, s.features, s.inner, s.outer},
        ofKey{s.keys, s.features, s.inner, s.outer},
        ofValue{s.keys, s.valueFeatures, s.inner, s.outer},
        ofOut{s.queries, s.valueFeatures, s.inner, s.outer},
        query(numbers<T>(ofQuery.size(), -1, 1, 1, false)),
        key(numbers<T>(ofKey.size(), -1, 1, 2, false)),
        value(numbers<T>(ofValue.size(), -1, 1, 3, false)),
        g(numbers<T>(ofOut.size(), -1, 1, 4, false)),
        mask(numbers<T>(s.outer * s.queries * s.keys, -1, 1, 5, false)),
        noise(numbers<T>(weightCount(), 0, 2, 6, false)),
        out(ofOut.size()),
        weights(weightCount()),
        dQuery(ofQuery.size()),
        dKey(ofKey.size()),
        dValue(ofValue.size()) {
    if (kind != MaskKind::hiding) return;
    const T lowest = -std::numeric_limits<T>::infinity();
    for (size_t i = 0; i < mask.size(); ++i)
      if (i % 3 == 1) mask[i] = lowest;
    // No key for one query of each batch.
    for (int64_t o = 0; o < s.outer; ++o)
      std::fill_n(mask.begin() + (o * s.queries + s.queries / 2) * s.keys, s.keys, lowest);
  }
  int64_t weightCount() const { return s.outer * s.inner * s.queries * s.keys; }
  // The mask of a batch is that of all of its heads.
  const T* rowOfMask(int64_t o, int64_t r) const {
    return kind == MaskKind::none ? nullptr : mask.data() + (o * s.queries + r) * s.keys;
  }
  int64_t weightAt(int64_t o, int64_t i, int64_t r) const {
    return ((o * s.inner + i) * s.queries + r) * s.keys;
  }

  void run(const KernelTable& table) {
    const int64_t maskOuter = s.queries * s.keys;
    pick<T>(table.attention_forward_f32, table.attention_forward_f64)(
        query.data(), key.data(), value.data(), kind == MaskKind::none ? nullptr : mask.data(),
        noisy ? noise.data() : nullptr, weights.data(), out.data(), s.outer, s.inner, s.queries,
        s.keys, s.features, s.valueFeatures, scale, ofQuery.outer(), ofQuery.inner(), ofQuery.row(),
        ofKey.outer(), ofKey.inner(), ofKey.row(), ofValue.outer(), ofValue.inner(), ofValue.row(),
        maskOuter, 0, s.keys, kind == MaskKind::hiding, ofOut.outer(), ofOut.inner(), ofOut.row(),
        processWork());
    backward(table, dQuery.data(), dKey.data(), dValue.data());
  }
  void backward(const KernelTable& table, T* dq, T* dk, T* dv) const {
    pick<T>(table.attention_backward_f32, table.attention_backward_f64)(
        g.data(), query.data(), key.data(), value.data(), weights.data(),
        noisy ? noise.data() : nullptr, dq, dk, dv, s.outer, s.inner, s.queries, s.keys, s.features,
        s.valueFeatures, scale, ofOut.outer(), ofOut.inner(), ofOut.row(), ofQuery.outer(),
        ofQuery.inner(), ofQuery.row(), ofKey.outer(), ofKey.inner(), ofKey.row(), ofValue.outer(),
        ofValue.inner(), ofValue.row(), ofQuery.outer(), ofQuery.inner(), ofQuery.row(),
        ofKey.outer(), ofKey.inner(), ofKey.row(), ofValue.outer(), ofValue.inner(), ofValue.row(),
        processWork());
  }

  // What no row has is left as it was.
  static void checkGaps(const Guarded<T>& x, const Layout& l) {
    CHECK(x.intact());
    bool untouched = true;
    for (int64_t at = 0; at < l.size(); ++at)
      if (at % l.inner() >= l.features) untouched = untouched && x[at] == Guarded<T>::untouched;
    CHECK(untouched);
  }

  void check() const {
    long double worst = 0;
    const auto compare = [&](T ours, long double exact) {
      const long double error = std::fabs(ours - exact) / (1 + std::fabs(exact));
      if (!(error <= worst)) worst = error;
    };
    const int64_t L = s.queries, S = s.keys, E = s.features, V = s.valueFeatures;
    std::vector<long double> p(static_cast<size_t>(S)), d(p), dk(size_t(S * E)), dv(size_t(S * V));
    for (int64_t o = 0; o < s.outer; ++o)
      for (int64_t i = 0; i < s.inner; ++i) {
        std::fill(dk.begin(), dk.end(), 0);
        std::fill(dv.begin(), dv.end(), 0);
        for (int64_t r = 0; r < L; ++r) {
          const T* const m = rowOfMask(o, r);
          const auto z = [&](int64_t j) {
            return noisy ? (long double)noise[size_t(weightAt(o, i, r) + j)] : 1;
          };
          long double top = -std::numeric_limits<long double>::infinity(), sum = 0, mean = 0;
          for (int64_t j = 0; j < S; ++j) {
            long double& x = p[size_t(j)] = 0;
            for (int64_t e = 0; e < E; ++e)
              x += (long double)query[size_t(ofQuery.at(o, i, r, e))] *
                   key[size_t(ofKey.at(o, i, j, e))];
            x = x * scale + (m ? m[j] : 0);
            top = std::fmax(top, x);
          }
          for (int64_t j = 0; j < S; ++j) sum += p[size_t(j)] = std::exp(p[size_t(j)] - top);
          for (int64_t j = 0; j < S; ++j) {
            p[size_t(j)] = std::isinf(top) ? 0 : p[size_t(j)] / sum;
            compare(weights[weightAt(o, i, r) + j], p[size_t(j)]);
          }
          for (int64_t f = 0; f < V; ++f) {
            long double y = 0;
            for (int64_t j = 0; j < S; ++j) {
              y += p[size_t(j)] * z(j) * value[size_t(ofValue.at(o, i, j, f))];
              dv[size_t(j * V + f)] += p[size_t(j)] * z(j) * g[size_t(ofOut.at(o, i, r, f))];
            }
            compare(out[ofOut.at(o, i, r, f)], y);
          }
          for (int64_t j = 0; j < S; ++j) {
            d[size_t(j)] = 0;
            for (int64_t f = 0; f < V; ++f)
              d[size_t(j)] += (long double)g[size_t(ofOut.at(o, i, r, f))] *
                              value[size_t(ofValue.at(o, i, j, f))];
            d[size_t(j)] *= z(j);
            mean += p[size_t(j)] * d[size_t(j)];
          }
          for (int64_t e = 0; e < E; ++e) {
            long double dq = 0;
            for (int64_t j = 0; j < S; ++j) {
              const long double score = p[size_t(j)] * (d[size_t(j)] - mean) * scale;
              dq += score * key[size_t(ofKey.at(o, i, j, e))];
              dk[size_t(j * E + e)] += score * query[size_t(ofQuery.at(o, i, r, e))];
            }
            compare(dQuery[ofQuery.at(o, i, r, e)], dq);
          }
        }
        for (int64_t j = 0; j < S; ++j) {
          for (int64_t e = 0; e < E; ++e)
            compare(dKey[ofKey.at(o, i, j, e)], dk[size_t(j * E + e)]);
          for (int64_t f = 0; f < V; ++f)
            compare(dValue[ofValue.at(o, i, j, f)], dv[size_t(j * V + f)]);
        }
      }
    CHECK(double(worst) <= (sizeof(T) == 4 ? 4e-6 : 1e-14));
    CHECK(weights.intact());
    checkGaps(out, ofOut);
    checkGaps(dQuery, ofQuery);
    checkGaps(dKey, ofKey);
    checkGaps(dValue, ofValue);
  }

  bool same(const Case& b) const {
    return sameBits(out.values(), b.out.values()) &&
           sameBits(weights.values(), b.weights.values()) &&
           sameBits(dQuery.values(), b.dQuery.values()) &&
           sameBits(dKey.values(), b.dKey.values()) && sameBits(dValue.values(), b.dValue.values());
  }
};

// The last has several blocks of queries.
const std::vector<Shape> shapes = {
    {1, 1, 1, 1, 1, 1},    {2, 3, 1, 7, 5, 3},     {1, 2, 5, 1, 8, 9},     {2, 2, 6, 8, 16, 7},
    {1, 3, 7, 17, 15, 33}, {3, 1, 13, 33, 64, 65}, {2, 4, 50, 50, 64, 64}, {1, 2, 300, 1024, 4, 6}};

template <class T>
void everyCase() {
  for (const Shape& s : shapes)
    for (const MaskKind kind : {MaskKind::none, MaskKind::added, MaskKind::hiding})
      for (const bool noisy : {false, true}) {
        CAPTURE(s.queries);
        CAPTURE(s.keys);
        CAPTURE(int(kind));
        CAPTURE(noisy);
        const Case<T> fresh(s, kind, noisy);
        Case<T> first = fresh;
        first.run(*tables().front());
        first.check();
        for (const KernelTable* table : tables()) {
          CAPTURE(table->isa);
          for (const int threads : {1, 2, 3}) {
            Case<T> other = fresh;
            withThreads(threads, [&] { other.run(*table); });
            if (isScalar(*table))
              other.check();
            else
              CHECK(other.same(first));
          }
        }
      }
}

}  // namespace

TEST_CASE_TEMPLATE("attention is its formula, with the same bits everywhere", T, float, double) {
  everyCase<T>();
}

TEST_CASE_TEMPLATE("a batch of attention is its parts", T, float, double) {
  Case<T> all({3, 2, 20, 35, 24, 17}, MaskKind::hiding, true);
  all.run(*tables().front());
  Case<T> one({1, 2, 20, 35, 24, 17}, MaskKind::hiding, true);
  const auto part = [](std::vector<T>& to, const std::vector<T>& from) {
    std::copy_n(from.end() - int64_t(to.size()), to.size(), to.begin());
  };
  part(one.query, all.query);
  part(one.key, all.key);
  part(one.value, all.value);
  part(one.g, all.g);
  part(one.mask, all.mask);
  part(one.noise, all.noise);
  one.run(*tables().front());
  const auto isLast = [](const Guarded<T>& a, const Guarded<T>& b) {
    return sameBits(a.data(), b.data() + b.size() - a.size(), a.size());
  };
  CHECK(isLast(one.out, all.out));
  CHECK(isLast(one.dQuery, all.dQuery));
  CHECK(isLast(one.dKey, all.dKey));
  CHECK(isLast(one.dValue, all.dValue));
}

TEST_CASE("gradients of attention that are not needed are not written") {
  Case<float> c({2, 2, 9, 11, 8, 5}, MaskKind::none, false);
  for (const KernelTable* table : tables()) {
    c.run(*table);
    const Case<float> whole = c;
    Guarded<float> dq(c.dQuery.size()), dk(c.dKey.size()), dv(c.dValue.size());
    c.backward(*table, dq.data(), nullptr, nullptr);
    c.backward(*table, nullptr, dk.data(), nullptr);
    c.backward(*table, nullptr, nullptr, dv.data());
    CHECK(sameBits(dq.values(), whole.dQuery.values()));
    CHECK(sameBits(dk.values(), whole.dKey.values()));
    CHECK(sameBits(dv.values(), whole.dValue.values()));
  }
}

TEST_CASE(
    "a mask that only adds lets attention be NaN where no key is left, and no NaN passes a key "
    "that is hidden") {
  Case<double> c({1, 1, 5, 6, 4, 4}, MaskKind::hiding, false);
  c.key[size_t(c.ofKey.at(0, 0, 1, 0))] = std::numeric_limits<double>::quiet_NaN();
  for (int64_t r = 0; r < 5; ++r)
    c.mask[size_t(r * 6 + 1)] = -std::numeric_limits<double>::infinity();
  for (const KernelTable* table : tables()) {
    c.kind = MaskKind::hiding;
    c.run(*table);
    for (int64_t i = 0; i < c.weights.size(); ++i) CHECK(!std::isnan(c.weights[i]));
    c.kind = MaskKind::added;
    c.run(*table);
    for (int64_t i = 0; i < c.weights.size(); ++i) CHECK(std::isnan(c.weights[i]));
  }
}
