// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace imagemill::cli {

// Where the program's file is.
std::string program_folder();

// imagemill-codec: beside the program, as it is built, or where it is installed.
std::string codec_host_path();

}  // namespace imagemill::cli
