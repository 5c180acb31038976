// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which item writes under which name, fixed when the listing is, so that it never depends on the
// order of arrival.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash_set.h"
#include "codec/codec.h"

namespace imagemill {

enum class Renaming : uint8_t {
  kKeep,      // the input's own path; the extension follows the format
  kSequence,  // 0001.jpg, 0002.png ...: the rank in the sorted listing; what fails leaves a gap
};

// An input as far as its name goes.
struct NamedInput {
  std::string path;  // relative, safe below the output
  uint64_t rank = 0;
};

// Const methods may be called from any thread.
class OutputNames {
 public:
  // `inputs` in rank order. `format_rule` tells which format a picture of a format becomes; before
  // its content is seen, a picture is taken for what its extension says.
  OutputNames(Renaming renaming, std::span<const NamedInput> inputs,
              std::function<FileFormat(FileFormat)> format_rule);

  // "a/b.heic" -> "a/b.jpg". A name whose extension already fits stays as it is. Where two would
  // meet (a.jpg and a.png as JPEG), or a file is not what its extension says, the old name is part
  // of the new one: a.png.jpg.
  std::string path_for(std::string_view input_path, uint64_t rank, FileFormat format) const;

  // Whether an input will write there, going by extensions: no name for another.
  bool is_planned(std::string_view path) const;

 private:
  std::string planned_name(std::string_view input_path) const;

  Renaming renaming_;
  std::function<FileFormat(FileFormat)> format_rule_;
  int digits_ = 4;
  std::unordered_map<uint64_t, std::string>
      stems_;                // by rank: path without extension, of inputs that met another
  HashSet<uint64_t> taken_;  // hashes of every planned name
};

}  // namespace imagemill
