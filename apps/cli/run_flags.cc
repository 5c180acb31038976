// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "run_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "json_events.h"
#include "option_flags.h"
#include "program_folder.h"
#include "progress_printer.h"
#include "settings.h"
#include "terminal.h"
#include "text_file.h"
#include "user_places.h"

namespace imagemill::cli {
namespace {

constexpr std::array kDisplayOptions = {
    OptionSpec{"progress", OptionKind::kChoice, "auto",
               "how to show on standard error what goes on; auto: as suits where that leads",
               "auto|terminal|plain|none"},
};

ProgressWish progress_wish(const std::string& text) {
  return text == "plain"      ? ProgressWish::kPlain
         : text == "none"     ? ProgressWish::kNone
         : text == "terminal" ? ProgressWish::kTerminal
                              : ProgressWish::kAuto;
}

// Jobs that a recipe names are not left out without a word.
Result<> refuse_other_jobs(const std::string& recipe, const std::string& own, const RunSpec& spec) {
  RunSpec said;
  if (own.empty()) return {};
  IMAGEMILL_TRY(apply_recipe(recipe, said));
  if (said.jobs.empty()) return {};
  const auto is_ours = [&](const JobRequest& job) {
    return std::ranges::find(spec.jobs, job.name, &JobRequest::name) != spec.jobs.end();
  };
  if (std::ranges::find(said.jobs, own, &JobRequest::name) != said.jobs.end() &&
      std::ranges::all_of(said.jobs, is_ours))
    return {};
  std::vector<std::string> names;
  for (const JobRequest& job : said.jobs) names.push_back(job.name);
  return fail(Code::kInvalidArgument,
              "jobs: {}, but this is imagemill {}; a recipe with other jobs is for imagemill run",
              fmt::join(names, ", "), own);
}

}  // namespace

void add_run_flags(CLI::App& command, RunFlags& flags, RunSpec& spec) {
  command.add_option("--recipe", flags.recipe, "YAML file with options; flags overrule it")
      ->type_name("FILE")
      ->group("Run");
  add_config_flag(command, flags.no_config);
  add_options(command, kDisplayOptions, "", "Run", flags.display);
  add_switch(command, "--json-events", "one JSON object a line on standard output, for programs",
             "Run", flags.json_events);
  add_options(command, run_options(), "", "Run", spec.options);
}

Result<> complete_run(const RunFlags& flags, RunSpec& spec) {
  IMAGEMILL_TRY(OptionValues::parse(kDisplayOptions, flags.display));
  if (!flags.recipe.empty()) {
    IMAGEMILL_ASSIGN_OR_RETURN(const std::string text, read_text_file(flags.recipe));
    auto merged = refuse_other_jobs(text, flags.job, spec);
    if (merged) merged = apply_recipe(text, spec);
    if (!merged) return std::unexpected(std::move(merged).error().with_context(flags.recipe));
  }
  if (!flags.no_config) IMAGEMILL_TRY(use_settings(settings_path(), spec));
  IMAGEMILL_ASSIGN_OR_RETURN(spec.standard_input, read_standard_input(spec.inputs));
  spec.codec_host = codec_host_path();
  IMAGEMILL_ASSIGN_OR_RETURN(spec.places, places_with(spec.options));
  return {};
}

Result<std::string> read_standard_input(std::span<const std::string> inputs) {
  std::string text;
  if (std::ranges::find(inputs, "-") == inputs.end()) return text;
  // A stream would take what cannot be read for the end.
  std::array<char, 65536> part;
  while (true) {
    const ssize_t n = read(STDIN_FILENO, part.data(), part.size());
    if (n == 0) return text;
    if (n > 0)
      text.append(part.data(), static_cast<size_t>(n));
    else if (errno != EINTR)
      return fail(Code::kIoError, "-: cannot read standard input: {}", std::strerror(errno));
  }
}

Result<std::unique_ptr<Listener>> make_run_listener(const RunFlags& flags) {
  IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues display,
                             OptionValues::parse(kDisplayOptions, flags.display));
  if (flags.json_events) return std::make_unique<JsonEvents>(std::cout);
  const TerminalTraits traits = read_terminal_traits(STDERR_FILENO);
  ProgressOptions options;
  options.style = choose_progress_style(progress_wish(display.text("progress")), traits);
  options.line_style =
      LineStyle{.colour = options.style == ProgressStyle::kTerminal && !traits.no_colour,
                .unicode = traits.is_utf8};
  options.terminal_size = [] { return read_terminal_size(STDERR_FILENO); };
  options.plan = &std::cout;
  return std::make_unique<ProgressPrinter>(std::cerr, std::move(options));
}

}  // namespace imagemill::cli
