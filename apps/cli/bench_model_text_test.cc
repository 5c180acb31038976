// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "bench_model_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace imagemill::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

BenchModelReport report() {
  return {.model = "resnet18",
          .provider = "CPU",
          .runtime_version = "1.23.2",
          .input = "float32 3x224x224",
          .runs_at_once = 2,
          .rows = {{.batch = 1,
                    .batch_seconds = 0.04,
                    .images_per_second = 49.93,
                    .resident_bytes = 120'000'000,
                    .runs = 90},
                   {.batch = 8,
                    .batch_seconds = 0.3,
                    .images_per_second = 53.3,
                    .resident_bytes = 180'000'000,
                    .runs = 30},
                   {.batch = 16, .problem = "batch of 16: out of memory"}},
          .best_batch = 8,
          .peak_resident_bytes = 181'000'000,
          .remembered_batch = 8};
}

TEST(BenchModelText, has_a_row_for_each_size_and_marks_the_best) {
  EXPECT_EQ(bench_model_text(report()),
            "resnet18 on CPU, ONNX Runtime 1.23.2, input float32 3x224x224\n"
            "2 batches at once, one thread each\n"
            "BATCH    MS/BATCH    IMAGES/S      MEMORY\n"
            "    1       40.00        49.9      120 MB\n"
            "    8      300.00        53.3      180 MB  best\n"
            "   16  batch of 16: out of memory\n"
            "peak memory 181 MB\n"
            "remembered: jobs begin with batches of 8\n");
}

TEST(BenchModelText, says_what_was_not_measured) {
  BenchModelReport stopped = report();
  stopped.is_whole = false;
  stopped.rows.back() = {.batch = 16};
  EXPECT_THAT(bench_model_text(stopped), HasSubstr("   16  not measured\n"));
  EXPECT_THAT(bench_model_text(stopped), HasSubstr("stopped before the end"));
  EXPECT_THAT(bench_model_text(stopped), Not(HasSubstr("remembered")));
}

TEST(BenchModelText, shows_names_out_of_files_without_what_a_terminal_obeys) {
  BenchModelReport odd = report();
  odd.model = "net\x1b[2J";
  odd.notes = {"runs on CPU, because \x1b]0;x\x07"};
  EXPECT_THAT(bench_model_text(odd), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace imagemill::cli
