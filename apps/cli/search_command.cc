// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill search`: the pictures of an output that are nearest to a picture.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>

#include "command_parser.h"
#include "commands.h"
#include "embed_setup_flags.h"
#include "exit_code.h"
#include "imagemill/search.h"
#include "interrupts.h"
#include "notice_printer.h"
#include "option_flags.h"
#include "search_text.h"
#include "text_file.h"

namespace imagemill::cli {
namespace {

constexpr std::array kOwnOptions = {
    OptionSpec{"k", OptionKind::kInteger, "10", "how many pictures to show of each", "", 1,
               1'000'000},
    OptionSpec{"metric", OptionKind::kChoice, "cosine",
               "cosine: 1 is alike; l2: Euclidean distance, 0 is alike", "cosine|l2"},
    OptionSpec{"index", OptionKind::kChoice, "exact",
               "exact: the truth; hnsw: by a graph that lies beside the vectors, made when "
               "missing, which may miss some",
               "exact|hnsw"},
};

struct SearchRequest {
  SearchSpec spec;
  EmbedSetupFlags flags;
  std::map<std::string, std::string> options;  // names and values of kOwnOptions
  std::string html;                            // path of the page; "": none
};

Result<int> run_search(SearchRequest& request) {
  SearchSpec& spec = request.spec;
  IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues own,
                             OptionValues::parse(kOwnOptions, request.options));
  spec.k = static_cast<size_t>(own.integer("k"));
  spec.metric = own.text("metric");
  spec.index = own.text("index");
  spec.with_thumbnails = !request.html.empty();
  IMAGEMILL_ASSIGN_OR_RETURN(const WorkFolder folder, complete_setup(request.flags, spec.setup));
  WarningPrinter listener;
  IMAGEMILL_ASSIGN_OR_RETURN(const SearchReport report, search(spec, listener, catch_interrupts()));
  if (!request.html.empty()) IMAGEMILL_TRY(write_text_file(request.html, to_html(report)));
  std::cout << (request.flags.json ? to_json(report) + '\n' : search_text(report));
  const bool is_whole = std::ranges::all_of(
      report.queries, [](const QueryResult& query) { return query.error.empty(); });
  return is_whole ? kExitDone : kExitSomeFailed;
}

}  // namespace

void add_search_command(CommandParser& parser) {
  const auto [command, request] = parser.add(
      "search", "The pictures of an output of embed that are nearest to one", run_search);
  SearchSpec& spec = request.spec;
  add_repeated_option(command, "--image", "FILE",
                      "a picture to search for; may be given several times", spec.images);
  add_repeated_option(command, "--key", "KEY",
                      "one of the output's own pictures, by its key in features_index.csv; needs "
                      "no model",
                      spec.keys);
  add_options(command, kOwnOptions, "", "Options", request.options);
  command.add_option("--html", request.html, "write a page with thumbnails to this file")
      ->type_name("FILE");
  add_output_flags(command, spec.output, spec.setup, spec.inputs);
  add_setup_flags(command, request.flags, spec.setup);
}

}  // namespace imagemill::cli
