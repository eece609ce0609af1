// Runs a short list of kernels of the AVX2 set, each once to warm up and once inside `measured`,
// whose instructions valgrind's callgrind counts (bench/instructions.ts runs it and compares):
//   kernel_instructions          runs all; prints the compiler, then the names in order
// One thread. Inputs are the same numbers in every run.
#include "kernels/kernels.h"
#include "kernels/work.h"

#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace ostinato::avx2 {
extern const KernelTable table;
}

// What callgrind collects in, and dumps after. Not inlined, known by its plain name.
extern "C" __attribute__((noinline)) void measured(const std::function<void()>& body) { body(); }

namespace {

using namespace ostinato;
const KernelTable& k = avx2::table;

// Work for one thread: no pool.
alignas(64) char scratchMemory[Work::scratchBytes];
Work work = {
    .threads = 1,
    .run =
        [](Work&, int64_t count, void (*body)(void*, int64_t, int), void* context) {
          for (int64_t i = 0; i < count; ++i) body(context, i, 0);
        },
    .runRegion = [](Work&, int, void (*body)(void*, int, int, int),
                    void* context) { body(context, 0, 1, 0); },
    .barrier = [](Work&) {},
    .scratch = [](Work&, int) -> char* { return scratchMemory; },
};

// n elements, 64-byte aligned: a saw of 101 teeth from -scale to scale. Never freed: the program is
// short.
float* numbers(int64_t n, int phase = 0, float scale = 1) {
  auto* memory = static_cast<float*>(operator new(size_t(n) * 4 + 4096, std::align_val_t(64)));
  int tooth = phase;
  for (int64_t i = 0; i < n; ++i) {
    memory[i] = float(tooth - 50) * 0.02f * scale;
    if ((tooth += 37) > 100) tooth -= 101;
  }
  return memory;
}
int32_t* indices(int64_t n, int64_t below) {
  auto* memory = static_cast<int32_t*>(operator new(size_t(n) * 4 + 4096, std::align_val_t(64)));
  for (int64_t i = 0; i < n; ++i) memory[i] = int32_t(i * 7919 % below);
  return memory;
}

struct Case {
  std::string name;
  std::function<void()> body;
};
std::vector<Case> cases;
void add(std::string name, std::function<void()> body) {
  cases.push_back({std::move(name), std::move(body)});
}

void products() {
  const int64_t sizes[][3] = {{128, 128, 128}, {256, 256, 256}, {61, 67, 129},
                              {4, 1024, 256},  {32, 1024, 256}, {1, 2048, 512}};
  for (const auto& [M, N, K] : sizes) {
    const float *a = numbers(M * K), *b = numbers(K * N, 1);
    float* c = numbers(M * N);
    const std::string size = std::to_string(M) + "x" + std::to_string(K) + "x" + std::to_string(N);
    add("gemm " + size, [=, M = M, N = N, K = K] {
      k.gemm_f32(work, M, N, K, a, K, 0, b, N, 0, nullptr, c, N, 0);
    });
    add("gemm " + size + ", transposed weights", [=, M = M, N = N, K = K] {
      k.gemm_f32(work, M, N, K, a, K, 0, b, K, 1, nullptr, c, N, 0);
    });
  }
}

enum class Kind { rnn, lstm, gru };

// Inference, training forward and backward of one layer.
void sequence(Kind kind, int64_t N, int64_t T, int64_t I, int64_t H) {
  const int64_t gates = kind == Kind::lstm ? 4 : kind == Kind::gru ? 3 : 1;
  const int64_t blocks = kind == Kind::rnn ? 1 : 4;
  const int64_t R = T * N, up = (std::max(I, H) + 15) / 16 * 16;
  const float scale = 1 / std::sqrt(float(H));
  SequenceForward<float> f{};
  f.steps = T, f.batch = N, f.inputSize = I, f.hiddenSize = H;
  f.x = numbers(R * I), f.xStrideT = N * I, f.xStrideN = I;
  f.weightIh = numbers(gates * H * I, 1, scale), f.weightHh = numbers(gates * H * H, 2, scale);
  f.biasIh = numbers(gates * H, 3, scale), f.biasHh = numbers(gates * H, 4, scale);
  f.out = numbers(R * H), f.outStrideT = N * H, f.outStrideN = H;
  f.hN = numbers(N * H), f.cN = numbers(N * H);
  f.packed = numbers(16 + up * (blocks + gates * (I + H)) + up * H);
  SequenceForward<float> trained = f;
  trained.training = 1;
  trained.gates = kind == Kind::rnn ? nullptr : numbers(R * blocks * H);
  trained.cells = kind == Kind::lstm ? numbers(R * H) : nullptr;
  trained.packed = numbers(16 + up * (blocks + gates * (I + H)) + up * H);
  SequenceBackward<float> b{};
  b.steps = T, b.batch = N, b.inputSize = I, b.hiddenSize = H;
  b.x = f.x, b.xStrideT = N * I, b.xStrideN = I;
  b.weightIh = f.weightIh, b.weightHh = f.weightHh;
  b.out = f.out, b.outStrideT = N * H, b.outStrideN = H;
  b.gates = trained.gates, b.cells = trained.cells;
  b.gradOut = numbers(R * H, 5), b.gradOutStrideT = N * H, b.gradOutStrideN = H;
  b.dGates = numbers(R * blocks * H), b.workspace = numbers(up * gates * up);
  b.gradX = numbers(R * I), b.gradXStrideT = N * I, b.gradXStrideN = I;
  b.gradWeightIh = numbers(gates * H * I), b.gradWeightHh = numbers(gates * H * H);
  b.gradBiasIh = numbers(gates * H), b.gradBiasHh = numbers(gates * H);

  const std::string name = kind == Kind::lstm ? "lstm" : kind == Kind::gru ? "gru" : "rnn";
  char size[64];
  std::snprintf(size, sizeof size, " %d,%d,%d,%d", int(N), int(T), int(I), int(H));
  const auto forward = kind == Kind::lstm  ? k.lstm_forward_f32
                       : kind == Kind::gru ? k.gru_forward_f32
                                           : k.rnn_forward_f32;
  const auto backward = kind == Kind::lstm  ? k.lstm_backward_f32
                        : kind == Kind::gru ? k.gru_backward_f32
                                            : k.rnn_backward_f32;
  // Packs the weights.
  forward(f, work);
  f.packedReady = 1;
  add(name + " inference" + size, [=] { forward(f, work); });
  add(name + " training forward" + size, [=] { forward(trained, work); });
  add(name + " backward" + size, [=] { backward(b, work); });
}

void sequences() {
  for (Kind kind : {Kind::lstm, Kind::gru, Kind::rnn}) {
    sequence(kind, 32, 4, 80, 128);
    sequence(kind, 2, 10, 4, 32);
    sequence(kind, 4, 3, 1, 128);
  }
  sequence(Kind::lstm, 1, 1, 80, 128);
  sequence(Kind::lstm, 17, 5, 13, 67);
}

void elementwise() {
  constexpr int64_t n = 16384;
  const Strided unary{1, 2, {n}, {{1}, {1}}}, binary{1, 3, {n}, {{1}, {1}, {1}}};
  const float *x = numbers(n, 0, 3), *y = numbers(n, 1, 3);
  float* out = numbers(n);
  add("add 16384", [=] { k.add_f32(x, y, out, binary, work); });
  add("mul 16384", [=] { k.mul_f32(x, y, out, binary, work); });
  add("exp 16384", [=] { k.exp_f32(x, out, unary, work); });
  add("tanh 16384", [=] { k.tanh_f32(x, out, unary, work); });
  add("sigmoid 16384", [=] { k.sigmoid_f32(x, out, unary, work); });
}

void rows() {
  constexpr int64_t N = 16, n = 1000;
  const float* x = numbers(N * n, 0, 3);
  float *out = numbers(N * n), *small = numbers(4 * N);
  const int32_t* target = indices(N, n);
  add("sum 16x1000", [=] { k.sum_f32(x, small, N, n, 1, true, work); });
  add("softmax 16x1000", [=] { k.softmax_f32(x, out, N, n, 1, work); });
  add("cross_entropy 16x1000", [=] {
    k.cross_entropy_f32(x, target, nullptr, small, small + N, small + 2 * N, small + 3 * N, 0, N, n,
                        -100, 1, work);
  });
  add("cross_entropy_backward 16x1000", [=] {
    small[3 * N] = 1;
    k.cross_entropy_backward_f32(small + 3 * N, x, target, nullptr, small + N, small + 2 * N, out,
                                 0, N, n, -100, 1, work);
  });
  const float *weight = numbers(n), *bias = numbers(n, 1);
  auto* mean = new double[2 * N];
  add("layer_norm 16x1000",
      [=] { k.layer_norm_f32(x, weight, bias, out, mean, mean + N, 1e-5, N, n, work); });
}

void optimizersAndIndices() {
  constexpr int64_t n = 16384;
  auto address = [](float* p) { return double(reinterpret_cast<uintptr_t>(p)); };
  float* v = numbers(n);
  for (int64_t i = 0; i < n; ++i) v[i] = v[i] * v[i];
  const std::vector<double> table = {double(n),
                                     address(numbers(n)),
                                     address(numbers(n, 1)),
                                     address(numbers(n, 2)),
                                     address(v),
                                     0,
                                     1e-3,
                                     0.9};
  add("adam 16384", [=] { k.adam_f32(table.data(), 1, 1e-3, 0.9, 0.999, 1e-8, 0, 0, 0, work); });
  constexpr int64_t words = 1000, size = 100, N = 64;
  const float *embedding = numbers(words * size), *gradient = numbers(N * size, 1);
  float *out = numbers(N * size), *gradTable = numbers(words * size, 2);
  const int32_t* index = indices(N, words);
  add("index_select 64 of 1000x100",
      [=] { k.index_select_f32(embedding, index, out, 1, words, N, size); });
  add("index_add 64 of 1000x100",
      [=] { k.index_add_f32(gradient, index, gradTable, 1, words, N, size, -1); });
  auto* state = new uint64_t[512]();
  k.mt19937_seed(reinterpret_cast<uint32_t*>(state), 0);
  add("random_normal 16384",
      [=] { k.random_normal_f32(reinterpret_cast<uint32_t*>(state), v, n, 0, 1); });
  add("random_uniform 16384",
      [=] { k.random_uniform_f32(reinterpret_cast<uint32_t*>(state), v, n, 0, 1); });
}

}  // namespace

int main() {
  products();
  sequences();
  elementwise();
  rows();
  optimizersAndIndices();
#ifdef __clang__
  std::printf("clang %d.%d.%d\n", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  std::printf("gcc %d.%d.%d\n", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
  for (const Case& one : cases) {
    measured(one.body);
    std::printf("%s\n", one.name.c_str());
  }
}
