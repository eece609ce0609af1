// One pool for the process. A caller publishes a job, runs indices of it itself, and retires it when
// none is left: a worker that comes late (asleep, preempted) finds the job retired and is not waited
// for, so only a worker that is running an index delays the caller. Workers spin for the next job for
// a while, then sleep. The pool is never destroyed: its threads may sleep in it while the process
// ends.
#include "threads.h"

#include "processors.h"
#include "system.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>

namespace ostinato {

namespace {

// Where a thread's variable is found without a call; ELF's notion.
#if defined(__ELF__)
#define OSTINATO_INITIAL_EXEC __attribute__((tls_model("initial-exec")))
#else
#define OSTINATO_INITIAL_EXEC
#endif

constexpr int threadLimit = 64;

using Clock = std::chrono::steady_clock;
double now() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Seconds a worker spins for its next job before it sleeps: about what waking it would cost.
constexpr double spinTime = 20e-6;
// Seconds that parallelRegion() waits for workers to join.
constexpr double gatherTime = 50e-6;
// A wait this long means that a thread does not get its processor, not that the work is unbalanced.
constexpr double stallTime = 200e-6;

// Waits for `ready()`: spins first (if `spin`), then yields the processor. Returns the seconds waited
// beyond the first few microseconds.
template <class Ready>
double await(const bool spin, Ready ready) {
  for (int i = 0; spin && i < 400; ++i) {
    if (ready()) return 0;
    pause();
  }
  if (ready()) return 0;
  const double start = now();
  double waited = 0;
  do {
    if (spin && waited < spinTime)
      for (int i = 0; i < 50; ++i) pause();
    else
      yieldProcessor();
    waited = now() - start;
  } while (!ready());
  return waited;
}

// Null when there is no address space for it.
char* reserveScratch() { return reserveMemory(Work::scratchBytes); }

// Whether tensors and V8, which ends the process when it gets none, would still find addresses beside
// another worker's. Without a limit (ulimit -v) they always do.
bool hasSpareAddresses() { return hasAddresses(size_t(256) << 20); }

struct CallerWork;
using Body = void (*)(void*, int64_t, int);
using RegionBody = void (*)(void*, int, int, int);

// A job's state in one word: number (32 bits), how many workers may join (16), whether it still accepts
// workers (1), how many are active (15).
struct State {
  static constexpr uint64_t one = 1, accepting = 1 << 15;
  static uint64_t make(uint64_t number, int limit) {
    return number << 32 | uint64_t(limit) << 16 | accepting;
  }
  static uint64_t number(uint64_t s) { return s >> 32; }
  static int limit(uint64_t s) { return int(s >> 16 & 0xffff); }
  static int active(uint64_t s) { return int(s & (accepting - 1)); }
};

struct Pool {
  struct alignas(64) Worker {
    std::atomic<uint32_t> asleep{0};
    char* scratch = nullptr;
  };

  // Read by all workers while they spin; written when a job starts and ends, and by workers that join.
  alignas(64) std::atomic<uint64_t> state{0};
  alignas(64) std::atomic<int64_t> next{0};
  // The job: written before it is published, read only by workers that have joined.
  alignas(64) int64_t count = 0;
  Body body = nullptr;
  RegionBody regionBody = nullptr;
  void* context = nullptr;
  std::atomic<int> participants{0};

  alignas(64) std::atomic<bool> busy{false};  // owned by one caller
  std::atomic<int> threads{1};
  int started = 1;      // workers that exist, the caller counted as one; the owner's
  double fewUntil = 0;  // no more are started until then: one could not be
  std::atomic<bool> spin{
      true};  // false with more threads than processors: it would take their time
  double serialUntil = 0, backOff = 0;  // the owner's
  Worker workers[threadLimit];

  Pool();
  int start(int wanted);
  void publish(int limit);
  int retire() {
    return State::active(state.fetch_and(~State::accepting, std::memory_order_acq_rel));
  }
  double awaitIdle() {
    return await(spin, [&] { return State::active(state.load(std::memory_order_acquire)) == 0; });
  }
  void work(int id);
  void runIndices(int id) {
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;)
      body(context, i, id);
  }
  void updateBackOff(double elapsed, double waited);
};

Pool& pool() {
  alignas(Pool) static char memory[sizeof(Pool)];
  static Pool* const only = new (memory) Pool;
  return *only;
}

// A caller's Work, and the barrier of its parallel region.
struct CallerWork : Work {
  char* ownScratch = nullptr;
  int participants = 1;
  alignas(64) std::atomic<int> arrived{0};
  alignas(64) std::atomic<uint32_t> phase{0};
  std::atomic<double> stalled{0};  // seconds that a late participant has held up the others

