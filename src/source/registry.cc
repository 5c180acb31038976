// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which source a location is. The only place that knows all of them.
#include <array>
#include <utility>

#include "source/kinds.h"
#include "source/tar_reader.h"

namespace imagemill {
namespace {

using namespace std::string_view_literals;

Result<std::unique_ptr<Source>> open_plain_tar(SourcePlace place) {
  return open_tar(std::move(place), TarCompression::kNone);
}
template <TarCompression kCompression>
Result<std::unique_ptr<Source>> open_compressed_tar(SourcePlace place) {
  return open_tar(std::move(place), kCompression);
}

// An archive is what begins like one. Where the content says nothing (a ZIP behind a program, a
// damaged file), the suffix does, so that the archive's own reader explains what is wrong instead
// of a picture decoder.
struct ArchiveKind {
  std::string_view signature;  // empty: see is_tar()
  std::array<std::string_view, 2> extensions;
  Result<std::unique_ptr<Source>> (*open)(SourcePlace place);
};
constexpr ArchiveKind kArchives[] = {
    {"PK\x03\x04"sv, {"zip", ""}, open_zip},
    {"PK\x05\x06"sv, {"zip", ""}, open_zip},  // without members
    {"\x1f\x8b"sv, {"tgz", "gz"}, open_compressed_tar<TarCompression::kGzip>},
    {"\x28\xb5\x2f\xfd"sv, {"tzst", "zst"}, open_compressed_tar<TarCompression::kZstd>},
    {"\xfd\x37zXZ\0"sv, {"txz", "xz"}, open_compressed_tar<TarCompression::kXz>},
    {"BZh"sv, {"tbz2", "bz2"}, open_compressed_tar<TarCompression::kBzip2>},
    {"", {"tar", ""}, open_plain_tar},
};

struct ListKind {
  std::string_view extension;
  ListFormat format;
};
constexpr ListKind kLists[] = {
    {"txt", ListFormat::kText}, {"csv", ListFormat::kCsv}, {"jsonl", ListFormat::kJsonLines}};

const ArchiveKind* archive_by_content(std::string_view head) {
  for (const ArchiveKind& kind : kArchives) {
    const bool fits =
        kind.signature.empty() ? is_tar(as_byte_span(head)) : head.starts_with(kind.signature);
    if (fits) return &kind;
  }
  return nullptr;
}

const ArchiveKind* archive_by_extension(std::string_view extension) {
  if (extension.empty()) return nullptr;
  for (const ArchiveKind& kind : kArchives) {
    for (const std::string_view candidate : kind.extensions) {
      if (candidate == extension) return &kind;
    }
  }
  return nullptr;
}

Result<std::unique_ptr<Source>> open_list_file(SourcePlace place, ListFormat format) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes text,
                             place.fs->read(place.location, place.options.limits.max_file_bytes));
  std::string base_folder(parent_path(place.location));
  return open_list(std::move(place), std::string(as_text(text)), format, std::move(base_folder));
}

Result<std::unique_ptr<Source>> open_file(SourcePlace place) {
  const std::string extension = lower_extension(place.location);
  for (const ListKind& kind : kLists) {
    if (kind.extension == extension) return open_list_file(std::move(place), kind.format);
  }
  Bytes head(2 * kTarBlockBytes);
  {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto file, place.fs->open(place.location));
    IMAGEMILL_ASSIGN_OR_RETURN(const size_t got, file->read_at(0, head));
    head.resize(got);
  }
  if (const ArchiveKind* kind = archive_by_content(as_text(head)))
    return kind->open(std::move(place));
  if (const ArchiveKind* kind = archive_by_extension(extension))
    return kind->open(std::move(place));
  return open_single_file(std::move(place));
}

}  // namespace

Result<std::unique_ptr<Source>> open_source(const std::string& location, const std::string& name,
                                            const SourceOptions& options, FileSystem& fs,
                                            std::string standard_input) {
  SourcePlace place{.location = location, .name = name, .options = options, .fs = &fs};
  if (location == "-") {
    const ListFormat format = guess_list_format(standard_input);
    return open_list(std::move(place), std::move(standard_input), format, "");
  }
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs.stat(location));
  switch (stat.kind) {
    case FileStat::Kind::kFolder:
      return open_folder(std::move(place));
    case FileStat::Kind::kFile:
      return open_file(std::move(place));
    default:
      return fail(Code::kUnsupported, "{}: not a folder and not a regular file", location);
  }
}

}  // namespace imagemill
