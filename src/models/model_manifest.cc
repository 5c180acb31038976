// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/model_manifest.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "imagemill/text.h"
#include "models/manifest_names.h"

namespace imagemill {
namespace {

constexpr size_t kTextBytesMax = 4096;
constexpr int kSideMax = 4096;  // pixels of an input; networks for pictures stay far below

template <typename E, size_t N>
std::string_view name_in(const std::array<NamedValue<E>, N>& names, E value) {
  return std::ranges::find(names, value, &NamedValue<E>::value)->name;
}

// Of letters that cannot disturb a terminal, a path or a line of a list.
bool is_clean(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    if (!point.is_valid || point.value < 0x20 || point.value == 0x7F) return false;
    text.remove_prefix(point.bytes);
  }
  return true;
}

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

Result<> check_text(std::string_view what, std::string_view text) {
  if (text.size() > kTextBytesMax)
    return fail(Code::kInvalidArgument, "{}: {} bytes, expected at most {}", what, text.size(),
                kTextBytesMax);
  if (!is_clean(text))
    return fail(Code::kInvalidArgument, "{}: expected one line of UTF-8 without control characters",
                what);
  return {};
}

Result<> check_url(std::string_view what, std::string_view url) {
  IMAGEMILL_TRY(check_text(what, url));
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return fail(Code::kInvalidArgument, "{}: '{}', expected an address that begins with https://",
                what, url);
  if (url.find_first_of(" \"<>\\") != std::string_view::npos)
    return fail(Code::kInvalidArgument, "{}: '{}' has characters that an address cannot have", what,
                url);
  return {};
}

// What lands in a folder under this name stays there, and is no file of the store's own.
Result<> check_file_name(std::string_view what, std::string_view name) {
  if (name.empty()) return fail(Code::kInvalidArgument, "{}: missing, expected a file name", what);
  IMAGEMILL_TRY(check_text(what, name));
  if (name.find_first_of("/\\") != std::string_view::npos)
    return fail(Code::kInvalidArgument, "{}: '{}' leads to a folder, expected a plain file name",
                what, name);
  if (name.front() == '.' || name == kManifestFileName || name.size() > 200)
    return fail(Code::kInvalidArgument, "{}: '{}' cannot be the name of a model's file", what,
                name);
  return {};
}

Result<> check_file(std::string_view what, const ModelFile& file) {
  IMAGEMILL_TRY(check_file_name(what, file.name));
  if (!file.sha256.empty() && !is_sha256(file.sha256))
    return fail(Code::kInvalidArgument, "sha256 of {}: '{}', expected 64 hexadecimal digits",
                file.name, file.sha256);
  for (const std::string& url : file.sources)
    IMAGEMILL_TRY(check_url(fmt::format("sources of {}", file.name), url));
  return {};
}

Result<> check_number(std::string_view what, double value, double min, double max) {
  if (std::isfinite(value) && value >= min && value <= max) return {};
  return fail(Code::kInvalidArgument, "{}: {}, expected {} to {}", what, value, min, max);
}

Result<> check_input(const ModelInput& input) {
  IMAGEMILL_TRY(check_text("input.name", input.name));
  IMAGEMILL_TRY(check_number("input.width", input.width, 1, kSideMax));
  IMAGEMILL_TRY(check_number("input.height", input.height, 1, kSideMax));
  if (input.fit == InputFit::kCrop)
    IMAGEMILL_TRY(check_number("input.resize", input.resize, std::max(input.width, input.height),
                               2 * kSideMax));
  IMAGEMILL_TRY(check_number("input.scale", input.scale, 1e-9, 1e9));
  for (const double mean : input.mean) IMAGEMILL_TRY(check_number("input.mean", mean, -1e6, 1e6));
  for (const double value : input.stddev)
    IMAGEMILL_TRY(check_number("input.std", value, 1e-9, 1e9));
  IMAGEMILL_TRY(check_number("input.pad_value", input.pad_value, 0, 255));
  return check_number("input.oversampling", input.oversampling, 1, 16);
}

Result<> check_outputs(const ModelManifest& manifest) {
  const ModelOutputs& outputs = manifest.outputs;
  IMAGEMILL_TRY(check_text("outputs.features", outputs.features));
  IMAGEMILL_TRY(check_text("outputs.logits", outputs.logits));
  const bool is_named = !outputs.features.empty() || !outputs.logits.empty();
  if (is_named && manifest.family == ModelFamily::kClassify && outputs.logits.empty())
    return fail(Code::kInvalidArgument,
                "outputs.logits: missing, expected the name of the output with the scores, which "
                "family classify needs");
  if (is_named && manifest.family == ModelFamily::kEmbed && outputs.features.empty())
    return fail(Code::kInvalidArgument,
                "outputs.features: missing, expected the name of the output with the vector, which "
                "family embed needs");
  return {};
}

Result<> check_license(const ModelLicense& license) {
  IMAGEMILL_TRY(check_text("license.name", license.name));
  IMAGEMILL_TRY(check_text("license.note", license.note));
  if (license.is_permissive && license.name.empty())
    return fail(Code::kInvalidArgument, "license.permissive: true without license.name");
  return license.url.empty() ? Result<>{} : check_url("license.url", license.url);
}

// "n01440764 tench" -> "tench".
std::string_view without_wordnet_number(std::string_view label) {
  constexpr size_t kNumberBytes = 9;
  if (label.size() < kNumberBytes + 2 || label[0] != 'n' || label[kNumberBytes] != ' ')
    return label;
  const std::string_view digits = label.substr(1, kNumberBytes - 1);
  const bool is_number = std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? label.substr(kNumberBytes + 1) : label;
}

}  // namespace

