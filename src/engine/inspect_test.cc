// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/inspect.h"

#include <nlohmann/json.hpp>

#include "imagemill/doctor.h"
#include "support/job_run.h"
#include "support/status_matchers.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Bytes file(FileFormat format, Size size, const std::function<double(int, int, int)>& value,
           int orientation = 0) {
  return encoded(format, painted(size, PixelFormat::rgb(), value),
                 orientation == 0 ? Bytes() : exif_with_orientation(orientation));
}

Result<CollectionReport> inspect_folder(const TestFolder& folder, Listener& listener,
                                        const CancelToken& cancel = {}) {
  return inspect({.inputs = {folder / "in"},
                  .options = {{"threads", "2"}},
                  .standard_input = {},
                  .codec_host = {},
                  .work_folder = folder / "work"},
                 listener, cancel);
}

std::vector<std::string> names(const std::vector<Tally>& tallies) {
  std::vector<std::string> out;
  for (const Tally& tally : tallies) out.push_back(fmt::format("{}: {}", tally.name, tally.count));
  return out;
}

// Sharp, sharp and turned, blurred, dark, blown and blank, double, broken, cut off, no picture.
void write_collection(const TestFolder& folder) {
  const auto add = [&](const std::string& name, ByteSpan bytes) {
    folder.write("in/" + name, as_text(bytes));
  };
  const auto sharp = [](int x, int y, int) {
    return 0.3 + 0.4 * ((x / 4 + y / 4) % 2) + 0.1 * (x % 7) / 7;
  };
  const Bytes good = file(FileFormat::kJpeg, {600, 400}, sharp);
  add("a.jpg", good);
  add("b/again.jpg", good);
  add("turned.jpg", file(FileFormat::kJpeg, {640, 480}, sharp, 6));
  add("blurred.png", file(FileFormat::kPng, {480, 480}, [](int x, int y, int) {
        return 0.5 + 0.3 * std::sin(x / 80.0) * std::cos(y / 90.0);
      }));
  add("dark.png", file(FileFormat::kPng, {300, 200},
                       [](int x, int y, int) { return 0.15 * ((x / 4 + y / 4) % 2); }));
  add("white.png", file(FileFormat::kPng, {100, 100}, [](int, int, int) { return 1; }));
  add("cut.jpg", ByteSpan(file(FileFormat::kJpeg, {500, 501}, sharp)).first(20'000));
  add("broken.png", as_byte_span("\x89PNG\r\n\x1a\n nothing more"));
  add("notes.txt", as_byte_span("not a picture"));
}

TEST(Inspect, tells_what_a_heap_of_pictures_is) {
  const TestFolder folder;
  write_collection(folder);
  Listener quiet;
  ASSERT_OK_AND_ASSIGN(const CollectionReport report, inspect_folder(folder, quiet));
  EXPECT_TRUE(report.is_whole);
  EXPECT_EQ(report.files, 9);
  EXPECT_EQ(report.pictures, 7);
  EXPECT_EQ(report.others, 1);
  EXPECT_THAT(names(report.formats), ElementsAre("jpeg: 4", "png: 3"));
  EXPECT_THAT(names(report.orientations), ElementsAre("1 upright: 6", "6 turned left: 1"));
  EXPECT_THAT(names(report.aspects), ElementsAre("1:1: 3", "3:2: 3", "3:4: 1"));
  EXPECT_THAT(names(report.profiles), ElementsAre("none: 7"));
  EXPECT_EQ(report.smallest, (Size{100, 100}));
  EXPECT_EQ(report.largest, (Size{480, 640}));
  EXPECT_THAT(report.blurred, ElementsAre("in/blurred.png"));
  EXPECT_THAT(report.blank, ElementsAre("in/white.png"));
  EXPECT_THAT(report.dark, ElementsAre("in/dark.png"));
  EXPECT_THAT(report.blown, ElementsAre("in/white.png"));
  ASSERT_EQ(report.broken.size(), 1u);
  EXPECT_EQ(report.broken[0].key, "in/broken.png");
  EXPECT_NE(report.broken[0].text, "");
  ASSERT_EQ(report.damaged.size(), 1u);
  EXPECT_EQ(report.damaged[0].key, "in/cut.jpg");
  ASSERT_EQ(report.duplicates.size(), 1u);
  EXPECT_THAT(report.duplicates[0].keys, ElementsAre("in/a.jpg", "in/b/again.jpg"));
}

TEST(Inspect, as_json) {
  const TestFolder folder;
  write_collection(folder);
  Listener quiet;
  ASSERT_OK_AND_ASSIGN(const CollectionReport report, inspect_folder(folder, quiet));
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["pictures"], 7);
  EXPECT_EQ(json["formats"]["jpeg"], 4);
  EXPECT_EQ(json["sizes"]["largest"]["height"], 640);
  EXPECT_EQ(json["broken"][0]["key"], "in/broken.png");
  EXPECT_EQ(json["duplicates"][0]["keys"].size(), 2u);
}

TEST(Inspect, of_nothing_and_of_what_is_not_there) {
  const TestFolder folder;
  folder.write("in/notes.txt", "not a picture");
  Listener quiet;
  ASSERT_OK_AND_ASSIGN(const CollectionReport report, inspect_folder(folder, quiet));
  EXPECT_EQ(report.pictures, 0);
  EXPECT_EQ(report.others, 1);
  const TestFolder none;
  EXPECT_THAT(inspect_folder(none, quiet), FailsWith(Code::kNotFound));
}

TEST(Inspect, cancelled_tells_what_was_read) {
  const TestFolder folder;
  write_collection(folder);
  Listener quiet;
  CancelToken cancel;
  struct Cancelling final : Listener {
    explicit Cancelling(CancelToken& t) : token(t) {}
    void on_started(const RunStarted&) override { token.request(); }
    CancelToken& token;
  } cancelling(cancel);
  ASSERT_OK_AND_ASSIGN(const CollectionReport report, inspect_folder(folder, cancelling, cancel));
  EXPECT_FALSE(report.is_whole);
}

TEST(Inspect, knows_no_options_that_write) {
  Listener quiet;
  EXPECT_THAT(inspect({.inputs = {"in"}, .options = {{"layout", "webdataset"}}}, quiet, {}),
              FailsWith(Code::kInvalidArgument, HasSubstr("layout")));
}

TEST(Doctor, names_formats_and_libraries) {
  const TestFolder folder;
  const Diagnosis without = diagnose(folder / "imagemill-codec", {});
  EXPECT_FALSE(without.has_helper);
  EXPECT_GE(without.cores, 1);
  EXPECT_THAT(without.reads, testing::IsSupersetOf({"jpeg", "png", "webp", "tiff"}));
  EXPECT_THAT(without.helper_reads, testing::Contains("heic"));
  for (const char* name : {"libjpeg-turbo ", "libpng 1.", "libwebp 1.", "libtiff 4.", "zimg ",
                           "Little CMS 2.", "SQLite 3."})
    EXPECT_THAT(without.libraries, testing::Contains(HasSubstr(name)));
  folder.write("imagemill-codec", "");
  EXPECT_TRUE(diagnose(folder / "imagemill-codec", {}).has_helper);
}

TEST(Doctor, says_what_runs_networks_and_what_is_kept) {
  const TestFolder folder;
  folder.write("models/net/net.onnx", tiny_features_model(8, 8));
  folder.write("cache/graphs/net.onnx", std::string(1000, '.'));
  const Diagnosis d = diagnose(
      "",
      {.models = folder / "models", .cache = folder / "cache", .onnxruntime = test_onnxruntime()});
  const NetworkDiagnosis& networks = d.networks;
  EXPECT_EQ(networks.runtime_problem, "");
  EXPECT_THAT(networks.runtime_version, testing::StartsWith("1."));
  ASSERT_FALSE(networks.providers.empty());
  EXPECT_EQ(networks.providers.back().device, "cpu");
  EXPECT_EQ(networks.providers.back().problem, "");
  for (const DiagnosedProvider& provider : networks.providers)
    EXPECT_EQ(provider.remedy.empty(), provider.problem.empty()) << provider.device;
  EXPECT_EQ(networks.devices.empty(), !networks.devices_problem.empty());
  EXPECT_EQ(networks.models, 1);
  EXPECT_EQ(networks.cache_bytes, 1000u);
}

TEST(Doctor, says_what_is_wrong_with_provider_libraries) {
  const TestFolder folder;
  const std::string missing = folder / "missing.so";
  const Diagnosis d = diagnose("", {.onnxruntime = test_onnxruntime(),
                                    .provider_libraries = {"npu=" + missing, "nameless.so"}});
  const auto problem_of = [&](const std::string& library) {
    const auto& all = d.networks.providers;
    const auto it = std::ranges::find(all, library, &DiagnosedProvider::library);
    return it == all.end() ? "" : it->device + ": " + it->problem;
  };
  EXPECT_THAT(problem_of("nameless.so"), testing::HasSubstr("expected NAME=PATH"));
  EXPECT_THAT(problem_of(missing), testing::HasSubstr("npu: " + missing + ": "));
  EXPECT_EQ(d.networks.providers.back().problem, "") << "the CPU works all the same";
}

}  // namespace
}  // namespace imagemill
