// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Captions that came with the input pictures: carried along beside the outputs, and listed.
#pragma once

#include <optional>
#include <string>

#include "jobs/job.h"

namespace imagemill {

// Stores the item's caption files beside `picture`, the path of its output, byte for byte under its
// name. The text of the first as UTF-8, blanks around it trimmed; nullopt when there is none.
// A caption of more than a megabyte is none: the item fails.
Result<std::optional<std::string>> carry_captions(ItemContext& context, const std::string& picture);

// captions.json {"captions": {"0001.png": "text"}}, captions.txt to read, metadata.jsonl with
// file_name and text: of the rows of `table` whose `caption` is no NULL, by `path`. Held in memory.
Result<> write_caption_lists(FinishContext& context, const TableSchema& table);

}  // namespace imagemill
