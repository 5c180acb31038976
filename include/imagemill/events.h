// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a run tells while it runs. The engine never prints: listeners decide how events look.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "imagemill/status.h"

namespace imagemill {

struct StageSnapshot {
  std::string name;
  int64_t items = 0;        // finished by this stage
  int64_t in_progress = 0;  // being worked on right now
  int64_t queue_depth = 0;  // waiting before it
  int64_t queue_capacity = 0;
  double busy_seconds = 0;  // summed over threads
  uint64_t bytes = 0;       // bytes that left the stage
  int threads = 0;          // that may work on it at once; 0: all of the run's
};

// What is known of one size of batches.
struct BatchSizeSnapshot {
  int batch = 1;
  double seconds_per_image = 0;  // of one run: the best while it was tried; 0: not known
  // The most that the process was seen to hold while batches of this size were formed, whatever
  // else it did then; 0: not seen.
  uint64_t resident_bytes = 0;
};

// A network of the run, from when it was opened.
struct NetworkSnapshot {
  std::string model;
  std::string provider;                  // what runs it: "CPU", "CUDA:0"
  int64_t images = 0;                    // rows of batches: pictures, or parts of them
  int64_t batches = 0;                   // that were run
  double images_per_second = 0;          // in the last second
  double images_per_second_average = 0;  // moving average
  int batch_size = 0;                    // of the batches that are formed now
  double batch_fill = 0;                 // share of the batches' rows that were taken, 0..1
  // Share of the time in which batches ran: of the compute threads on a CPU, of the device else.
  double busy_share = 0;
  double wait_seconds = 0;      // that an image waited for its batch to start, on average
  int64_t waiting = 0;          // images that wait now
  int64_t memory_halvings = 0;  // how often a batch was too large for the memory
  std::vector<BatchSizeSnapshot> sizes = {};  // ascending
};

struct RunStarted {
  int64_t items_total = 0;    // listed
  int64_t items_resumed = 0;  // finished by an earlier try, not done again
  std::vector<std::string> inputs = {};
  std::string output = {};
  std::string state_folder = {};  // of its report and rejects.jsonl; "": a dry run writes none
  std::vector<std::string> jobs = {};
  int threads = 0;
  uint64_t max_memory_bytes = 0;
};

// About every quarter of a second.
struct RunProgress {
  double seconds = 0;
  int64_t items_total = 0;
  int64_t done = 0;  // including resumed
  int64_t failed = 0;
  int64_t skipped = 0;
  double items_per_second = 0;  // moving average
  double eta_seconds = -1;      // -1: not known yet
  std::vector<StageSnapshot> stages = {};
  std::vector<NetworkSnapshot> networks = {};  // those that are open
  std::string bottleneck = {};  // name of the stage that holds the others up; "" while unclear
  uint64_t memory_in_flight_bytes = 0;
  uint64_t resident_bytes = 0;
  double cpu_percent = 0;  // of one core; 200 = two cores busy
};

struct ItemFailed {
  std::string key;
  std::string stage;
  Status status;
};

// Of a dry run: what would become of an input, as far as its name tells, or of the whole run.
struct RunPlanned {
  std::string key = {};                   // of the input; "": of the whole run
  std::vector<std::string> outputs = {};  // files that jobs would write of it, below the output
  std::string note = {};                  // of the whole run: a sentence
};

struct RunWarning {
  std::string message;
  // The library whose words they are ("onnxruntime"): for the record, people need not see them.
  // "": of Imagemill.
  std::string source = {};
};

struct RunFinished {
  enum class Outcome : uint8_t { kComplete, kCancelled, kFailed };
  Outcome outcome = Outcome::kComplete;
  std::string error = {};  // kFailed: why
  int64_t items_total = 0;
  int64_t done = 0;
  int64_t failed = 0;
  int64_t skipped = 0;
  int64_t damaged = 0;
  int64_t items_resumed = 0;
  int64_t results_reused = 0;  // of jobs and items, taken from what earlier runs kept (--cache)
  // Job -> how many of the done items it left out, because of its `where` or of a job that it waits
  // for; those of earlier tries included.
  std::map<std::string, int64_t> job_skips = {};
  int64_t copies_left = 0;  // by `dedupe`: copies that it was to act upon and did not
  double seconds = 0;
  uint64_t peak_resident_bytes = 0;
  std::vector<StageSnapshot> stages = {};
  std::vector<NetworkSnapshot> networks = {};  // those that were opened
};

struct DuplicateFindings;  // dedupe.h
struct DuplicateStep;

// Called from the run's own threads, never two calls at once. Must be quick: the pipeline waits.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_started(const RunStarted&) {}
  // Of a dry run, which has no progress: every input in the order of the keys, then the run.
  virtual void on_planned(const RunPlanned&) {}
  virtual void on_progress(const RunProgress&) {}
  virtual void on_item_failed(const ItemFailed&) {}
  virtual void on_warning(const RunWarning&) {}
  // Of `dedupe`: what was found, then each copy that is acted upon.
  virtual void on_duplicates(const DuplicateFindings&) {}
  virtual void on_duplicate_step(const DuplicateStep&) {}
  virtual void on_finished(const RunFinished&) {}
};

}  // namespace imagemill
