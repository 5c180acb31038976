// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "models/sha256.h"
#include "support/job_run.h"
#include "support/status_matchers.h"
#include "support/tiny_onnx.h"
#include "telemetry/json_path.h"
#include "vectors/npy.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

constexpr int kSide = 16;

class EmbedTest : public testing::Test {
 protected:
  // One whose features are the means of the three channels.
  std::string model(const std::string& bytes = tiny_features_model(kSide, kSide)) const {
    return folder_.write("model.onnx", bytes);
  }

  // A picture of one colour, 0..1.
  void add_flat(const std::string& name, double red, double green, double blue) {
    run_.add(name,
             encoded(FileFormat::kPng, painted({40, 30}, PixelFormat::rgb(), [&](int, int, int c) {
                       return c == 0 ? red : c == 1 ? green : blue;
                     })));
  }

  // Many of many sizes, every tenth broken.
  void add_heap(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string name = fmt::format("{:03}.jpg", i);
      const Size size{20 + i % 37, 20 + i % 23};
      if (i % 10 == 9)
        run_.add(name, as_byte_span("\xff\xd8\xff\xe0 and nothing else"));
      else
        run_.add(name, encoded(FileFormat::kJpeg,
                               painted(size, PixelFormat::rgb(), [&](int x, int y, int c) {
                                 return landscape(size, x + i, y) * (c + 1 + i % 3) / 6;
                               })));
    }
  }

  std::map<std::string, std::vector<float>> features() const {
    std::map<std::string, std::vector<float>> all;
    for (const auto& [key, row] : run_.rows("embed")) {
      const Bytes& bytes = std::get<Bytes>(row.values.at("features"));
      all[key].resize(bytes.size() / sizeof(float));
      std::memcpy(all[key].data(), bytes.data(), bytes.size());
    }
    return all;
  }

  Result<RunFinished> embed(std::map<std::string, std::string> job = {},
                            std::map<std::string, std::string> options = {},
                            const std::string& output = "out") {
    job.emplace("model", model());
    return run_.run({{"embed", std::move(job)}}, std::move(options), output);
  }

  JobRun run_;
  TestFolder folder_;
};

// What the derived manifest makes of a value: ImageNet's means and deviations.
double tensor_value(double value, int channel) {
  constexpr double kMean[] = {0.485, 0.456, 0.406};
  constexpr double kDeviation[] = {0.229, 0.224, 0.225};
  return (std::round(value * 255) / 255 - kMean[channel]) / kDeviation[channel];
}

TEST_F(EmbedTest, a_licence_that_is_not_permissive_is_told_once_a_run) {
  add_heap(5);
  const auto embed_under = [&](const std::string& license) {
    folder_.write("model.yaml", "name: net\nfamily: embed\nfile: model.onnx\nlicense: " + license +
                                    "\ninput: {width: 16, height: 16}\n"
                                    "outputs: {features: features}\n");
    EXPECT_THAT(embed({}, {{"restart", "true"}, {"cache", "off"}}), IsOk());
    return std::ranges::count_if(run_.listener.warnings, [](const std::string& warning) {
      return warning.find("licence") != std::string::npos;
    });
  };
  EXPECT_EQ(embed_under("{name: AGPL-3.0-only, note: copyleft}"), 1);
  EXPECT_THAT(run_.listener.warnings, testing::Contains(HasSubstr("AGPL-3.0-only")));
  EXPECT_EQ(embed_under("{name: MIT, permissive: true}"), 0);
}

TEST_F(EmbedTest, tells_what_the_network_did) {
  add_heap(40);
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, embed({}, {{"batch", "8"}}));
  ASSERT_EQ(finished.networks.size(), 1u);
  const NetworkSnapshot& network = finished.networks.front();
  EXPECT_EQ(network.model, "model");
  EXPECT_EQ(network.provider, "CPU");
  EXPECT_EQ(network.images, 36) << "what could be decoded";
  EXPECT_EQ(network.batch_size, 8);
  EXPECT_GE(network.batches, 5);
  EXPECT_GT(network.batch_fill, 0);
  EXPECT_LE(network.batch_fill, 1);
  EXPECT_GT(network.busy_share, 0);
  EXPECT_LE(network.busy_share, 1);
  EXPECT_EQ(network.waiting, 0);
}

