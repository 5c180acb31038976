// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/source.h"

namespace imagemill {

// The pictures that a run was made of, found again by their keys. They may be gone, moved or
// changed by now. One thread.
class Originals {
 public:
  // `inputs` as the run was given them, relative ones to the working folder: keys begin with their
  // names. Opens nothing yet.
  Originals(const std::vector<std::string>& inputs, FileSystem& fs);

  // The same where the inputs lie elsewhere by now, maybe under other names: `places` are theirs,
  // in the same order; empty: where they were. An empty `inputs` is not known any more, then names
  // are those of the places. kInvalidArgument where there are more or fewer.
  static Result<Originals> moved(const std::vector<std::string>& inputs,
                                 const std::vector<std::string>& places, FileSystem& fs);

  // Where the file lies, or should; "" for members of archives and keys of other inputs.
  std::string path_of(std::string_view key) const;

  // kNotFound when there is none any more.
  Result<Bytes> read(std::string_view key, uint64_t max_bytes);

 private:
  struct Place {
    std::string input;
    std::string name;        // of the source
    std::string base;        // of the paths in its keys
    std::string single;      // its key if it is one picture
    bool has_paths = false;  // folders and lists: what follows the name in a key is a path
    std::unique_ptr<Source> archive;
    std::map<std::string, SourceEntry, std::less<>> members;
  };

  Originals(const std::vector<std::string>& inputs, const std::vector<std::string>& places,
            FileSystem& fs);
  std::optional<size_t> place_of(std::string_view key, char separator) const;
  Result<> open_archive(Place& place, uint64_t max_bytes);

  FileSystem& fs_;
  std::vector<Place> places_;
};

}  // namespace imagemill
