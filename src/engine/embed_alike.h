// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/embedded_output.h"
#include "imagemill/cancel.h"
#include "imagemill/embed_setup.h"
#include "imagemill/events.h"

namespace imagemill {

// Features by file name; of a picture that cannot be had, why.
using FeaturesByName = std::map<std::string, Result<std::vector<float>>>;

struct EmbeddedFolder {
  FeaturesByName features;
  std::string model_hash;
};

// The job embed with these options over the pictures in `folder`, in one run, into
// join_path(setup.work_folder, "embed").
Result<EmbeddedFolder> embed_folder(const std::string& folder,
                                    const std::map<std::string, std::string>& job_options,
                                    const std::map<std::string, std::string>& run_options,
                                    const EmbedSetup& setup, Listener& listener,
                                    const CancelToken& cancel);

// The same as `made` was embedded: its model, transform, decode, dtype, limits. kInvalidArgument
// when the model that goes by that name is another one by now, kNotFound when there is none.
Result<FeaturesByName> embed_alike(const EmbeddedOutput& made, const std::string& folder,
                                   const EmbedSetup& setup, Listener& listener,
                                   const CancelToken& cancel);

// The file name that a picture gets in such a folder: its number, its own extension.
std::string numbered_name(size_t number, std::string_view path);

}  // namespace imagemill
