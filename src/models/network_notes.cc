// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/network_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/file_system.h"
#include "base/hash.h"

namespace imagemill {
namespace {

constexpr uint64_t kNoteBytesMax = 256;

constexpr std::string_view kTakesMore = "any";
constexpr std::string_view kTakesOne = "one";

std::optional<std::string> read_note(const std::string& path) {
  if (path.empty()) return std::nullopt;
  const auto bytes = real_file_system().read(path, kNoteBytesMax);
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

bool keep_note(const std::string& path, std::string_view text) {
  FileSystem& fs = real_file_system();
  return !path.empty() && fs.create_folders(std::string(parent_path(path))) &&
         write_file_atomically(fs, path, as_byte_span(text));
}

// "any 1.23.2 CPU"
std::optional<BatchTrial> parse_trial(std::string_view note) {
  const size_t first = note.find(' ');
  const size_t second = note.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const std::string_view verdict = note.substr(0, first);
  if (verdict != kTakesMore && verdict != kTakesOne) return std::nullopt;
  return BatchTrial{
      .runs_on = {.runtime_version = std::string(note.substr(first + 1, second - first - 1)),
                  .provider = std::string(note.substr(second + 1))},
      .takes_more = verdict == kTakesMore};
}

}  // namespace

std::string NetworkNotes::best_batch_path(const RunsOn& runs_on, int threads_per_run) const {
  if (!are_kept()) return {};
  return join_path(folder_,
                   fmt::format("{}/{}-ort{}-{}-{}", kBatchesFolder, hash_, runs_on.runtime_version,
                               runs_on.provider, threads_per_run));
}

std::optional<int> NetworkNotes::best_batch(const RunsOn& runs_on, int threads_per_run) const {
  const auto note = read_note(best_batch_path(runs_on, threads_per_run));
  int batch = 0;
  if (!note || std::from_chars(note->data(), note->data() + note->size(), batch).ec != std::errc())
    return std::nullopt;
  return batch;
}

bool NetworkNotes::keep_best_batch(const RunsOn& runs_on, int threads_per_run, int batch) const {
  return keep_note(best_batch_path(runs_on, threads_per_run), std::to_string(batch));
}

std::string NetworkNotes::takes_more_path(const RunsOn& runs_on) const {
  if (!are_kept()) return {};
  return join_path(folder_, fmt::format("{}/{}-ort{}-{}-of-one", kBatchesFolder, hash_,
                                        runs_on.runtime_version, runs_on.provider));
}

std::optional<bool> NetworkNotes::takes_more(const RunsOn& runs_on) const {
  const auto note = read_note(takes_more_path(runs_on));
  const auto trial = note ? parse_trial(*note) : std::nullopt;
  if (!trial || trial->runs_on != runs_on) return std::nullopt;
  return trial->takes_more;
}

bool NetworkNotes::keep_takes_more(const RunsOn& runs_on, bool takes_more) const {
  return keep_note(takes_more_path(runs_on),
                   fmt::format("{} {} {}", takes_more ? kTakesMore : kTakesOne,
                               runs_on.runtime_version, runs_on.provider));
}

std::vector<BatchTrial> NetworkNotes::batch_trials() const {
  std::vector<BatchTrial> trials;
  if (!are_kept()) return trials;
  const std::string batches = join_path(folder_, kBatchesFolder);
  const auto entries = real_file_system().list(batches);
  if (!entries) return trials;
  for (const FolderEntry& entry : *entries) {
    if (!entry.name.starts_with(hash_) || !entry.name.ends_with("-of-one")) continue;
    const auto note = read_note(join_path(batches, entry.name));
    if (auto trial = note ? parse_trial(*note) : std::nullopt) trials.push_back(std::move(*trial));
  }
  std::ranges::sort(trials, {}, [](const BatchTrial& trial) {
    return std::tie(trial.runs_on.provider, trial.runs_on.runtime_version);
  });
  return trials;
}

std::string NetworkNotes::last_run_on_path(std::string_view reach) const {
  if (!are_kept() || reach.empty()) return {};
  return join_path(folder_, fmt::format("{}/{}-{}", kProvidersFolder, hash_,
                                        hash_content(as_byte_span(reach)).hex()));
}

std::optional<RunsOn> NetworkNotes::last_run_on(std::string_view reach) const {
  const auto note = read_note(last_run_on_path(reach));
  const size_t space = note ? note->find(' ') : std::string::npos;
  if (space == std::string::npos) return std::nullopt;
  return RunsOn{.runtime_version = note->substr(0, space), .provider = note->substr(space + 1)};
}

bool NetworkNotes::keep_last_run_on(std::string_view reach, const RunsOn& runs_on) const {
  return keep_note(last_run_on_path(reach),
                   fmt::format("{} {}", runs_on.runtime_version, runs_on.provider));
}

}  // namespace imagemill
