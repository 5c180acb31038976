// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/run_options.h"

#include <algorithm>
#include <array>

namespace imagemill {
namespace {

constexpr std::array kRunOptions = {
    OptionSpec{"threads", OptionKind::kInteger, "0",
               "compute threads; 0: as many as the machine has cores", "", 0, 1024, false},
    OptionSpec{"max-memory", OptionKind::kBytes, "0",
               "most memory the run may take, such as 512M; 0: half of the machine's", "", 0, 0,
               false},
    OptionSpec{
        "fail-on", OptionKind::kChoice, "none",
        "which damage makes a picture fail; none: deliver what can be decoded, marked as damaged",
        "none|truncated|error|warning"},
    OptionSpec{"limit-pixels", OptionKind::kInteger, "268000000", "pixels a picture may have", "",
               1, 4e9},
    OptionSpec{"limit-file", OptionKind::kBytes, "1G", "bytes an input file may have"},
    OptionSpec{"limit-seconds", OptionKind::kReal, "10", "seconds that decoding one file may take",
               "", 0.1, 3600},
    OptionSpec{"isolate", OptionKind::kFlag, "false",
               "decode every format in helper processes, JPEG, PNG, WebP and TIFF too: a hostile "
               "file that breaks a decoder costs one picture",
               "", 0, 0, false},
    OptionSpec{"include", OptionKind::kTexts, "",
               "only inputs that match this pattern, such as '*.jpg' or 'raw/**'"},
    OptionSpec{"exclude", OptionKind::kTexts, "", "no inputs that match this pattern"},
    OptionSpec{"shard", OptionKind::kText, "",
               "i/n: only every n-th input, from the i-th (1-based) on"},
    OptionSpec{"on-conflict", OptionKind::kChoice, "skip",
               "when a file that is not this run's own is in the way", "skip|overwrite|rename"},
    OptionSpec{"rename", OptionKind::kChoice, "keep",
               "keep: outputs are named as inputs; sequence: 0001.jpg, 0002.jpg ...",
               "keep|sequence"},
    OptionSpec{"layout", OptionKind::kChoice, "auto",
               "auto: a .zip output is an archive, else a folder of files; webdataset: tar shards "
               "in a folder",
               "auto|webdataset"},
    OptionSpec{"shard-entries", OptionKind::kInteger, "10000", "pictures in a tar shard", "", 1,
               10000},
    OptionSpec{"restart", OptionKind::kFlag, "false",
               "forget what an earlier run wrote here and do everything anew", "", 0, 0, false},
    OptionSpec{"dry-run", OptionKind::kFlag, "false", "say what would be done, write nothing", "",
               0, 0, false},
    OptionSpec{"device", OptionKind::kText, "auto",
               "what runs networks: auto, cpu, cuda[:n], tensorrt[:n], openvino, coreml or "
               "the name of a --provider-library",
               "", 0, 0, false},
    OptionSpec{"onnxruntime", OptionKind::kText, "",
               "ONNX Runtime's library, or the folder it is in, instead of the one that is found",
               "", 0, 0, false},
    OptionSpec{
        "provider-library", OptionKind::kTexts, "",
        "NAME=PATH of a library with a provider for ONNX Runtime; --device NAME asks for it, "
        "auto tries it first",
        "", 0, 0, false},
    OptionSpec{"batch", OptionKind::kInteger, "0",
               "pictures that a network sees at once; 0: whatever turns out to be fastest", "", 0,
               1024, false},
    OptionSpec{"infer-threads", OptionKind::kInteger, "1",
               "threads of one run of a network on the CPU; several runs go on at once", "", 1,
               1024, false},
    OptionSpec{"cache", OptionKind::kText, "",
               "folder for what is kept from run to run: results, optimised networks, their best "
               "batches; off: nothing is; else the user's cache folder",
               "", 0, 0, false},
    OptionSpec{
        "cache-size", OptionKind::kBytes, "4G",
        "most that kept results may take; what was not used for the longest time goes first; "
        "0: none are kept or taken",
        "", 0, 0, false},
    // For tests and for looking into a problem.
    OptionSpec{"executor", OptionKind::kChoice, "threaded",
               "serial: one item after the other on one thread", "threaded|serial", 0, 0, false},
    OptionSpec{"queue-capacity", OptionKind::kInteger, "8", "items that may wait before a stage",
               "", 1, 1024, false},
    OptionSpec{"shuffle", OptionKind::kInteger, "0",
               "take the inputs in an order shuffled with this seed; 0: as listed", "", 0, 4e9,
               false},
    OptionSpec{"group-items", OptionKind::kInteger, "256",
               "items that are committed together, at most", "", 1, 4096, false},
};

}  // namespace

std::span<const OptionSpec> run_options() { return kRunOptions; }

std::vector<OptionSpec> run_options_named(std::span<const std::string_view> names) {
  std::vector<OptionSpec> out;
  for (const OptionSpec& option : kRunOptions)
    if (std::ranges::find(names, option.name) != names.end()) out.push_back(option);
  return out;
}

}  // namespace imagemill