TEST_F(EmbedTest, features_are_what_the_network_says_of_the_picture) {
  add_flat("red.png", 1, 0, 0);
  add_flat("olive.png", 0.5, 0.4, 0.1);
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, embed());
  ASSERT_EQ(finished.outcome, RunFinished::Outcome::kComplete) << finished.error;
  EXPECT_EQ(finished.done, 2);
  const auto all = features();
  for (int c = 0; c < 3; ++c) {
    const auto i = static_cast<size_t>(c);
    EXPECT_NEAR(all.at("red.png").at(i), tensor_value(c == 0 ? 1 : 0, c), 1e-4);
    EXPECT_NEAR(all.at("olive.png").at(i),
                tensor_value(c == 0   ? 0.5
                             : c == 1 ? 0.4
                                      : 0.1,
                             c),
                1e-4);
  }
}

TEST_F(EmbedTest, files_hold_the_vectors_in_key_order_with_an_index) {
  add_heap(25);
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, embed());
  EXPECT_EQ(finished.failed, 2);
  const auto expected = features();
  ASSERT_EQ(expected.size(), 23u);
  ASSERT_OK_AND_ASSIGN(const NpyFile file, NpyFile::open(run_.out("features.npy")));
  ASSERT_EQ(file.rows().rows, 23u);
  ASSERT_EQ(file.rows().dims, 3u);
  size_t row = 0;
  std::ifstream index(run_.out("features_index.csv"));
  std::string line;
  std::getline(index, line);
  EXPECT_EQ(line, "row,file,key,bytes,hash,status\r");
  for (const auto& [key, vector] : expected) {
    std::vector<float> found(3);
    file.rows().copy_row(row, found);
    EXPECT_EQ(found, vector) << key;
    std::getline(index, line);
    EXPECT_THAT(line, HasSubstr(fmt::format("{},features.npy,in/{},", row++, key)));
  }
  EXPECT_FALSE(std::getline(index, line)) << line;
}

TEST_F(EmbedTest, vectors_can_be_cut_into_files_and_written_as_text) {
  add_heap(9);
  ASSERT_THAT(embed({{"chunk", "4"}, {"dtype", "f16"}}), IsOk());
  ASSERT_OK_AND_ASSIGN(const NpyFile last, NpyFile::open(run_.out("features_chunk_2.npy")));
  EXPECT_EQ(last.rows().rows, 1u);
  EXPECT_EQ(last.rows().type, VectorType::kF16);
  ASSERT_THAT(embed({{"output", "jsonl"}}, {}, "text"), IsOk());
  std::ifstream text(run_.out("features.jsonl"));
  std::string line;
  int lines = 0;
  for (; std::getline(text, line); ++lines)
    EXPECT_THAT(line, testing::StartsWith(fmt::format("{{\"key\":\"in/{:03}.jpg\",", lines)));
  EXPECT_EQ(lines, 9);
}

TEST_F(EmbedTest, each_file_of_text_has_as_many_lines_as_a_chunk) {
  add_heap(9);
  for (const std::string format : {"jsonl", "csv"}) {
    ASSERT_THAT(embed({{"output", format}, {"chunk", "4"}}, {}, format), IsOk());
    std::vector<int> lines;
    for (int i = 0;; ++i) {
      std::ifstream text(run_.out(fmt::format("features_chunk_{}.{}", i, format)));
      if (!text) break;
      int count = 0;
      for (std::string line; std::getline(text, line); ++count)
        EXPECT_THAT(line, HasSubstr(fmt::format("in/{:03}.jpg", 4 * i + count)));
      lines.push_back(count);
    }
    EXPECT_EQ(lines, (std::vector{4, 4, 1})) << format;
  }
}

