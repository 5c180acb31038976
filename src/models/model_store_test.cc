// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/model_store.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "models/incoming_model.h"
#include "support/fault_file_system.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> names_in(const ModelStore& store) {
  std::vector<std::string> names;
  const auto models = store.list();
  EXPECT_THAT(models, IsOk());
  for (const ListedModel& model : *models) names.push_back(model.name);
  return names;
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ModelStoreTest : public testing::Test {
 protected:
  std::string model() { return folder_.write("in/toy.onnx", tiny_classifier_model(8, 8, 4)); }

  TestFolder folder_;
  FileSystem& fs_ = real_file_system();
  ModelStore store_{fs_, folder_ / "store"};
};

TEST_F(ModelStoreTest, keeps_copies_of_what_is_added) {
  EXPECT_THAT(names_in(store_), IsEmpty());
  const std::string labels = folder_.write("in/names.txt", "a\nb\nc\nd\n");
  ASSERT_OK_AND_ASSIGN(
      const FoundModel added,
      store_.add({.path = model(), .labels = labels, .license = ModelLicense{"MIT", true}}));
  EXPECT_EQ(added.manifest.name, "toy");
  EXPECT_EQ(added.manifest.family, ModelFamily::kClassify);
  EXPECT_THAT(added.assumptions, testing::Not(testing::Contains(HasSubstr("licence"))));
  std::filesystem::remove_all(folder_ / "in");

  EXPECT_THAT(names_in(store_), ElementsAre("toy"));
  ASSERT_OK_AND_ASSIGN(const FoundModel found, store_.find("toy"));
  EXPECT_TRUE(found.is_in_store);
  EXPECT_THAT(found.assumptions, IsEmpty());
  EXPECT_EQ(found.manifest, added.manifest);
  EXPECT_EQ(content(found.graph_path()), tiny_classifier_model(8, 8, 4));
  EXPECT_THAT(*read_labels(fs_, found), ElementsAre("a", "b", "c", "d"));
  for (const auto& entry : std::filesystem::directory_iterator(found.folder))
    EXPECT_TRUE(entry.is_regular_file() && !entry.is_symlink()) << entry.path();
}

TEST_F(ModelStoreTest, the_content_hash_is_of_what_results_depend_on) {
  const auto hash_of = [&](const std::string& name) {
    return content_hash(fs_, store_.find(folder_ / name).value()).value();
  };
  const std::string bytes = tiny_classifier_model(8, 8, 4);
  folder_.write("in/toy.onnx", bytes);
  folder_.write("elsewhere/renamed.onnx", bytes);
  const std::string expected = hash_of("in/toy.onnx");
  EXPECT_EQ(expected.size(), 32u);
  EXPECT_EQ(hash_of("elsewhere/renamed.onnx"), expected);
  folder_.write("elsewhere/renamed.yaml",
                "name: other\ndescription: said otherwise\nfamily: classify\nfile: renamed.onnx\n"
                "license: {name: MIT, permissive: true}\n"
                "input: {width: 8, height: 8, resize: 8, fit: squash}\n"
                "outputs: {features: features, logits: logits}\n");
  EXPECT_NE(hash_of("elsewhere/renamed.onnx"), expected) << "another way to see pictures";
  folder_.write("in/toy.onnx", tiny_classifier_model(8, 8, 5));
  EXPECT_NE(hash_of("in/toy.onnx"), expected);
}

TEST_F(ModelStoreTest, finds_files_without_adding_them) {
  ASSERT_OK_AND_ASSIGN(const FoundModel bare, store_.find(model()));
  EXPECT_FALSE(bare.is_in_store);
  EXPECT_FALSE(bare.assumptions.empty());
  EXPECT_EQ(bare.graph_path(), model());
  EXPECT_THAT(names_in(store_), IsEmpty());

  folder_.write("in/toy.yaml",
                "name: beside\nfile: toy.onnx\n"
                "input: {width: 8, height: 8}\noutputs: {features: features}\n");
  ASSERT_OK_AND_ASSIGN(const FoundModel beside, store_.find(model()));
  EXPECT_EQ(beside.manifest.name, "beside");
  EXPECT_EQ(beside.manifest.input.name, "input");
  EXPECT_THAT(beside.assumptions, IsEmpty());

  folder_.write("in/toy.yaml", "name: beside\nfile: other.onnx\n");
  folder_.write("in/other.onnx", tiny_features_model(224, 224));
  EXPECT_THAT(store_.find(model()),
              FailsWith(Code::kInvalidArgument, AllOf(HasSubstr("other.onnx"), HasSubstr("toy"))));
}

