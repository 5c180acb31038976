// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/model_store.h"

#include <algorithm>

#include "imagemill/text.h"
#include "models/catalogue.h"
#include "models/graph_manifest.h"
#include "models/incoming_model.h"
#include "models/manifest_names.h"
#include "models/onnx_graph.h"
#include "models/sha256.h"

namespace imagemill {
namespace {

constexpr uint64_t kManifestBytesMax = 1 << 20;
constexpr uint64_t kLabelsBytesMax = 64 << 20;
constexpr uint64_t kAcceptedBytesMax = 1 << 20;
constexpr std::string_view kAcceptedFileName = ".accepted";  // no model is called so

bool is_path(const std::string& name_or_path) {
  return name_or_path.find('/') != std::string::npos || lower_extension(name_or_path) == "onnx" ||
         name_or_path == "." || name_or_path == "..";
}

Result<size_t> count_labels(FileSystem& fs, const std::string& path) {
  if (path.empty()) return 0;
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes text, fs.read(path, kLabelsBytesMax));
  auto labels = parse_labels(as_text(text));
  if (!labels) return std::unexpected(std::move(labels).error().with_context(path));
  return labels->size();
}

// Labels, where the manifest has them, and weights that lie outside of the graph: what has to come
// along when the graph does.
Result<> name_companions(const OnnxGraph& graph, ModelManifest& manifest) {
  for (const OnnxExternalFile& external : graph.external_files) {
    if (external.location.find('/') != std::string::npos)
      return fail(Code::kUnsupported,
                  "{}: its weights lie in '{}'; expected a file beside the model",
                  manifest.file.name, external.location);
    const bool is_known = std::ranges::find(manifest.companions, external.location,
                                            &ModelFile::name) != manifest.companions.end();
    if (!is_known) manifest.companions.push_back({.name = external.location});
  }
  return {};
}

std::string accepted_line(const ModelManifest& manifest) {
  return fmt::format("{}\t{}\n", manifest.name, manifest.license.name);
}

std::string problem_of(FileSystem& fs, const std::string& path, const ModelFile& file) {
  const auto stat = fs.stat_link(path);
  if (!stat) return stat.error().code() == Code::kNotFound ? "missing" : stat.error().message();
  if (stat->kind != FileStat::Kind::kFile) return "not a file, expected a real one";
  if (file.bytes != 0 && stat->bytes != file.bytes)
    return fmt::format("{} bytes, expected {}", stat->bytes, file.bytes);
  if (file.sha256.empty()) return "its hash is not known";
  const auto hash = hash_file(fs, path);
  if (!hash) return hash.error().message();
  return *hash == file.sha256 ? "" : fmt::format("sha256 {}, expected {}", *hash, file.sha256);
}

// What is wrong with a manifest is no mistake of whoever names its model.
std::unexpected<Status> damaged(const std::string& path, const Status& why) {
  return fail(Code::kCorruptInput, "{}: {}", path, why.message());
}

std::unexpected<Status> damaged(const FoundModel& model, const std::string& path,
                                std::string_view hash, std::string_view expected) {
  return fail(
      Code::kCorruptInput, "{}: sha256 {}, its manifest says {}: {}", path, hash, expected,
      model.is_in_store
          ? fmt::format("it is damaged; \"imagemill models verify {0}\" looks at all of the "
                        "model's files, \"models rm {0}\" lets it be pulled or added again",
                        model.manifest.name)
          : "it is damaged, or the manifest is another file's");
}

// What the graph says about batches.
void note_batch(OnnxGraph graph, FoundModel& found) {
  found.quantizes_by_batch = graph.quantizes_by_batch;
  if (!graph.inputs.front().dims.empty()) found.batch = graph.inputs.front().dims.front().size;
  if (graph.external_files.empty()) found.first_sides_of_one = std::move(graph.first_sides_of_one);
}

}  // namespace

Result<ModelManifest> ModelStore::read_manifest(const std::string& path) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes text, fs_.read(path, kManifestBytesMax));
  auto manifest = parse_manifest(std::string(as_text(text)));
  if (!manifest) return damaged(path, manifest.error());
  return manifest;
}

Result<std::vector<ListedModel>> ModelStore::list() const {
  std::vector<ListedModel> models;
  const auto entries = fs_.list(folder_);
  if (!entries && entries.error().code() == Code::kNotFound) return models;
  if (!entries) return std::unexpected(entries.error());
  for (const FolderEntry& entry : *entries) {
    if (entry.kind != FileStat::Kind::kFolder || !is_model_name(entry.name)) continue;
    auto manifest = read_manifest(join_path(path_of(entry.name), kManifestFileName));
    if (manifest && manifest->name != entry.name)
      manifest = fail(Code::kCorruptInput, "{}: its manifest is about '{}'", path_of(entry.name),
                      manifest->name);
    models.push_back({entry.name, std::move(manifest)});
  }
  std::ranges::sort(models, {}, &ListedModel::name);
  return models;
}

