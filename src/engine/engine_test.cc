// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Whole runs: the same outputs and rows whatever the order, the number of threads and the way the
// inputs come in.
#include "imagemill/engine.h"

#include <filesystem>

#include "base/file_system.h"
#include "store/run_store.h"
#include "support/archive_bytes.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

namespace fs = std::filesystem;
using Options = std::map<std::string, std::string>;

std::string read_text(const std::string& path) {
  const auto bytes = real_file_system().read(path, uint64_t{1} << 30);
  return bytes ? std::string(as_text(*bytes)) : std::string();
}

std::map<std::string, std::string> input_files() {
  std::map<std::string, std::string> out;
  const auto add = [&](const std::string& path, const MadePicture& made) {
    out[path] = std::string(as_text(make_picture_file(made)));
  };
  for (int i = 1; i <= 8; ++i)
    add(fmt::format("turned/{}.jpg", i), {.size = {150 + i, 101}, .orientation = i});
  add("a.png", {.format = FileFormat::kPng, .size = {90, 70}, .alpha = 90});
  add("a.jpg", {.size = {300, 200}, .has_camera_data = true});
  add("deep/b.tif", {.format = FileFormat::kTiff, .size = {80, 60}, .bits = 16});
  add("deep/p3.jpg", {.size = {64, 64}, .has_p3_profile = true});
  add("w.webp", {.format = FileFormat::kWebp, .size = {33, 44}});
  out["ink.jpg"] = std::string(as_text(make_cmyk_jpeg({40, 30}, {9, 90, 200, 3})));
  out["cut.jpg"] = out["a.jpg"].substr(0, out["a.jpg"].size() * 2 / 3);
  out["empty.jpg"] = "";
  out["notes.txt"] = "no picture";
  return out;
}

// What a run leaves, times left out; keys without the name of the source.
struct Outcome {
  std::map<std::string, std::string> files;
  std::vector<std::string> rows;
  bool operator==(const Outcome&) const = default;
};

std::string text_of(const Value& value) {
  if (const auto* n = std::get_if<int64_t>(&value)) return std::to_string(*n);
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  return "?";
}

Outcome outcome_of(const std::string& output, const std::string& state_folder) {
  Outcome out;
  if (fs::is_directory(output)) {
    for (const auto& entry : fs::recursive_directory_iterator(output)) {
      const std::string path = fs::relative(entry.path(), output).string();
      if (entry.is_regular_file() && !path.starts_with(".imagemill"))
        out.files[path] = read_text(entry.path().string());
    }
  } else {
    out.files["archive"] = read_text(output);
  }
  const auto store = RunStore::open_existing(state_folder + "/run.sqlite");
  EXPECT_THAT(store, IsOk());
  const auto path_of = [](const std::string& key) {
    return key.substr(key.find_first_of("/!") + 1);
  };
  EXPECT_THAT((*store)->for_each_item([&](const ItemRecord& item) -> Result<> {
    std::string row = fmt::format(
        "{} {} {} {} {} {} {}x{} {} {} {} {} {}", path_of(item.key), item.sequence,
        static_cast<int>(item.state), item.bytes, item.hash, item.format, item.width, item.height,
        item.orientation, item.decode_scale, item.is_damaged, item.stage, item.code.has_value());
    for (const OutputRecord& o : item.outputs)
      row += fmt::format(" | {} {} {} {}", o.job, o.path, o.bytes, o.hash);
    for (const std::string& warning : item.warnings) row += " | " + warning;
    out.rows.push_back(row);
    return {};
  }),
              IsOk());
  const auto visited =
      (*store)->for_each_row("prepare", [&](const std::string& key, const Row& row) -> Result<> {
        std::string text = path_of(key);
        for (const Value& value : row.values) text += " " + text_of(value);
        out.rows.push_back(text);
        return {};
      });
  EXPECT_THAT(visited, IsOk());
  std::ranges::sort(out.rows);
  return out;
}

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    ZipBytes zip;
    TarBytes tar;
    for (const auto& [path, bytes] : input_files()) {
      folder_.write("in/" + path, bytes);
      zip.add({.name = path, .content = bytes, .is_deflated = true});
      tar.add(path, bytes);
    }
    folder_.write("heap.zip", zip.finish());
    folder_.write("heap.tar.gz", compressed(tar.finish(), "gzip"));
  }

  RunSpec spec_of(const std::string& input, const std::string& output, const Options& options) {
    return {.inputs = {folder_ / input},
            .output = folder_ / output,
            .jobs = {{"prepare", {{"size", "60"}, {"metadata", "keep"}}}},
            .options = options};
  }

  Outcome run(const std::string& input, const std::string& output, const Options& options) {
    Listener listener;
    const auto finished = Engine().run(spec_of(input, output, options), listener, CancelToken());
    EXPECT_THAT(finished, IsOk());
    if (!finished) return {};
    EXPECT_EQ(finished->outcome, RunFinished::Outcome::kComplete) << finished->error;
    EXPECT_EQ(finished->items_total, 17);
    EXPECT_EQ(finished->failed, 1);
    EXPECT_EQ(finished->skipped, 1);
    EXPECT_EQ(finished->damaged, 1);
    const std::string place = folder_ / output;
    return outcome_of(place,
                      fs::is_directory(place) ? place + "/.imagemill" : place + ".imagemill");
  }

  TestFolder folder_;
};

