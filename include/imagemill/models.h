// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The models of a user: which there are, where they come from, whether they are whole.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/status.h"

namespace imagemill {

struct ModelPlaces {
  std::string store;        // a folder, need not be there yet
  std::string mirror = {};  // folder or http(s) address that is asked first; "": none
  std::string cache = {};   // UserPlaces::cache, where runs note what they find out; "": nowhere
};

struct ModelFileDescription {
  std::string name;
  uint64_t bytes = 0;                     // 0: not known
  std::string sha256 = {};                // "": not known
  std::vector<std::string> sources = {};  // addresses
};

// Whether a network whose file says that its batch is one gave the same rows in a larger one.
struct ModelBatchTrial {
  std::string provider;  // that it was tried on: "CPU", "CUDA:0" ...
  std::string runtime_version;
  bool takes_more = false;
};

struct ModelDescription {
  std::string name;
  std::string family = {};
  std::string description = {};
  std::string license = {};  // SPDX where there is one; "": not known
  bool license_is_permissive = false;
  std::string license_url = {};
  std::string license_note = {};
  std::vector<ModelFileDescription> files = {};  // the graph first
  std::string manifest = {};                     // YAML
  std::string folder = {};                       // where its files are; "": nowhere yet
  bool is_in_store = false;
  bool is_known = false;     // there is an entry of the catalogue
  std::string problem = {};  // of a folder in the store that cannot be read
  // Of describe_model() alone, where the files are there:
  int64_t batch = 0;                               // that the graph asks for; 0: any, or not known
  std::vector<ModelBatchTrial> batch_trials = {};  // by runs on this machine

  uint64_t bytes() const;  // of all files whose size is known
};

// The store's models and those of the catalogue, by name.
Result<std::vector<ModelDescription>> list_models(const ModelPlaces& places);

// By name, or the path of an .onnx file or of a folder with a manifest.
Result<ModelDescription> describe_model(const ModelPlaces& places, const std::string& name_or_path);

struct ModelAddition {
  std::string path;          // .onnx, or a folder with a manifest
  std::string name = {};     // "": the manifest's, or made of the file's
  std::string family = {};   // "": guessed where there is no manifest
  std::string labels = {};   // path of a text with a label on each line
  std::string license = {};  // its name; "": the manifest's
  bool license_is_permissive = false;
};

struct AddedModel {
  ModelDescription model;
  std::vector<std::string> assumptions;  // what a missing manifest did not tell, a sentence each
};

// Copies the files into the store: all of them or none.
Result<AddedModel> add_model(const ModelPlaces& places, const ModelAddition& addition);

// What a download tells. Called from the thread that called pull_model.
class PullListener {
 public:
  virtual ~PullListener() = default;
  // Before the first download of a model whose licence is not permissive.
  virtual void on_license(const ModelDescription&) {}
  virtual void on_file(const std::string& /*name*/, const std::string& /*source*/) {}
  // bytes_total 0: not known. Many times a second.
  virtual void on_progress(uint64_t /*bytes*/, uint64_t /*bytes_total*/) {}
  virtual void on_source_failed(const Status&) {}  // the next one is tried
};

// Downloads a model of the catalogue, or one that the mirror describes, into the store. `sha256`:
// of the graph, where the manifest has none (kInvalidArgument when neither does) or to insist.
// Stopped at any point, the same call goes on where it was. A file with another hash is refused and
// removed. A model that the store has already is left alone.
Result<ModelDescription> pull_model(const ModelPlaces& places, const std::string& name,
                                    const std::string& sha256, PullListener& listener,
                                    const CancelToken& cancel);

struct ModelVerdict {
  std::string model;
  std::string file;
  std::string problem;  // "": whole
};

// Reads every file of a model, or of all ("").
Result<std::vector<ModelVerdict>> verify_models(const ModelPlaces& places, const std::string& name);

Result<> remove_model(const ModelPlaces& places, const std::string& name);

// What a user is told before a model is used whose licence is not permissive: "resnet18 is under
// the licence ...".
std::string license_notice(const ModelDescription& model);

// One object, or a list of them, with the fields of the struct; `manifest` left out.
std::string to_json(const ModelDescription& model);
std::string to_json(std::span<const ModelDescription> models);

}  // namespace imagemill
