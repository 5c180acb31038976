// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill merge`: one output of those of shards.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "command_parser.h"
#include "commands.h"
#include "exit_code.h"
#include "imagemill/merge.h"
#include "imagemill/text.h"
#include "interrupts.h"
#include "notice_printer.h"
#include "option_flags.h"
#include "program_folder.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

struct MergeRequest {
  MergeSpec spec;
  std::vector<std::string> paths;  // OUT SHARD_OUT...
};

Result<int> run_merge(MergeRequest& request) {
  MergeSpec& spec = request.spec;
  spec.output = request.paths.front();
  spec.shards.assign(request.paths.begin() + 1, request.paths.end());
  spec.codec_host = codec_host_path();
  WarningPrinter listener;
  IMAGEMILL_ASSIGN_OR_RETURN(const MergeFinished merged, merge(spec, listener, catch_interrupts()));
  std::cout << fmt::format("{} items added, {} files linked, {} copied\n",
                           human_count(merged.added), human_count(merged.linked),
                           human_count(merged.copied))
            << fmt::format("{}: {} done, {} failed, {} skipped\n", terminal_escape(spec.output),
                           human_count(merged.done), human_count(merged.failed),
                           human_count(merged.skipped));
  if (merged.missing > 0)
    std::cout << fmt::format(
        "At least {} inputs are in none of these shards: merge theirs as well, or give the command "
        "without --shard this output\n",
        human_count(merged.missing));
  if (merged.shards_missing > 0) {
    std::string names;
    for (const uint64_t shard : merged.missing_shards)
      names += fmt::format(" {}/{}", shard, merged.shard_count);
    std::cout << fmt::format("Of {} shards {} {} missing:{}{}\n", merged.shard_count,
                             merged.shards_missing, merged.shards_missing == 1 ? "is" : "are",
                             names,
                             merged.missing_shards.size() < merged.shards_missing ? " ..." : "");
  }
  for (const std::string& shard : merged.unfinished)
    std::cout << terminal_escape(shard)
              << ": its run has not come to its end; let it go on, and merge again\n";
  return merged.failed > 0 || !merged.is_whole() ? kExitSomeFailed : kExitDone;
}

}  // namespace

void add_merge_command(CommandParser& parser) {
  const auto [command, request] = parser.add(
      "merge", "Make one output of those of --shard 1/n, 2/n ... of the same command", run_merge);
  request.spec.command = parser.words();
  add_words(command, "OUT SHARD_OUT...", 2, "the output folder, then those of the shards",
            request.paths);
  add_switch(command, "--copy",
             "copy the files and compare each with its hash; without it they are shared with the "
             "shards (hard links) where the file system can do that",
             "Options", request.spec.copy);
}

}  // namespace imagemill::cli
