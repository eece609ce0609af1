// runtime/threads: every index runs once, barriers synchronize, several callers share the pool, and a
// forked child has a pool of its own.
#include "runtime/dispatch.h"
#include "runtime/processors.h"
#include "runtime/threads.h"

#include <doctest/doctest.h>

#ifndef _WIN32
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

using namespace ostinato;

namespace {

// Restores the number of threads at the end of a test.
struct ThreadsAre {
  int before = currentThreads();
  explicit ThreadsAre(int threads) { setThreads(threads); }
  ~ThreadsAre() { setThreads(before); }
};

void sleepFor(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

// Runs `count` pieces and returns how many did not run exactly once on a worker in range.
int64_t faultyPieces(Work& work, int64_t count) {
  std::vector<std::atomic<int>> runs(count);
  std::atomic<int> badWorkers{0};
  parallel(work, count, [&](int64_t i, int worker) {
    ++runs[i];
    badWorkers += worker < 0 || worker >= work.threads;
  });
  int64_t faulty = badWorkers;
  for (const auto& r : runs) faulty += r != 1;
  return faulty;
}

// `rounds` rounds in which each participant writes its own counter, waits at a barrier and then
// reads all of them. Returns the number of stale readings; `most` gets the largest number of
// participants.
int64_t staleReadings(Work& work, int wanted, int rounds, int& most) {
  std::vector<int64_t> counters(size_t(wanted) * 16, 0);
  std::atomic<int64_t> stale{0};
  std::atomic<int> seen{0};
  parallelRegion(work, wanted, [&](int index, int count, int worker) {
    if (worker < 0 || worker >= work.threads || index >= count || count > wanted) ++stale;
    ++seen;
    for (int round = 1; round <= rounds; ++round) {
      counters[size_t(index) * 16] = round;
      work.barrier(work);
      for (int i = 0; i < count; ++i) stale += counters[size_t(i) * 16] != round;
      work.barrier(work);
    }
  });
  most = seen > most ? int(seen) : most;
  return stale;
}

std::vector<float> productOnThreads(const KernelTable& table, int threads, int64_t M, int64_t N,
                                    int64_t K) {
  const ThreadsAre scope(threads);
  std::vector<float> a(M * K), b(K * N), c(M * N);
  for (size_t i = 0; i < a.size(); ++i) a[i] = float(i * 37 % 101) / 101 - 0.4f;
  for (size_t i = 0; i < b.size(); ++i) b[i] = float(i * 53 % 97) / 97 - 0.6f;
  table.gemm_f32(processWork(), M, N, K, a.data(), K, 0, b.data(), K, 1, nullptr, c.data(), N, 0);
  return c;
}

}  // namespace

TEST_CASE("parallel runs every index once, for any number of threads") {
  for (int threads : {1, 2, 3, 5}) {
    const ThreadsAre scope(threads);
    Work& work = processWork();
    CHECK(work.threads == threads);
    for (int64_t count : {0, 1, 2, 3, 7, 1000}) CHECK(faultyPieces(work, count) == 0);
  }
}

TEST_CASE("parallel wakes workers that went to sleep, and takes short jobs one after the other") {
  const ThreadsAre scope(3);
  Work& work = processWork();
  for (int i = 0; i < 5; ++i) {
    CHECK(faultyPieces(work, 30) == 0);
    sleepFor(2e-3);
  }
  int64_t faulty = 0;
  for (int i = 0; i < 3000; ++i) faulty += faultyPieces(work, 3);
  CHECK(faulty == 0);
}

TEST_CASE("more than one worker takes part") {
  const ThreadsAre scope(2);
  Work& work = processWork();
  // A worker that is kept off its processor may miss one job, not two hundred.
  int most = 0;
  for (int i = 0; i < 200 && most < 2; ++i) {
    std::atomic<int> workers[2] = {};
    parallel(work, 20, [&](int64_t, int worker) {
      workers[worker] = 1;
      sleepFor(1e-4);
    });
    most = std::max<int>(most, workers[0] + workers[1]);
  }
  CHECK(most == 2);
}

TEST_CASE(
    "parallelRegion: all participants run at the same time and see what was written before a "
    "barrier") {
  int most = 0;
  for (int threads : {1, 2, 3}) {
    const ThreadsAre scope(threads);
    Work& work = processWork();
    for (int wanted : {1, 2, 3, 9})
      for (int i = 0; i < 20; ++i) CHECK(staleReadings(work, wanted, 50, most) == 0);
  }
  CHECK(most <= 3);
  const ThreadsAre scope(2);
  Work& work = processWork();
  for (int i = 0; i < 200 && most < 2; ++i) {
    CHECK(staleReadings(work, 2, 1, most) == 0);
    sleepFor(5e-3);
  }
  CHECK(most >= 2);
}

// Must be reported by ThreadSanitizer: scripts/test-native.sh threads runs it, and nothing else does.
TEST_CASE("a race" * doctest::skip()) {
  const ThreadsAre scope(2);
  int64_t shared = 0;
  for (int i = 0; i < 200; ++i) parallelRegion(processWork(), 2, [&](int, int, int) { ++shared; });
  CHECK(shared > 0);
}

TEST_CASE("each worker has scratch of its own, aligned and writable to the end") {
  const ThreadsAre scope(3);
  Work& work = processWork();
  std::atomic<int> misplaced{0};
  parallel(work, 30, [&](int64_t, int worker) {
    char* scratch = work.scratch(work, worker);
    misplaced += reinterpret_cast<uintptr_t>(scratch) % 64 != 0;
    scratch[0] = 1;
    scratch[Work::scratchBytes - 1] = 2;
    misplaced += work.scratch(work, worker) != scratch || scratch[0] != 1;
  });
  CHECK(misplaced == 0);
  std::atomic<int> clashes{0};
  parallel(work, 30, [&](int64_t i, int worker) {
    volatile char* scratch = work.scratch(work, worker);
    scratch[100] = char(i);
    sleepFor(2e-4);
    clashes += scratch[100] != char(i);
  });
  CHECK(clashes == 0);
}

TEST_CASE("several callers at once: each finishes its own work, with its own scratch") {
  const ThreadsAre scope(3);
  std::atomic<int64_t> faulty{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&faulty, c] {
      Work& work = processWork();
      int most = 0;
      for (int i = 0; i < 100; ++i) {
        volatile char* scratch = work.scratch(work, 0);
        scratch[0] = char(c);
        faulty += faultyPieces(work, 50);
        faulty += staleReadings(work, 3, 3, most);
        faulty += scratch[0] != char(c);
      }
    });
  for (auto& caller : callers) caller.join();
  CHECK(faulty == 0);
}