  ~CallerWork() {
    if (ownScratch) releaseMemory(ownScratch, Work::scratchBytes);
  }
};

// A thread's CallerWork, on a cache line's boundary without asking the loader for it: where a library has variables of the
// initial-exec model, glibc on Arm refuses a thread-local segment that is aligned to more than the program's own.
struct OwnWork {
  char memory[sizeof(CallerWork) + alignof(CallerWork)];
  CallerWork* const work;

  OwnWork() : work(new (aligned(memory)) CallerWork) {}
  ~OwnWork() { work->~CallerWork(); }

  static void* aligned(char* start) {
    constexpr uintptr_t line = alignof(CallerWork);
    return reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(start) + line - 1) / line * line);
  }
};

void resetInChild() {
  // fork() copies the calling thread only: no workers, and no other thread that owned the pool.
  Pool& p = pool();
  p.state.store(0);
  p.busy.store(false);
  p.started = 1;
  p.fewUntil = 0;
  for (auto& worker : p.workers) worker.asleep.store(0);
}

Pool::Pool() {
  const char* text = std::getenv("OSTINATO_NUM_THREADS");
  const long asked = text ? std::strtol(text, nullptr, 10) : 0;
  const long initial = asked > 0 ? asked : availableCores();
  threads.store(initial < threadLimit ? static_cast<int>(initial) : threadLimit);
  afterFork(resetInChild);
  // Unloading the library (Node does so when the worker thread that loaded it ends) would take the
  // code from under the pool's threads.
  keepLoaded(resetInChild);
}

void workerMain(void* id) { pool().work(static_cast<int>(reinterpret_cast<intptr_t>(id))); }

// Starts workers up to number wanted - 1; returns how many there are, the caller included: fewer where the
// system has no address space or no thread for them, which it is not asked for again at once.
int Pool::start(int wanted) {
  if (started < wanted && (fewUntil == 0 || now() >= fewUntil)) {
    spin = wanted <= availableProcessors();
    while (started < wanted) {
      Worker& worker = workers[started];
      const bool mayStart = hasSpareAddresses();
      if (mayStart && !worker.scratch) worker.scratch = reserveScratch();
      if (!mayStart || !worker.scratch ||
          !startThread(workerMain, reinterpret_cast<void*>(static_cast<intptr_t>(started)))) {
        fewUntil = now() + 1;
        break;
      }
      ++started;
    }
  }
  return wanted < started ? wanted : started;
}

void Pool::publish(int limit) {
  const uint64_t number = State::number(state.load(std::memory_order_relaxed)) + 1;
  state.store(State::make(number, limit), std::memory_order_seq_cst);
  for (int id = 1; id <= limit; ++id)
    if (workers[id].asleep.load(std::memory_order_seq_cst)) {
      workers[id].asleep.store(0, std::memory_order_seq_cst);
      workers[id].asleep.notify_one();
    }
}

void Pool::work(int id) {
  std::atomic<uint32_t>& asleep = workers[id].asleep;
  uint64_t seen = 0;
  for (;;) {
    uint64_t s;
    const auto changed = [&] {
      s = state.load(std::memory_order_acquire);
      return State::number(s) != seen;
    };
    double end = 0;
    while (!changed()) {
      for (int i = 0; spin && i < 50; ++i) pause();
      if (end == 0) end = now() + spinTime;
      if (spin && now() < end) continue;
      // Either the caller sees asleep == 1 and clears it, or this worker sees the new job.
      asleep.store(1, std::memory_order_seq_cst);
      if (State::number(state.load(std::memory_order_seq_cst)) == seen) asleep.wait(1);
      asleep.store(0, std::memory_order_relaxed);
      end = 0;
    }
    seen = State::number(s);
    if (id > State::limit(s)) continue;
    bool joined = false;
    while ((s & State::accepting) && State::number(s) == seen && !joined)
      joined = state.compare_exchange_weak(s, s + State::one, std::memory_order_acq_rel);
    if (!joined) continue;
    if (regionBody) {
      const int index = State::active(s) + 1;
      await(spin, [&] { return participants.load(std::memory_order_acquire) != 0; });
      regionBody(context, index, participants.load(std::memory_order_relaxed), id);
    } else {
      runIndices(id);
    }
    state.fetch_sub(State::one, std::memory_order_release);
  }
}

