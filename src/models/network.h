// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A model at work: its session and the batches that are formed for it. Opened when the first
// picture needs it, so that a run that finds all its results elsewhere never loads a runtime.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "imagemill/events.h"
#include "infer/batcher.h"
#include "infer/fallback_runner.h"
#include "infer/onnx_runtime.h"
#include "models/batch_room.h"
#include "models/model_store.h"
#include "models/network_notes.h"

namespace imagemill {

struct NetworkSettings {
  RuntimeSettings runtime;
  std::string device = "auto";
  int threads_per_run = 1;  // of a CPU
  int batch = 0;            // 0: whatever turns out to be fastest
  // "": nothing is kept.
  std::string cache_folder;
  int threads = 1;  // that may run batches at once
  // What the network and its batches may take of the host's memory; 0: any amount.
  uint64_t bytes_max = 0;
  // For tests: stands between the batches and what runs them. Null: nothing does.
  std::function<std::unique_ptr<ModelRunner>(std::unique_ptr<ModelRunner>)> intercept = {};
};

// What came of a file that says that its batch is one (see batch_of_one.h).
enum class BatchOfOne : uint8_t {
  kNotSaid,
  kNotTried,  // nothing would be remembered, or nobody wants more than one row
  kOpened,    // batches of any size: the rows are the same
  kKept,      // larger ones fail or change rows, as far as that could be found out
};

class Network {
 public:
  using Tell = std::function<void(RunWarning)>;

  // What a run needs of the model's outputs, in the order of a row's tensors.
  Network(FoundModel model, std::string content_hash, std::vector<std::string> outputs,
          const NetworkSettings& settings, Tell tell);
  ~Network();

  const FoundModel& model() const { return model_; }
  const ModelInput& input() const { return model_.manifest.input; }
  const std::string& content_hash() const { return hash_; }
  uint64_t row_bytes() const;

  // Opens the network when first called; others wait meanwhile. An error is the same for ever: no
  // ONNX Runtime, a model that it refuses, one that fails on a black picture, a device that went
  // away and that nothing may take the place of.
  Result<Batcher*> batcher();

  // Names what its results depend on: the model, the version of the runtime, the provider. Before
  // the network is opened as it was when it last was (NetworkSettings::cache_folder says); nullopt
  // where nothing tells, and where they depend on the other rows of a batch.
  std::optional<std::string> identity() const;

  // Null before batcher() succeeded.
  const Batcher* open_batcher() const;
  ElementType input_type() const { return input_type_; }
  std::string provider() const;  // the one that works at the moment

  // After batcher() succeeded: what runs the batches, and how they are formed. For measuring.
  ModelRunner& runner() { return *runner_; }
  const BatcherSettings& batching() const { return batching_; }
  const OnnxRuntime& runtime() const { return *runtime_; }
  BatchOfOne batch_of_one() const { return batch_of_one_; }
  // Batches under way together, where a run has so many compute threads.
  int runs_at_once(int threads) const;
  double open_seconds() const;  // since it was opened

  // Writes down which batch was best, for the next run.
  void remember();
  // The same for what was found out elsewhere. False: there is no place for it.
  bool remember(int batch);

 private:
  // Whether a session takes the batch that the file says, or any.
  enum class BatchSide : uint8_t { kAsDeclared, kOpen };
  // A session that has worked once.
  struct Tried {
    std::unique_ptr<Session> session;
    std::vector<size_t> outputs;  // positions of output_names_
    uint64_t weights = 0;         // what it holds in memory, as far as the runtime tells
    uint64_t run_bytes = 0;       // what the run took besides
  };

  Result<> open();
  // The session for the work. Sets batch_of_one_.
  Result<Tried> find_session();
  // One with its batch open, where it gives the rows that `declared` gives; that is remembered.
  std::optional<Tried> open_batch(const Tried& declared) const;
  Result<Tried> try_session(const std::string& device, BatchSide side) const;
  Result<std::unique_ptr<Session>> open_session(
      const std::string& device, BatchSide side,
      const std::function<Result<>(Session&)>& trial) const;
  Result<> check_on_black(ModelRunner& model, std::span<const size_t> outputs) const;
  void tell_of(const Session& session) const;
  BatchRoom room_for(const Tried& tried) const;
  BatcherSettings plan_batches(const Tried& tried) const;
  // The session, watched where its device may go away.
  std::unique_ptr<ModelRunner> make_runner(std::unique_ptr<Session> session,
                                           const std::vector<size_t>& outputs);
  // What takes the place of a device that is gone, where the user left the choice of one to us.
  Result<std::unique_ptr<ModelRunner>> go_on_on_cpu(const Status& why);
  bool has_fallen_back() const;  // to the CPU, in the middle of the work
  RunsOn runs_on(const Session& session) const;
  std::string reach() const;
  std::string identity_on(const RunsOn& runs_on) const;

  const FoundModel model_;
  const std::string hash_;
  const std::vector<std::string> output_names_;
  const NetworkSettings settings_;
  const Tell tell_;

  const NetworkNotes notes_;
  const std::optional<RunsOn> last_run_on_;  // in an earlier run, where all was the same

  std::once_flag opened_;
  std::optional<Status> failure_;
  std::shared_ptr<OnnxRuntime> runtime_;
  RunsOn runs_on_;
  BatchOfOne batch_of_one_ = BatchOfOne::kNotSaid;
  ElementType input_type_ = ElementType::kF32;
  std::unique_ptr<ModelRunner> runner_;
  const FallbackRunner* fallback_ = nullptr;  // in runner_, where the device may be given up
  BatcherSettings batching_;
  std::chrono::steady_clock::time_point opened_at_;
  std::unique_ptr<Batcher> batcher_;
  std::atomic<bool> is_open_ = false;
  OnnxRuntime::Listening listening_;  // to the runtime's own warnings
};

// The networks of one run. Any thread.
class NetworkSet {
 public:
  explicit NetworkSet(NetworkSettings settings) : settings_(std::move(settings)) {}

  // Warnings, licences that are not permissive, fall-backs, and what the runtime itself warns of
  // while networks are there, go here, each once; null: nowhere.
  void set_listener(Network::Tell tell);

  // NetworkSettings::intercept of the networks that are added after it.
  void intercept(
      std::function<std::unique_ptr<ModelRunner>(std::unique_ptr<ModelRunner>)> intercept) {
    settings_.intercept = std::move(intercept);
  }

  // Not opened yet; its files are read once, to know what they hold. The pointer is good as long as
  // the set.
  Result<Network*> add(FoundModel model, std::vector<std::string> outputs);

  // How many rows may be in batches at once: those that run, on `threads` or a device, and those
  // that are gathered meanwhile.
  int rows_waiting_max(int threads) const;

  // Runs a batch that waits for pictures that may not come. False: none does.
  bool run_partial();

  const std::vector<std::unique_ptr<Network>>& all() const { return networks_; }

 private:
  void tell(RunWarning warning);

  NetworkSettings settings_;
  std::mutex mutex_;
  Network::Tell listener_;                          // guarded by mutex_
  std::set<std::string> told_;                      // guarded by mutex_
  std::vector<std::unique_ptr<Network>> networks_;  // they tell until the last moment
};

}  // namespace imagemill
