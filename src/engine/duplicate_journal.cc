// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/duplicate_journal.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "telemetry/json_path.h"

namespace imagemill {
namespace {

using Json = nlohmann::ordered_json;

// A line has four paths, each of 4096 bytes at most, three times as long when encoded.
constexpr uint64_t kTailBytes = 128 << 10;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::optional<AnnouncedStep> step_in(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("action")) return std::nullopt;
  return AnnouncedStep{.action = path_in(json, "action"),
                       .from = path_in(json, "from"),
                       .to = path_in(json, "to"),
                       .kept = path_in(json, "kept"),
                       .aside = path_in(json, "aside")};
}

}  // namespace

std::string_view duplicate_action_name(DuplicateAction action) {
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

Result<> DuplicateJournal::announce(const DuplicatePicture& copy, const AnnouncedStep& step) {
  Json json = {{"time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
               {"action", step.action},
               {"key", copy.key}};
  add_path(json, "from", step.from);
  add_path(json, "to", step.to);
  add_path(json, "kept", step.kept);
  if (!step.aside.empty()) add_path(json, "aside", step.aside);
  json["kind"] = duplicate_kind_name(copy.kind);
  json["hash"] = copy.content;
  IMAGEMILL_TRY(add_line(line_of(json)));
  // Before anything is done: a power cut must not leave a file moved that nothing tells of.
  return file_->sync();
}

Result<> DuplicateJournal::note_failure(const DuplicateStep& step) {
  Json json = Json::object();
  add_path(json, "not_done", step.from);
  json["problem"] = step.problem;
  return add_line(line_of(json));
}

Result<> DuplicateJournal::close() {
  if (!file_) return {};
  IMAGEMILL_TRY(file_->sync());
  return std::exchange(file_, nullptr)->close();
}

Result<std::optional<AnnouncedStep>> DuplicateJournal::last_step(FileSystem& fs,
                                                                 const std::string& path) {
  const auto there = fs.stat(path);
  if (!there && there.error().code() == Code::kNotFound) return std::nullopt;
  if (!there) return std::unexpected(there.error());
  const uint64_t bytes = std::min(there->bytes, kTailBytes);
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes tail, fs.read_range(path, there->bytes - bytes, bytes));
  std::string_view text = as_text(tail);
  // What stands after the last end of a line was cut by a kill: its step was not begun.
  while (!text.empty()) {
    text = text.substr(0, text.find_last_of('\n'));
    const size_t begin = text.find_last_of('\n');
    const bool is_first = begin == std::string_view::npos;
    if (auto step = step_in(is_first ? text : text.substr(begin + 1))) return step;
    if (is_first) break;
    text = text.substr(0, begin + 1);
  }
  return std::nullopt;
}

Result<> DuplicateJournal::open() {
  bool is_cut = false;  // the last line, by a kill
  const auto there = fs_.stat(path_);
  if (!there && there.error().code() != Code::kNotFound) return std::unexpected(there.error());
  if (there && there->bytes > 0) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes last, fs_.read_range(path_, there->bytes - 1, 1));
    is_cut = last.front() != std::byte{'\n'};
  }
  IMAGEMILL_ASSIGN_OR_RETURN(file_, fs_.append(path_));
  // Its name has to be durable too.
  if (!there) IMAGEMILL_TRY(fs_.sync(std::string(parent_path(path_))));
  return is_cut ? file_->write(as_byte_span("\n")) : Result<>();
}

Result<> DuplicateJournal::add_line(const std::string& line) {
  if (!file_) IMAGEMILL_TRY(open());
  return file_->write(as_byte_span(line));
}

}  // namespace imagemill
