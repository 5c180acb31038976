// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "search_command.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "exit_code.h"
#include "option_flags.h"
#include "search_text.h"
#include "work_folder.h"

namespace imagemill::cli {
namespace {

Result<> write_page(const std::string& path, const std::string& page) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << page;
  file.close();
  if (!file) return fail(Code::kIoError, "{}: cannot write the page", path);
  return {};
}

}  // namespace

void add_search_command(CLI::App& app, SearchRequest& request, std::function<void()> chosen) {
  SearchSpec& spec = request.spec;
  CLI::App* command =
      app.add_subcommand("search", "The pictures of an output of embed that are nearest to one");
  command->add_option("output", spec.output, "output of a run with the job embed")
      ->required()
      ->option_text("OUT");
  command->add_option("--image", spec.images, "a picture to search for; may be given several times")
      ->allow_extra_args(false);
  command
      ->add_option("--key", spec.keys,
                   "one of the output's own pictures, by its key in features_index.csv; needs no "
                   "model")
      ->allow_extra_args(false);
  add_count(*command, "-k", spec.k, "how many pictures to show of each [10]");
  command->add_option("--metric", spec.metric, "cosine|l2 [cosine]");
  command->add_option("--index", spec.index,
                      "exact: the truth; hnsw: by a graph that lies beside the vectors, made when "
                      "missing, which may miss some (exact|hnsw) [exact]");
  command->add_option("--model", spec.setup.model,
                      "path of the output's model, where the file is elsewhere by now");
  command
      ->add_option("--input", spec.inputs,
                   "the output's inputs, in their order, where they are elsewhere by now")
      ->allow_extra_args(false);
  command->add_flag("--json", request.json, "for programs");
  command->add_option("--html", request.html, "write a page with thumbnails to this file");
  command->add_flag("--no-config", request.no_config, "leave the user's settings file alone")
      ->group("Run");
  add_options(*command, embed_setup_options(), "", "Run", spec.setup.options);
  command->callback(std::move(chosen));
}

Result<int> run_search(SearchRequest& request, Listener& listener, const CancelToken& cancel) {
  IMAGEMILL_ASSIGN_OR_RETURN(const WorkFolder folder, WorkFolder::make());
  request.spec.setup.work_folder = folder.path();
  request.spec.with_thumbnails = !request.html.empty();
  IMAGEMILL_ASSIGN_OR_RETURN(const SearchReport report, search(request.spec, listener, cancel));
  if (!request.html.empty()) IMAGEMILL_TRY(write_page(request.html, to_html(report)));
  std::cout << (request.json ? to_json(report) + '\n' : search_text(report));
  const bool is_whole = std::ranges::all_of(
      report.queries, [](const QueryResult& query) { return query.error.empty(); });
  return is_whole ? kExitDone : kExitSomeFailed;
}

}  // namespace imagemill::cli
