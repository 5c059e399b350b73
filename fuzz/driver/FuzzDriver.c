// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

#include "FuzzDriver.h"
