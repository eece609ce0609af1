// The policies of all cells.
#pragma once

#include "cells/gru.h"
#include "cells/janet.h"
#include "cells/lstm.h"
#include "cells/rnn.h"
