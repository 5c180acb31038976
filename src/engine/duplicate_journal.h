// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "imagemill/dedupe.h"

namespace imagemill {

// A step as the journal has it.
struct AnnouncedStep {
  std::string action;
  std::string from;
  std::string to;
  std::string kept;
  std::string aside;  // the name that the file, or the link in its place, has on the way; "": none
};

// What is done with copies, a JSON object a line, written before it is done: enough to undo it by
// hand. A line whose `from` is still what it was tells of a step that was not taken. Paths that are
// not UTF-8 are percent-encoded; a line's "encoded" lists those.
class DuplicateJournal {
 public:
  DuplicateJournal(FileSystem& fs, std::string path) : fs_(fs), path_(std::move(path)) {}

  Result<> announce(const DuplicatePicture& copy, const AnnouncedStep& step);
  // That the step announced last was not taken.
  Result<> note_failure(const DuplicateStep& step);
  Result<> close();

  bool has_lines() const { return file_ != nullptr; }  // of this run, until close()

  // The step announced last, by whatever run; nullopt when there is none.
  static Result<std::optional<AnnouncedStep>> last_step(FileSystem& fs, const std::string& path);

 private:
  Result<> open();
  Result<> add_line(const std::string& line);

  FileSystem& fs_;
  const std::string path_;
  std::unique_ptr<WritableFile> file_;  // opened by the first line
};

std::string_view duplicate_action_name(DuplicateAction action);

}  // namespace imagemill
