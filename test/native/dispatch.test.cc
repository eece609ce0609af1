// runtime/dispatch: which instruction sets are there, and that their tables are whole.
#include "runtime/dispatch.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <set>
#include <string>

using namespace ostinato;

// Where the table has each kernel. Constants: code that names them one by one takes a compiler a minute under the sanitizers.
struct Entry {
  const char* name;
  size_t offset;
};
static const Entry entries[] = {
#define KERNEL_PLAIN(name, parameters, ...) {#name, offsetof(KernelTable, name)},
#define KERNEL_FLOAT(name, parameters, ...) \
  KERNEL_PLAIN(name##_f32, parameters) KERNEL_PLAIN(name##_f64, parameters)
#define KERNEL_NUMBER(name, parameters, ...) \
  KERNEL_FLOAT(name, parameters) KERNEL_PLAIN(name##_i32, parameters)
#define KERNEL_ANY(name, parameters, ...) \
  KERNEL_NUMBER(name, parameters) KERNEL_PLAIN(name##_u8, parameters)
#include "kernels/kernels.inc"
};

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
    for (const Entry& entry : entries) {
      void (*kernel)();
      std::memcpy(&kernel, reinterpret_cast<const char*>(&table) + entry.offset, sizeof kernel);
      const bool present = kernel != nullptr;  // a pointer to a function is not printed
      CHECK_MESSAGE(present, entry.name);
    }
  }
}
