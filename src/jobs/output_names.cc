// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/output_names.h"

#include <algorithm>

#include "base/file_system.h"
#include "base/hash.h"

namespace imagemill {
namespace {

uint64_t name_hash(std::string_view name) { return hash_content(as_byte_span(name)).low; }

std::string with_extension(std::string_view stem, FileFormat format) {
  const std::string_view extension = format_extension(format);
  return extension.empty() ? std::string(stem) : fmt::format("{}.{}", stem, extension);
}

}  // namespace

OutputNames::OutputNames(Renaming renaming, std::span<const NamedInput> inputs,
                         std::function<FileFormat(FileFormat)> format_rule)
    : renaming_(renaming), format_rule_(std::move(format_rule)) {
  if (renaming == Renaming::kSequence) {
    const uint64_t last = inputs.empty() ? 0 : inputs.back().rank + 1;
    digits_ = std::max(4, static_cast<int>(std::to_string(last).size()));
    return;
  }
  // A file cannot have the name of a folder: not in an archive that has both, nor when only its
  // new extension makes them meet (a.png beside a.jpg/b.jpg, as JPEG).
  std::string_view last_folder;
  for (const NamedInput& input : inputs) {
    std::string_view folder = parent_path(input.path);
    if (folder == last_folder) continue;
    last_folder = folder;
    for (; !folder.empty(); folder = parent_path(folder)) taken_.insert(name_hash(folder));
  }
  std::vector<const NamedInput*> met;
  // Whoever keeps its own full name has the first right to it.
  for (const bool own_name : {true, false}) {
    for (const NamedInput& input : inputs) {
      const std::string name = planned_name(input.path);
      if ((name == input.path) == own_name && !taken_.insert(name_hash(name)))
        met.push_back(&input);
    }
  }
  for (const NamedInput* input : met) {
    const FileFormat format = format_rule_(format_of_extension(lower_extension(input->path)));
    std::string stem(input->path);
    for (int n = 2; !taken_.insert(name_hash(with_extension(stem, format))); ++n)
      stem = fmt::format("{}~{}", input->path, n);
    stems_.emplace(input->rank, std::move(stem));
  }
}

std::string OutputNames::planned_name(std::string_view input_path) const {
  const std::string extension = lower_extension(input_path);
  const FileFormat format = format_rule_(format_of_extension(extension));
  if (format == FileFormat::kUnknown || extension_fits(format, extension))
    return std::string(input_path);
  return with_extension(join_path(parent_path(input_path), file_stem(input_path)), format);
}

std::string OutputNames::path_for(std::string_view input_path, uint64_t rank,
                                  FileFormat format) const {
  if (renaming_ == Renaming::kSequence)
    return with_extension(fmt::format("{:0{}}", rank + 1, digits_), format);
  if (const auto it = stems_.find(rank); it != stems_.end())
    return with_extension(it->second, format);
  std::string planned = planned_name(input_path);
  if (extension_fits(format, lower_extension(planned))) return planned;
  // "a~2" may be the name of another input that is not what its extension says.
  std::string stem(input_path);
  for (int n = 2; is_planned(with_extension(stem, format)) || (n > 2 && is_planned(stem)); ++n)
    stem = fmt::format("{}~{}", input_path, n);
  return with_extension(stem, format);
}

bool OutputNames::is_planned(std::string_view path) const {
  return taken_.contains(name_hash(path));
}

}  // namespace imagemill
