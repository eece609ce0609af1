// For tests of the emulated set: the dispatch takes it for one that the processor runs.
#include "../../../native/runtime/instruction-sets.h"

namespace ostinato {

bool hasAvx2() { return true; }
bool hasAvx512() { return true; }

}  // namespace ostinato
