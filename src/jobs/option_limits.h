// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace imagemill {

// Pixels of a side of an OptionKind::kSize.
inline constexpr int kSideMax = 1'000'000;

}  // namespace imagemill
