// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A ZIP archive that can be cut off anywhere and gone on with. Entries are appended to
// `<location>.partial`; the run store keeps the length up to the last committed one, and a resumed
// run cuts the file there and learns the entries from their local headers. finish() adds the
// central directory and renames the archive to its name: it is never seen incomplete.
//
// A path that is published again is appended again; the directory names the newer one.
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/hash_set.h"
#include "sink/append_file.h"
#include "sink/registry.h"
#include "sink/staging.h"
#include "sink/zip_format.h"

namespace imagemill {
namespace {

constexpr uint16_t kDeflated = 8;
constexpr int kDeflateLevel = 6;

// Pictures are compressed already.
bool is_text(const std::string& path) {
  constexpr std::array<std::string_view, 6> kTextExtensions = {"txt", "json", "jsonl",
                                                               "csv", "xml",  "xmp"};
  return std::ranges::find(kTextExtensions, lower_extension(path)) != kTextExtensions.end();
}

ContentHash name_hash(std::string_view name) { return hash_content(as_byte_span(name)); }

// Empty when deflate does not make it smaller.
Result<Bytes> deflate(ByteSpan bytes) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(kDeflateLevel), libdeflate_free_compressor);
  if (compressor == nullptr) return fail(Code::kResourceExhausted, "deflate: out of memory");
  Bytes out(bytes.size());
  out.resize(libdeflate_deflate_compress(compressor.get(), bytes.data(), bytes.size(), out.data(),
                                         out.size()));
  return out;
}

// The entries up to `end`, where one has to end.
Result<std::vector<ZipEntry>> read_entries(const std::string& path, uint64_t end, FileSystem& fs) {
  std::vector<ZipEntry> entries;
  for (uint64_t offset = 0; offset < end;) {
    // Most headers fit the first read.
    constexpr uint64_t kGuess = 256;
    IMAGEMILL_ASSIGN_OR_RETURN(Bytes header,
                               fs.read_range(path, offset, std::min(kGuess, end - offset)));
    IMAGEMILL_ASSIGN_OR_RETURN(const size_t size, zip_local_header_size(header));
    if (size > header.size()) {
      IMAGEMILL_ASSIGN_OR_RETURN(header, fs.read_range(path, offset, size));
    }
    header.resize(size);
    IMAGEMILL_ASSIGN_OR_RETURN(ZipEntry entry, parse_zip_local_header(header));
    if (size > end - offset || entry.packed_bytes > end - offset - size)
      return fail(Code::kCorruptInput, "{}: {}: ends beyond byte {}", path, entry.name, end);
    entry.offset = offset;
    offset += size + entry.packed_bytes;
    entries.push_back(std::move(entry));
  }
  return entries;
}

class ZipSink final : public Sink {
 public:
  ZipSink(std::string location, std::unique_ptr<StagingFolder> staging, FileSystem& fs)
      : location_(std::move(location)),
        partial_(location_ + ".partial"),
        parent_(join_path(parent_path(location_), ".")),
        staging_(std::move(staging)),
        fs_(fs) {}

  Result<> open(const SinkOptions& options);

  bool is_ordered() const override { return true; }

  Result<StagedFile> stage(const std::string& path, ByteSpan bytes) override {
    IMAGEMILL_TRY(check_output_path(path));
    if (path.size() > 0xffff)
      return fail(Code::kInvalidArgument, "output path of {} bytes, ZIP allows 65535", path.size());
    return staging_->write(path, bytes);
  }

  void discard(const StagedFile& file) override { staging_->remove(file); }

  Result<> publish(std::span<const StagedFile> files) override {
    if (files.empty()) return {};
    IMAGEMILL_TRY(check_sound());
    is_sound_ = false;
    if (!file_) IMAGEMILL_TRY(reopen());
    for (const StagedFile& file : files) IMAGEMILL_TRY(append(file));
    IMAGEMILL_TRY(file_->sync());
    if (!is_name_durable_) IMAGEMILL_TRY(fs_.sync_all(parent_));
    is_name_durable_ = true;
    is_sound_ = true;
    committable_bytes_ = file_->size();
    for (const StagedFile& file : files) staging_->remove(file);
    return {};
  }

  std::string state() const override {
    return nlohmann::json{{"bytes", committable_bytes_}}.dump();
  }

  bool exists(const std::string& path) override {
    const std::lock_guard lock(names_mutex_);
    return names_.contains(name_hash(path));
  }

  Result<> finish() override {
    IMAGEMILL_TRY(check_sound());
    if (!file_) return {};  // complete, and nothing was added
    is_sound_ = false;
    IMAGEMILL_TRY(file_->append(zip_central_directory(entries_, file_->size())));
    IMAGEMILL_TRY(file_->sync());
    IMAGEMILL_TRY(file_->close());
    file_.reset();
    IMAGEMILL_TRY(fs_.rename(partial_, location_));
    IMAGEMILL_TRY(fs_.sync_all(parent_));
    is_sound_ = true;
    return {};
  }

 private:
  Result<> check_sound() const {
    if (is_sound_) return {};
    return fail(Code::kIoError, "{}: an earlier write failed; the run has to be resumed", partial_);
  }

