// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/run_inputs.h"

namespace imagemill {

// Text files beside pictures: photos/a.txt and a.caption beside a.jpg. They leave the listing and
// go with the picture (RankedEntry::captions), so that they are no items and take no number. Where
// pictures share them (a.jpg and a.png), each has them if `shared`, else the first. The picture
// counts as changed when one of them was.
//
// `entries` sorted by key, and are so afterwards.
void pair_captions(std::vector<RankedEntry>& entries, bool shared);

}  // namespace imagemill
