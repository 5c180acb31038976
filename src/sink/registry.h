// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// One factory a kind of sink, defined in the sink's own file. registry.cc is the only list of them.
#pragma once

#include "sink/sink.h"

namespace imagemill {

using SinkFactory = Result<std::unique_ptr<Sink>>(const std::string& location,
                                                  const SinkOptions& options, FileSystem& fs);

SinkFactory open_folder_sink;
SinkFactory open_zip_sink;
SinkFactory open_webdataset_sink;

}  // namespace imagemill