  Result<bool> is_complete(uint64_t file_bytes) {
    const Bytes directory = zip_central_directory(entries_, committable_bytes_);
    if (file_bytes != committable_bytes_ + directory.size()) return false;
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes tail,
                               fs_.read_range(location_, committable_bytes_, directory.size()));
    return tail == directory;
  }

  Result<> load_entries(const std::string& path, uint64_t file_bytes) {
    if (file_bytes < committable_bytes_)
      return fail(Code::kCorruptInput,
                  "{}: {} bytes, but the run store knows of {}; --restart begins anew", path,
                  file_bytes, committable_bytes_);
    auto entries = read_entries(path, committable_bytes_, fs_);
    if (!entries)
      return std::unexpected(std::move(entries).error().with_context(
          path + ": not the archive that the run store knows (--restart begins anew)"));
    for (ZipEntry& entry : *entries) put(std::move(entry));
    return {};
  }

  // Makes a complete archive a growing one again. The rename is durable before the directory is cut
  // off: after a power cut the archive has either its name or its directory to lose, never both.
  Result<> reopen() {
    IMAGEMILL_TRY(fs_.rename(location_, partial_));
    IMAGEMILL_TRY(fs_.sync_all(parent_));
    return open_partial();
  }

  Result<> open_partial() {
    IMAGEMILL_ASSIGN_OR_RETURN(file_, AppendFile::open(partial_, committable_bytes_, fs_));
    is_name_durable_ = committable_bytes_ > 0;
    return {};
  }

  Result<> append(const StagedFile& file) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, staging_->read(file));
    ZipEntry entry{.name = file.path,
                   .crc = libdeflate_crc32(0, bytes.data(), bytes.size()),
                   .packed_bytes = bytes.size(),
                   .bytes = bytes.size(),
                   .offset = file_->size()};
    Bytes packed;
    if (is_text(file.path)) {
      IMAGEMILL_ASSIGN_OR_RETURN(packed, deflate(bytes));
    }
    if (!packed.empty()) {
      entry.method = kDeflated;
      entry.packed_bytes = packed.size();
    }
    IMAGEMILL_TRY(file_->append(zip_local_header(entry)));
    IMAGEMILL_TRY(file_->append(packed.empty() ? ByteSpan(bytes) : ByteSpan(packed)));
    put(std::move(entry));
    return {};
  }

  void put(ZipEntry entry) {
    const std::lock_guard lock(names_mutex_);
    if (names_.insert(name_hash(entry.name)))
      entries_.push_back(std::move(entry));
    else  // seldom: the same file once more
      *std::ranges::find(entries_, entry.name, &ZipEntry::name) = std::move(entry);
  }

  const std::string location_;
  const std::string partial_;
  const std::string parent_;
  const std::unique_ptr<StagingFolder> staging_;
  FileSystem& fs_;

  std::optional<AppendFile> file_;  // nullopt: the archive is complete under its name
  std::vector<ZipEntry> entries_;
  std::mutex names_mutex_;
  HashSet<ContentHash> names_;      // of entries_, hashed; guarded by its mutex
  uint64_t committable_bytes_ = 0;  // up to the last whole group
  bool is_name_durable_ = false;
  bool is_sound_ = true;
};

Result<> ZipSink::open(const SinkOptions& options) {
  const bool is_fresh = options.resume_state.empty();
  if (!is_fresh) {
    const auto state = nlohmann::json::parse(options.resume_state, nullptr, false);
    if (!state.is_object() || !state.contains("bytes") || !state["bytes"].is_number_unsigned())
      return fail(Code::kCorruptInput, "{}: state \"{}\" is not one of a ZIP", location_,
                  options.resume_state);
    committable_bytes_ = state["bytes"].get<uint64_t>();
  }
  IMAGEMILL_ASSIGN_OR_RETURN(const auto partial_bytes, file_size_if_any(partial_, fs_));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto final_bytes, file_size_if_any(location_, fs_));

  if (partial_bytes && committable_bytes_ > 0) {
    IMAGEMILL_TRY(load_entries(partial_, *partial_bytes));
    return open_partial();
  }
  if (final_bytes) {
    if (committable_bytes_ > 0) IMAGEMILL_TRY(load_entries(location_, *final_bytes));
    IMAGEMILL_ASSIGN_OR_RETURN(const bool is_whole, is_complete(*final_bytes));
    if (is_whole) return {};
    if (committable_bytes_ > 0) return reopen();
    // What stands there is not of this run. It stays until finish() replaces it.
    if (is_fresh && !options.may_replace)
      return fail(Code::kInvalidArgument, "{}: exists already; choose another name or --restart",
                  location_);
  } else if (committable_bytes_ > 0) {
    return fail(Code::kCorruptInput,
                "{}: gone, but the run store knows of {} bytes of it; --restart begins anew",
                partial_, committable_bytes_);
  }
  return open_partial();
}

}  // namespace

Result<std::unique_ptr<Sink>> open_zip_sink(const std::string& location, const SinkOptions& options,
                                            FileSystem& fs) {
  IMAGEMILL_ASSIGN_OR_RETURN(auto staging, StagingFolder::open(options.staging_folder, fs));
  if (const std::string_view parent = parent_path(location); !parent.empty())
    IMAGEMILL_TRY(fs.create_folders(std::string(parent)));
  auto sink = std::make_unique<ZipSink>(location, std::move(staging), fs);
  IMAGEMILL_TRY(sink->open(options));
  return sink;
}

}  // namespace imagemill
