// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The manifest's YAML. Reading goes by tables: one row a key, with what reads its value, so that a
// key that has no row is a mistake, and so that the rows are the schema.
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <cctype>
#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <span>

#include "models/manifest_names.h"
#include "models/model_manifest.h"

namespace imagemill {
namespace {

constexpr size_t kManifestBytesMax = 1 << 20;

using Reader = std::function<Result<>(const YAML::Node&)>;
struct Key {
  std::string_view name;
  Reader read;
};

std::unexpected<Status> bad_value(const YAML::Node& at, std::string_view expected) {
  return fail(Code::kInvalidArgument, "{}expected {}",
              at.IsScalar() ? fmt::format("'{}', ", at.Scalar()) : "", expected);
}

Result<> read_keys(const YAML::Node& map, std::span<const Key> keys) {
  if (!map.IsMap()) return bad_value(map, "'key: value' lines");
  std::vector<std::string_view> known;
  for (const Key& key : keys) known.push_back(key.name);
  std::set<std::string> seen;
  for (const auto& pair : map) {
    const int line = pair.first.Mark().line + 1;
    if (!pair.first.IsScalar())
      return fail(Code::kInvalidArgument, "line {}: expected a key that is a word", line);
    const std::string& name = pair.first.Scalar();
    const auto key = std::ranges::find(keys, name, &Key::name);
    if (key == keys.end()) {
      const std::string_view near = nearest_name(name, known);
      return fail(Code::kInvalidArgument, "line {}: unknown key '{}'{}", line, name,
                  near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
    }
    if (!seen.insert(name).second)
      return fail(Code::kInvalidArgument, "line {}: {} is there twice", line, name);
    if (auto read = key->read(pair.second); !read) {
      // A mapping within has named its own line already.
      if (read.error().message().starts_with("line ")) return read;
      return std::unexpected(
          std::move(read).error().with_context(fmt::format("line {}: {}", line, name)));
    }
  }
  return {};
}

Reader keys(std::vector<Key> rows) {
  return [rows = std::move(rows)](const YAML::Node& map) { return read_keys(map, rows); };
}

std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// 0.5, 1e-3, 1/255
std::optional<double> parse_number(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return parse_real(text);
  const auto above = parse_real(text.substr(0, slash));
  const auto below = parse_real(text.substr(slash + 1));
  if (!above || !below || *below == 0) return std::nullopt;
  return *above / *below;
}

Reader text(std::string& out) {
  return [&out](const YAML::Node& node) -> Result<> {
    if (node.IsNull()) return {};
    if (!node.IsScalar()) return bad_value(node, "a text");
    out = node.Scalar();
    return {};
  };
}

Reader number(double& out) {
  return [&out](const YAML::Node& node) -> Result<> {
    const auto value = node.IsScalar() ? parse_number(node.Scalar()) : std::nullopt;
    if (!value) return bad_value(node, "a number, such as 0.5 or 1/255");
    out = *value;
    return {};
  };
}

template <typename Integer>
Reader integer(Integer& out) {
  return [&out](const YAML::Node& node) -> Result<> {
    const std::string digits = node.IsScalar() ? node.Scalar() : "";
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    if (error != std::errc() || end != digits.data() + digits.size())
      return bad_value(node, "a whole number");
    return {};
  };
}

Reader flag(bool& out) {
  return [&out](const YAML::Node& node) -> Result<> {
    const std::string word = node.IsScalar() ? node.Scalar() : "";
    if (word != "true" && word != "false") return bad_value(node, "true or false");
    out = word == "true";
    return {};
  };
}

template <typename E, size_t N>
Reader choice(const std::array<NamedValue<E>, N>& names, E& out) {
  return [&names, &out](const YAML::Node& node) -> Result<> {
    if (!node.IsScalar()) return bad_value(node, "a word");
    auto value = value_named(names, node.Scalar());
    if (!value) return std::unexpected(std::move(value).error());
    out = *value;
    return {};
  };
}

// One number for all three channels, or a list of three.
Reader triple(std::array<double, 3>& out) {
  return [&out](const YAML::Node& node) -> Result<> {
    if (node.IsScalar()) {
      IMAGEMILL_TRY(number(out[0])(node));
      out.fill(out[0]);
      return {};
    }
    if (!node.IsSequence() || node.size() != 3)
      return bad_value(node, "three numbers, such as [0.5, 0.5, 0.5]");
    for (size_t i = 0; i < 3; ++i) IMAGEMILL_TRY(number(out[i])(node[i]));
    return {};
  };
}

Reader texts(std::vector<std::string>& out) {
  return [&out](const YAML::Node& node) -> Result<> {
    if (!node.IsSequence()) return bad_value(node, "a list");
    for (const YAML::Node& part : node) IMAGEMILL_TRY(text(out.emplace_back())(part));
    return {};
  };
}

Reader numbers_by_name(std::map<std::string, double>& out) {
  return [&out](const YAML::Node& node) -> Result<> {
    if (!node.IsMap()) return bad_value(node, "'name: number' lines");
    for (const auto& pair : node) {
      if (!pair.first.IsScalar()) return bad_value(pair.first, "a name");
      IMAGEMILL_TRY(number(out[pair.first.Scalar()])(pair.second));
    }
    return {};
  };
}

std::vector<Key> file_keys(ModelFile& file) {
  return {{"file", text(file.name)},
          {"sha256", text(file.sha256)},
          {"bytes", integer(file.bytes)},
          {"sources", texts(file.sources)}};
}

Reader files(std::vector<ModelFile>& out) {
  return [&out](const YAML::Node& node) -> Result<> {
    if (!node.IsSequence()) return bad_value(node, "a list of files");
    for (const YAML::Node& part : node)
      IMAGEMILL_TRY(read_keys(part, file_keys(out.emplace_back())));
    return {};
  };
}

Reader license_keys(ModelLicense& license) {
  return keys({{"name", text(license.name)},
               {"permissive", flag(license.is_permissive)},
               {"url", text(license.url)},
               {"note", text(license.note)}});
}

Reader input_keys(ModelInput& input) {
  return keys({{"name", text(input.name)},
               {"layout", choice(kLayoutNames, input.layout)},
               {"width", integer(input.width)},
               {"height", integer(input.height)},
               {"color", choice(kColorNames, input.color)},
               {"scale", number(input.scale)},
               {"mean", triple(input.mean)},
               {"std", triple(input.stddev)},
               {"fit", choice(kFitNames, input.fit)},
               {"resize", integer(input.resize)},
               {"pad_value", number(input.pad_value)},
               {"kernel", choice(kKernelNames, input.kernel)},
               {"oversampling", number(input.oversampling)}});
}

Reader output_keys(ModelOutputs& outputs) {
  return keys({{"features", text(outputs.features)},
               {"logits", text(outputs.logits)},
               {"pooling", choice(kPoolingNames, outputs.pooling)},
               {"normalize", flag(outputs.normalize)},
               {"softmax", flag(outputs.softmax)}});
}

Result<ModelManifest> read_manifest(const YAML::Node& root) {
  ModelManifest manifest;
  manifest.input.resize = 0;
  std::vector<Key> rows = file_keys(manifest.file);
  rows.insert(rows.end(), {{"name", text(manifest.name)},
                           {"family", choice(kFamilyNames, manifest.family)},
                           {"description", text(manifest.description)},
                           {"companions", files(manifest.companions)},
                           {"labels", text(manifest.labels)},
                           {"license", license_keys(manifest.license)},
                           {"input", input_keys(manifest.input)},
                           {"outputs", output_keys(manifest.outputs)},
                           {"thresholds", numbers_by_name(manifest.thresholds)}});
  IMAGEMILL_TRY(read_keys(root, rows));
  if (manifest.input.resize == 0)
    manifest.input.resize = std::max(manifest.input.width, manifest.input.height);
  IMAGEMILL_TRY(validate(manifest));
  return manifest;
}

// Plain where YAML reads it back as the same text, else in quotes.
std::string scalar(const std::string& text) {
  const auto is_plain_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("./_-+").find(c) != std::string_view::npos;
  };
  const bool is_plain = !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) &&
                        is_plain_letter(text.back()) && text != "null" && text != "Null" &&
                        text != "NULL" && text.find(": ") == std::string::npos &&
                        std::ranges::all_of(text, [&](char c) {
                          return is_plain_letter(c) || c == ' ' || c == ',' || c == ':' ||
                                 c == '(' || c == ')' || c == '\'';
                        });
  if (is_plain) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string file_yaml(const ModelFile& file, std::string_view indent) {
  std::string out = fmt::format("file: {}\n", scalar(file.name));
  if (!file.sha256.empty()) out += fmt::format("{}sha256: {}\n", indent, file.sha256);
  if (file.bytes != 0) out += fmt::format("{}bytes: {}\n", indent, file.bytes);
  if (!file.sources.empty()) out += fmt::format("{}sources:\n", indent);
  for (const std::string& url : file.sources) out += fmt::format("{}  - {}\n", indent, scalar(url));
  return out;
}

std::string number_text(double value) {
  return value == 1.0 / 255 ? "1/255" : fmt::format("{}", value);
}

std::string input_yaml(const ModelInput& input) {
  std::string out = "\n# The tensor: (value * scale - mean) / std of each channel, value 0..255.\n";
  out += "input:\n";
  if (!input.name.empty()) out += fmt::format("  name: {}\n", scalar(input.name));
  out += fmt::format("  layout: {}\n  width: {}\n  height: {}\n  color: {}\n",
                     name_of(input.layout), input.width, input.height, name_of(input.color));
  out += fmt::format("  scale: {}\n  mean: [{}]\n  std: [{}]\n", number_text(input.scale),
                     fmt::join(input.mean, ", "), fmt::join(input.stddev, ", "));
  out += fmt::format("  fit: {}\n", name_of(input.fit));
  if (input.fit == InputFit::kCrop || input.resize != std::max(input.width, input.height))
    out += fmt::format("  resize: {}\n", input.resize);
  if (input.fit == InputFit::kPad || input.pad_value != 0)
    out += fmt::format("  pad_value: {}\n", input.pad_value);
  out +=
      fmt::format("  kernel: {}\n  oversampling: {}\n", name_of(input.kernel), input.oversampling);
  return out;
}

std::string outputs_yaml(const ModelOutputs& outputs) {
  std::string out = "\noutputs:\n";
  if (!outputs.features.empty()) out += fmt::format("  features: {}\n", scalar(outputs.features));
  if (!outputs.logits.empty()) out += fmt::format("  logits: {}\n", scalar(outputs.logits));
  if (outputs.pooling != TokenPooling::kNone)
    out += fmt::format("  pooling: {}\n", name_of(outputs.pooling));
  out += fmt::format("  normalize: {}\n  softmax: {}\n", outputs.normalize, outputs.softmax);
  return out;
}

}  // namespace

Result<ModelManifest> parse_manifest(const std::string& yaml) {
  if (yaml.size() > kManifestBytesMax)
    return fail(Code::kResourceExhausted, "{} bytes, expected at most {}", yaml.size(),
                kManifestBytesMax);
  try {
    return read_manifest(YAML::Load(yaml));
  } catch (const YAML::Exception& e) {
    return fail(Code::kInvalidArgument, "line {}: {}", e.mark.line + 1, e.msg);
  } catch (const std::exception& e) {
    return fail(Code::kInvalidArgument, "cannot be read as YAML: {}", e.what());
  }
}

std::string to_yaml(const ModelManifest& manifest) {
  std::string out =
      fmt::format("name: {}\nfamily: {}\n", scalar(manifest.name), name_of(manifest.family));
  if (!manifest.description.empty())
    out += fmt::format("description: {}\n", scalar(manifest.description));
  out += "\n" + file_yaml(manifest.file, "");
  if (!manifest.companions.empty()) out += "companions:\n";
  for (const ModelFile& file : manifest.companions) out += "  - " + file_yaml(file, "    ");
  if (!manifest.labels.empty()) out += fmt::format("labels: {}\n", scalar(manifest.labels));

  const ModelLicense& license = manifest.license;
  out += fmt::format("\nlicense:\n  name: {}\n  permissive: {}\n", scalar(license.name),
                     license.is_permissive);
  if (!license.url.empty()) out += fmt::format("  url: {}\n", scalar(license.url));
  if (!license.note.empty()) out += fmt::format("  note: {}\n", scalar(license.note));

  out += input_yaml(manifest.input) + outputs_yaml(manifest.outputs);
  if (!manifest.thresholds.empty()) out += "\nthresholds:\n";
  for (const auto& [name, value] : manifest.thresholds)
    out += fmt::format("  {}: {}\n", scalar(name), value);
  return out;
}

}  // namespace imagemill