TEST_F(ModelStoreTest, says_what_to_do_about_a_model_that_is_not_there) {
  EXPECT_THAT(store_.find("resnet18"),
              FailsWith(Code::kNotFound, HasSubstr("models pull resnet18")));
  EXPECT_THAT(store_.find("resnet81"),
              FailsWith(Code::kNotFound, HasSubstr("did you mean 'resnet18'?")));
  EXPECT_THAT(store_.find("none.onnx"), FailsWith(Code::kNotFound, HasSubstr("none.onnx")));
}

TEST_F(ModelStoreTest, replaces_nothing) {
  ASSERT_THAT(store_.add({.path = model()}), IsOk());
  EXPECT_THAT(store_.add({.path = model()}),
              FailsWith(Code::kInvalidArgument, HasSubstr("models rm toy")));
  ASSERT_THAT(store_.add({.path = model(), .name = "toy2"}), IsOk());
  EXPECT_THAT(names_in(store_), ElementsAre("toy", "toy2"));
}

TEST_F(ModelStoreTest, refuses_what_it_cannot_vouch_for) {
  EXPECT_THAT(store_.add({.path = folder_.write("p.onnx", "PK\x03\x04")}),
              FailsWith(Code::kUnsupported, HasSubstr("pickle")));
  EXPECT_THAT(store_.add({.path = model(), .name = "../out"}), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(store_.add({.path = model(), .labels = folder_.write("l.txt", "\n")}),
              FailsWith(Code::kInvalidArgument, HasSubstr("l.txt")));
  folder_.write("in/toy.yaml", "name: toy\nfile: toy.onnx\nsha256: " + std::string(64, '0') +
                                   "\ninput: {width: 8, height: 8}\n"
                                   "outputs: {features: features}\n");
  EXPECT_THAT(store_.add({.path = model()}),
              FailsWith(Code::kCorruptInput, HasSubstr("its manifest says 000")));
  EXPECT_THAT(names_in(store_), IsEmpty());
}

TEST_F(ModelStoreTest, takes_weights_that_lie_beside_the_graph) {
  const std::string weights(12, 'w');
  folder_.write("in/big.onnx_data", weights);
  const std::string path =
      folder_.write("in/big.onnx", TinyOnnx()
                                       .input("x", {1, 3, 8, 8})
                                       .external_weights("w", {3}, "big.onnx_data")
                                       .output("features", {1, 3})
                                       .finish());
  ASSERT_OK_AND_ASSIGN(const FoundModel added, store_.add({.path = path}));
  EXPECT_EQ(content(added.folder + "/big.onnx_data"), weights);
  ASSERT_EQ(added.manifest.companions.size(), 1u);
  EXPECT_EQ(added.manifest.companions[0].bytes, 12u);
  std::filesystem::remove_all(folder_ / "in");
  EXPECT_THAT(store_.find("big"), IsOk());
}

TEST_F(ModelStoreTest, takes_a_folder_with_a_manifest) {
  model();
  folder_.write("in/old.txt", "a\n");
  folder_.write("in/manifest.yaml",
                "name: whole\nfile: toy.onnx\ncompanions: [{file: old.txt}]\nlabels: old.txt\n"
                "input: {width: 8, height: 8}\noutputs: {features: features, logits: logits}\n");
  const std::string labels = folder_.write("new.txt", "a\nb\nc\nd\n");
  ASSERT_OK_AND_ASSIGN(const FoundModel added,
                       store_.add({.path = folder_ / "in", .name = "other", .labels = labels}));
  EXPECT_EQ(added.manifest.name, "other");
  ASSERT_OK_AND_ASSIGN(const FoundModel found, store_.find("other"));
  EXPECT_EQ(read_labels(fs_, found)->size(), 4u);
  EXPECT_FALSE(std::filesystem::exists(found.folder + "/old.txt"));
}

TEST_F(ModelStoreTest, names_the_file_that_was_damaged) {
  ASSERT_OK_AND_ASSIGN(const FoundModel added, store_.add({.path = model()}));
  const auto problem = [&] {
    const auto verdicts = store_.verify("toy");
    EXPECT_THAT(verdicts, IsOk());
    std::string out;
    for (const FileVerdict& verdict : *verdicts)
      if (!verdict.problem.empty()) out += verdict.file + ": " + verdict.problem;
    return out;
  };
  EXPECT_EQ(problem(), "");
  const std::string good = content(added.graph_path());
  std::string bad = good;
  bad.back() ^= 1;
  folder_.write("store/toy/toy.onnx", bad);
  EXPECT_THAT(problem(), AllOf(HasSubstr("toy.onnx: sha256"), HasSubstr("expected")));
  ASSERT_OK_AND_ASSIGN(const FoundModel found, store_.find("toy"));
  EXPECT_THAT(content_hash(fs_, found),
              FailsWith(Code::kCorruptInput,
                        AllOf(HasSubstr("toy.onnx"), HasSubstr("imagemill models verify toy"))));
  folder_.write("store/toy/toy.onnx", good.substr(1));
  EXPECT_THAT(problem(), HasSubstr("bytes, expected"));
  EXPECT_THAT(store_.find("toy"), FailsWith(Code::kCorruptInput, HasSubstr("bytes")));
  std::filesystem::remove(added.graph_path());
  EXPECT_THAT(problem(), HasSubstr("missing"));
  const std::string elsewhere = folder_.write("elsewhere.onnx", good);
  ASSERT_EQ(symlink(elsewhere.c_str(), added.graph_path().c_str()), 0);
  EXPECT_THAT(problem(), HasSubstr("not a file"));
  EXPECT_THAT(store_.find("toy"), FailsWith(Code::kCorruptInput, HasSubstr("not a file")));
  folder_.write("store/toy/manifest.yaml", "nome: toy\n");
  EXPECT_THAT(problem(), HasSubstr("'name'"));
  EXPECT_FALSE(store_.list()->at(0).manifest.has_value());
  EXPECT_THAT(store_.verify("none"), FailsWith(Code::kNotFound));
}

TEST_F(ModelStoreTest, removes_a_model_whole) {
  ASSERT_THAT(store_.add({.path = model()}), IsOk());
  ASSERT_THAT(store_.remove("toy"), IsOk());
  EXPECT_THAT(names_in(store_), IsEmpty());
  EXPECT_THAT(store_.remove("toy"), FailsWith(Code::kNotFound));
  EXPECT_THAT(store_.remove("../in"), FailsWith(Code::kNotFound));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "in/toy.onnx"));
  EXPECT_THAT(store_.add({.path = model()}), IsOk());
}

