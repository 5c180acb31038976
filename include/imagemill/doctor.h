// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imagemill/places.h"

namespace imagemill {

// What may run networks.
struct DiagnosedProvider {
  std::string device;         // as --device names it: "cuda"
  bool is_installed = false;  // part of the ONNX Runtime that was found, or of the library
  std::string problem = {};   // why no network runs on it; "": one did
  std::string remedy = {};    // what there is to install, in a sentence; "": nothing here
  std::string library = {};   // that brings it, where ONNX Runtime does not
};

struct DiagnosedDevice {
  std::string name;
  uint64_t memory_bytes = 0;
  uint64_t free_bytes = 0;
};

// All about networks.
struct NetworkDiagnosis {
  std::string runtime_version = {};  // of ONNX Runtime; "": none was found
  std::string runtime_path = {};
  std::string runtime_problem = {};               // why not, and what to do
  std::vector<DiagnosedProvider> providers = {};  // in the order in which they are tried
  std::vector<std::string> other_providers = {};  // of the library, that nothing here uses
  std::vector<DiagnosedDevice> devices = {};
  std::string devices_problem = {};  // why there are none

  std::string models_folder = {};  // "": nothing says where
  int64_t models = 0;
  uint64_t model_bytes = 0;
  std::string cache_folder = {};
  int64_t cached_results = 0;
  uint64_t cache_bytes = 0;
};

// What this build and this machine can do, as far as Imagemill is concerned.
struct Diagnosis {
  std::string version;
  int cores = 0;                   // usable: affinity and quotas count
  uint64_t memory_bytes = 0;       // likewise; 0: the system does not tell
  std::vector<std::string> reads;  // formats, in this process
  std::vector<std::string> writes;
  bool has_helper = false;                // there is a file at `codec_host`
  std::vector<std::string> helper_reads;  // what it serves in addition when it is there
  std::vector<std::string> helper_writes;
  std::vector<std::string> helper_isolates;  // what it reads too with --isolate
  std::vector<std::string> libraries;        // "libpng 1.6.39"
  NetworkDiagnosis networks = {};
};

// Starts no process; loads ONNX Runtime, if there is one, and runs a network of one operation on
// each device. `codec_host`: path of imagemill-codec.
Diagnosis diagnose(const std::string& codec_host, const UserPlaces& places);

}  // namespace imagemill
