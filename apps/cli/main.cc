// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Arguments to a RunSpec, events to a terminal, outcome to an exit code. No image code.
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <system_error>
#include <utility>

#include "arguments.h"
#include "bench_model_command.h"
#include "collection_text.h"
#include "doctor_text.h"
#include "exit_code.h"
#include "imagemill/doctor.h"
#include "imagemill/engine.h"
#include "imagemill/inspect.h"
#include "imagemill/merge.h"
#include "imagemill/text.h"
#include "json_events.h"
#include "progress_printer.h"
#include "settings.h"
#include "terminal.h"
#include "terminal_text.h"
#include "user_places.h"
#include "work_folder.h"

namespace imagemill::cli {
namespace {

CancelToken cancel_token;
volatile std::sig_atomic_t interrupts = 0;

// The first Ctrl-C drains, the second leaves at once: both can be resumed.
void on_interrupt(int) {
  cancel_token.request();
  interrupts = interrupts + 1;
  if (interrupts < 2) return;
  if (write(STDERR_FILENO, kRestoreTerminal.data(), kRestoreTerminal.size()) < 0)
    _exit(kExitCancelled);
  _exit(kExitCancelled);
}

void install_signal_handlers() {
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

// Pictures come and go by the megabyte. Left alone, glibc maps and unmaps each of them, and a heap
// per thread keeps what the largest picture needed. Here blocks up to 4 MB are reused from few
// heaps, larger ones go back to the system.
void bound_allocator() {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
  mallopt(M_ARENA_MAX, 1);
}

std::string folder_of_executable() {
  std::string path(4096, '\0');
  const ssize_t n = readlink("/proc/self/exe", path.data(), path.size());
  if (n <= 0) return ".";
  path.resize(static_cast<size_t>(n));
  return path.substr(0, path.rfind('/'));
}

// Beside the program, as it is built, or where it is installed.
std::string codec_host_path() {
  const std::string folder = folder_of_executable();
  const std::string beside = folder + "/imagemill-codec";
  const std::string installed = folder + "/../libexec/imagemill/imagemill-codec";
  return access(installed.c_str(), X_OK) == 0 && access(beside.c_str(), X_OK) != 0 ? installed
                                                                                   : beside;
}

int complain(const Status& status) {
  std::cerr << "imagemill: " << terminal_escape(status.message()) << '\n';
  if (status.code() == Code::kCancelled) return kExitCancelled;  // before the run could begin
  return status.code() == Code::kInvalidArgument ? kExitUsage : kExitRunFailed;
}

// What recipe, settings, standard input and the program's place say of the run.
Result<> complete_spec(const Arguments& arguments, RunSpec& spec) {
  if (!arguments.recipe.empty()) {
    if (std::error_code none; std::filesystem::is_directory(arguments.recipe, none))
      return fail(Code::kInvalidArgument, "{}: a folder, expected a YAML file", arguments.recipe);
    std::ifstream file(arguments.recipe, std::ios::binary);
    if (!file) return fail(Code::kNotFound, "{}: cannot open the recipe", arguments.recipe);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (auto merged = apply_recipe(text, spec); !merged)
      return std::unexpected(std::move(merged).error().with_context(arguments.recipe));
  }
  if (!arguments.no_config) IMAGEMILL_TRY(use_settings(settings_path(), spec));
  for (const std::string& input : spec.inputs) {
    if (input == "-" && spec.standard_input.empty())
      spec.standard_input.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  spec.codec_host = codec_host_path();
  spec.places = user_places(folder_of_executable());
  return {};
}

std::unique_ptr<Listener> make_listener(const Arguments& arguments) {
  if (arguments.json_events) return std::make_unique<JsonEvents>(std::cout);
  const TerminalTraits traits = read_terminal_traits(STDERR_FILENO);
  ProgressOptions options;
  options.style = choose_progress_style(arguments.progress, traits);
  options.line_style =
      LineStyle{.colour = options.style == ProgressStyle::kTerminal && !traits.no_colour,
                .unicode = traits.is_utf8};
  options.terminal_size = [] { return read_terminal_size(STDERR_FILENO); };
  return std::make_unique<ProgressPrinter>(std::cerr, std::move(options));
}

int run(Arguments& arguments) {
  RunSpec& spec = arguments.run;
  if (auto completed = complete_spec(arguments, spec); !completed)
    return complain(completed.error());
  const auto listener = make_listener(arguments);
  install_signal_handlers();
  const auto finished = Engine().run(spec, *listener, cancel_token);
  if (!finished) return complain(finished.error());
  return exit_code(*finished);
}

int inspect(const Arguments& arguments) {
  InspectSpec spec{.inputs = arguments.run.inputs,
                   .options = arguments.run.options,
                   .standard_input = {},
                   .codec_host = codec_host_path(),
                   .work_folder = {}};
  if (!arguments.no_config) {
    RunSpec settings;
    if (auto used = use_settings(settings_path(), settings); !used) return complain(used.error());
    for (const OptionSpec& option : inspect_options())
      if (const auto value = settings.options.find(std::string(option.name));
          value != settings.options.end())
        spec.options.insert(*value);  // what the command line says stays
  }
  if (std::ranges::find(spec.inputs, "-") != spec.inputs.end())
    spec.standard_input.assign(std::istreambuf_iterator<char>(std::cin), {});
  const auto folder = WorkFolder::make();
  if (!folder) return complain(folder.error());
  spec.work_folder = folder->path();
  install_signal_handlers();
  Listener quiet;
  const auto report = imagemill::inspect(spec, quiet, cancel_token);
  if (!report) return complain(report.error());
  std::cout << (arguments.json ? to_json(*report) + '\n' : collection_text(*report));
  if (!report->is_whole) return kExitCancelled;
  return report->broken.empty() ? kExitDone : kExitSomeFailed;
}

// Warnings, one a line.
class WarningPrinter final : public Listener {
 public:
  void on_warning(const RunWarning& warning) override {
    std::cerr << "imagemill: " << terminal_escape(warning.message) << '\n';
  }
};

int merge(Arguments& arguments) {
  arguments.merge.codec_host = codec_host_path();
  install_signal_handlers();
  WarningPrinter listener;
  const auto merged = imagemill::merge(arguments.merge, listener, cancel_token);
  if (!merged) return complain(merged.error());
  std::cout << fmt::format("{} items added, {} files linked, {} copied\n",
                           human_count(merged->added), human_count(merged->linked),
                           human_count(merged->copied))
            << fmt::format("{}: {} done, {} failed, {} skipped\n",
                           terminal_escape(arguments.merge.output), human_count(merged->done),
                           human_count(merged->failed), human_count(merged->skipped));
  if (merged->missing > 0)
    std::cout << fmt::format(
        "At least {} inputs are in none of these shards: merge theirs as well, or give the command "
        "without --shard this output\n",
        human_count(merged->missing));
  if (merged->shards_missing > 0) {
    std::string names;
    for (const uint64_t shard : merged->missing_shards)
      names += fmt::format(" {}/{}", shard, merged->shard_count);
    std::cout << fmt::format("Of {} shards {} are missing:{}{}\n", merged->shard_count,
                             merged->shards_missing, names,
                             merged->missing_shards.size() < merged->shards_missing ? " ..." : "");
  }
  for (const std::string& shard : merged->unfinished)
    std::cout << terminal_escape(shard)
              << ": its run has not come to its end; let it go on, and merge again\n";
  return merged->failed > 0 || !merged->is_whole() ? kExitSomeFailed : kExitDone;
}

int dedupe(Arguments& arguments) {
  RunSpec& spec = arguments.run;
  if (auto completed = complete_spec(arguments, spec); !completed)
    return complain(completed.error());
  // The records that a progress printer points at in the end are of an output.
  const bool has_output = !spec.output.empty();
  const auto listener = has_output ? make_listener(arguments) : std::make_unique<WarningPrinter>();
  const DedupeForm form = arguments.json_events && has_output ? DedupeForm::kEvents
                          : arguments.json                    ? DedupeForm::kJson
                                                              : DedupeForm::kText;
  install_signal_handlers();
  const auto code = run_dedupe(arguments.dedupe, std::move(spec), form, *listener, cancel_token);
  return code ? *code : complain(code.error());
}

int models(const ModelsRequest& request) {
  install_signal_handlers();
  const auto code = run_models(request, user_places(folder_of_executable()), cancel_token);
  return code ? *code : complain(code.error());
}

int cache(const CacheRequest& request) {
  const auto code = run_cache(request, user_places(folder_of_executable()).cache);
  return code ? *code : complain(code.error());
}

int measure_model(Arguments& arguments) {
  if (!arguments.no_config) {
    if (auto used = use_settings(settings_path(), arguments.bench); !used)
      return complain(used.error());
  }
  arguments.bench.places = user_places(folder_of_executable());
  install_signal_handlers();
  const auto code = run_bench_model(arguments.bench, arguments.json, cancel_token);
  return code ? *code : complain(code.error());
}

// What a command that embeds a few pictures has of its surroundings; what the command line says
// stays.
Result<> complete(EmbedSetup& setup, bool no_config) {
  setup.codec_host = codec_host_path();
  setup.places = user_places(folder_of_executable());
  if (no_config) return {};
  RunSpec settings;
  if (auto used = use_settings(settings_path(), settings); !used) return used;
  for (const OptionSpec& option : embed_setup_options())
    if (const auto value = settings.options.find(std::string(option.name));
        value != settings.options.end())
      setup.options.insert(*value);
  return {};
}

// A command that embeds a few pictures on its way.
template <typename Request>
int run_with_setup(Request& request,
                   Result<int> (*command)(Request&, Listener&, const CancelToken&)) {
  if (auto completed = complete(request.spec.setup, request.no_config); !completed)
    return complain(completed.error());
  install_signal_handlers();
  WarningPrinter listener;
  const auto code = command(request, listener, cancel_token);
  return code ? *code : complain(code.error());
}

// Looked at as runs have it: what their settings say replaces the environment's.
int print_diagnosis() {
  UserPlaces places = user_places(folder_of_executable());
  RunSpec settings;
  if (use_settings(settings_path(), settings)) {
    std::istringstream libraries(settings.options["provider-library"]);
    std::vector<std::string> named;
    for (std::string library; std::getline(libraries, library);) named.push_back(library);
    if (!named.empty()) places.provider_libraries = std::move(named);
  }
  std::cout << doctor_text(diagnose(codec_host_path(), places), codec_host_path(),
                           settings_state(settings_path()));
  return kExitDone;
}

int print_schema(const std::string& job_name) {
  if (job_name.empty()) {
    std::cout << option_schema_json("run", run_options()) << '\n';
    return kExitDone;
  }
  const JobInfo* job = find_job(job_name);
  if (job == nullptr)
    return complain(Status(Code::kInvalidArgument, "no job named '" + job_name + "'"));
  std::cout << option_schema_json(job->name, job->options) << '\n';
  return kExitDone;
}

int print_report(const std::string& output) {
  const auto path = write_report(output);
  if (!path) return complain(path.error());
  std::cout << *path << '\n';
  return kExitDone;
}

// Where one of them is closed, the first file that is opened would be given its number, and what is
// printed would end in a database.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      // For reading: whoever writes is told.
      if (open("/dev/null", O_RDONLY) < 0) return;
    }
}

// What was printed is a result, too: a disk that is full or a reader that left is an error.
int finish_output(int code) {
  errno = 0;
  std::cout.flush();
  if (std::cout.good()) return code;
  const std::string why = errno == 0 ? "" : fmt::format(": {}", std::strerror(errno));
  std::cerr << "imagemill: what was printed is not whole, standard output takes no more" << why
            << '\n';
  return code == kExitDone || code == kExitSomeFailed ? kExitRunFailed : code;
}

int dispatch(int argc, char** argv) {
  Arguments arguments = parse_arguments(argc, argv);
  if (arguments.exit_code >= 0) {
    (arguments.exit_code == kExitDone ? std::cout : std::cerr) << arguments.text;
    return arguments.exit_code;
  }
  switch (arguments.command) {
    case Arguments::Command::kRun:
      return run(arguments);
    case Arguments::Command::kReport:
      return print_report(arguments.output);
    case Arguments::Command::kSchema:
      return print_schema(arguments.schema_job);
    case Arguments::Command::kInspect:
      return inspect(arguments);
    case Arguments::Command::kMerge:
      return merge(arguments);
    case Arguments::Command::kModels:
      return models(arguments.models);
    case Arguments::Command::kCache:
      return cache(arguments.cache);
    case Arguments::Command::kBenchModel:
      return measure_model(arguments);
    case Arguments::Command::kDedupe:
      return dedupe(arguments);
    case Arguments::Command::kDoctor:
      return print_diagnosis();
    case Arguments::Command::kSearch:
      return run_with_setup(arguments.search, run_search);
    case Arguments::Command::kCompare:
      return run_with_setup(arguments.compare, run_compare);
    case Arguments::Command::kStability:
      return run_with_setup(arguments.stability, run_stability);
    case Arguments::Command::kNone:
      break;
  }
  return kExitUsage;
}

}  // namespace
}  // namespace imagemill::cli

int main(int argc, char** argv) {
  using namespace imagemill::cli;
  occupy_standard_streams();
  bound_allocator();
  return finish_output(dispatch(argc, argv));
}