TEST_F(ModelStoreTest, remembers_licences_that_were_shown) {
  ModelManifest toy{.name = "toy", .license = {.name = "AGPL-3.0"}};
  EXPECT_FALSE(*store_.has_shown_license(toy));
  ASSERT_THAT(store_.note_license_shown(toy), IsOk());
  ASSERT_THAT(store_.note_license_shown(toy), IsOk());
  EXPECT_TRUE(*ModelStore(fs_, folder_ / "store").has_shown_license(toy));
  EXPECT_EQ(content(folder_ / "store/.accepted"), "toy\tAGPL-3.0\n");
  // Another model, or other terms, are another matter.
  EXPECT_FALSE(*store_.has_shown_license({.name = "oy", .license = toy.license}));
  toy.license.name = "AGPL-3.0-or-later";
  EXPECT_FALSE(*store_.has_shown_license(toy));
}

TEST_F(ModelStoreTest, lets_one_process_bring_in_a_model) {
  ASSERT_OK_AND_ASSIGN(const IncomingModel first,
                       IncomingModel::open(fs_, folder_ / "store", "toy"));
  EXPECT_THAT(store_.add({.path = model()}),
              FailsWith(Code::kInvalidArgument, HasSubstr("another imagemill")));
}

// Whatever call fails, and whether or not the process lives on: no half model shows.
TEST_F(ModelStoreTest, has_all_or_nothing_wherever_adding_stops) {
  const std::string path = model();
  FaultFileSystem counting;
  ASSERT_THAT(ModelStore(counting, folder_ / "count").add({.path = path}), IsOk());
  ASSERT_GT(counting.calls(), 10);
  for (const auto fault : {FaultFileSystem::Fault::kDiskFull, FaultFileSystem::Fault::kStop}) {
    for (int64_t call = 1; call <= counting.calls(); ++call) {
      const std::string folder = folder_ / ("fault" + std::to_string(call));
      FaultFileSystem failing(call, fault);
      EXPECT_FALSE(ModelStore(failing, folder).add({.path = path}).has_value()) << call;
      FaultFileSystem healthy;  // and quick: it does not sync
      ModelStore after(healthy, folder);
      for (const std::string& name : names_in(after)) {
        EXPECT_THAT(after.find(name), IsOk()) << call;
        ASSERT_THAT(after.remove(name), IsOk()) << call;
      }
      EXPECT_THAT(after.add({.path = path}), IsOk()) << call;
      std::filesystem::remove_all(folder);
    }
  }
}

}  // namespace
}  // namespace imagemill
