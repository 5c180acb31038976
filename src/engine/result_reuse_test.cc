// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A later run takes over what an earlier one found out, and nobody can tell from what it writes.
#include "engine/result_reuse.h"

#include <filesystem>

#include "support/job_run.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::atomic<int> times_worked = 0;

// The mean of a small view, and how it was asked to be.
class MeanJob final : public Job {
 public:
  explicit MeanJob(const OptionValues& options)
      : mode_(options.text("mode")), size_(static_cast<int>(options.integer("size"))) {}
  static const JobInfo& describe() {
    static constexpr std::array kOptions = {
        OptionSpec{"mode", OptionKind::kChoice, "plain", "", "plain|warns|files|secret|shows|late"},
        OptionSpec{"size", OptionKind::kInteger, "16", "", "", 1, 4096}};
    static constexpr JobInfo kInfo{"mean", "", kOptions};
    return kInfo;
  }
  static Result<std::unique_ptr<Job>> make(const OptionValues& options, const JobTools&) {
    return std::make_unique<MeanJob>(options);
  }
  const JobInfo& info() const override { return describe(); }
  std::optional<TableSchema> table() const override {
    return TableSchema{"mean", {{"mean", ColumnType::kReal}, {"mode", ColumnType::kText}}};
  }
  std::optional<std::string> cache_key() const override {
    if (mode_ == "secret") return std::nullopt;
    return fmt::format("1 {} {}", mode_, size_);
  }
  std::vector<ViewRequest> views(const ImageHeader&) const override {
    return {{.size = {size_, size_}, .color = ViewColor::kLuma}};
  }
  std::vector<ViewRequest> late_views(const ImageHeader& header) const override {
    return mode_ == "late" ? views(header) : std::vector<ViewRequest>();
  }
  std::optional<ImageHeader> picture(const ImageHeader& header) const override {
    if (mode_ != "shows") return std::nullopt;
    ImageHeader made = header;
    made.width = made.height = size_;
    made.pixel_format = PixelFormat::gray();
    return made;
  }
  Result<> process(ItemContext& context) const override {
    ++times_worked;
    IMAGEMILL_ASSIGN_OR_RETURN(const Image luma, context.view(views(context.header())[0]));
    double sum = 0;
    for (int y = 0; y < size_; ++y)
      for (int x = 0; x < size_; ++x) sum += luma.plane(0).row<uint8_t>(y)[x];
    if (mode_ == "warns") context.warn("odd");
    if (mode_ == "shows") IMAGEMILL_TRY(context.emit_picture(luma));
    if (mode_ == "files")
      IMAGEMILL_TRY(context.emit_file(context.output_path("", FileFormat::kPng),
                                      as_byte_span(std::to_string(sum))));
    context.emit_row({sum / size_ / size_, mode_});
    return {};
  }

 private:
  const std::string mode_;
  const int size_;
};

// Looks at the picture that the other makes.
class LookingJob final : public Job {
 public:
  static const JobInfo& describe() {
    static constexpr JobInfo kInfo{"looks", "", {}};
    return kInfo;
  }
  static Result<std::unique_ptr<Job>> make(const OptionValues&, const JobTools&) {
    return std::make_unique<LookingJob>();
  }
  const JobInfo& info() const override { return describe(); }
  std::string picture_of() const override { return "mean"; }
  std::vector<ViewRequest> views(const ImageHeader&) const override {
    return {{.size = {8, 8}, .color = ViewColor::kLuma}};
  }
  Result<> process(ItemContext& context) const override {
    EXPECT_EQ(context.header().width, 16);
    IMAGEMILL_TRY(context.view(views(context.header())[0]));
    return {};
  }
};

class ResultReuseTest : public testing::Test {
 protected:
  ResultReuseTest() {
    run_.known_jobs.push_back({MeanJob::describe, MeanJob::make});
    run_.places.cache = folder_ / "cache";
    for (int i = 0; i < kPictures; ++i)
      run_.add(fmt::format("{}.jpg", i), make_picture_file({.size = {400 + i, 300}}));
  }

  struct Seen {
    RunFinished finished;
    int worked = 0;
    std::map<std::string, NamedRow> rows;
    std::map<std::string, ItemRecord> items;
  };
  Seen run(const std::string& output, std::map<std::string, std::string> job = {},
           std::map<std::string, std::string> options = {}) {
    times_worked = 0;
    auto finished = run_.run({{"mean", std::move(job)}}, std::move(options), output);
    EXPECT_THAT(finished, IsOk());
    EXPECT_EQ(finished->error, "");
    return {*finished, times_worked, run_.rows("mean"), run_.items()};
  }

  static constexpr int kPictures = 5;
  JobRun run_;
  TestFolder folder_;
};

