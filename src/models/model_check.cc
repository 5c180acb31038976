// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What must hold of a model before a runtime sees it; reading the graph has checked its form.
#include <algorithm>

#include "base/checked_math.h"
#include "models/onnx_graph.h"

namespace imagemill {
namespace {

constexpr int64_t kElementsMax = int64_t{1} << 31;  // of an input

Result<> check_input(std::string_view path, const OnnxValue& value) {
  int64_t elements = 1;
  for (const OnnxDim& dim : value.dims) {
    if (dim.size == 0)
      return fail(Code::kCorruptInput, "{}: input '{}' is {}, expected sides of at least 1", path,
                  value.name, to_string(value));
    if (dim.size < 0) continue;  // varies
    const auto product = checked_mul(elements, dim.size);
    if (!product || *product > kElementsMax)
      return fail(Code::kResourceExhausted, "{}: input '{}' is {}, expected at most {} elements",
                  path, value.name, to_string(value), kElementsMax);
    elements = *product;
  }
  return {};
}

std::unexpected<Status> bad_location(std::string_view path, std::string_view location,
                                     std::string_view why) {
  return fail(Code::kCorruptInput,
              "{}: its weights are said to lie in '{}', {}; expected a file in the model's folder",
              path, location, why);
}

// The names on the way to `location`. Refuses what leads out of the folder.
Result<std::vector<std::string>> parts_of(std::string_view path, const std::string& location) {
  if (location.starts_with('/') || (location.size() > 1 && location[1] == ':'))
    return bad_location(path, location, "an absolute path");
  if (location.find_first_of(std::string_view("\\\0", 2)) != std::string::npos)
    return bad_location(path, location, "which is no portable name");
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= location.size();) {
    const size_t end = std::min(location.find('/', begin), location.size());
    std::string part = location.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..")
      return bad_location(path, location, "which leads elsewhere");
    parts.push_back(std::move(part));
    begin = end + 1;
  }
  return parts;
}

// A link anywhere on the way leads out as well.
Result<FileStat> stat_of_external(FileSystem& fs, const std::string& path,
                                  const std::string& location) {
  IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<std::string> parts, parts_of(path, location));
  std::string walked(parent_path(path));
  FileStat last;
  for (const std::string& part : parts) {
    walked = join_path(walked, part);
    const auto stat = fs.stat_link(walked);
    if (!stat && stat.error().code() == Code::kNotFound)
      return fail(Code::kNotFound, "{}: its weights lie in '{}', which is not there", path,
                  location);
    if (!stat) return std::unexpected(stat.error());
    if (stat->kind == FileStat::Kind::kSymlink)
      return bad_location(path, location, "which leads through a link");
    last = *stat;
  }
  return last;
}

Result<> check_external(FileSystem& fs, const std::string& path, const OnnxExternalFile& external) {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, stat_of_external(fs, path, external.location));
  if (stat.kind != FileStat::Kind::kFile)
    return bad_location(path, external.location, "which is no file");
  if (external.end_bytes > stat.bytes)
    return fail(Code::kCorruptInput, "{}: its weights end at byte {} of '{}', which has {} bytes",
                path, external.end_bytes, external.location, stat.bytes);
  return {};
}

}  // namespace

Result<OnnxGraph> check_model_file(FileSystem& fs, const std::string& path) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto file, fs.open(path));
  IMAGEMILL_ASSIGN_OR_RETURN(OnnxGraph graph, read_onnx_graph(*file, path));
  if (graph.inputs.empty())
    return fail(Code::kCorruptInput, "{}: a graph without inputs, expected one for a picture",
                path);
  if (graph.outputs.empty()) return fail(Code::kCorruptInput, "{}: a graph without outputs", path);
  for (const OnnxValue& input : graph.inputs) IMAGEMILL_TRY(check_input(path, input));
  for (const OnnxExternalFile& external : graph.external_files)
    IMAGEMILL_TRY(check_external(fs, path, external));
  return graph;
}

}  // namespace imagemill