TEST_F(EmbedTest, clip_retrieval_finds_what_it_expects) {
  add_heap(21);
  ASSERT_THAT(embed({{"output", "clip-retrieval"}, {"chunk", "2"}}), IsOk());
  const auto expected = features();
  ASSERT_EQ(expected.size(), 19u);
  auto next = expected.begin();
  for (int k = 0; k < 10; ++k) {
    ASSERT_OK_AND_ASSIGN(const NpyFile file,
                         NpyFile::open(run_.out(fmt::format("img_emb/img_emb_{:02}.npy", k))));
    EXPECT_EQ(file.rows().type, VectorType::kF16);
    std::ifstream metadata(run_.out(fmt::format("metadata/metadata_{:02}.jsonl", k)));
    for (size_t row = 0; row < file.rows().rows; ++row, ++next) {
      std::vector<float> found(3);
      file.rows().copy_row(row, found);
      const auto& [x, y, z] = std::tie(next->second[0], next->second[1], next->second[2]);
      const float length = std::sqrt(x * x + y * y + z * z);
      for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(found[i], next->second[i] / length, 1e-3);
      std::string line;
      std::getline(metadata, line);
      const auto json = nlohmann::json::parse(line);
      EXPECT_EQ(json["image_path"], run_.in(next->first));
      EXPECT_EQ(json["key"], "in/" + next->first);
    }
  }
  EXPECT_EQ(next, expected.end());
}

TEST_F(EmbedTest, clip_retrieval_has_paths_that_can_be_opened) {
  add_flat("100%.png", 0.1, 0, 0);
  add_flat("caf\xe9.png", 0.2, 0, 0);
  ASSERT_THAT(embed({{"output", "clip-retrieval"}}), IsOk());
  std::ifstream metadata(run_.out("metadata/metadata_0.jsonl"));
  std::set<std::string> paths;
  for (std::string line; std::getline(metadata, line);)
    paths.insert(path_in(nlohmann::ordered_json::parse(line), "image_path"));
  EXPECT_EQ(paths, (std::set{run_.in("100%.png"), run_.in("caf\xe9.png")}));
}

TEST_F(EmbedTest, files_are_about_the_pictures_that_are_there) {
  for (int i = 0; i < 7; ++i) add_flat(fmt::format("{}.png", i), i / 7.0, 0, 0);
  const auto embed = [&](std::string output) {
    return run_.run(
        {{"embed", {{"model", model()}, {"output", output}, {"chunk", "3"}}}, {"quality", {}}}, {},
        output);
  };
  const auto exists = [&](const char* name) {
    return real_file_system().stat(run_.out(name)).has_value();
  };
  ASSERT_THAT(embed("npy"), IsOk());
  EXPECT_TRUE(exists("features_chunk_2.npy"));
  for (const char* name : {"1.png", "5.png"}) std::filesystem::remove(run_.in(name));
  ASSERT_THAT(embed("npy"), IsOk());
  EXPECT_FALSE(exists("features_chunk_2.npy")) << "its row is in another file now";
  EXPECT_EQ(NpyFile::open(run_.out("features_chunk_1.npy"))->rows().rows, 2u);
  const auto text = [&](const char* name) {
    return std::string(as_text(*real_file_system().read(run_.out(name), 1 << 20)));
  };
  for (const char* name : {"features_index.csv", "quality.csv"}) {
    EXPECT_THAT(text(name), HasSubstr("in/2.png")) << name;
    EXPECT_THAT(text(name), testing::Not(HasSubstr("in/1.png"))) << name;
  }
  ASSERT_THAT(embed("clip-retrieval"), IsOk());
  EXPECT_TRUE(exists("img_emb/img_emb_1.npy"));

  // All but one of them come back later; in between there is nothing to write.
  for (int i = 0; i < 7; ++i) std::filesystem::remove(run_.in(fmt::format("{}.png", i)));
  ASSERT_THAT(embed("clip-retrieval"), IsOk());
  for (const char* name : {"img_emb/img_emb_0.npy", "metadata/metadata_1.jsonl"})
    EXPECT_FALSE(exists(name)) << name;
  ASSERT_THAT(embed("npy"), IsOk());
  EXPECT_FALSE(exists("features_index.csv"));
  EXPECT_EQ(run_.rows("embed").size(), 7u) << "rows stay";
  add_flat("1.png", 1 / 7.0, 0, 0);
  ASSERT_THAT(embed("npy"), IsOk());
  EXPECT_THAT(text("features_index.csv"), HasSubstr("in/1.png"));
}