bool ModelStore::has(std::string_view name) const {
  if (!is_model_name(name)) return false;
  const auto stat = fs_.stat_link(path_of(name));
  return stat && stat->kind == FileStat::Kind::kFolder;
}

Result<FoundModel> ModelStore::find_in_folder(const std::string& folder,
                                              std::string_view manifest) const {
  const std::string path = join_path(folder, manifest);
  IMAGEMILL_ASSIGN_OR_RETURN(ModelManifest read, read_manifest(path));
  FoundModel found{.manifest = std::move(read), .folder = folder};
  for (const ModelFile& file : files_of(found.manifest)) {
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs_.stat(join_path(folder, file.name)));
    if (file.bytes != 0 && stat.bytes != file.bytes)
      return fail(Code::kCorruptInput, "{}: {} bytes, its manifest says {}",
                  join_path(folder, file.name), stat.bytes, file.bytes);
  }
  IMAGEMILL_ASSIGN_OR_RETURN(OnnxGraph graph, check_model_file(fs_, found.graph_path()));
  if (auto fits = fit_to_graph(graph, found.manifest); !fits) return damaged(path, fits.error());
  IMAGEMILL_TRY(name_companions(graph, found.manifest));
  note_batch(std::move(graph), found);
  return found;
}

Result<FoundModel> ModelStore::find_bare(const std::string& path, std::optional<ModelFamily> family,
                                         size_t labels) const {
  IMAGEMILL_ASSIGN_OR_RETURN(OnnxGraph graph, check_model_file(fs_, path));
  auto derived = derive_manifest(graph, file_name(path), family, labels);
  if (!derived) return std::unexpected(std::move(derived).error().with_context(path));
  IMAGEMILL_TRY(name_companions(graph, derived->manifest));
  const std::string_view folder = parent_path(path);
  FoundModel found{.manifest = std::move(derived->manifest),
                   .folder = folder.empty() ? "." : std::string(folder),
                   .assumptions = std::move(derived->assumptions)};
  note_batch(std::move(graph), found);
  return found;
}

Result<FoundModel> ModelStore::find(const std::string& name_or_path) const {
  if (is_path(name_or_path)) return find_to_add({.path = name_or_path});
  if (has(name_or_path)) {
    IMAGEMILL_ASSIGN_OR_RETURN(FoundModel found,
                               find_in_folder(path_of(name_or_path), kManifestFileName));
    for (const ModelFile& file : files_of(found.manifest)) {
      const std::string path = join_path(found.folder, file.name);
      IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs_.stat_link(path));
      if (stat.kind != FileStat::Kind::kFile)
        return fail(Code::kCorruptInput, "{}: not a file, expected a real one", path);
    }
    found.is_in_store = true;
    return found;
  }
  if (find_in_catalogue(name_or_path) != nullptr)
    return fail(Code::kNotFound, "model {} is not in the store ({}): 'imagemill models pull {}'",
                name_or_path, folder_, name_or_path);
  std::vector<std::string> names;
  if (const auto models = list())
    for (const ListedModel& model : *models) names.push_back(model.name);
  for (const ModelManifest& known : catalogue()) names.push_back(known.name);
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view near = nearest_name(name_or_path, views);
  return fail(Code::kNotFound, "no model named '{}'{}; 'imagemill models list' shows all",
              name_or_path, near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
}

Result<FoundModel> ModelStore::find_to_add(const AddRequest& request) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs_.stat(request.path));
  if (stat.kind == FileStat::Kind::kFolder) return find_in_folder(request.path, kManifestFileName);
  const std::string_view folder = parent_path(request.path);
  const std::string beside = std::string(file_stem(request.path)) + ".yaml";
  if (fs_.stat(join_path(folder, beside))) {
    IMAGEMILL_ASSIGN_OR_RETURN(FoundModel found,
                               find_in_folder(folder.empty() ? "." : std::string(folder), beside));
    if (found.manifest.file.name != file_name(request.path))
      return fail(Code::kInvalidArgument, "{}: file: '{}', expected '{}', which it lies beside",
                  join_path(folder, beside), found.manifest.file.name, file_name(request.path));
    return found;
  }
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t labels, count_labels(fs_, request.labels));
  return find_bare(request.path, request.family, labels);
}

