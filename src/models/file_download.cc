// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/file_download.h"

#include "models/http_fetch.h"
#include "models/part_file.h"

namespace imagemill {
namespace {

constexpr uint64_t kBytesMaxWhereUnknown = uint64_t{16} << 30;
constexpr int kTriesMax = 8;  // of connections that were cut on the way

class Download {
 public:
  Download(const std::string& url, const ModelFile& file, PartFile& part, PullListener& listener,
           const CancelToken& cancel)
      : url_(url), file_(file), part_(part), listener_(listener), cancel_(cancel) {}

  Result<> fetch_all() {
    for (int tries = 1;; ++tries) {
      if (is_whole()) return {};
      const uint64_t offset = part_.bytes();
      received_ = 0;
      auto fetched = fetch_from(offset);
      if (fetched) return fetched;
      const Code code = fetched.error().code();
      if (code == Code::kUnsupported && offset > 0) {  // the server cannot go on from there
        IMAGEMILL_TRY(part_.discard());
        continue;
      }
      if (code != Code::kIoError || received_ == 0 || tries == kTriesMax) return fetched;
    }
  }

 private:
  // A process that was killed between the last byte and the rename leaves all of it.
  bool is_whole() const { return file_.bytes != 0 && part_.bytes() == file_.bytes; }

  Result<> fetch_from(uint64_t offset) {
    const bool is_same_place = part_.origin().url == url_;
    const FetchRequest request{.url = url_,
                               .offset = offset,
                               .etag = is_same_place ? part_.origin().etag : "",
                               .bytes_max = file_.bytes != 0 ? file_.bytes : kBytesMaxWhereUnknown};
    const FetchReceiver receiver{.on_start = [&](const FetchStart& start) { return begin(start); },
                                 .on_bytes = [&](ByteSpan bytes) { return receive(bytes); }};
    return fetch_http(request, receiver, cancel_);
  }

  Result<> begin(const FetchStart& start) {
    const uint64_t expected = file_.bytes != 0    ? file_.bytes
                              : start.offset != 0 ? part_.origin().bytes_total
                                                  : 0;
    if (expected != 0 && start.bytes_total != 0 && start.bytes_total != expected)
      return fail(start.offset != 0 ? Code::kUnsupported : Code::kCorruptInput,
                  "{}: {} bytes, expected {}", url_, start.bytes_total, expected);
    bytes_total_ = start.bytes_total != 0 ? start.bytes_total : expected;
    return part_.begin(start.offset, {url_, start.etag, bytes_total_});
  }

  Result<> receive(ByteSpan bytes) {
    received_ += bytes.size();
    IMAGEMILL_TRY(part_.write(bytes));
    listener_.on_progress(part_.bytes(), bytes_total_);
    return {};
  }

  const std::string& url_;
  const ModelFile& file_;
  PartFile& part_;
  PullListener& listener_;
  const CancelToken& cancel_;
  uint64_t received_ = 0;  // of this try
  uint64_t bytes_total_ = 0;
};

}  // namespace

Result<> download_file(FileSystem& fs, const std::string& url, const ModelFile& file,
                       const std::string& path, PullListener& listener, const CancelToken& cancel) {
  IMAGEMILL_ASSIGN_OR_RETURN(PartFile part, PartFile::open(fs, path));
  const bool is_resumed = part.bytes() > 0;
  for (const bool is_second : {false, true}) {
    IMAGEMILL_TRY(Download(url, file, part, listener, cancel).fetch_all());
    IMAGEMILL_ASSIGN_OR_RETURN(const std::string hash, part.finish());
    if (hash == file.sha256) return part.keep();
    IMAGEMILL_TRY(part.discard());
    // What an earlier try left may have been the beginning of another version.
    if (is_resumed && !is_second) continue;
    return fail(Code::kCorruptInput, "{}: sha256 {}, expected {}; refused and removed", url, hash,
                file.sha256);
  }
  return {};
}

}  // namespace imagemill
