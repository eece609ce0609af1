// runtime/dispatch: which instruction sets are there, and that their tables are whole.
#include "runtime/dispatch.h"

#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <string>

using namespace ostinato;

// A bool for doctest, which cannot print function pointers.
static bool present(auto* kernel) { return kernel != nullptr; }

TEST_CASE("every available set has a name of its own and scalar, where it is built, is the last") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  REQUIRE(count >= 1);
  std::set<std::string> names;
  for (int i = 0; i < count; ++i) names.insert(tables[i]->isa);
  CHECK(names.size() == static_cast<size_t>(count));
#ifdef OSTINATO_HAS_SCALAR
  CHECK(std::string(tables[count - 1]->isa) == "scalar");
#else  // prebuilt add-ons have no set that no processor of theirs needs
  CHECK(names.count("scalar") == 0);
#endif
  MESSAGE("instruction sets under test: ", count, ", best: ", std::string(tables[0]->isa));
}

TEST_CASE("no table lacks a kernel") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (int i = 0; i < count; ++i) {
    const KernelTable& table = *tables[i];
    CAPTURE(table.isa);
#define KERNEL_FLOAT(name, parameters, ...)        \
  CHECK_MESSAGE(present(table.name##_f32), #name); \
  CHECK_MESSAGE(present(table.name##_f64), #name);
#define KERNEL_NUMBER(name, parameters, ...) \
  KERNEL_FLOAT(name, parameters)             \
  CHECK_MESSAGE(present(table.name##_i32), #name);
#define KERNEL_ANY(name, parameters, ...) \
  KERNEL_NUMBER(name, parameters)         \
  CHECK_MESSAGE(present(table.name##_u8), #name);
#define KERNEL_PLAIN(name, parameters, ...) CHECK_MESSAGE(present(table.name), #name);
#include "kernels/kernels.inc"
  }
}
