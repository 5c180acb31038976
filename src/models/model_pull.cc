// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/model_pull.h"

#include <optional>

#include "imagemill/text.h"
#include "models/catalogue.h"
#include "models/file_download.h"
#include "models/http_fetch.h"
#include "models/incoming_model.h"
#include "models/manifest_names.h"
#include "models/model_description.h"
#include "models/sha256.h"

namespace imagemill {
namespace {

constexpr uint64_t kManifestBytesMax = 1 << 20;

bool is_address(std::string_view place) {
  return place.starts_with("https://") || place.starts_with("http://");
}

// As a part of an address's path.
std::string percent_encoded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '~';
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// Where a mirror may have a file: in the model's folder, as a store has it, or at the top.
std::vector<std::string> places_in(const std::string& mirror, const std::string& model,
                                   const std::string& file) {
  if (mirror.empty()) return {};
  if (!is_address(mirror))
    return {join_path(join_path(mirror, model), file), join_path(mirror, file)};
  const std::string name = percent_encoded(file);
  return {join_path(join_path(mirror, model), name), join_path(mirror, name)};
}

Result<std::string> read_text(FileSystem& fs, const std::string& place, const CancelToken& cancel) {
  if (!is_address(place)) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, fs.read(place, kManifestBytesMax));
    return std::string(as_text(bytes));
  }
  std::string text;
  const FetchReceiver receiver{.on_start = [](const FetchStart&) { return Result<>(); },
                               .on_bytes =
                                   [&](ByteSpan bytes) {
                                     text += as_text(bytes);
                                     return Result<>();
                                   }};
  IMAGEMILL_TRY(fetch_http({.url = place, .bytes_max = kManifestBytesMax}, receiver, cancel));
  return text;
}

