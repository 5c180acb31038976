// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace imagemill {

// The files of src/models/catalogue, in the order of their names.
std::span<const std::string_view> catalogue_texts();

}  // namespace imagemill
