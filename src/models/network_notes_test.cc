// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/network_notes.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "support/test_folder.h"

namespace imagemill {
namespace {

const RunsOn kCpu = {.runtime_version = "1.23.2", .provider = "CPU"};
const RunsOn kCuda = {.runtime_version = "1.23.2", .provider = "CUDA:0"};
const RunsOn kLater = {.runtime_version = "1.24.0-dev", .provider = "CPU"};

TEST(NetworkNotes, hold_for_one_model_on_what_ran_it) {
  const TestFolder folder;
  const NetworkNotes notes(folder / "cache", "abc");
  EXPECT_TRUE(notes.keep_best_batch(kCpu, 1, 8));
  EXPECT_TRUE(notes.keep_takes_more(kCpu, true));
  EXPECT_TRUE(notes.keep_takes_more(kCuda, false));
  EXPECT_TRUE(notes.keep_last_run_on("auto\nlibraries", kCuda));

  const NetworkNotes again(folder / "cache", "abc");
  EXPECT_EQ(again.best_batch(kCpu, 1), 8);
  EXPECT_EQ(again.best_batch(kCpu, 2), std::nullopt);
  EXPECT_EQ(again.best_batch(kCuda, 1), std::nullopt);
  EXPECT_EQ(again.takes_more(kCpu), true);
  EXPECT_EQ(again.takes_more(kCuda), false);
  EXPECT_EQ(again.takes_more(kLater), std::nullopt);
  EXPECT_EQ(again.last_run_on("auto\nlibraries"), kCuda);
  EXPECT_EQ(again.last_run_on("cpu\nlibraries"), std::nullopt);

  const NetworkNotes other(folder / "cache", "abd");
  EXPECT_EQ(other.best_batch(kCpu, 1), std::nullopt);
  EXPECT_EQ(other.takes_more(kCpu), std::nullopt);
  EXPECT_TRUE(other.batch_trials().empty());
  EXPECT_EQ(other.last_run_on("auto\nlibraries"), std::nullopt);
}

TEST(NetworkNotes, all_trials_of_a_model_are_found) {
  const TestFolder folder;
  const NetworkNotes notes(folder / "cache", "abc");
  EXPECT_TRUE(notes.batch_trials().empty());
  notes.keep_takes_more(kLater, true);
  notes.keep_takes_more(kCuda, false);
  notes.keep_takes_more(kCpu, true);
  notes.keep_best_batch(kCpu, 1, 4);
  const auto trials = notes.batch_trials();
  ASSERT_EQ(trials.size(), 3u);
  EXPECT_EQ(trials[0].runs_on, kCpu);
  EXPECT_EQ(trials[1].runs_on, kLater);
  EXPECT_EQ(trials[2].runs_on, kCuda);
  EXPECT_TRUE(trials[0].takes_more && trials[1].takes_more && !trials[2].takes_more);
}

TEST(NetworkNotes, what_is_no_note_is_as_good_as_none) {
  const TestFolder folder;
  const NetworkNotes notes(folder / "cache", "abc");
  notes.keep_best_batch(kCpu, 1, 8);
  notes.keep_takes_more(kCpu, true);
  notes.keep_last_run_on("here", kCpu);
  for (const std::string& text : {std::string(), std::string("?"), std::string("maybe 1.23.2 CPU"),
                                  std::string("any 1.23.2"), std::string(1 << 16, 'x')}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "cache"))
      if (entry.is_regular_file())
        folder.write(std::filesystem::relative(entry.path(), folder / "").string(), text);
    EXPECT_EQ(notes.best_batch(kCpu, 1), std::nullopt) << text;
    EXPECT_EQ(notes.takes_more(kCpu), std::nullopt) << text;
    EXPECT_TRUE(notes.batch_trials().empty()) << text;
  }
  EXPECT_EQ(notes.last_run_on("here"), std::nullopt);
}

TEST(NetworkNotes, nothing_is_kept_without_a_place) {
  const NetworkNotes nowhere("", "abc");
  EXPECT_FALSE(nowhere.keep_best_batch(kCpu, 1, 8));
  EXPECT_FALSE(nowhere.keep_takes_more(kCpu, true));
  EXPECT_FALSE(nowhere.keep_last_run_on("here", kCpu));
  EXPECT_TRUE(nowhere.batch_trials().empty());
  const TestFolder folder;
  const NetworkNotes in_a_file(folder.write("cache", "a file"), "abc");
  EXPECT_FALSE(in_a_file.keep_takes_more(kCpu, true));
  EXPECT_FALSE(in_a_file.keep_last_run_on("", kCpu));
}

}  // namespace
}  // namespace imagemill
