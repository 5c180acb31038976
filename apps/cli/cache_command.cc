// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill cache ...`: what runs keep for later ones.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "command_parser.h"
#include "commands.h"
#include "exit_code.h"
#include "imagemill/cache.h"
#include "imagemill/engine.h"
#include "imagemill/text.h"
#include "option_flags.h"
#include "settings.h"
#include "terminal_text.h"
#include "user_places.h"

namespace imagemill::cli {
namespace {

struct CacheRequest {
  std::map<std::string, std::string> options;  // of a run, those that are about the cache
  bool no_config = false;
};

// Of a run's options the one that says where its cache is.
std::vector<OptionSpec> place_options() {
  std::vector<OptionSpec> options;
  for (const OptionSpec& option : run_options())
    if (option.name == "cache") options.push_back(option);
  return options;
}

// Where a run with these options would keep what it keeps.
Result<std::string> cache_folder(CacheRequest& request) {
  if (!request.no_config)
    IMAGEMILL_TRY(use_settings(settings_path(), place_options(), request.options));
  IMAGEMILL_ASSIGN_OR_RETURN(UserPlaces places, places_with(request.options));
  if (places.cache.empty())
    return fail(Code::kInvalidArgument,
                "no folder for the cache: it is off, or neither IMAGEMILL_CACHE nor HOME says "
                "where");
  return std::move(places.cache);
}

std::string results_line(const CacheContent& content) {
  const std::string bytes = human_bytes(content.result_bytes);
  return content.damage.empty()
             ? fmt::format("  {} results, {}\n", human_count(content.results), bytes)
             : fmt::format("  damaged results, {} ({})\n", bytes, terminal_escape(content.damage));
}

void print(const CacheContent& content) {
  std::cout << results_line(content)
            << fmt::format("  {} optimised networks, {}\n", human_count(content.graphs),
                           human_bytes(content.graph_bytes));
}

Result<int> run_stats(CacheRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string folder, cache_folder(request));
  IMAGEMILL_ASSIGN_OR_RETURN(const CacheContent content, cache_content(folder));
  std::cout << terminal_escape(folder) << '\n';
  print(content);
  return kExitDone;
}

Result<int> run_clear(CacheRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string folder, cache_folder(request));
  IMAGEMILL_ASSIGN_OR_RETURN(const CacheContent content, cache_content(folder));
  IMAGEMILL_TRY(clear_cache(folder));
  std::cout << terminal_escape(folder) << ": cleared of\n";
  print(content);
  return kExitDone;
}

}  // namespace

void add_cache_commands(CommandParser& parser) {
  CLI::App& cache = parser.add_family("cache", "What runs keep to save later ones work");
  const auto add = [&](const char* name, const char* summary,
                       Result<int> (*run)(CacheRequest& request)) {
    const auto [command, request] = parser.add_to(cache, name, summary, run);
    add_options(command, place_options(), "", "Run", request.options);
    add_config_flag(command, request.no_config);
  };
  add("stats", "Where it is, how much there is", run_stats);
  add("clear", "Remove it all; it is made again when it is needed", run_clear);
}

}  // namespace imagemill::cli