std::string_view name_of(ModelFamily family) { return name_in(kFamilyNames, family); }
std::string_view name_of(InputLayout layout) { return name_in(kLayoutNames, layout); }
std::string_view name_of(InputColor color) { return name_in(kColorNames, color); }
std::string_view name_of(InputFit fit) { return name_in(kFitNames, fit); }
std::string_view name_of(InputKernel kernel) { return name_in(kKernelNames, kernel); }
std::string_view name_of(TokenPooling pooling) { return name_in(kPoolingNames, pooling); }

Result<ModelFamily> parse_model_family(std::string_view name) {
  auto family = value_named(kFamilyNames, name);
  if (!family) return std::unexpected(std::move(family).error().with_context("family"));
  return family;
}

std::vector<std::string> names_of(const ModelOutputs& outputs) {
  std::vector<std::string> names;
  for (const std::string& name : {outputs.features, outputs.logits})
    if (!name.empty()) names.push_back(name);
  return names;
}

std::vector<ModelFile> files_of(const ModelManifest& manifest) {
  std::vector<ModelFile> files = {manifest.file};
  files.insert(files.end(), manifest.companions.begin(), manifest.companions.end());
  return files;
}

bool is_model_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(name, is_name_letter);
}

std::string model_name_of(std::string_view text) {
  std::string name;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool is_first = name.empty() && (c == '.' || c == '-');
    if (is_name_letter(c) && !is_first)
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
    if (name.size() == 100) break;
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "model" : name;
}

Result<> validate(const ModelManifest& manifest) {
  if (!is_model_name(manifest.name))
    return fail(Code::kInvalidArgument,
                "name: '{}', expected letters a-z, digits, '.', '_' and '-', such as '{}'",
                manifest.name, model_name_of(manifest.name));
  IMAGEMILL_TRY(check_text("description", manifest.description));
  IMAGEMILL_TRY(check_file("file", manifest.file));
  std::set<std::string_view> names = {manifest.file.name};
  for (const ModelFile& file : manifest.companions) {
    IMAGEMILL_TRY(check_file("companions", file));
    if (!names.insert(file.name).second)
      return fail(Code::kInvalidArgument, "companions: '{}' is there twice", file.name);
  }
  if (!manifest.labels.empty() &&
      (!names.contains(manifest.labels) || manifest.labels == manifest.file.name))
    return fail(Code::kInvalidArgument, "labels: '{}', expected the name of one of the companions",
                manifest.labels);
  IMAGEMILL_TRY(check_license(manifest.license));
  IMAGEMILL_TRY(check_input(manifest.input));
  IMAGEMILL_TRY(check_outputs(manifest));
  for (const auto& [name, value] : manifest.thresholds) {
    if (!is_model_name(name))
      return fail(Code::kInvalidArgument, "thresholds: '{}', expected a name of a-z 0-9 . _ -",
                  name);
    IMAGEMILL_TRY(check_number(fmt::format("thresholds.{}", name), value, -1e9, 1e9));
  }
  return {};
}

Result<std::vector<std::string>> parse_labels(std::string_view text) {
  constexpr size_t kLabelsMax = 1'000'000;
  std::vector<std::string> labels;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view label = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t first = std::min(label.find_first_not_of(" \t\r"), label.size());
    label.remove_prefix(first);
    label = label.substr(0, label.find_last_not_of(" \t\r") + 1);
    if (auto is_text = check_text("label", label); !is_text)
      return std::unexpected(
          std::move(is_text).error().with_context(fmt::format("line {}", labels.size() + 1)));
    if (labels.size() == kLabelsMax)
      return fail(Code::kInvalidArgument, "more than {} lines", kLabelsMax);
    labels.emplace_back(without_wordnet_number(label));
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  if (labels.empty()) return fail(Code::kInvalidArgument, "no labels, expected one on each line");
  return labels;
}

}  // namespace imagemill