void expect_equal(const Outcome& seen, const Outcome& expected) {
  EXPECT_EQ(seen.rows, expected.rows);
  ASSERT_EQ(seen.files.size(), expected.files.size());
  for (const auto& [path, bytes] : expected.files)
    EXPECT_TRUE(seen.files.contains(path) && seen.files.at(path) == bytes) << path;
}

const Options kWays[] = {
    {{"threads", "1"}},
    {{"threads", "2"}, {"shuffle", "7"}},
    {{"threads", "8"}, {"queue-capacity", "1"}},
    {{"threads", "8"}, {"group-items", "1"}, {"shuffle", "99"}},
    {{"threads", "2"}, {"max-memory", "140M"}},
};

TEST_F(EngineTest, results_do_not_depend_on_threads_or_order) {
  const Outcome expected = run("in", "serial", {{"executor", "serial"}});
  EXPECT_EQ(expected.files.size(), 15u);
  for (const Options& options : kWays) {
    const std::string name = fmt::format("way{}", &options - kWays);
    expect_equal(run("in", name, options), expected);
  }
}

TEST_F(EngineTest, archives_do_not_depend_on_threads_or_order) {
  const Outcome expected = run("in", "serial.zip", {{"executor", "serial"}});
  EXPECT_FALSE(expected.files.at("archive").empty());
  for (const Options& options : kWays) {
    const std::string name = fmt::format("way{}.zip", &options - kWays);
    expect_equal(run("in", name, options), expected);
  }
}

TEST_F(EngineTest, results_do_not_depend_on_where_the_inputs_come_from) {
  const Outcome expected = run("in", "folder", {{"executor", "serial"}});
  expect_equal(run("heap.zip", "zip", {{"threads", "2"}}), expected);
  expect_equal(run("heap.tar.gz", "tar", {{"threads", "2"}}), expected);
}

// Stops the run as soon as something has happened.
struct Impatient : Listener {
  CancelToken token;
  void on_item_failed(const ItemFailed&) override { token.request(); }
};

TEST_F(EngineTest, a_cancelled_run_resumed_equals_an_unbroken_one) {
  const Outcome expected = run("in", "unbroken", {{"executor", "serial"}});
  for (const char* executor : {"serial", "threaded"}) {
    const std::string output = std::string("broken_") + executor;
    const Options options = {{"executor", executor}, {"group-items", "2"}, {"threads", "2"}};
    Impatient listener;
    ASSERT_OK_AND_ASSIGN(const RunFinished finished,
                         Engine().run(spec_of("in", output, options), listener, listener.token));
    EXPECT_EQ(finished.outcome, RunFinished::Outcome::kCancelled);
    EXPECT_LE(finished.done, 15);
    expect_equal(run("in", output, options), expected);
  }
}

TEST_F(EngineTest, refuses_a_run_that_cannot_be_meant) {
  Listener listener;
  const auto code_of = [&](RunSpec spec) {
    const auto result = Engine().run(spec, listener, CancelToken());
    return result ? Code::kInternal : result.error().code();
  };
  RunSpec good = spec_of("in", "out", {});
  RunSpec spec = good;
  spec.inputs.clear();
  EXPECT_EQ(code_of(spec), Code::kInvalidArgument);
  spec = good;
  spec.jobs.clear();
  EXPECT_EQ(code_of(spec), Code::kInvalidArgument);
  spec = good;
  spec.jobs.push_back(good.jobs[0]);
  EXPECT_EQ(code_of(spec), Code::kInvalidArgument);
  spec = good;
  spec.output.clear();
  EXPECT_EQ(code_of(spec), Code::kInvalidArgument);
  spec = good;
  spec.inputs = {folder_ / "gone"};
  EXPECT_EQ(code_of(spec), Code::kNotFound);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

}  // namespace
}  // namespace imagemill