#ifndef _WIN32
TEST_CASE("a forked child computes, with workers of its own") {
  const ThreadsAre scope(2);
  CHECK(faultyPieces(processWork(), 100) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int64_t faulty = 0;
    for (int i = 0; i < 50; ++i) faulty += faultyPieces(processWork(), 100);
    _exit(faulty == 0 ? 0 : 1);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif

TEST_CASE("the number of threads stays in its range") {
  const ThreadsAre scope(1);
  setThreads(0);
  CHECK(currentThreads() == 1);
  setThreads(-3);
  CHECK(currentThreads() == 1);
  setThreads(1 << 20);
  CHECK(currentThreads() == maxThreads());
  CHECK(availableCores() >= 1);
  CHECK(availableProcessors() >= 1);
}

TEST_CASE("gemm gives the same bits on 1, 2 and 3 threads") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  const int64_t shapes[][3] = {{300, 290, 310}, {4, 1024, 700}, {1024, 4, 700}, {1, 4000, 500}};
  for (int i = 0; i < count; ++i)
    for (const auto& [M, N, K] : shapes) {
      const std::vector<float> one = productOnThreads(*tables[i], 1, M, N, K);
      for (int threads : {2, 3}) {
        const std::vector<float> more = productOnThreads(*tables[i], threads, M, N, K);
        CHECK(std::memcmp(one.data(), more.data(), one.size() * sizeof(float)) == 0);
      }
    }
}