TEST_F(EmbedTest, a_file_that_is_in_the_way_keeps_its_place) {
  add_heap(9);
  ASSERT_THAT(embed({{"output", "none"}}), IsOk());
  const std::string theirs = run_.out("features_chunk_1.npy");
  ASSERT_THAT(write_file_atomically(real_file_system(), theirs, as_byte_span("theirs")), IsOk());
  ASSERT_THAT(embed({{"chunk", "4"}}, {{"restart", "true"}}), IsOk());
  EXPECT_EQ(real_file_system().read(theirs, 100).value().size(), 6u);
  EXPECT_THAT(run_.listener.warnings, testing::Contains(HasSubstr("features_chunk_1.npy")));
  ASSERT_OK_AND_ASSIGN(const NpyFile last, NpyFile::open(run_.out("features_chunk_2.npy")));
  std::vector<float> found(3);
  last.rows().copy_row(0, found);
  EXPECT_EQ(found, features().at("008.jpg"));
}

TEST_F(EmbedTest, rows_do_not_depend_on_batch_threads_order_or_executor) {
  add_heap(40);
  ASSERT_THAT(embed({}, {{"batch", "1"}, {"executor", "serial"}}), IsOk());
  const auto expected = features();
  ASSERT_EQ(expected.size(), 36u);
  int number = 0;
  for (const auto& options :
       std::vector<std::map<std::string, std::string>>{{{"batch", "1"}, {"threads", "1"}},
                                                       {{"batch", "3"}},
                                                       {{"batch", "8"}, {"threads", "8"}},
                                                       {{"batch", "32"}, {"shuffle", "7"}},
                                                       {{"threads", "4"}, {"queue-capacity", "1"}},
                                                       {{"batch", "8"}, {"max-memory", "160M"}}}) {
    ASSERT_OK_AND_ASSIGN(const RunFinished finished,
                         embed({}, options, fmt::format("out{}", number++)));
    EXPECT_EQ(finished.done, 36);
    EXPECT_EQ(finished.failed, 4);
    const auto found = features();
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [key, vector] : expected)
      for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(found.at(key).at(i), vector[i], 1e-4) << key;
  }
}

TEST_F(EmbedTest, a_model_that_quantises_by_batch_sees_one_picture_at_a_time) {
  for (int i = 0; i < 12; ++i) add_flat(fmt::format("{}.png", i), i / 11.0, 0.5, 1 - i / 11.0);
  const std::string path = folder_.write("dynamic.onnx", tiny_dynamic_model(kSide, kSide));
  std::map<std::string, std::vector<float>> expected;
  for (const std::string batch : {"1", "8", "0"}) {
    ASSERT_THAT(embed({{"model", path}}, {{"batch", batch}, {"threads", "4"}}, "out" + batch),
                IsOk());
    EXPECT_THAT(run_.listener.warnings, testing::Contains(HasSubstr("pictures run one by one")));
    if (expected.empty()) expected = features();
    EXPECT_EQ(features(), expected) << "batch " << batch;
  }
  EXPECT_EQ(expected.size(), 12u);
}

