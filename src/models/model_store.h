// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The models of a user, a folder each:
//
//   STORE/mobilenetv2/manifest.yaml
//   STORE/mobilenetv2/mobilenetv2-12.onnx
//   STORE/mobilenetv2/synset.txt
//   STORE/.accepted                           licences that were shown
//   STORE/.incoming/...                       models on their way in
//
// Real files, no links: a store can be copied, and what was hashed is what is run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "models/model_manifest.h"

namespace imagemill {

// A model whose files are there and fit its manifest.
struct FoundModel {
  ModelManifest manifest;  // inputs and outputs named
  std::string folder;      // of its files
  bool is_in_store = false;
  std::vector<std::string> assumptions = {};  // of a model without a manifest: what was assumed
  bool quantizes_by_batch = false;            // see OnnxGraph
  int64_t batch = -1;                         // that its first input asks for; -1: any
  // OnnxGraph::first_sides_of_one; empty where weights lie beside the graph.
  std::vector<uint64_t> first_sides_of_one = {};

  std::string graph_path() const { return join_path(folder, manifest.file.name); }
  std::string labels_path() const {  // "": it has none
    return manifest.labels.empty() ? "" : join_path(folder, manifest.labels);
  }
};

// A folder of the store, whatever is in it.
struct ListedModel {
  std::string name;
  Result<ModelManifest> manifest;
};

struct FileVerdict {
  std::string file;
  std::string problem;  // "": as it was when it came in
};

struct AddRequest {
  std::string path;                          // .onnx, or a folder with a manifest
  std::string name = {};                     // "": the manifest's, or made of the file's
  std::optional<ModelFamily> family = {};    // without a manifest: instead of a guess
  std::string labels = {};                   // path of a file with a label on each line
  std::optional<ModelLicense> license = {};  // instead of the manifest's
};

// Any number of processes may use a store at once. const methods change nothing.
class ModelStore {
 public:
  // `folder` need not be there yet.
  ModelStore(FileSystem& fs, std::string folder) : fs_(fs), folder_(std::move(folder)) {}

  const std::string& folder() const { return folder_; }

  Result<std::vector<ListedModel>> list() const;  // by name
  bool has(std::string_view name) const;

  // By name; or by the path of an .onnx file, with its manifest under the same name and .yaml
  // beside it, or without one; or by that of a folder with a manifest.yaml. Checked with
  // check_model_file and fit_to_graph; hashes are not: that takes reading all of it, which
  // content_hash() does before a model runs, and verify(). kNotFound says what to do about it.
  Result<FoundModel> find(const std::string& name_or_path) const;

  // Copies the files in; the model is there whole or not at all. As find() would find it then.
  Result<FoundModel> add(const AddRequest& request);

  Result<> remove(const std::string& name);

  // Every file against its size and hash. kNotFound for a name that is not there.
  Result<std::vector<FileVerdict>> verify(const std::string& name) const;

  // A licence that is not permissive is shown once for each model, before its first use.
  Result<bool> has_shown_license(const ModelManifest& manifest) const;
  Result<> note_license_shown(const ModelManifest& manifest);

 private:
  std::string path_of(std::string_view name) const { return join_path(folder_, name); }
  Result<ModelManifest> read_manifest(const std::string& path) const;
  Result<FoundModel> find_in_folder(const std::string& folder, std::string_view manifest) const;
  Result<FoundModel> find_bare(const std::string& path, std::optional<ModelFamily> family,
                               size_t labels) const;
  Result<FoundModel> find_to_add(const AddRequest& request) const;

  FileSystem& fs_;
  std::string folder_;
};

// Names all that a model's results depend on, 32 hex digits: what its manifest says of inputs and
// outputs, and what is in its files, which are read for it (SHA-256). kCorruptInput where a file is
// not the one whose hash the manifest has.
Result<std::string> content_hash(FileSystem& fs, const FoundModel& model);

// The labels of a found model; empty when it has none.
Result<std::vector<std::string>> read_labels(FileSystem& fs, const FoundModel& model);

}  // namespace imagemill
