// How many processors this process may use.
#pragma once

namespace ostinato {

// Logical processors in the affinity mask, at least 1.
int availableProcessors();

// Physical cores among them (two hyperthreads share one core's multiply-add units), less where a
// container's processor quota allows less. At least 1.
int availableCores();

}  // namespace ostinato