TEST_F(ResultReuseTest, pictures_under_other_names_are_not_looked_at_again) {
  const Seen first = run("first");
  EXPECT_EQ(first.worked, kPictures);
  EXPECT_EQ(first.finished.results_reused, 0);
  std::filesystem::create_directory(run_.in("moved"));
  for (int i = 0; i < kPictures; ++i)
    std::filesystem::rename(run_.in(fmt::format("{}.jpg", i)),
                            run_.in(fmt::format("moved/b{}.jpg", i)));
  const Seen second = run("second");
  EXPECT_EQ(second.worked, 0);
  EXPECT_EQ(second.finished.results_reused, kPictures);
  EXPECT_EQ(second.finished.done, kPictures);
  for (int i = 0; i < kPictures; ++i) {
    const std::string before = fmt::format("{}.jpg", i);
    const std::string after = fmt::format("moved/b{}.jpg", i);
    EXPECT_EQ(second.rows.at(after).values, first.rows.at(before).values);
    const ItemRecord& item = second.items.at(after);
    EXPECT_EQ(item.decode_scale, first.items.at(before).decode_scale);
    EXPECT_EQ(item.width, 400 + i);
    EXPECT_EQ(item.hash, first.items.at(before).hash);
  }
}

TEST_F(ResultReuseTest, what_depends_on_something_else_is_done_anew) {
  run("first");
  EXPECT_EQ(run("size", {{"size", "17"}}).worked, kPictures);
  EXPECT_EQ(run("off", {}, {{"cache", "off"}}).worked, kPictures);
  EXPECT_EQ(run("elsewhere", {}, {{"cache", folder_ / "other"}}).worked, kPictures);
  EXPECT_EQ(run("again", {}, {{"threads", "8"}}).worked, 0);
  run_.add("0.jpg", make_picture_file({.size = {400, 300}, .orientation = 3}));
  EXPECT_EQ(run("changed").worked, 1);
}

TEST_F(ResultReuseTest, what_rows_alone_do_not_tell_is_not_kept) {
  for (const std::string mode : {"warns", "files", "secret", "late"}) {
    run("first-" + mode, {{"mode", mode}});
    EXPECT_EQ(run("second-" + mode, {{"mode", mode}}).worked, kPictures) << mode;
  }
  Bytes cut = make_picture_file({.size = {500, 300}});
  cut.resize(cut.size() / 2);
  run_.add("cut.jpg", cut);
  EXPECT_EQ(run("damaged").finished.damaged, 1);
  const Seen again = run("damaged-again");
  EXPECT_EQ(again.worked, 1);
  EXPECT_EQ(again.finished.damaged, 1);
}

TEST_F(ResultReuseTest, pixels_of_other_jobs_do_not_depend_on_what_is_known) {
  const auto prepared = [this](const std::string& output, const std::string& cache) {
    times_worked = 0;
    EXPECT_THAT(run_.run({{"prepare", {{"size", "20"}}}, {"mean", {{"size", "200"}}}},
                         {{"cache", cache}}, output),
                IsOk());
    std::vector<std::string> hashes;
    for (const auto& [key, item] : run_.items()) {
      hashes.push_back(item.outputs.at(0).hash);
      hashes.push_back(item.decode_scale);
    }
    return hashes;
  };
  const auto expected = prepared("plain", "off");
  EXPECT_EQ(prepared("first", ""), expected);
  EXPECT_EQ(times_worked, kPictures);
  EXPECT_EQ(prepared("second", ""), expected);
  EXPECT_EQ(times_worked, 0);
}

TEST_F(ResultReuseTest, a_cache_that_cannot_be_used_is_told_of_and_done_without) {
  folder_.write("cache", "a file in its place");
  const Seen seen = run("out");
  EXPECT_EQ(seen.worked, kPictures);
  EXPECT_EQ(seen.finished.outcome, RunFinished::Outcome::kComplete);
  EXPECT_THAT(run_.listener.warnings, Contains(HasSubstr("cache")));
}

TEST_F(ResultReuseTest, a_damaged_cache_costs_one_run_its_help) {
  run("first");
  const std::string path = folder_ / "cache/results.sqlite";
  Bytes bytes = real_file_system().read(path, 1 << 30).value();
  constexpr size_t kPage = 16384;  // the first holds the schema and is left whole
  ASSERT_GT(bytes.size(), 2 * kPage);
  std::fill(bytes.begin() + kPage, bytes.end(), std::byte{0x5a});
  ASSERT_THAT(write_file_atomically(real_file_system(), path, bytes), IsOk());
  const Seen hurt = run("hurt");
  EXPECT_EQ(hurt.worked, kPictures);
  EXPECT_EQ(hurt.finished.outcome, RunFinished::Outcome::kComplete);
  EXPECT_THAT(run_.listener.warnings, Contains(HasSubstr("not kept")));
  EXPECT_EQ(run("anew").worked, kPictures);
  EXPECT_EQ(run("again").worked, 0);
}

