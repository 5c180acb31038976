// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/run_plan.h"

#include "jobs/output_format.h"
#include "source/source.h"
#include "telemetry/machine_limits.h"

namespace imagemill {
namespace {

// What the process takes beside the items: code, libraries, SQLite's cache, thread stacks.
constexpr uint64_t kBaseBytes = uint64_t{64} << 20;

}  // namespace

Result<RunPlan> plan_run(const RunSpec& spec, std::span<const JobEntry> jobs,
                         const CodecSet& codecs) {
  if (spec.inputs.empty()) return fail(Code::kInvalidArgument, "no input given");
  if (spec.jobs.empty()) return fail(Code::kInvalidArgument, "no job given");
  RunPlan run;
  IMAGEMILL_ASSIGN_OR_RETURN(run.options, OptionValues::parse(run_options(), spec.options));
  for (const auto& [name, value] : run.options.fingerprint()) run.fingerprint.emplace(name, value);
  std::string names;
  for (const std::string& input : spec.inputs)
    names += (names.empty() ? "" : " ") + default_source_name(input);
  run.fingerprint.emplace("inputs", names);
  IMAGEMILL_ASSIGN_OR_RETURN(NetworkSettings networks, network_settings(run.options, spec.places));
  networks.batch = static_cast<int>(run.options.integer("batch"));
  run.networks = std::make_unique<NetworkSet>(std::move(networks));
  const JobTools tools{
      .codecs = codecs, .networks = run.networks.get(), .models_folder = spec.places.models};
  std::string job_names;
  std::vector<RequestedJob> requested;
  for (const JobRequest& request : spec.jobs) {
    const JobEntry* entry = find_job_entry(jobs, request.name);
    if (entry == nullptr) return complain_of_job(jobs, request.name);
    auto values = OptionValues::parse(options_of(entry->info()), request.options);
    if (!values) return std::unexpected(std::move(values).error().with_context(request.name));
    for (const auto& [name, value] : values->fingerprint())
      run.fingerprint.emplace(fmt::format("{}.{}", request.name, name), value);
    IMAGEMILL_ASSIGN_OR_RETURN(auto job, entry->make(*values, tools));
    if (std::string hash = job->model_hash(); !hash.empty())
      run.fingerprint.emplace(request.name + ".model-hash", std::move(hash));
    if (request.name == "prepare") {
      run.format = format_from_name(values->text("format")).value_or(FileFormat::kUnknown);
      run.with_captions = values->flag("captions");
    }
    requested.push_back({std::move(job), values->text("where")});
    job_names += (job_names.empty() ? "" : ",") + request.name;
  }
  run.fingerprint.emplace("jobs", job_names);
  IMAGEMILL_ASSIGN_OR_RETURN(run.jobs, plan_jobs(std::move(requested)));
  return run;
}

std::string cache_folder(const OptionValues& options, const UserPlaces& places) {
  const std::string& asked = options.text("cache");
  if (asked == "off") return {};
  return asked.empty() ? places.cache : asked;
}

Result<NetworkSettings> network_settings(const OptionValues& options, const UserPlaces& places) {
  const auto threads = static_cast<int>(options.integer("infer-threads"));
  const std::string& named = options.text("onnxruntime");
  const std::vector<std::string> named_libraries = options.texts("provider-library");
  IMAGEMILL_ASSIGN_OR_RETURN(
      std::vector<ProviderLibrary> libraries,
      parse_provider_libraries(named_libraries.empty() ? places.provider_libraries
                                                       : named_libraries));
  IMAGEMILL_TRY(check_device(options.text("device"), libraries));
  return NetworkSettings{.runtime = {.library = named.empty() ? places.onnxruntime : named,
                                     .folders = places.onnxruntime_folders,
                                     .provider_libraries = std::move(libraries),
                                     .pool_threads = threads},
                         .device = options.text("device"),
                         .threads_per_run = threads,
                         .cache_folder = cache_folder(options, places),
                         .threads = thread_count(options),
                         .bytes_max = network_bytes_max(options)};
}

int thread_count(const OptionValues& options) {
  const auto asked = static_cast<int>(options.integer("threads"));
  return asked > 0 ? asked : usable_cores(real_file_system());
}

uint64_t max_memory_bytes(const OptionValues& options) {
  const uint64_t asked = options.bytes("max-memory");
  return asked != 0 ? asked : available_memory_bytes(real_file_system()) / 2;
}

uint64_t network_bytes_max(const OptionValues& options) { return max_memory_bytes(options) / 3; }

uint64_t items_bytes_max(const OptionValues& options, bool has_networks) {
  const uint64_t bytes = max_memory_bytes(options);
  const uint64_t others = kBaseBytes + (has_networks ? network_bytes_max(options) : 0);
  return bytes > 2 * others ? bytes - others : bytes / 2;
}

uint64_t item_bytes_max(const OptionValues& options, bool has_networks) {
  return items_bytes_max(options, has_networks) / 4 * 3;
}

FileFormat planned_format(FileFormat wanted, const CodecSet& codecs, FileFormat input) {
  return wanted != FileFormat::kUnknown ? wanted : kept_format(codecs, input, false);
}

OutputNames plan_names(const RunPlan& plan, const RunInputs& inputs, const CodecSet& codecs) {
  std::vector<NamedInput> named;
  named.reserve(inputs.entries.size());
  for (const RankedEntry& e : inputs.entries) named.push_back({inputs.path_of(e), e.rank});
  const Renaming renaming =
      plan.options.text("rename") == "sequence" ? Renaming::kSequence : Renaming::kKeep;
  return OutputNames(renaming, named, [wanted = plan.format, codecs](FileFormat input) {
    return planned_format(wanted, codecs, input);
  });
}

}  // namespace imagemill
