// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/embed_alike.h"

#include <algorithm>
#include <array>

#include "engine/run_options.h"
#include "imagemill/engine.h"
#include "source/entry_key.h"

namespace imagemill {
namespace {

// Of the job: what a vector depends on. Of the run: what makes a picture fail.
constexpr std::array<std::string_view, 3> kJobOptions = {"transform", "decode", "dtype"};
constexpr std::array<std::string_view, 4> kRunOptions = {"fail-on", "limit-pixels", "limit-file",
                                                         "limit-seconds"};

std::string without_extension_marks(std::string_view extension) {
  std::string out;
  for (const char c : extension.substr(0, 8))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  return out;
}

}  // namespace

std::span<const OptionSpec> embed_setup_options() {
  static constexpr std::array<std::string_view, 10> kNames = {
      "threads",     "max-memory", "isolate", "provider-library", "device",
      "onnxruntime", "batch",      "cache",   "cache-size",       "infer-threads"};
  static const std::vector<OptionSpec> options = run_options_named(kNames);
  return options;
}

std::string numbered_name(size_t number, std::string_view path) {
  const std::string extension = without_extension_marks(lower_extension(path));
  return fmt::format("{:06}{}{}", number, extension.empty() ? "" : ".", extension);
}

Result<EmbeddedFolder> embed_folder(const std::string& folder,
                                    const std::map<std::string, std::string>& job_options,
                                    const std::map<std::string, std::string>& run_options,
                                    const EmbedSetup& setup, Listener& listener,
                                    const CancelToken& cancel) {
  IMAGEMILL_TRY(OptionValues::parse(embed_setup_options(), setup.options));
  std::map<std::string, std::string> options = setup.options;
  options.insert(run_options.begin(), run_options.end());
  std::map<std::string, std::string> of_job = job_options;
  of_job["output"] = "none";
  of_job["top-k"] = "0";
  const RunSpec run{.inputs = {folder},
                    .output = join_path(setup.work_folder, "embed"),
                    .jobs = {{"embed", std::move(of_job)}},
                    .options = std::move(options),
                    .standard_input = {},
                    .places = setup.places,
                    .codec_host = setup.codec_host,
                    .command = {}};
  IMAGEMILL_ASSIGN_OR_RETURN(const RunFinished finished, Engine().run(run, listener, cancel));
  if (finished.outcome == RunFinished::Outcome::kCancelled)
    return fail(Code::kCancelled, "stopped while pictures were embedded");
  if (finished.outcome == RunFinished::Outcome::kFailed)
    return fail(Code::kInternal, "embedding failed: {}", finished.error);

  IMAGEMILL_ASSIGN_OR_RETURN(const EmbeddedOutput made,
                             EmbeddedOutput::open(run.output, real_file_system()));
  EmbeddedFolder out{.model_hash = made.option("embed.model-hash")};
  const auto name_of = [](std::string_view key) {
    return unescape_key(key.substr(key.find('/') + 1));
  };
  IMAGEMILL_TRY(made.store->for_each_item([&](const ItemRecord& item) -> Result<> {
    std::string why =
        item.state == ItemState::kDone ? "the model makes no features, only labels" : item.message;
    out.features.emplace(name_of(item.key),
                         fail(item.code.value_or(Code::kUnsupported), "{}", std::move(why)));
    return {};
  }));
  IMAGEMILL_TRY(for_each_features(
      made, [&](const std::string& key, std::span<const float> features) -> Result<> {
        out.features.insert_or_assign(name_of(key),
                                      std::vector<float>(features.begin(), features.end()));
        return {};
      }));
  return out;
}

Result<FeaturesByName> embed_alike(const EmbeddedOutput& made, const std::string& folder,
                                   const EmbedSetup& setup, Listener& listener,
                                   const CancelToken& cancel) {
  const std::string model = setup.model.empty() ? made.option("embed.model") : setup.model;
  std::map<std::string, std::string> of_job{{"model", model}};
  std::map<std::string, std::string> of_run;
  for (const std::string_view name : kJobOptions)
    if (const std::string value = made.option(fmt::format("embed.{}", name)); !value.empty())
      of_job.emplace(name, value);
  for (const std::string_view name : kRunOptions)
    if (const std::string value = made.option(std::string(name)); !value.empty())
      of_run.emplace(name, value);
  auto embedded = embed_folder(folder, of_job, of_run, setup, listener, cancel);
  if (!embedded && embedded.error().code() == Code::kNotFound)
    return std::unexpected(std::move(embedded).error().with_context(fmt::format(
        "the model that {} was embedded with (--model says where it is)", made.place.output())));
  if (!embedded) return std::unexpected(std::move(embedded).error());
  if (const std::string recorded = made.option("embed.model-hash");
      !recorded.empty() && recorded != embedded->model_hash)
    return fail(Code::kInvalidArgument,
                "{}: not the model that {} was embedded with any more (its content differs), so "
                "its vectors cannot be compared; name the old one with --model, or embed again",
                model, made.place.output());
  return std::move(embedded->features);
}

}  // namespace imagemill