TEST_F(ResultReuseTest, rows_that_were_changed_in_the_cache_are_done_without) {
  run("first");
  sqlite::Database database =
      sqlite::Database::open(folder_ / "cache/results.sqlite", sqlite::OpenMode::kReadWrite)
          .value();
  ASSERT_THAT(database.execute("UPDATE results SET value = substr(value, 1, 9)"), IsOk());
  const Seen second = run("second");
  EXPECT_EQ(second.worked, kPictures);
  EXPECT_EQ(second.rows.size(), static_cast<size_t>(kPictures));
}

TEST_F(ResultReuseTest, a_network_is_known_by_what_it_is_and_what_ran_it) {
  const std::string model = folder_.write("model.onnx", tiny_features_model(16, 16));
  const auto embed = [&](const std::string& output, std::map<std::string, std::string> more = {}) {
    more.emplace("model", model);
    auto finished = run_.run({{"embed", more}}, {}, output);
    EXPECT_THAT(finished, IsOk());
    EXPECT_EQ(finished->error, "");
    return finished->results_reused;
  };
  EXPECT_EQ(embed("first"), 0);
  const auto features = [this] {
    return real_file_system().read(run_.out("features.npy"), 1 << 20).value();
  };
  const Bytes expected = features();
  EXPECT_EQ(embed("second"), kPictures);
  EXPECT_EQ(features(), expected);
  EXPECT_EQ(embed("files", {{"output", "npy"}, {"chunk", "2"}}), kPictures);
  EXPECT_EQ(embed("squash", {{"transform", "squash"}}), 0);
  EXPECT_EQ(embed("exact", {{"decode", "exact"}}), 0);
  // Without the note of who ran it last, the runtime has to be asked.
  std::filesystem::remove_all(folder_ / "cache/providers");
  EXPECT_LT(embed("third"), kPictures);
}

TEST_F(ResultReuseTest, a_job_works_where_another_looks_at_its_picture) {
  run_.known_jobs.push_back({LookingJob::describe, LookingJob::make});
  const std::map<std::string, std::string> shows{{"mode", "shows"}};
  run("alone", shows);
  EXPECT_EQ(run("again", shows).worked, 0);
  times_worked = 0;
  const auto finished = run_.run({{"mean", shows}, {"looks", {}}}, {}, "both");
  ASSERT_THAT(finished, IsOk());
  EXPECT_EQ(finished->done, kPictures);
  EXPECT_EQ(finished->results_reused, 0);
  EXPECT_EQ(times_worked, kPictures);
}

TEST_F(ResultReuseTest, rows_that_depend_on_their_neighbours_are_not_kept) {
  constexpr int kBatch = 4;
  const auto reused = [&](int batch) {
    const std::string model = folder_.write("model.onnx", tiny_dynamic_model(16, 16, batch));
    int64_t results = 0;
    for (const char* output : {"first", "second"}) {
      const auto finished =
          run_.run({{"embed", {{"model", model}}}}, {}, fmt::format("{}{}", output, batch));
      EXPECT_THAT(finished, IsOk());
      EXPECT_EQ(finished->error, "");
      EXPECT_EQ(finished->done, kPictures);
      results = finished->results_reused;
    }
    return results;
  };
  EXPECT_EQ(reused(kBatch), 0);
  EXPECT_THAT(run_.listener.warnings, Contains(HasSubstr("depend on the pictures beside them")));
  EXPECT_EQ(reused(1), kPictures);
  EXPECT_EQ(reused(-1), kPictures) << "pictures run one by one";
}

TEST_F(ResultReuseTest, all_that_is_kept_lies_in_one_folder_or_nowhere) {
  const std::string model = folder_.write("model.onnx", tiny_features_model(16, 16));
  const auto embed = [&](const std::string& output, std::map<std::string, std::string> options) {
    const auto finished = run_.run({{"embed", {{"model", model}}}}, std::move(options), output);
    EXPECT_THAT(finished, IsOk());
    EXPECT_EQ(finished->error, "");
    return finished->results_reused;
  };
  const auto is_there = [this](const std::string& path) {
    return std::filesystem::exists(folder_ / path);
  };
  EXPECT_EQ(embed("off", {{"cache", "off"}}), 0);
  EXPECT_FALSE(is_there("cache"));
  embed("dir", {{"cache", folder_ / "other"}});
  EXPECT_FALSE(is_there("cache"));
  for (const char* part : {"other/graphs", "other/providers", "other/results.sqlite"})
    EXPECT_TRUE(is_there(part)) << part;

  // No results, but the network.
  for (const char* output : {"one", "two"}) EXPECT_EQ(embed(output, {{"cache-size", "0"}}), 0);
  EXPECT_TRUE(is_there("cache/graphs"));
  EXPECT_FALSE(is_there("cache/results.sqlite"));
}

}  // namespace
}  // namespace imagemill
