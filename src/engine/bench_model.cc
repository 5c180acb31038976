// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/bench_model.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>

#include "engine/run_options.h"
#include "engine/run_plan.h"
#include "infer/batch_meter.h"
#include "models/network.h"
#include "telemetry/machine_limits.h"
#include "telemetry/process_meter.h"

namespace imagemill {
namespace {

constexpr int kBatchMax = 1024;

constexpr std::array kOwnOptions = {
    OptionSpec{"batch", OptionKind::kText, "1,2,4,8,16,32",
               "sizes of batches to measure, separated by commas"},
    OptionSpec{"seconds", OptionKind::kReal, "10",
               "how long to measure; each size is run three times at least", "", 0.1, 3600},
};
constexpr std::array<std::string_view, 7> kRunOptionNames = {
    "threads", "infer-threads", "device", "onnxruntime", "provider-library", "max-memory", "cache"};

Result<std::set<int>> parse_batches(std::string_view text) {
  std::set<int> batches;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    int batch = 0;
    const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), batch);
    if (error != std::errc() || rest != word.data() + word.size() || batch < 1 || batch > kBatchMax)
      return fail(Code::kInvalidArgument,
                  "--batch: '{}' in '{}', expected whole numbers from 1 to {}, as in 1,4,16", word,
                  text, kBatchMax);
    batches.insert(batch);
    begin = end + 1;
  }
  return batches;
}

BenchModelRow row_of(const BatchMeasurement& size) {
  return {.batch = size.batch,
          .batch_seconds = size.run_seconds,
          .images_per_second = size.rows_per_second,
          .resident_bytes = size.resident_bytes,
          .runs = size.runs,
          .problem = size.problem};
}

int best_of(std::span<const BatchMeasurement> sizes) {
  std::vector<BatchTiming> timings;
  for (const BatchMeasurement& size : sizes)
    if (size.problem.empty() && size.rows_per_second > 0)
      timings.push_back({.batch = size.batch, .seconds_per_item = 1 / size.rows_per_second});
  return worthwhile_batch(timings);
}

// A model that takes one size alone is measured in that one.
std::vector<int> usable_batches(const std::set<int>& asked, const Network& network,
                                std::vector<std::string>& notes) {
  const BatcherSettings& batching = network.batching();
  const int only = batching.batch_exact != 0 ? batching.batch_exact : batching.batch_fixed;
  if (network.batch_of_one() == BatchOfOne::kOpened)
    notes.push_back("its file says batches of 1; larger ones give the same, and are used");
  if (only != 0) {
    const std::string_view why = network.batch_of_one() == BatchOfOne::kKept
                                     ? ": larger ones fail, or change its results"
                                     : "";
    if (asked != std::set{only})
      notes.push_back(fmt::format("takes batches of {} alone{}", only, why));
    return {only};
  }
  return {asked.begin(), asked.end()};
}

// The network of one measurement, and what it told while it was opened.
struct Bench {
  const BenchModelSpec& spec;
  OptionValues options;
  std::set<int> batches;
  std::vector<std::string> notes = {};

  Result<BenchModelReport> run(const CancelToken& cancel);

 private:
  Result<BatchMeasurements> measure(Network& network, int runs_at_once, const CancelToken& cancel);
};

Result<BatchMeasurements> Bench::measure(Network& network, int runs_at_once,
                                         const CancelToken& cancel) {
  ProcessMeter meter(real_file_system());
  return measure_batches(network.runner(),
                         {.batches = usable_batches(batches, network, notes),
                          .runs_at_once = runs_at_once,
                          .seconds = options.real("seconds"),
                          .input_row = network.batching().input_row,
                          .outputs = network.batching().outputs,
                          .resident_bytes = [&] { return meter.sample(0).resident_bytes; },
                          .resident_bytes_max = available_memory_bytes(real_file_system())},
                         cancel);
}

Result<BenchModelReport> Bench::run(const CancelToken& cancel) {
  const ModelStore store(real_file_system(), spec.places.models);
  IMAGEMILL_ASSIGN_OR_RETURN(FoundModel model, store.find(spec.model));
  std::vector<std::string> outputs = names_of(model.manifest.outputs);
  IMAGEMILL_ASSIGN_OR_RETURN(const NetworkSettings settings,
                             network_settings(options, spec.places));
  NetworkSet networks(settings);
  networks.set_listener([this](RunWarning warning) {
    if (warning.source.empty()) notes.push_back(std::move(warning.message));
  });
  IMAGEMILL_ASSIGN_OR_RETURN(Network* const added,
                             networks.add(std::move(model), std::move(outputs)));
  Network& network = *added;
  IMAGEMILL_TRY(network.batcher());
  const BatcherSettings& batching = network.batching();
  const int at_once = network.runs_at_once(thread_count(options));
  auto measured = measure(network, at_once, cancel);
  if (!measured)
    return std::unexpected(std::move(measured).error().with_context(network.model().manifest.name));

  BenchModelReport report{
      .model = network.model().manifest.name,
      .provider = network.provider(),
      .runtime_version = network.runtime().version(),
      .input =
          fmt::format("{} {}", element_name(network.input_type()), to_string(batching.input_row)),
      .runs_at_once = at_once,
      .threads_per_run = settings.threads_per_run,
      .best_batch = best_of(measured->sizes),
      .peak_resident_bytes = ProcessMeter(real_file_system()).sample(0).peak_resident_bytes,
      .is_whole = measured->is_whole,
      .notes = std::move(notes)};
  for (const BatchMeasurement& size : measured->sizes) report.rows.push_back(row_of(size));
  if (report.best_batch == 0 && report.is_whole)
    return fail(Code::kInternal, "{}: {}", report.model, report.rows.front().problem);
  // One size alone says nothing of which is best.
  const int kept = std::min(report.best_batch, batching.batch_max);
  if (report.is_whole && report.rows.size() > 1 && network.remember(kept))
    report.remembered_batch = kept;
  return report;
}

}  // namespace

std::span<const OptionSpec> bench_model_options() {
  static const std::vector<OptionSpec> options = [] {
    std::vector<OptionSpec> out(kOwnOptions.begin(), kOwnOptions.end());
    std::ranges::copy(run_options_named(kRunOptionNames), std::back_inserter(out));
    return out;
  }();
  return options;
}

Result<BenchModelReport> bench_model(const BenchModelSpec& spec, const CancelToken& cancel) {
  IMAGEMILL_ASSIGN_OR_RETURN(OptionValues options,
                             OptionValues::parse(bench_model_options(), spec.options));
  IMAGEMILL_ASSIGN_OR_RETURN(std::set<int> batches, parse_batches(options.text("batch")));
  return Bench{.spec = spec, .options = std::move(options), .batches = std::move(batches)}.run(
      cancel);
}

}  // namespace imagemill