TEST_F(EmbedTest, exact_decodes_go_through_a_run_like_others) {
  add_flat("grey.png", 100 / 255.0, 100 / 255.0, 100 / 255.0);
  ASSERT_THAT(embed({{"decode", "exact"}}), IsOk());
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(features().at("grey.png").at(static_cast<size_t>(c)), tensor_value(100 / 255.0, c),
                1e-5);
  add_heap(9);
  ASSERT_THAT(embed({{"decode", "exact"}}, {{"executor", "serial"}}, "serial"), IsOk());
  const auto expected = features();
  EXPECT_EQ(expected.size(), 10u);
  ASSERT_THAT(embed({{"decode", "exact"}}, {{"threads", "4"}, {"max-memory", "160M"}}, "threads"),
              IsOk());
  for (const auto& [key, vector] : features())
    for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(vector[i], expected.at(key)[i], 1e-4) << key;
}

TEST_F(EmbedTest, labels_come_from_the_model_the_best_first) {
  add_flat("white.png", 1, 1, 1);
  const std::string classifier = model(tiny_classifier_model(kSide, kSide, 4));
  ASSERT_THAT(run_.run({{"embed", {{"model", classifier}, {"top-k", "2"}}}}), IsOk());
  const auto rows = run_.rows("embed");
  const NamedRow& row = rows.at("white.png");
  // Score i is the mean of channel i % 3, times i + 1: of white that of label 2 is the largest
  // (channel 2), unless label 3's is.
  const double third = tensor_value(1, 2) * 3;
  const double fourth = tensor_value(1, 0) * 4;
  EXPECT_EQ(row.text("label"), fourth > third ? "3" : "2");
  EXPECT_THAT(row.text("labels"), HasSubstr("\"label\":\"3\""));
  EXPECT_THAT(row.text("labels"), HasSubstr("\"label\":\"2\""));
}

TEST_F(EmbedTest, goes_with_other_jobs_in_one_decode) {
  add_heap(12);
  ASSERT_THAT(
      run_.run({{"prepare", {{"size", "16"}}}, {"embed", {{"model", model()}}}, {"quality", {}}}),
      IsOk());
  EXPECT_EQ(run_.rows("quality").size(), 11u);
  EXPECT_EQ(features().size(), 11u);
  for (const auto& [key, item] : run_.items()) EXPECT_EQ(item.late_decodes, 0) << key;
}

TEST_F(EmbedTest, a_model_that_is_not_there_is_said_before_anything_is_done) {
  add_heap(1);
  EXPECT_THAT(run_.run({{"embed", {}}}), FailsWith(Code::kInvalidArgument, HasSubstr("--model")));
  EXPECT_THAT(run_.run({{"embed", {{"model", folder_ / "none.onnx"}}}}),
              FailsWith(Code::kNotFound, HasSubstr("none.onnx")));
  const std::string text = folder_.write("page.onnx", "<html>404</html>");
  EXPECT_FALSE(run_.run({{"embed", {{"model", text}}}}).has_value());
}

TEST_F(EmbedTest, batches_shrink_to_what_the_memory_holds) {
  add_heap(9);
  constexpr int kLarge = 512;  // a row of 3 MB
  const std::string large = model(tiny_features_model(kLarge, kLarge));
  const auto run = [&](const std::string& memory) {
    EXPECT_THAT(run_.run({{"embed", {{"model", large}}}}, {{"batch", "32"}, {"max-memory", memory}},
                         "out" + memory),
                IsOk());
    return features();
  };
  const auto expected = run("4G");
  EXPECT_THAT(run_.listener.warnings, testing::IsEmpty());
  EXPECT_EQ(run("200M"), expected);
  EXPECT_THAT(run_.listener.warnings, testing::Contains(HasSubstr("instead of 32")));
}

// As tiny_features_model, but less than nothing.
std::string negated_features_model() {
  return TinyOnnx()
      .input("input", {"batch", 3, kSide, kSide})
      .node("Neg", {"input"}, {"negated"})
      .node("GlobalAveragePool", {"negated"}, {"means"})
      .node("Flatten", {"means"}, {"features"})
      .output("features", {"batch", 3})
      .finish();
}