// The catalogue's word goes before the mirror's.
Result<ModelManifest> manifest_of(FileSystem& fs, const PullRequest& request,
                                  const CancelToken& cancel) {
  if (!is_model_name(request.name))
    return fail(Code::kInvalidArgument, "'{}' is no name of a model", request.name);
  if (const ModelManifest* known = find_in_catalogue(request.name)) return *known;
  if (!request.mirror.empty()) {
    const std::string place = join_path(join_path(request.mirror, request.name), kManifestFileName);
    const auto text = read_text(fs, place, cancel);
    if (!text && text.error().code() != Code::kNotFound) return std::unexpected(text.error());
    if (text) {
      auto manifest = parse_manifest(*text);
      if (!manifest) return std::unexpected(std::move(manifest).error().with_context(place));
      if (manifest->name == request.name) return manifest;
      return fail(Code::kInvalidArgument, "{}: name: '{}', expected '{}'", place, manifest->name,
                  request.name);
    }
  }
  std::vector<std::string_view> names;
  for (const ModelManifest& known : catalogue()) names.push_back(known.name);
  const std::string_view near = nearest_name(request.name, names);
  return fail(Code::kNotFound, "neither the catalogue nor a mirror knows a model '{}'{}",
              request.name, near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
}

// Nothing is downloaded that could not be told from something else.
Result<> require_hashes(const PullRequest& request, ModelManifest& manifest) {
  if (!request.sha256.empty()) {
    if (!is_sha256(request.sha256))
      return fail(Code::kInvalidArgument, "sha256 '{}', expected 64 hexadecimal digits",
                  request.sha256);
    if (!manifest.file.sha256.empty() && manifest.file.sha256 != request.sha256)
      return fail(Code::kInvalidArgument, "{}: sha256 {} is wanted, its manifest says {}",
                  manifest.file.name, request.sha256, manifest.file.sha256);
    manifest.file.sha256 = request.sha256;
  }
  for (const ModelFile& file : files_of(manifest)) {
    if (file.sha256.empty())
      return fail(
          Code::kInvalidArgument, "{}: the hash of this file is not known to this version{}",
          file.name,
          file.name == manifest.file.name ? "; give the one that you trust with --sha256 HEX" : "");
  }
  return {};
}

class Pull {
 public:
  Pull(FileSystem& fs, const PullRequest& request, IncomingModel& incoming, PullListener& listener,
       const CancelToken& cancel)
      : fs_(fs), request_(request), incoming_(incoming), listener_(listener), cancel_(cancel) {}

  // From the first place that has it, unless an earlier try has brought it.
  Result<> bring(ModelFile& file) {
    const std::string path = incoming_.path_of(file.name);
    const auto hash = hash_file(fs_, path);
    if (!hash || *hash != file.sha256) IMAGEMILL_TRY(bring_from_anywhere(file, path));
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs_.stat(path));
    file.bytes = stat.bytes;
    return {};
  }

 private:
  Result<> bring_from_anywhere(ModelFile& file, const std::string& path) {
    std::vector<std::string> places = places_in(request_.mirror, request_.name, file.name);
    places.insert(places.end(), file.sources.begin(), file.sources.end());
    std::optional<Status> failure;
    bool is_told = true;
    for (const std::string& place : places) {
      if (cancel_.is_requested()) return fail(Code::kCancelled, "stopped");
      if (!is_address(place) && !fs_.stat(place)) continue;
      if (!is_told) listener_.on_source_failed(*failure);
      is_told = true;
      listener_.on_file(file.name, place);
      auto brought = is_address(place) ? download_file(fs_, place, file, path, listener_, cancel_)
                                       : incoming_.copy_in(place, file);
      if (brought || brought.error().code() == Code::kCancelled) return brought;
      // That a place does not have the file is worth less than how another failed.
      const bool is_absent = brought.error().code() == Code::kNotFound;
      if (!failure || failure->code() == Code::kNotFound || !is_absent)
        failure = std::move(brought).error();
      is_told = is_told && is_absent;
    }
    if (failure) return std::unexpected(*std::move(failure));
    return fail(Code::kNotFound, "{}: no address is known for it{}", file.name,
                request_.mirror.empty() ? "" : ", and the mirror does not have it");
  }

  FileSystem& fs_;
  const PullRequest& request_;
  IncomingModel& incoming_;
  PullListener& listener_;
  const CancelToken& cancel_;
};

}  // namespace

Result<FoundModel> pull_into(FileSystem& fs, ModelStore& store, const PullRequest& request,
                             PullListener& listener, const CancelToken& cancel) {
  if (store.has(request.name)) {
    IMAGEMILL_ASSIGN_OR_RETURN(FoundModel found, store.find(request.name));
    if (!request.sha256.empty() && request.sha256 != found.manifest.file.sha256)
      return fail(Code::kInvalidArgument, "{}: the store has it with sha256 {}, wanted is {}",
                  request.name, found.manifest.file.sha256, request.sha256);
    return found;
  }
  IMAGEMILL_ASSIGN_OR_RETURN(ModelManifest manifest, manifest_of(fs, request, cancel));
  IMAGEMILL_TRY(require_hashes(request, manifest));
  IMAGEMILL_ASSIGN_OR_RETURN(IncomingModel incoming,
                             IncomingModel::open(fs, store.folder(), manifest.name));
  IMAGEMILL_ASSIGN_OR_RETURN(const bool is_shown, store.has_shown_license(manifest));
  if (!manifest.license.is_permissive && !is_shown) {
    listener.on_license(describe(manifest));
    IMAGEMILL_TRY(store.note_license_shown(manifest));
  }
  Pull pull(fs, request, incoming, listener, cancel);
  IMAGEMILL_TRY(pull.bring(manifest.file));
  for (ModelFile& file : manifest.companions) IMAGEMILL_TRY(pull.bring(file));
  IMAGEMILL_TRY(incoming.commit(manifest));
  return store.find(manifest.name);
}

}  // namespace imagemill
