// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill dedupe IN... [OUT]`: copies found and, when asked to, put aside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imagemill/dedupe.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

struct DedupeRequest {
  std::string action = "report";
  bool apply = false;
  std::string model;  // short for --embed.model
};

// The command with its own arguments; those of the run and the jobs are the caller's.
CLI::App* add_dedupe_command(CLI::App& app, std::vector<std::string>& paths,
                             DedupeRequest& request);

// Takes the output off the paths: the last of several, unless it is something that cannot have come
// of a run (a file, a folder with other things in it); then all are inputs. "": there is none.
std::string take_output(std::vector<std::string>& paths);

// What standard output is for.
enum class DedupeForm : uint8_t {
  kText,
  kJson,
  kEvents,  // of the listener: nothing else may be among them
};

// `run` as the command line, recipe and settings say; without an output a folder is used that
// nobody keeps. Prints; returns the exit code.
Result<int> run_dedupe(const DedupeRequest& request, RunSpec run, DedupeForm form,
                       Listener& listener, const CancelToken& cancel);

}  // namespace imagemill::cli
