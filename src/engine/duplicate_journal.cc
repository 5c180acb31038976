// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/duplicate_journal.h"

#include <fmt/chrono.h>

#include <nlohmann/json.hpp>

namespace imagemill {
namespace {

using Json = nlohmann::ordered_json;

std::string_view action_name(DuplicateAction action) {
  switch (action) {
    case DuplicateAction::kReport:
      return "report";
    case DuplicateAction::kMove:
      return "move";
    case DuplicateAction::kHardlink:
      return "hardlink";
    case DuplicateAction::kSymlink:
      return "symlink";
    case DuplicateAction::kTrash:
      return "trash";
  }
  return "";
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

Result<> DuplicateJournal::announce(DuplicateAction action, const DuplicatePicture& copy,
                                    const DuplicateStep& step, const std::string& kept) {
  IMAGEMILL_TRY(add_line(
      line_of({{"time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
               {"action", action_name(action)},
               {"key", copy.key},
               {"from", step.from},
               {"to", step.to},
               {"kept", kept},
               {"kind", duplicate_kind_name(copy.kind)},
               {"hash", copy.content}})));
  // Before anything is done: a power cut must not leave a file moved that nothing tells of.
  return file_->sync();
}

Result<> DuplicateJournal::note_failure(const DuplicateStep& step) {
  return add_line(line_of({{"not_done", step.from}, {"problem", step.problem}}));
}

Result<> DuplicateJournal::close() {
  if (!file_) return {};
  IMAGEMILL_TRY(file_->sync());
  return std::exchange(file_, nullptr)->close();
}

Result<> DuplicateJournal::open() {
  uint64_t bytes = 0;
  bool is_cut = false;  // the last line, by a kill
  if (const auto there = fs_.stat(path_)) {
    bytes = there->bytes;
    if (bytes > 0) {
      IMAGEMILL_ASSIGN_OR_RETURN(const Bytes last, fs_.read_range(path_, bytes - 1, 1));
      is_cut = last.front() != std::byte{'\n'};
    }
  }
  IMAGEMILL_ASSIGN_OR_RETURN(file_, fs_.append_at(path_, bytes));
  return is_cut ? file_->write(as_byte_span("\n")) : Result<>();
}

Result<> DuplicateJournal::add_line(const std::string& line) {
  if (!file_) IMAGEMILL_TRY(open());
  return file_->write(as_byte_span(line));
}

}  // namespace imagemill
