// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "cache_command.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "exit_code.h"
#include "imagemill/cache.h"
#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

std::string results_line(const CacheContent& content) {
  const std::string bytes = human_bytes(content.result_bytes);
  return content.damage.empty()
             ? fmt::format("  {} results, {}\n", human_count(content.results), bytes)
             : fmt::format("  damaged results, {} ({})\n", bytes, terminal_escape(content.damage));
}

}  // namespace

void add_cache_command(CLI::App& app, CacheRequest& request, std::function<void()> chosen) {
  CLI::App* cache = app.add_subcommand("cache", "What runs keep to save later ones work");
  cache->require_subcommand(1);
  const auto action = [&](const char* name, const char* what, CacheRequest::Action value) {
    CLI::App* command = cache->add_subcommand(name, what);
    command->add_option("--cache", request.folder, "folder; else the user's cache folder")
        ->option_text("DIR");
    command->callback([&request, chosen, value] {
      request.action = value;
      chosen();
    });
  };
  action("stats", "Where it is, how much there is", CacheRequest::Action::kStats);
  action("clear", "Remove it all; it is made again when it is needed",
         CacheRequest::Action::kClear);
}

Result<int> run_cache(const CacheRequest& request, const std::string& user_folder) {
  const std::string& folder = request.folder.empty() ? user_folder : request.folder;
  if (folder.empty())
    return fail(Code::kInvalidArgument,
                "no folder for the cache: neither IMAGEMILL_CACHE nor HOME says where");
  IMAGEMILL_ASSIGN_OR_RETURN(const CacheContent content, cache_content(folder));
  if (request.action == CacheRequest::Action::kClear) IMAGEMILL_TRY(clear_cache(folder));
  std::cout << terminal_escape(folder)
            << (request.action == CacheRequest::Action::kClear ? ": cleared of\n" : "\n")
            << results_line(content)
            << fmt::format("  {} optimised networks, {}\n", human_count(content.graphs),
                           human_bytes(content.graph_bytes));
  return kExitDone;
}

}  // namespace imagemill::cli
