// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "imagemill/events.h"

namespace imagemill {

// The section of report.html about the networks of a run that took so long; "" without any.
std::string networks_html(std::span<const NetworkSnapshot> networks, double seconds);

}  // namespace imagemill
