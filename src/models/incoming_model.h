// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "base/file_system.h"
#include "models/model_manifest.h"

namespace imagemill {

// A model on its way into a store. Its files gather in STORE/.incoming/NAME, which becomes
// STORE/NAME in one rename when all of them are there and durable. Whatever stops it before leaves
// the store as it was; what lies in the folder is taken up or thrown away by the next try.
class IncomingModel {
 public:
  // kInvalidArgument when the store has a model of that name, or another process is just bringing
  // one in.
  static Result<IncomingModel> open(FileSystem& fs, const std::string& store, std::string name);

  IncomingModel(IncomingModel&& other) noexcept;
  IncomingModel& operator=(IncomingModel&&) = delete;
  ~IncomingModel();

  const std::string& folder() const { return folder_; }
  std::string path_of(std::string_view file) const { return join_path(folder_, file); }

  // Copies a file in under file.name; what the copy is goes into file.bytes and file.sha256.
  // kCorruptInput when they said something else before.
  Result<> copy_in(const std::string& from, ModelFile& file);

  // All files of the manifest are there. Checks the graph, writes manifest.yaml and makes the model
  // visible; files that the manifest does not name are removed.
  Result<> commit(const ModelManifest& manifest);

  // Everything that lies in the folder goes.
  Result<> clear();

 private:
  IncomingModel(FileSystem& fs, std::string store, std::string name, int lock);

  FileSystem& fs_;
  std::string store_;
  std::string name_;
  std::string folder_;
  int lock_;  // an open file under an exclusive flock; -1: moved from
};

}  // namespace imagemill
