// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What runs find out about a network and later ones need not find out again: small files in the
// cache folder, named after everything that what they say depends on, so that none is ever stale.
// One that cannot be read or written is as good as none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagemill {

// In the cache folder: optimised graphs, what is known of batches, which provider a model ran on.
inline constexpr std::string_view kGraphsFolder = "graphs";
inline constexpr std::string_view kBatchesFolder = "batches";
inline constexpr std::string_view kProvidersFolder = "providers";

// What runs a network.
struct RunsOn {
  std::string runtime_version;
  std::string provider;

  bool operator==(const RunsOn&) const = default;
};

// Of a model whose file says that its batch is one.
struct BatchTrial {
  RunsOn runs_on;
  bool takes_more = false;  // with the same rows
};

class NetworkNotes {
 public:
  // cache_folder "": nothing is known, and nothing is kept.
  NetworkNotes(std::string cache_folder, std::string model_hash)
      : folder_(std::move(cache_folder)), hash_(std::move(model_hash)) {}

  bool are_kept() const { return !folder_.empty(); }

  // The keep_ functions return whether there is a place for it.
  std::optional<int> best_batch(const RunsOn& runs_on, int threads_per_run) const;
  bool keep_best_batch(const RunsOn& runs_on, int threads_per_run, int batch) const;

  // BatchTrial::takes_more; nullopt: it was not tried yet.
  std::optional<bool> takes_more(const RunsOn& runs_on) const;
  bool keep_takes_more(const RunsOn& runs_on, bool takes_more) const;
  std::vector<BatchTrial> batch_trials() const;  // of all there is

  // What ran it last where devices and libraries were the same; `reach` names these, "": not known.
  std::optional<RunsOn> last_run_on(std::string_view reach) const;
  bool keep_last_run_on(std::string_view reach, const RunsOn& runs_on) const;

 private:
  std::string best_batch_path(const RunsOn& runs_on, int threads_per_run) const;
  std::string takes_more_path(const RunsOn& runs_on) const;
  std::string last_run_on_path(std::string_view reach) const;

  std::string folder_;
  std::string hash_;
};

}  // namespace imagemill
