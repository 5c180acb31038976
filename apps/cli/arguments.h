// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The command line, from option schemas: one flag per row, nothing typed twice.
#pragma once

#include <string>
#include <vector>

#include "cache_command.h"
#include "compare_command.h"
#include "dedupe_command.h"
#include "imagemill/bench_model.h"
#include "imagemill/engine.h"
#include "imagemill/merge.h"
#include "models_command.h"
#include "search_command.h"
#include "stability_command.h"
#include "terminal.h"

namespace imagemill::cli {

struct Arguments {
  enum class Command : uint8_t {
    kNone,
    kRun,
    kInspect,
    kMerge,
    kReport,
    kDoctor,
    kSchema,
    kModels,
    kCache,
    kBenchModel,
    kDedupe,
    kSearch,
    kCompare,
    kStability
  };
  Command command = Command::kNone;
  RunSpec run;                 // kRun, kDedupe; kInspect: inputs and options
  MergeSpec merge;             // kMerge
  ModelsRequest models;        // kModels
  CacheRequest cache;          // kCache
  BenchModelSpec bench;        // kBenchModel: without places
  DedupeRequest dedupe;        // kDedupe
  SearchRequest search;        // kSearch
  CompareRequest compare;      // kCompare
  StabilityRequest stability;  // kStability
  std::string recipe;          // path of --recipe
  std::string output;          // kReport
  std::string schema_job;      // kSchema: a job's name, "" for the run's own options
  ProgressWish progress = ProgressWish::kAuto;
  bool no_config = false;  // of the same and kBenchModel: the user's settings file is left alone
  bool json_events = false;
  bool json = false;  // kInspect, kBenchModel, kDedupe: the report as JSON
  int exit_code =
      -1;  // at least 0: print `text` and leave with it (--help, --version, usage errors)
  std::string text;
};

Arguments parse_arguments(int argc, char** argv);

}  // namespace imagemill::cli
