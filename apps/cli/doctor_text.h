// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagemill/doctor.h"

namespace imagemill::cli {

// What `imagemill doctor` prints. `codec_host`: where the helper was looked for. `settings`: the
// user's settings file and whether it is in use.
std::string doctor_text(const Diagnosis& diagnosis, const std::string& codec_host,
                        const std::string& settings);

}  // namespace imagemill::cli