// When workers do not get their processors, waiting for them costs more than they contribute: on one
// thread, a caller would have taken about twice the time that it did not wait. Callers then run serially
// for a while (backOff), which doubles each time that it soon happens again.
void Pool::updateBackOff(double elapsed, double waited) {
  if (waited > stallTime && waited > elapsed / 2) {
    const double time = now();
    const bool again = backOff != 0 && time < serialUntil + backOff;
    backOff = !again ? 20e-3 : backOff < 0.5 ? backOff * 2 : 1.0;
    serialUntil = time + backOff;
  } else if (elapsed > stallTime) {
    backOff = 0;
  }
}

// Takes the pool for one caller; false when another has it.
struct Ownership {
  Pool& p;
  bool owned;
  explicit Ownership(Pool& p) : p(p), owned(!p.busy.exchange(true, std::memory_order_acquire)) {}
  ~Ownership() {
    if (owned) p.busy.store(false, std::memory_order_release);
  }
};

void run(Work& work, int64_t count, Body body, void* context) {
  Pool& p = pool();
  const Ownership ownership(p);
  const double begin = ownership.owned ? now() : 0;
  int workers = 1;
  if (ownership.owned && begin >= p.serialUntil)
    workers = p.start(count < work.threads ? int(count) : work.threads);
  if (workers <= 1) {
    for (int64_t i = 0; i < count; ++i) body(context, i, 0);
    return;
  }
  p.count = count;
  p.body = body;
  p.regionBody = nullptr;
  p.context = context;
  p.next.store(0, std::memory_order_relaxed);
  p.publish(workers - 1);
  p.runIndices(0);
  p.retire();
  const double waited = p.awaitIdle();
  p.updateBackOff(now() - begin, waited);
}

void runRegion(Work& work, int wanted, RegionBody body, void* context) {
  CallerWork& caller = static_cast<CallerWork&>(work);
  caller.participants = 1;
  if (wanted > work.threads) wanted = work.threads;
  if (wanted <= 1) return body(context, 0, 1, 0);
  Pool& p = pool();
  const Ownership ownership(p);
  if (!ownership.owned || now() < p.serialUntil || (wanted = p.start(wanted)) <= 1)
    return body(context, 0, 1, 0);
  p.regionBody = body;
  p.context = context;
  p.participants.store(0, std::memory_order_relaxed);
  p.publish(wanted - 1);
  const double begin = now();
  while (State::active(p.state.load(std::memory_order_relaxed)) < wanted - 1 &&
         now() - begin < gatherTime)
    if (p.spin)
      pause();
    else
      yieldProcessor();
  caller.participants = 1 + p.retire();
  caller.arrived.store(0, std::memory_order_relaxed);
  caller.stalled.store(0, std::memory_order_relaxed);
  p.participants.store(caller.participants, std::memory_order_release);
  body(context, 0, caller.participants, 0);
  const double waited = p.awaitIdle();
  p.updateBackOff(now() - begin, waited + caller.stalled.load(std::memory_order_relaxed));
}

void barrier(Work& work) {
  CallerWork& caller = static_cast<CallerWork&>(work);
  if (caller.participants == 1) return;
  const uint32_t phase = caller.phase.load(std::memory_order_relaxed);
  if (caller.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == caller.participants) {
    caller.arrived.store(0, std::memory_order_relaxed);
    caller.phase.store(phase + 1, std::memory_order_release);
    return;
  }
  const double waited =
      await(pool().spin, [&] { return caller.phase.load(std::memory_order_acquire) != phase; });
  // Several may wait for one participant: each writes about the same sum, so its stall counts once.
  if (waited > stallTime)
    caller.stalled.store(caller.stalled.load(std::memory_order_relaxed) + waited,
                         std::memory_order_relaxed);
}

char* scratch(Work& work, int worker) {
  if (worker > 0) return pool().workers[worker].scratch;
  return static_cast<CallerWork&>(work).ownScratch;
}

}  // namespace

Work& processWork() {
  // A plain pointer is read without asking whether the thread's object has been made.
  static thread_local OSTINATO_INITIAL_EXEC CallerWork* current = nullptr;
  if (!current) {
    static thread_local OwnWork holder;
    CallerWork& own = *holder.work;
    own.run = run;
    own.runRegion = runRegion;
    own.barrier = barrier;
    own.scratch = scratch;
    own.ownScratch = reserveScratch();
    current = &own;
  }
  current->threads = pool().threads.load(std::memory_order_relaxed);
  return *current;
}

bool hasScratch() {
  auto& own = static_cast<CallerWork&>(processWork());
  if (!own.ownScratch) own.ownScratch = reserveScratch();
  return own.ownScratch != nullptr;
}

void setThreads(int threads) {
  pool().threads.store(threads < 1 ? 1 : threads < threadLimit ? threads : threadLimit);
}
int currentThreads() { return pool().threads.load(); }
int maxThreads() { return threadLimit; }

}  // namespace ostinato
