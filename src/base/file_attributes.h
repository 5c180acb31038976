// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagemill/status.h"

namespace imagemill {

// Gives the file `to` what `from` has besides its bytes: owner and group where that is permitted,
// mode, extended attributes, times. What belongs to the user (`user.*` attributes) and cannot be
// kept is an error; what belongs to the system (security labels, the mode where there are none) is
// as the other file system has it.
Result<> copy_file_attributes(const std::string& from, const std::string& to);

}  // namespace imagemill