TEST_F(EmbedTest, a_run_goes_on_with_the_same_network_only) {
  add_flat("white.png", 1, 1, 1);
  ASSERT_THAT(embed(), IsOk());
  EXPECT_THAT(embed(), IsOk());
  model(negated_features_model());  // under the same name
  EXPECT_THAT(run_.run({{"embed", {{"model", folder_ / "model.onnx"}}}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("embed.model-hash")));
}

TEST_F(EmbedTest, a_model_that_is_not_the_one_of_its_manifest_is_not_run) {
  add_flat("white.png", 1, 1, 1);
  run_.places.cache = folder_ / "cache";
  model(tiny_features_model(kSide, kSide));
  folder_.write("model.yaml",
                fmt::format("name: m\nfamily: embed\nfile: model.onnx\nsha256: '{}'\n"
                            "input: {{width: {}, height: {}, resize: {}}}\n",
                            hash_file(real_file_system(), folder_ / "model.onnx").value(), kSide,
                            kSide, kSide));
  ASSERT_THAT(embed({}, {}, "first"), IsOk());
  const std::string other = model(negated_features_model());  // under the same name
  EXPECT_THAT(run_.run({{"embed", {{"model", other}}}}, {}, "second"),
              FailsWith(Code::kCorruptInput, HasSubstr("model.onnx: sha256")));
}

TEST_F(EmbedTest, what_is_kept_of_a_model_is_not_used_for_another_of_its_name) {
  add_flat("white.png", 1, 1, 1);
  run_.places.cache = folder_ / "cache";
  model(tiny_features_model(kSide, kSide));
  ASSERT_THAT(embed({}, {}, "first"), IsOk());
  const float before = features().at("white.png").at(0);
  ASSERT_GT(std::abs(before), 0.1f);
  const std::string other = model(negated_features_model());
  ASSERT_THAT(run_.run({{"embed", {{"model", other}}}}, {}, "second"), IsOk());
  EXPECT_NEAR(features().at("white.png").at(0), -before, 1e-4);
}

TEST_F(EmbedTest, a_network_of_float16_gives_the_vector_of_a_float32_one) {
  add_flat("some.png", 0.9, 0.1, 0.3);
  const std::string half = model(TinyOnnx()
                                     .input("input", {"batch", 3, kSide, kSide}, OnnxType::kFloat16)
                                     .node("GlobalAveragePool", {"input"}, {"means"})
                                     .node("Flatten", {"means"}, {"features"})
                                     .node("Identity", {"features"}, {"logits"})
                                     .output("features", {"batch", 3}, OnnxType::kFloat16)
                                     .output("logits", {"batch", 3}, OnnxType::kFloat16)
                                     .finish());
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run_.run({{"embed", {{"model", half}}}}));
  EXPECT_EQ(finished.error, "");
  const auto seen = features().at("some.png");
  ASSERT_EQ(seen.size(), 3u);
  const double expected[] = {tensor_value(0.9, 0), tensor_value(0.1, 1), tensor_value(0.3, 2)};
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(seen[static_cast<size_t>(c)], expected[c], 2e-3) << c;
  EXPECT_EQ(run_.rows("embed").at("some.png").text("label"), "0") << "the largest score";
}

TEST_F(EmbedTest, a_model_that_the_runtime_refuses_fails_the_run) {
  add_heap(3);
  const std::string odd = model(TinyOnnx()
                                    .input("input", {"batch", 3, kSide, kSide})
                                    .node("NoSuchOperator", {"input"}, {"features"})
                                    .output("features", {"batch", 3})
                                    .finish());
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run_.run({{"embed", {{"model", odd}}}}));
  EXPECT_EQ(finished.outcome, RunFinished::Outcome::kFailed);
  EXPECT_THAT(finished.error, HasSubstr("NoSuchOperator"));
  EXPECT_TRUE(features().empty());
}

}  // namespace
}  // namespace imagemill
