// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "collection_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor_text.h"

namespace imagemill::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CollectionText, counts_shares_and_lists) {
  CollectionReport report{.files = 4, .pictures = 3, .bytes = 3'000'000};
  report.formats = {{"jpeg", 2}, {"png", 1}};
  report.blurred = {"in/soft.jpg"};
  report.broken = {{"in/bad\x1b[2J.png", "read", "PNG: no header"}};
  report.duplicates = {{"00ff", 1'000'000, {"in/a.jpg", "in/b.jpg"}}};
  const std::string text = collection_text(report);
  EXPECT_THAT(text, HasSubstr("4 files: 3 pictures (3.0 MB), 1 unreadable, 0 no pictures\n"));
  EXPECT_THAT(text, HasSubstr("66.7 %"));
  EXPECT_THAT(text, HasSubstr("in/soft.jpg"));
  EXPECT_THAT(text, HasSubstr("PNG: no header"));
  EXPECT_THAT(text, HasSubstr("2 times: in/a.jpg, in/b.jpg"));
  EXPECT_THAT(text, HasSubstr("1.0 MB to save"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "names are hostile";
}

TEST(CollectionText, long_lists_are_cut_and_an_empty_heap_is_short) {
  CollectionReport report{.files = 12, .pictures = 12};
  for (int i = 0; i < 12; ++i) report.dark.push_back(fmt::format("in/{}.jpg", i));
  EXPECT_THAT(collection_text(report), HasSubstr("... and 2 more"));
  EXPECT_EQ(collection_text({}), "0 files: 0 pictures (0 B), 0 unreadable, 0 no pictures\n");
}

TEST(DoctorText, says_where_the_helper_is_missing) {
  const Diagnosis diagnosis{.version = "1.2.3",
                            .cores = 4,
                            .reads = {"jpeg", "png"},
                            .helper_reads = {"heic"},
                            .libraries = {"libpng 1.6"}};
  const std::string text = doctor_text(diagnosis, "/x/imagemill-codec", "/x/config.yaml, in use");
  EXPECT_THAT(text, HasSubstr("/x/config.yaml, in use"));
  EXPECT_THAT(text, HasSubstr("/x/imagemill-codec, not found"));
  EXPECT_THAT(text, HasSubstr("4 usable"));
  EXPECT_THAT(text, HasSubstr("jpeg png"));
  EXPECT_THAT(text, HasSubstr("libpng 1.6"));
}

TEST(DoctorText, says_what_runs_networks_and_what_is_missing) {
  Diagnosis diagnosis;
  diagnosis.networks = {
      .runtime_version = "1.23.2",
      .runtime_path = "/lib/libonnxruntime.so",
      .providers = {{"cuda", false, "not part of this ONNX Runtime", "pip install onnxruntime-gpu"},
                    {"npu", true, "", "", "/opt/npu.so"},
                    {"cpu", true}},
      .other_providers = {"Azure"},
      .devices = {{"NVIDIA H100", 80'000'000'000, 79'000'000'000}},
      .models_folder = "/m",
      .models = 2,
      .model_bytes = 1'500'000};
  const std::string text = doctor_text(diagnosis, "", "");
  EXPECT_THAT(text, HasSubstr("networks        ONNX Runtime 1.23.2, /lib/libonnxruntime.so\n"));
  EXPECT_THAT(text,
              HasSubstr("  cuda          not part of this ONNX Runtime; it takes: pip install "
                        "onnxruntime-gpu\n"));
  EXPECT_THAT(text, HasSubstr("  npu           works, by /opt/npu.so\n"));
  EXPECT_THAT(text, HasSubstr("  cpu           works\n"));
  EXPECT_THAT(text, HasSubstr("NVIDIA H100, 80.0 GB, 79.0 GB free"));
  EXPECT_THAT(text, HasSubstr("models          2, 1.5 MB in /m\n"));
  EXPECT_THAT(text, HasSubstr("cache           nowhere"));

  diagnosis.networks = {.runtime_problem = "none: \"pip install onnxruntime\" mends it",
                        .devices_problem = "no NVIDIA driver"};
  EXPECT_THAT(doctor_text(diagnosis, "", ""), HasSubstr("pip install onnxruntime"));
  EXPECT_THAT(doctor_text(diagnosis, "", ""), HasSubstr("devices         none: no NVIDIA driver"));
}

}  // namespace
}  // namespace imagemill::cli
