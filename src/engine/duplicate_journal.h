// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "imagemill/dedupe.h"

namespace imagemill {

// What is done with copies, a JSON object a line, written before it is done: enough to undo it by
// hand. A line whose `from` is still what it was tells of a step that was not taken.
class DuplicateJournal {
 public:
  DuplicateJournal(FileSystem& fs, std::string path) : fs_(fs), path_(std::move(path)) {}

  Result<> announce(DuplicateAction action, const DuplicatePicture& copy, const DuplicateStep& step,
                    const std::string& kept);
  // That the step announced last was not taken.
  Result<> note_failure(const DuplicateStep& step);
  Result<> close();

 private:
  Result<> open();
  Result<> add_line(const std::string& line);

  FileSystem& fs_;
  const std::string path_;
  std::unique_ptr<WritableFile> file_;  // opened by the first line
};

}  // namespace imagemill
