// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Pictures of one colour each, and embeddings of them by a network whose features are the means of
// the channels: what is near to what can be told from the colours.
#pragma once

#include <array>
#include <map>
#include <string>

#include "imagemill/embed_setup.h"
#include "support/job_run.h"
#include "support/tiny_onnx.h"

namespace imagemill {

class ColourPictures {
 public:
  static constexpr int kSide = 16;

  using Colour = std::array<double, 3>;

  static Bytes picture(Colour colour, Size size = {40, 30}) {
    return encoded(FileFormat::kPng, painted(size, PixelFormat::rgb(), [&](int, int, int c) {
                     return colour[static_cast<size_t>(c)];
                   }));
  }

  // Reds from full to none, "00.png" and on; each nearest to its neighbours.
  void add_reds(int count) {
    for (int i = 0; i < count; ++i) run.add(fmt::format("{:02}.png", i), picture(red(i, count)));
  }
  static Colour red(int i, int count) { return {1 - static_cast<double>(i) / count, 0.2, 0.6}; }

  std::string model(const std::string& bytes = tiny_features_model(kSide, kSide)) const {
    return folder.write("model.onnx", bytes);
  }

  Result<RunFinished> embed(std::map<std::string, std::string> job = {},
                            const std::string& output = "out",
                            std::map<std::string, std::string> options = {}) {
    job.emplace("model", model());
    return run.run({{"embed", std::move(job)}}, std::move(options), output);
  }

  // What a test's command works with; every call has a work folder of its own.
  EmbedSetup setup() {
    return {.options = {{"threads", "2"}},
            .places = run.places,
            .work_folder = folder / fmt::format("work{}", setups_++)};
  }

  JobRun run;
  TestFolder folder;

 private:
  int setups_ = 0;
};

}  // namespace imagemill
