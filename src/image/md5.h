// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.h"

namespace imagemill {

// RFC 1321, as 32 upper-case hex digits: how the XMP specification names extended packets. Proves
// nothing to anybody.
std::string md5_hex(ByteSpan bytes);

}  // namespace imagemill
