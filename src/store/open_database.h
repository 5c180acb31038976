// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// From a path to a database that is known to be a run store of this schema. The caller holds the
// run's lock for the two that write.
#pragma once

#include <string>

#include "store/run_store.h"
#include "store/sqlite.h"

namespace imagemill {

// Opens or creates; refuses a store of a run with other options.
Result<sqlite::Database> open_for_run(const std::string& path, const RunOptions& options);

// Opens or creates, and forgets all but the announced paths.
Result<sqlite::Database> open_anew(const std::string& path, const RunOptions& options);

Result<sqlite::Database> open_for_reading(const std::string& path);

Result<RunOptions> read_options(sqlite::Database& database);

}  // namespace imagemill
