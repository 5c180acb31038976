// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/doctor.h"

#include <algorithm>
#include <span>

#include "codec/helper_client.h"
#include "codec/registry.h"
#include "imagemill/version.h"
#include "kernels/libraries.h"
#include "store/sqlite.h"
#include "telemetry/machine_limits.h"

namespace imagemill {
namespace {

std::vector<std::string> names_of(std::span<const FileFormat> formats) {
  std::vector<std::string> names;
  for (const FileFormat format : formats) names.emplace_back(format_name(format));
  return names;
}

}  // namespace

Diagnosis diagnose(const std::string& codec_host) {
  FileSystem& fs = real_file_system();
  const auto helper = fs.stat(codec_host);
  Diagnosis d{.version = IMAGEMILL_VERSION,
              .cores = usable_cores(fs),
              .memory_bytes = available_memory_bytes(fs),
              .reads = names_of(decodable_formats()),
              .writes = names_of(encodable_formats()),
              .has_helper = helper && helper->kind == FileStat::Kind::kFile,
              .helper_reads = names_of(HelperPool::decodable_formats()),
              .helper_writes = names_of(HelperPool::encodable_formats()),
              .libraries = codec_libraries()};
  if (fs.stat(codec_host + "-builtin.so")) d.helper_isolates = d.reads;
  std::ranges::move(kernel_libraries(), std::back_inserter(d.libraries));
  d.libraries.push_back(sqlite::library());
  return d;
}

}  // namespace imagemill
