// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// How fast a network is here by itself, without pictures: in batches of several sizes, run as a job
// runs them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/job.h"
#include "imagemill/places.h"
#include "imagemill/status.h"

namespace imagemill {

struct BenchModelSpec {
  std::string model;                           // a model's name, or the path of an .onnx file
  std::map<std::string, std::string> options;  // names and values of bench_model_options()
  UserPlaces places;
};

// The sizes, the time to spend, and those of run_options() that are about networks.
std::span<const OptionSpec> bench_model_options();

struct BenchModelRow {
  int batch = 1;
  double batch_seconds = 0;  // of one batch, while as many as BenchModelReport says run; the median
  double images_per_second = 0;  // of all batches under way together; the median
  uint64_t resident_bytes = 0;   // of the process, after the first batches of this size
  int64_t runs = 0;              // batches that were timed; 0: not measured
  std::string problem = {};      // why not
};

struct BenchModelReport {
  std::string model;
  std::string provider;             // "CPU", "CUDA:0" ...
  std::string runtime_version;      // of ONNX Runtime
  std::string input;                // of one row: "float32 3x224x224"
  int runs_at_once = 1;             // batches under way together
  int threads_per_run = 1;          // on a CPU
  std::vector<BenchModelRow> rows;  // sizes ascending
  int best_batch =
      0;  // the smallest that is at most 10 % slower than the fastest; 0: none measured
  uint64_t peak_resident_bytes = 0;
  int remembered_batch = 0;             // what jobs begin with from now on; 0: nothing was kept
  bool is_whole = true;                 // false: stopped before the end
  std::vector<std::string> notes = {};  // devices that were not taken, sizes that do not fit
};

// Errors: kInvalidArgument for options; kNotFound for a model, a library of ONNX Runtime or a
// device that is not there; what the model says when it cannot be run at any of the sizes.
Result<BenchModelReport> bench_model(const BenchModelSpec& spec, const CancelToken& cancel);

// One object; the fields of the struct.
std::string to_json(const BenchModelReport& report);

}  // namespace imagemill
