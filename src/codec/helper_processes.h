// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Who gets which helper process. Private to the codec folder; see helper_client.h.
#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "codec/helper_client.h"
#include "codec/helper_process.h"

namespace imagemill {

// Of the formats that the process has codecs for too.
inline constexpr const char* kBuiltinFamily = "builtin";

// One thread that does all the spawning and lives as long as the pool: the system kills a child
// when the *thread* that made it ends (PR_SET_PDEATHSIG), and callers come and go.
class SpawnThread {
 public:
  SpawnThread();
  ~SpawnThread();
  Result<std::unique_ptr<HelperProcess>> spawn(HelperCommand command);

 private:
  using Task = std::packaged_task<Result<std::unique_ptr<HelperProcess>>()>;

  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool is_closing_ = false;
  std::thread thread_;
};

class HelperProcesses {
 public:
  explicit HelperProcesses(HelperOptions options) : options_(std::move(options)) {}

  // A process for one call; goes back to the pool, or out of it, when destroyed.
  class Lease {
   public:
    Lease(HelperProcesses& processes, std::unique_ptr<HelperProcess> process)
        : processes_(&processes), process_(std::move(process)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (process_) processes_->give_back(std::move(process_), is_good_);
    }

    HelperProcess* operator->() const { return process_.get(); }
    // The call ended as the protocol wants; without this the process is not used again.
    void keep() { is_good_ = true; }

   private:
    HelperProcesses* processes_;
    std::unique_ptr<HelperProcess> process_;
    bool is_good_ = false;
  };

  // Waits while as many as options allow are busy. `what` names the format in errors.
  Result<Lease> acquire(std::string_view family, std::string_view what);

  const HelperOptions& options() const { return options_; }
  std::optional<std::string> take_note();

 private:
  // Processes of the built-in codecs do not wait for those of others, nor others for them.
  struct Lane {
    int busy = 0;  // leased or starting
    int busy_max;
  };

  Lane& lane_of(std::string_view family) {
    return family == kBuiltinFamily ? builtin_lane_ : lane_;
  }
  Result<std::unique_ptr<HelperProcess>> start(std::string_view family, std::string_view what);
  void give_back(std::unique_ptr<HelperProcess> process, bool is_good);

  const HelperOptions options_;
  SpawnThread spawner_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<HelperProcess>> idle_;  // the longest idle first
  Lane lane_{.busy_max = options_.max_processes};
  Lane builtin_lane_{.busy_max = options_.max_builtin_processes};
  std::optional<std::string> note_;
  bool note_taken_ = false;
};

}  // namespace imagemill
