// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What `dedupe` found, for programs.
#pragma once

#include <string>

#include "imagemill/dedupe.h"

namespace imagemill {

// A line a picture: group,key,kind,turned,distance,cosine,format,width,height,bytes,hash. Groups
// are numbered from 1. Lines end in CR LF.
std::string duplicates_csv(const DuplicateFindings& findings);

// As imagededup writes it: {"a.jpg": [["b.jpg", 3]], "b.jpg": [["a.jpg", 3]]}, each picture with
// its best one and that with all its copies. The number is the distance in bits; of embeddings the
// cosine.
std::string imagededup_json(const DuplicateFindings& findings);

}  // namespace imagemill
