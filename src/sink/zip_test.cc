// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// That the archives are ZIP files to others: libzip reads them back.
#include <zip.h>

#include "sink/sink.h"
#include "sink/zip_format.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

class Archive {
 public:
  explicit Archive(const std::string& path)
      : archive_(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, nullptr)) {}
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  ~Archive() {
    if (archive_ != nullptr) zip_discard(archive_);
  }

  bool is_open() const { return archive_ != nullptr; }
  int64_t count() const { return zip_get_num_entries(archive_, 0); }
  zip_stat_t stat(int64_t index) const {
    zip_stat_t out;
    zip_stat_index(archive_, static_cast<zip_uint64_t>(index), 0, &out);
    return out;
  }
  // With the checksum verified; "?" when the entry cannot be read.
  std::string read(const std::string& name) const {
    zip_file_t* file = zip_fopen(archive_, name.c_str(), ZIP_FL_ENC_GUESS);
    if (file == nullptr) return "?";
    std::string out;
    char buffer[4096];
    zip_int64_t n;
    while ((n = zip_fread(file, buffer, sizeof buffer)) > 0)
      out.append(buffer, static_cast<size_t>(n));
    return zip_fclose(file) == 0 && n == 0 ? out : "?";
  }

 private:
  zip_t* archive_;
};

class ZipSinkTest : public testing::Test {
 protected:
  void publish(const std::string& path, std::string_view bytes) {
    auto file = sink_->stage(path, as_byte_span(bytes));
    ASSERT_THAT(file, IsOk());
    ASSERT_THAT(sink_->publish({{*file}}), IsOk());
  }

  TestFolder folder_;
  std::string path_ = folder_ / "out.zip";
  std::unique_ptr<Sink> sink_ =
      open_sink(SinkKind::kZip, path_, {.staging_folder = folder_ / "staging", .resume_state = {}},
                real_file_system())
          .value();
};

TEST_F(ZipSinkTest, pictures_are_stored_and_texts_deflated) {
  const std::string text(5000, 't');
  publish("a/0001.png", text);
  publish("a/0001.TXT", text);
  publish("b.txt", "ab");  // deflate would make it longer
  publish("c.json", "");
  publish("\xc3\xa9.jpg", "e");
  ASSERT_THAT(sink_->finish(), IsOk());

  const Archive archive(path_);
  ASSERT_TRUE(archive.is_open());
  ASSERT_EQ(archive.count(), 5);
  EXPECT_EQ(archive.stat(0).comp_method, ZIP_CM_STORE);
  EXPECT_EQ(archive.stat(1).comp_method, ZIP_CM_DEFLATE);
  EXPECT_LT(archive.stat(1).comp_size, 100u);
  EXPECT_EQ(archive.stat(2).comp_method, ZIP_CM_STORE);
  EXPECT_EQ(archive.read("a/0001.png"), text);
  EXPECT_EQ(archive.read("a/0001.TXT"), text);
  EXPECT_EQ(archive.read("b.txt"), "ab");
  EXPECT_EQ(archive.read("c.json"), "");
  EXPECT_EQ(archive.read("\xc3\xa9.jpg"), "e");
}

TEST_F(ZipSinkTest, the_newer_entry_of_a_path_is_the_one_that_counts) {
  publish("a.jpg", "old");
  publish("b.jpg", "b");
  publish("a.jpg", "new");
  ASSERT_THAT(sink_->finish(), IsOk());
  // The old bytes are still there, as a gap that no reader looks into.
  const Archive archive(path_);
  ASSERT_TRUE(archive.is_open());
  EXPECT_EQ(archive.count(), 2);
  EXPECT_EQ(archive.read("a.jpg"), "new");
  EXPECT_EQ(archive.read("b.jpg"), "b");
}

TEST_F(ZipSinkTest, an_empty_archive_is_one) {
  ASSERT_THAT(sink_->finish(), IsOk());
  const Archive archive(path_);
  ASSERT_TRUE(archive.is_open());
  EXPECT_EQ(archive.count(), 0);
}

TEST(ZipFormat, local_headers_come_back) {
  for (const uint64_t bytes :
       {uint64_t{0}, uint64_t{7}, uint64_t{0xfffffffe}, uint64_t{0xffffffff}, uint64_t{1} << 40}) {
    const ZipEntry entry{
        .name = "a/b", .method = 8, .crc = 0xdeadbeef, .packed_bytes = bytes, .bytes = bytes};
    const Bytes header = zip_local_header(entry);
    EXPECT_EQ(zip_local_header_size(header).value(), header.size());
    ASSERT_OK_AND_ASSIGN(const ZipEntry back, parse_zip_local_header(header));
    EXPECT_EQ(back.name, entry.name);
    EXPECT_EQ(back.method, entry.method);
    EXPECT_EQ(back.crc, entry.crc);
    EXPECT_EQ(back.packed_bytes, bytes);
    EXPECT_EQ(back.bytes, bytes);
    for (size_t cut = 0; cut < header.size(); ++cut)
      EXPECT_THAT(parse_zip_local_header(ByteSpan(header).first(cut)),
                  FailsWith(Code::kCorruptInput));
  }
}

// A hole in the file stands for the gigabytes before the entry.
TEST(ZipFormat, entries_beyond_four_gigabytes_are_found) {
  TestFolder folder;
  const std::string path = folder / "far.zip";
  const uint64_t far = (uint64_t{5} << 30) + 3;
  std::vector<ZipEntry> entries = {{.name = "far.bin", .crc = 0, .offset = far}};
  Bytes tail = zip_local_header(entries[0]);
  const Bytes directory = zip_central_directory(entries, far + tail.size());
  tail.insert(tail.end(), directory.begin(), directory.end());
  ASSERT_OK_AND_ASSIGN(const auto file, real_file_system().append_at(path, far));
  ASSERT_THAT(file->write(tail), IsOk());
  ASSERT_THAT(file->close(), IsOk());

  const Archive archive(path);
  ASSERT_TRUE(archive.is_open());
  ASSERT_EQ(archive.count(), 1);
  EXPECT_EQ(archive.read("far.bin"), "");
}

TEST(ZipFormat, more_than_65535_entries_are_counted) {
  TestFolder folder;
  std::vector<ZipEntry> entries;
  Bytes bytes;
  for (int i = 0; i < 65'600; ++i) {
    entries.push_back({.name = fmt::format("{}", i), .offset = bytes.size()});
    const Bytes header = zip_local_header(entries.back());
    bytes.insert(bytes.end(), header.begin(), header.end());
  }
  const Bytes directory = zip_central_directory(entries, bytes.size());
  bytes.insert(bytes.end(), directory.begin(), directory.end());
  const Archive archive(folder.write("many.zip", as_text(bytes)));
  ASSERT_TRUE(archive.is_open());
  EXPECT_EQ(archive.count(), 65'600);
}

}  // namespace
}  // namespace imagemill
