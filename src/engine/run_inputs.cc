// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/run_inputs.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/caption_files.h"

namespace imagemill {
namespace {

std::string unique_name(std::string name, std::set<std::string>& taken) {
  std::string candidate = name;
  for (int n = 2; !taken.insert(candidate).second; ++n) candidate = fmt::format("{}~{}", name, n);
  return candidate;
}

// What is there and is refused for what it holds (a bomb, a broken directory) is one bad input of
// maybe many. What is not there, cannot be read or is misused is the caller's to mend.
bool is_refused_content(const std::string& input, const Status& status, FileSystem& fs) {
  if (status.code() != Code::kCorruptInput && status.code() != Code::kResourceExhausted &&
      status.code() != Code::kUnsupported)
    return false;
  const auto stat = fs.stat(input);
  return stat && stat->kind == FileStat::Kind::kFile;
}

Result<> list_source(Source& source, uint32_t index, const CancelToken& cancel, RunInputs& out) {
  IMAGEMILL_ASSIGN_OR_RETURN(Listing listing, source.list(cancel));
  size_t text_bytes = 0;
  for (const SourceEntry& entry : listing.entries) text_bytes += entry.key.size();
  char* text = out.keys.emplace_back(std::make_unique<char[]>(text_bytes)).get();
  out.entries.reserve(out.entries.size() + listing.entries.size());
  for (const SourceEntry& entry : listing.entries) {
    out.entries.push_back({.key = {text, entry.key.size()},
                           .bytes = entry.bytes,
                           .mtime_ns = entry.mtime_ns,
                           .locator = entry.locator,
                           .path_at = entry.path_at,
                           .source = index});
    text = std::ranges::copy(entry.key, text).out;
  }
  std::ranges::move(listing.failures, std::back_inserter(out.failures));
  return {};
}

}  // namespace

Result<ShardNumber> parse_shard(const std::string& text) {
  if (text.empty()) return ShardNumber();
  uint64_t index = 0;
  uint64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [slash, error] = std::from_chars(text.data(), end, index);
  if (error != std::errc() || slash == end || *slash != '/' ||
      std::from_chars(slash + 1, end, count).ptr != end || index < 1 || index > count)
    return fail(Code::kInvalidArgument, "--shard: '{}', expected i/n with 1 <= i <= n", text);
  return ShardNumber{.index = index - 1, .count = count};
}

std::vector<std::string> source_names(const std::vector<std::string>& inputs) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const std::string& input : inputs)
    names.push_back(unique_name(default_source_name(input), taken));
  return names;
}

bool RunInputs::has_sequential_source() const {
  return std::ranges::any_of(sources, [](const auto& source) { return source->is_sequential(); });
}

const RankedEntry* RunInputs::find(std::string_view key) const {
  const auto it = std::ranges::lower_bound(entries, key, {}, &RankedEntry::key);
  return it != entries.end() && it->key == key ? &*it : nullptr;
}

std::string RunInputs::path_of(const RankedEntry& entry) const {
  const std::string path = entry.listed().path();
  const bool is_single_picture = entry.path_at == 0;
  return input_count > 1 && !is_single_picture ? join_path(sources[entry.source]->name(), path)
                                               : path;
}

Result<RunInputs> list_inputs(const std::vector<std::string>& inputs, const OptionValues& options,
                              const std::vector<std::string>& skip_folders,
                              const std::string& standard_input, FileSystem& fs,
                              const CancelToken& cancel, bool with_captions) {
  RunInputs out;
  IMAGEMILL_ASSIGN_OR_RETURN(out.shard, parse_shard(options.text("shard")));
  SourceOptions source_options;
  source_options.limits.max_file_bytes = options.bytes("limit-file");
  source_options.include = options.texts("include");
  source_options.exclude = options.texts("exclude");
  source_options.skip_folders = skip_folders;

  out.input_count = inputs.size();
  const std::vector<std::string> names = source_names(inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string& input = inputs[i];
    const std::string& name = names[i];
    auto source = open_source(input, name, source_options, fs, standard_input);
    const Result<> listed =
        source ? list_source(**source, static_cast<uint32_t>(out.sources.size()), cancel, out)
               : std::unexpected(source.error());
    if (listed) {
      if (with_captions && (*source)->is_sequential())
        return fail(Code::kInvalidArgument,
                    "--captions: {} can only be read from its beginning to its end; unpack it",
                    input);
      out.sources.push_back(*std::move(source));
    } else if (is_refused_content(input, listed.error(), fs)) {
      out.failures.push_back({escape_key(name), listed.error()});
    } else {
      return std::unexpected(listed.error());
    }
  }
  std::ranges::sort(out.entries, {}, &RankedEntry::key);
  if (with_captions) pair_captions(out.entries, options.text("rename") == "sequence");
  for (uint64_t rank = 0; rank < out.entries.size(); ++rank) out.entries[rank].rank = rank;
  // What could not be listed is told once, by the first shard.
  if (out.shard.index != 0) out.failures.clear();
  return out;
}

}  // namespace imagemill
