// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imagemill {

// Everything of a page before what it shows: title, the style sheet of all pages and `style` after
// it, and a policy that forbids scripts and requests. `title` is HTML.
std::string page_head(std::string_view title, std::string_view style = {});

}  // namespace imagemill
