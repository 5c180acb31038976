// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/model_pull.h"

#include <filesystem>
#include <fstream>

#include "models/file_download.h"
#include "models/http_fetch.h"
#include "models/part_file.h"
#include "models/sha256.h"
#include "support/loopback_server.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string sha_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(as_byte_span(bytes));
  return hash.hex();
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string header(const std::string& request, const std::string& name) {
  const size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

// One file, as a good server has it: with ranges, and a tag that tells versions apart.
struct ServedFile {
  std::string bytes;
  std::string etag = "\"1\"";
  std::vector<size_t> cuts = {};    // the first answers end after so many bytes of the file's
  std::vector<size_t> starts = {};  // where the answers began

  std::string answer(const std::string& request) {
    const std::string range = header(request, "Range");
    const std::string condition = header(request, "If-Range");
    size_t start = 0;
    if (!range.empty() && (condition.empty() || condition == etag))
      start = std::stoul(range.substr(6));
    if (start >= bytes.size() && start > 0)
      return "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n";
    starts.push_back(start);
    size_t end = bytes.size();
    if (!cuts.empty()) {
      end = std::min(end, start + cuts.front());
      cuts.erase(cuts.begin());
    }
    std::string out = start == 0 ? "HTTP/1.1 200 OK\r\n"
                                 : fmt::format(
                                       "HTTP/1.1 206 Partial Content\r\n"
                                       "Content-Range: bytes {}-{}/{}\r\n",
                                       start, bytes.size() - 1, bytes.size());
    out += fmt::format("Content-Length: {}\r\n", bytes.size() - start);
    if (!etag.empty()) out += fmt::format("ETag: {}\r\n", etag);
    return out + "\r\n" + bytes.substr(start, end - start);
  }
};

class Witness final : public PullListener {
 public:
  void on_license(const ModelDescription& model) override { licenses.push_back(model.license); }
  void on_file(const std::string&, const std::string& source) override {
    sources.push_back(source);
  }
  void on_progress(uint64_t bytes, uint64_t bytes_total) override {
    EXPECT_GE(bytes_total, bytes);
    if (cancel_at != 0 && bytes >= cancel_at) cancel.request();
  }
  void on_source_failed(const Status& status) override { failures.push_back(status.to_string()); }

  std::vector<std::string> licenses;
  std::vector<std::string> sources;
  std::vector<std::string> failures;
  CancelToken cancel;
  uint64_t cancel_at = 0;
};

class DownloadFile : public testing::Test {
 protected:
  Result<> download() {
    return download_file(real_file_system(), server_.address("/a.onnx"), file_, path_, witness_,
                         witness_.cancel);
  }
  std::string left() const {
    std::string out;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      out += entry.path().filename().string() + " ";
    return out;
  }

  TestFolder folder_;
  const std::string path_ = folder_ / "a.onnx";
  ServedFile served_{std::string(300'000, 'x') + "end"};
  ModelFile file_{.name = "a.onnx", .sha256 = sha_of(served_.bytes)};
  LoopbackServer server_{[this](const std::string& request) { return served_.answer(request); }};
  Witness witness_;
};

TEST_F(DownloadFile, brings_the_file_and_nothing_else) {
  ASSERT_THAT(download(), IsOk());
  EXPECT_EQ(content(path_), served_.bytes);
  EXPECT_EQ(left(), "a.onnx ");
}

TEST_F(DownloadFile, goes_on_after_a_cut_connection) {
  served_.cuts = {100'000, 50'000};
  ASSERT_THAT(download(), IsOk());
  EXPECT_EQ(content(path_), served_.bytes);
  EXPECT_THAT(served_.starts, ElementsAre(0, 100'000, 150'000));
}

TEST_F(DownloadFile, goes_on_where_an_earlier_try_was_stopped) {
  witness_.cancel_at = 100'000;
  EXPECT_THAT(download(), FailsWith(Code::kCancelled));
  EXPECT_FALSE(std::filesystem::exists(path_));
  witness_.cancel_at = 0;
  Witness second;
  ASSERT_THAT(download_file(real_file_system(), server_.address("/a.onnx"), file_, path_, second,
                            second.cancel),
              IsOk());
  EXPECT_EQ(content(path_), served_.bytes);
  ASSERT_EQ(served_.starts.size(), 2u);
  EXPECT_GE(served_.starts[1], 100'000u);
  EXPECT_EQ(left(), "a.onnx ");
}

TEST_F(DownloadFile, begins_anew_when_the_file_has_changed) {
  served_.cuts = {100'000, 0};
  EXPECT_THAT(download(), FailsWith(Code::kIoError));
  served_.bytes[0] = 'y';
  served_.etag = "\"2\"";
  file_.sha256 = sha_of(served_.bytes);
  ASSERT_THAT(download(), IsOk());
  EXPECT_EQ(content(path_), served_.bytes);
  EXPECT_EQ(served_.starts.back(), 0u);
}

// Without a tag the hash is what tells.
TEST_F(DownloadFile, begins_anew_when_the_part_was_of_something_else) {
  served_.etag = "";
  served_.cuts = {100'000, 0};
  EXPECT_THAT(download(), FailsWith(Code::kIoError));
  served_.bytes[0] = 'y';
  file_.sha256 = sha_of(served_.bytes);
  ASSERT_THAT(download(), IsOk());
  EXPECT_EQ(content(path_), served_.bytes);
}

TEST_F(DownloadFile, takes_a_part_that_is_already_whole) {
  file_.bytes = served_.bytes.size();
  ASSERT_OK_AND_ASSIGN(PartFile part, PartFile::open(real_file_system(), path_));
  ASSERT_THAT(part.begin(0, {server_.address("/a.onnx")}), IsOk());
  ASSERT_THAT(part.write(as_byte_span(served_.bytes)), IsOk());
  ASSERT_THAT(download(), IsOk());
  EXPECT_THAT(served_.starts, IsEmpty());
  EXPECT_EQ(content(path_), served_.bytes);
}

TEST_F(DownloadFile, does_not_trust_a_part_of_unknown_origin) {
  folder_.write("a.onnx.part", "something");
  ASSERT_THAT(download(), IsOk());
  EXPECT_THAT(served_.starts, ElementsAre(0));
}

TEST_F(DownloadFile, survives_a_part_that_is_too_long) {
  ASSERT_OK_AND_ASSIGN(PartFile part, PartFile::open(real_file_system(), path_));
  ASSERT_THAT(part.begin(0, {server_.address("/a.onnx")}), IsOk());
  ASSERT_THAT(part.write(as_byte_span(served_.bytes + "more")), IsOk());
  ASSERT_THAT(download(), IsOk());
  EXPECT_EQ(content(path_), served_.bytes);
}

TEST_F(DownloadFile, refuses_another_hash_and_leaves_nothing) {
  file_.sha256 = sha_of("something else");
  EXPECT_THAT(download(),
              FailsWith(Code::kCorruptInput, AllOf(HasSubstr(file_.sha256), HasSubstr("refused"))));
  EXPECT_EQ(left(), "");
}

TEST_F(DownloadFile, refuses_more_than_the_manifest_says) {
  file_.bytes = 1000;
  EXPECT_THAT(download(), FailsWith(Code::kResourceExhausted, HasSubstr("at most 1000")));
}

class FetchHttp : public testing::Test {
 protected:
  Result<std::string> fetch(const std::string& url, uint64_t offset = 0) {
    std::string bytes;
    const FetchReceiver receiver{.on_start = [](const FetchStart&) { return Result<>(); },
                                 .on_bytes =
                                     [&](ByteSpan part) {
                                       bytes += as_text(part);
                                       return Result<>();
                                     }};
    IMAGEMILL_TRY(fetch_http({.url = url, .offset = offset, .bytes_max = 100}, receiver, cancel_));
    return bytes;
  }

  std::string answer_ = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  LoopbackServer server_{[this](const std::string& request) {
    if (request.starts_with("GET /real")) return std::string("HTTP/1.1 200 OK\r\n\r\nthere");
    return answer_;
  }};
  CancelToken cancel_;
};

TEST_F(FetchHttp, follows_redirects_for_a_while) {
  EXPECT_EQ(*fetch(server_.address("/x")), "ok");
  for (const std::string& to : {std::string("/real"), server_.address("/real?a=b")}) {
    answer_ = "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n";
    EXPECT_EQ(*fetch(server_.address("/x")), "there");
  }
  answer_ = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n";
  EXPECT_THAT(fetch(server_.address("/x")), FailsWith(Code::kIoError, HasSubstr("redirects")));
  answer_ = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n";
  EXPECT_THAT(fetch(server_.address("/x")), FailsWith(Code::kInvalidArgument));
}

TEST_F(FetchHttp, tells_answers_apart) {
  const auto fetch_answer = [&](const std::string& answer) {
    answer_ = answer;
    return fetch(server_.address("/x"), 10);
  };
  EXPECT_THAT(fetch_answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
              FailsWith(Code::kNotFound, HasSubstr("/x")));
  EXPECT_THAT(fetch_answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
              FailsWith(Code::kIoError, HasSubstr("500")));
  EXPECT_THAT(fetch_answer("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 11-12/13\r\n"
                           "Content-Length: 2\r\n\r\nxx"),
              FailsWith(Code::kUnsupported, HasSubstr("11-12/13")));
  EXPECT_THAT(fetch_answer("HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\nxx"),
              FailsWith(Code::kUnsupported));
  EXPECT_THAT(fetch_answer("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"),
              FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(fetch_answer("HTTP/1.1 200 OK\r\n\r\n" + std::string(200, 'x')),
              FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(fetch_answer("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nxx"),
              FailsWith(Code::kIoError));
  EXPECT_THAT(fetch_answer("no HTTP at all"), FailsWith(Code::kIoError));
  EXPECT_THAT(fetch_answer(""), FailsWith(Code::kIoError));
}

TEST_F(FetchHttp, refuses_what_is_no_address) {
  for (const char* url : {"ftp://127.0.0.1/x", "/etc/passwd", "", "http://", "http:///x"})
    EXPECT_FALSE(fetch(url).has_value()) << url;
  cancel_.request();
  EXPECT_THAT(fetch(server_.address("/x")), FailsWith(Code::kCancelled));
}

class PullInto : public testing::Test {
 protected:
  Result<FoundModel> pull(const std::string& name, const std::string& mirror,
                          const std::string& sha256 = "") {
    return pull_into(real_file_system(), store_, {.name = name, .sha256 = sha256, .mirror = mirror},
                     witness_, witness_.cancel);
  }
  std::string manifest(const std::string& sha256, const std::string& license = "{name: X}") {
    return "name: toy\nfile: toy.onnx\n" + (sha256.empty() ? "" : "sha256: " + sha256 + "\n") +
           "license: " + license +
           "\ninput: {width: 8, height: 8}\noutputs: {features: features}\n";
  }

  TestFolder folder_;
  ModelStore store_{real_file_system(), folder_ / "store"};
  const std::string model_ = tiny_features_model(8, 8);
  ServedFile served_{model_};
  std::string served_manifest_ = manifest(sha_of(model_));
  LoopbackServer server_{[this](const std::string& request) {
    if (request.starts_with("GET /toy/toy.onnx ")) return served_.answer(request);
    if (request.starts_with("GET /toy/manifest.yaml "))
      return "HTTP/1.1 200 OK\r\n\r\n" + served_manifest_;
    return std::string("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  }};
  Witness witness_;
};

TEST_F(PullInto, brings_what_a_mirror_on_the_web_describes) {
  ASSERT_OK_AND_ASSIGN(const FoundModel found, pull("toy", server_.address("")));
  EXPECT_TRUE(found.is_in_store);
  EXPECT_EQ(content(found.graph_path()), model_);
  EXPECT_EQ(found.manifest.file.bytes, model_.size());
  ASSERT_OK_AND_ASSIGN(const auto verdicts, store_.verify("toy"));
  for (const FileVerdict& verdict : verdicts) EXPECT_EQ(verdict.problem, "");
  // Once more is no work.
  ASSERT_THAT(pull("toy", server_.address("")), IsOk());
  EXPECT_EQ(served_.starts.size(), 1u);
  EXPECT_THAT(pull("toy", server_.address(""), std::string(64, '0')),
              FailsWith(Code::kInvalidArgument, HasSubstr("wanted is 000")));
}

TEST_F(PullInto, brings_what_a_folder_has) {
  folder_.write("mirror/toy/manifest.yaml", manifest(sha_of(model_)));
  folder_.write("mirror/toy.onnx", model_);
  ASSERT_OK_AND_ASSIGN(const FoundModel found, pull("toy", folder_ / "mirror"));
  EXPECT_EQ(content(found.graph_path()), model_);
  EXPECT_THAT(witness_.sources, ElementsAre(folder_ / "mirror/toy.onnx"));
}

TEST_F(PullInto, tries_one_source_after_the_other) {
  served_.cuts = {0};
  served_manifest_ = manifest(sha_of(model_)) + "sources: ['" + server_.address("/none.onnx") +
                     "', '" + server_.address("/toy/toy.onnx") + "']\n";
  ASSERT_THAT(pull("toy", server_.address("")), IsOk());
  EXPECT_THAT(witness_.failures, ElementsAre(HasSubstr("/toy/toy.onnx")));
  EXPECT_EQ(witness_.sources.size(), 4u);
}

TEST_F(PullInto, refuses_another_hash_and_leaves_the_store_as_it_was) {
  served_manifest_ = manifest(std::string(64, '0'));
  EXPECT_THAT(pull("toy", server_.address("")),
              FailsWith(Code::kCorruptInput, HasSubstr("expected 000")));
  folder_.write("mirror/toy/manifest.yaml", served_manifest_);
  folder_.write("mirror/toy/toy.onnx", model_);
  EXPECT_THAT(pull("toy", folder_ / "mirror"), FailsWith(Code::kCorruptInput));
  EXPECT_TRUE(store_.list()->empty());
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "store/.incoming/toy"));
}

TEST_F(PullInto, refuses_a_file_whose_hash_nobody_knows) {
  served_manifest_ = manifest("");
  EXPECT_THAT(pull("toy", server_.address("")),
              FailsWith(Code::kInvalidArgument,
                        AllOf(HasSubstr("not known to this version"), HasSubstr("--sha256"))));
  EXPECT_THAT(pull("toy", server_.address(""), "abc"), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(served_.starts, IsEmpty());
  EXPECT_THAT(pull("toy", server_.address(""), sha_of(model_)), IsOk());
}

TEST_F(PullInto, shows_a_licence_once) {
  served_.cuts = {10, 0};
  EXPECT_FALSE(pull("toy", server_.address("")).has_value());
  EXPECT_THAT(pull("toy", server_.address("")), IsOk());
  ASSERT_THAT(store_.remove("toy"), IsOk());
  EXPECT_THAT(pull("toy", server_.address("")), IsOk());
  EXPECT_THAT(witness_.licenses, ElementsAre("X"));
}

TEST_F(PullInto, is_silent_about_a_permissive_licence) {
  served_manifest_ = manifest(sha_of(model_), "{name: MIT, permissive: true}");
  EXPECT_THAT(pull("toy", server_.address("")), IsOk());
  EXPECT_THAT(witness_.licenses, IsEmpty());
}

TEST_F(PullInto, keeps_no_model_that_is_none) {
  served_.bytes = "PK\x03\x04 zipped";
  served_manifest_ = manifest(sha_of(served_.bytes));
  EXPECT_THAT(pull("toy", server_.address("")), FailsWith(Code::kUnsupported, HasSubstr("pickle")));
  EXPECT_TRUE(store_.list()->empty());
}

TEST_F(PullInto, says_who_does_not_know_a_model) {
  EXPECT_THAT(pull("other", server_.address("")), FailsWith(Code::kNotFound, HasSubstr("other")));
  EXPECT_THAT(pull("resnet81", ""), FailsWith(Code::kNotFound, HasSubstr("'resnet18'?")));
  EXPECT_THAT(pull("../x", ""), FailsWith(Code::kInvalidArgument));
}

}  // namespace
}  // namespace imagemill
