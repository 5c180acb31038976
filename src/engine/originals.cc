// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/originals.h"

#include <algorithm>

#include "engine/run_inputs.h"
#include "source/entry_key.h"

namespace imagemill {
namespace {

bool is_list(std::string_view input) {
  const std::string extension = lower_extension(input);
  return input == "-" || extension == "txt" || extension == "csv" || extension == "jsonl";
}

}  // namespace

Originals::Originals(const std::vector<std::string>& inputs, FileSystem& fs)
    : Originals(inputs, inputs, fs) {}

Originals::Originals(const std::vector<std::string>& inputs, const std::vector<std::string>& places,
                     FileSystem& fs)
    : fs_(fs) {
  const std::vector<std::string> names = source_names(inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string& there = places[i];
    const auto stat = fs.stat(there);
    const bool is_folder = stat && stat->kind == FileStat::Kind::kFolder;
    Place place{.input = there, .name = escape_key(names[i]), .base = there};
    if (is_list(inputs[i])) {
      if (!is_folder) place.base = there == "-" ? "" : std::string(parent_path(there));
      place.has_paths = true;
    } else {
      // What is gone may have been either.
      const std::string file = escape_key(file_name(inputs[i]));
      place.has_paths = !stat || is_folder;
      if (!stat || stat->kind == FileStat::Kind::kFile)
        place.single = file == place.name ? file : place.name + '/' + file;
    }
    places_.push_back(std::move(place));
  }
}

Result<Originals> Originals::moved(const std::vector<std::string>& inputs,
                                   const std::vector<std::string>& places, FileSystem& fs) {
  if (places.empty()) return Originals(inputs, fs);
  if (inputs.empty()) return Originals(places, fs);
  if (inputs.size() != places.size())
    return fail(
        Code::kInvalidArgument,
        "--input: given {} times, but the run had {} inputs: {}; one for each, in this order",
        places.size(), inputs.size(), fmt::join(inputs, ", "));
  return Originals(inputs, places, fs);
}

// Names hold neither separator, so one fits at most.
std::optional<size_t> Originals::place_of(std::string_view key, char separator) const {
  const auto found = std::ranges::find(places_, key.substr(0, key.find(separator)), &Place::name);
  if (found == places_.end() || key.find(separator) == std::string_view::npos) return std::nullopt;
  return static_cast<size_t>(found - places_.begin());
}

std::string Originals::path_of(std::string_view key) const {
  for (const Place& place : places_)
    if (!place.single.empty() && key == place.single) return place.input;
  const auto place = place_of(key, '/');
  if (!place || !places_[*place].has_paths) return "";
  std::string path = unescape_key(key.substr(places_[*place].name.size() + 1));
  return path.starts_with('/') ? path : join_path(places_[*place].base, path);
}

Result<Bytes> Originals::read(std::string_view key, uint64_t max_bytes) {
  if (const std::string path = path_of(key); !path.empty()) return fs_.read(path, max_bytes);
  const auto index = place_of(key, '!');
  if (!index) return fail(Code::kNotFound, "{}: not below the inputs that the run was given", key);
  Place& place = places_[*index];
  IMAGEMILL_TRY(open_archive(place, max_bytes));
  const auto member = place.members.find(key);
  if (member == place.members.end())
    return fail(Code::kNotFound, "{}: {} has no such member any more", key, place.input);
  if (place.archive->is_sequential())
    return fail(Code::kUnsupported, "{}: {} can only be read from its beginning to its end", key,
                place.input);
  return place.archive->read(member->second);
}

Result<> Originals::open_archive(Place& place, uint64_t max_bytes) {
  if (place.archive) return {};
  SourceOptions options;
  options.limits.max_file_bytes = max_bytes;
  IMAGEMILL_ASSIGN_OR_RETURN(auto archive,
                             open_source(place.input, unescape_key(place.name), options, fs_));
  IMAGEMILL_ASSIGN_OR_RETURN(Listing listing, archive->list(CancelToken()));
  for (SourceEntry& entry : listing.entries) {
    const std::string key = entry.key;
    place.members.emplace(key, std::move(entry));
  }
  place.archive = std::move(archive);
  return {};
}

}  // namespace imagemill
