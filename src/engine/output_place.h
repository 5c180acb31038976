// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "sink/sink.h"

namespace imagemill {

// Where a run writes: the output itself, and the folder beside or in it that holds store, reports
// and what is not yet published. OUT/.imagemill for a folder, OUT.zip.imagemill for an archive.
class OutputPlace {
 public:
  OutputPlace() = default;

  // Decides; creates nothing. kInvalidArgument when `output` exists and is something else.
  static Result<OutputPlace> open(const std::string& output, const std::string& layout,
                                  FileSystem& fs);

  Result<> create(FileSystem& fs) const;

  // That a run has written there. kInvalidArgument when it is something else, kNotFound when there
  // is nothing.
  Result<> expect_store(FileSystem& fs) const;

  SinkKind sink_kind() const { return kind_; }
  const std::string& output() const { return output_; }
  const std::string& state_folder() const { return state_folder_; }
  std::string staging_folder() const { return join_path(state_folder_, "staging"); }
  std::string store_path() const { return join_path(state_folder_, "run.sqlite"); }
  std::string report_path() const { return join_path(state_folder_, "report.html"); }

  // Folders that are never input, should the output lie within one.
  std::vector<std::string> private_folders() const;

 private:
  std::string output_;
  std::string state_folder_;
  SinkKind kind_ = SinkKind::kFolder;
};

}  // namespace imagemill