Result<FoundModel> ModelStore::add(const AddRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(FoundModel found, find_to_add(request));
  ModelManifest& manifest = found.manifest;
  if (!request.name.empty()) manifest.name = request.name;
  if (request.family && manifest.family != *request.family)
    return fail(Code::kInvalidArgument, "--family {}, the model's manifest says {}",
                name_of(*request.family), name_of(manifest.family));
  if (request.license) {
    manifest.license = *request.license;
    std::erase(found.assumptions, "its licence is not known");
  }
  if (!request.labels.empty()) {
    const std::string labels(file_name(request.labels));
    std::erase_if(manifest.companions, [&](const ModelFile& file) {
      return file.name == labels || file.name == manifest.labels;
    });
    manifest.labels = labels;
    manifest.companions.push_back({.name = manifest.labels});
  }
  IMAGEMILL_TRY(validate(manifest));

  IMAGEMILL_ASSIGN_OR_RETURN(IncomingModel incoming,
                             IncomingModel::open(fs_, folder_, manifest.name));
  IMAGEMILL_TRY(incoming.clear());
  IMAGEMILL_TRY(incoming.copy_in(found.graph_path(), manifest.file));
  for (ModelFile& file : manifest.companions) {
    const bool is_given = !request.labels.empty() && file.name == manifest.labels;
    IMAGEMILL_TRY(
        incoming.copy_in(is_given ? request.labels : join_path(found.folder, file.name), file));
  }
  IMAGEMILL_TRY(incoming.commit(manifest));
  found.folder = path_of(manifest.name);
  found.is_in_store = true;
  return found;
}

Result<> ModelStore::remove(const std::string& name) {
  if (!has(name)) return fail(Code::kNotFound, "model {} is not in the store ({})", name, folder_);
  // Out of sight in one step, then file by file.
  const std::string leaving = join_path(path_of(".incoming"), name + "+leaving");
  IMAGEMILL_TRY(fs_.create_folders(path_of(".incoming")));
  for (const std::string& folder : {leaving, path_of(name)}) {
    if (!fs_.stat_link(folder)) continue;
    if (folder != leaving) IMAGEMILL_TRY(fs_.rename(folder, leaving));
    IMAGEMILL_ASSIGN_OR_RETURN(const auto entries, fs_.list(leaving));
    for (const FolderEntry& entry : entries)
      IMAGEMILL_TRY(fs_.remove(join_path(leaving, entry.name)));
    IMAGEMILL_TRY(fs_.remove(leaving));
  }
  return {};
}

Result<std::vector<FileVerdict>> ModelStore::verify(const std::string& name) const {
  if (!has(name)) return fail(Code::kNotFound, "model {} is not in the store ({})", name, folder_);
  std::vector<FileVerdict> verdicts;
  const auto manifest = read_manifest(join_path(path_of(name), kManifestFileName));
  verdicts.push_back({std::string(kManifestFileName), manifest ? "" : manifest.error().message()});
  if (!manifest) return verdicts;
  for (const ModelFile& file : files_of(*manifest))
    verdicts.push_back({file.name, problem_of(fs_, join_path(path_of(name), file.name), file)});
  return verdicts;
}

Result<bool> ModelStore::has_shown_license(const ModelManifest& manifest) const {
  const auto text = fs_.read(path_of(kAcceptedFileName), kAcceptedBytesMax);
  if (!text && text.error().code() == Code::kNotFound) return false;
  if (!text) return std::unexpected(text.error());
  return ("\n" + std::string(as_text(*text))).find("\n" + accepted_line(manifest)) !=
         std::string::npos;
}

Result<> ModelStore::note_license_shown(const ModelManifest& manifest) {
  IMAGEMILL_ASSIGN_OR_RETURN(const bool is_noted, has_shown_license(manifest));
  if (is_noted) return {};
  IMAGEMILL_TRY(fs_.create_folders(folder_));
  const std::string path = path_of(kAcceptedFileName);
  std::string text;
  if (const auto noted = fs_.read(path, kAcceptedBytesMax)) text = as_text(*noted);
  return write_file_atomically(fs_, path, as_byte_span(text + accepted_line(manifest)));
}

Result<std::string> content_hash(FileSystem& fs, const FoundModel& model) {
  // What it is called, where it comes from and who may use it changes no result.
  ModelManifest facts = model.manifest;
  facts.name = "model";
  facts.description.clear();
  facts.license = {};
  facts.file = {.name = "model.onnx"};
  facts.companions.clear();
  facts.labels.clear();
  Sha256 all;
  all.update(as_byte_span(to_yaml(facts)));
  for (const ModelFile& file : files_of(model.manifest)) {
    const std::string path = join_path(model.folder, file.name);
    IMAGEMILL_ASSIGN_OR_RETURN(const std::string hash, hash_file(fs, path));
    if (!file.sha256.empty() && hash != file.sha256) return damaged(model, path, hash, file.sha256);
    all.update(as_byte_span(hash));
  }
  return all.hex().substr(0, 32);
}

Result<std::vector<std::string>> read_labels(FileSystem& fs, const FoundModel& model) {
  if (model.manifest.labels.empty()) return std::vector<std::string>();
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes text, fs.read(model.labels_path(), kLabelsBytesMax));
  auto labels = parse_labels(as_text(text));
  if (!labels) return std::unexpected(std::move(labels).error().with_context(model.labels_path()));
  return labels;
}

}  // namespace imagemill
