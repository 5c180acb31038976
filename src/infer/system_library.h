// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace imagemill {

// The files under which the dynamic loader may find the library `soname`, none of them loaded:
// those of its search path and those that its cache (ldconfig) names.
std::vector<std::string> system_libraries(const std::string& soname);

}  // namespace imagemill
