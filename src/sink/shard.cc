// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "sink/shard.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "sink/append_file.h"
#include "sink/tar_format.h"

namespace imagemill {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kShardDigits = 5;

template <typename Json>
std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view without_extension(std::string_view path) {
  const std::string_view stem = file_stem(path);
  return path.substr(0, path.size() - file_name(path).size() + stem.size());
}

std::string shard_file_name(uint64_t shard, std::string_view suffix) {
  return fmt::format("{:0{}}{}", shard, kShardDigits, suffix);
}

std::string_view key_of(std::string_view member) { return member.substr(0, member.find('.')); }

}  // namespace

ShardNames::ShardNames(std::string location, uint64_t shard_entries) : folder(std::move(location)) {
  const size_t digits = fmt::formatted_size("{}", std::max<uint64_t>(shard_entries, 1) - 1);
  index_digits = std::max(index_digits, static_cast<int>(digits));
}

std::string ShardNames::name(uint64_t shard, std::string_view suffix) const {
  return join_path(folder, shard_file_name(shard, suffix));
}

std::string ShardNames::key(uint64_t shard, uint64_t sample) const {
  return fmt::format("{:0{}}{:0{}}", shard, kShardDigits, sample, index_digits);
}

std::optional<uint64_t> shard_number(std::string_view file_name, std::string_view suffix) {
  uint64_t number = 0;
  const char* end = file_name.data() + file_name.size();
  const auto parsed = std::from_chars(file_name.data(), end, number);
  // Other spellings of the number ("0000000001.tar") are not ours.
  if (parsed.ec != std::errc() || shard_file_name(number, suffix) != file_name) return std::nullopt;
  return number;
}

std::string sample_extension(std::string_view path) {
  const size_t stem = without_extension(path).size();
  return stem + 1 < path.size() ? std::string(path.substr(stem + 1)) : "bin";
}

bool ShardSample::accepts(std::string_view path) const {
  return without_extension(path) == without_extension(paths_.front()) &&
         std::ranges::none_of(paths_, [&](const std::string& other) {
           return sample_extension(other) == sample_extension(path);
         });
}

std::string ShardSample::origin_member() const {
  const bool has_json = std::ranges::any_of(
      paths_, [](const std::string& path) { return sample_extension(path) == "json"; });
  return key_ + (has_json ? ".path.json" : ".json");
}

std::string ShardSample::origin() const {
  return dump(ordered_json{{"key", key_}, {"path", paths_.front()}, {"files", paths_}}) + "\n";
}

std::string ShardState::to_text() const {
  // Paths are bytes, and a JSON text is not: they go as lists of numbers.
  json paths = json::array();
  for (const std::string& path : open_paths)
    paths.push_back(std::vector<uint8_t>(path.begin(), path.end()));
  return dump(
      ordered_json{{"shard", shard}, {"bytes", bytes}, {"samples", samples}, {"open", paths}});
}

Result<ShardState> ShardState::parse(const std::string& text) {
  const auto refuse = [&] {
    return fail(Code::kCorruptInput, "state \"{}\" is not one of a WebDataset", text);
  };
  const json state = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!state.is_object()) return refuse();
  for (const char* name : {"shard", "bytes", "samples"})
    if (!state.contains(name) || !state[name].is_number_unsigned()) return refuse();
  ShardState out{.shard = state["shard"].get<uint64_t>(),
                 .bytes = state["bytes"].get<uint64_t>(),
                 .samples = state["samples"].get<uint64_t>(),
                 .open_paths = {}};
  if (!state.contains("open") || !state["open"].is_array() || state["open"].empty())
    return refuse();
  for (const json& path : state["open"]) {
    if (!path.is_array() || path.empty()) return refuse();
    std::string& bytes_of_path = out.open_paths.emplace_back();
    for (const json& byte : path) {
      if (!byte.is_number_unsigned()) return refuse();
      bytes_of_path += static_cast<char>(byte.get<uint8_t>());
    }
  }
  return out;
}

Result<ShardContents> read_shard(const std::string& tar, uint64_t bytes, bool has_open_sample,
                                 FileSystem& fs) {
  ShardContents out;
  std::optional<TarEntry> last;
  uint64_t contents_of_last = 0;
  const auto end_sample = [&]() -> Result<> {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes origin,
                               fs.read_range(tar, contents_of_last, last->bytes));
    out.index += as_text(origin);
    ++out.samples;
    return {};
  };
  for (uint64_t offset = 0; offset < bytes;) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes block, fs.read_range(tar, offset, kTarBlockBytes));
    IMAGEMILL_ASSIGN_OR_RETURN(auto member, parse_tar_header(block));
    if (!member) break;
    if (tar_member_size(member->bytes) > bytes - offset)
      return fail(Code::kCorruptInput, "{}: {}: ends beyond byte {}", tar, member->name, bytes);
    if (last && key_of(last->name) != key_of(member->name)) IMAGEMILL_TRY(end_sample());
    contents_of_last = offset + kTarBlockBytes;
    offset += tar_member_size(member->bytes);
    last = std::move(member);
  }
  if (last && !has_open_sample) IMAGEMILL_TRY(end_sample());
  return out;
}

std::vector<std::string> paths_in_index(std::string_view index) {
  std::vector<std::string> paths;
  while (!index.empty()) {
    const size_t end = std::min(index.find('\n'), index.size() - 1);
    const json line = json::parse(index.substr(0, end), nullptr, /*allow_exceptions=*/false);
    index.remove_prefix(end + 1);
    if (!line.is_object() || !line.contains("files") || !line["files"].is_array()) continue;
    for (const json& path : line["files"])
      if (path.is_string()) paths.push_back(path.get<std::string>());
  }
  return paths;
}

Result<> settle_shard(const ShardNames& names, const ClosedShard& shard, FileSystem& fs) {
  const std::string partial = names.partial(shard.number);
  IMAGEMILL_TRY(write_file_atomically(fs, names.index(shard.number), as_byte_span(shard.index)));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto partial_bytes, file_size_if_any(partial, fs));
  if (partial_bytes) IMAGEMILL_TRY(fs.rename(partial, names.tar(shard.number)));
  // The stats say that the shard is finished: they must not be durable before it is.
  IMAGEMILL_TRY(fs.sync_all(names.folder));
  const std::string stats =
      dump(ordered_json{{"count", shard.samples}, {"bytes", shard.bytes}}) + "\n";
  return write_file_atomically(fs, names.stats(shard.number), as_byte_span(stats));
}

std::string json_text(std::string_view path) { return dump(json(path)); }

}  // namespace imagemill
