// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Where pictures come from. A source lists its entries once, then gives their bytes; nothing is
// extracted to disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/file_system.h"
#include "imagemill/cancel.h"
#include "imagemill/status.h"

namespace imagemill {

// One thing that can be read. There may be a million: one string each, `path` is made from it.
struct SourceEntry {
  // Names it for ever: source name + '/' + path ("camera/a/b.jpg"), '!' for archive members
  // ("heap.zip!a/b.jpg"), the name alone for a single picture. Unique within a listing.
  // '/'-separated UTF-8; '%', '!', '#', control characters and bytes that are not UTF-8 are escaped
  // as %XX.
  std::string key;
  uint64_t bytes = 0;    // as the listing says; never trusted for allocation beyond a limit
  int64_t mtime_ns = 0;  // 0: unknown
  uint64_t locator = 0;  // private to the source
  uint32_t path_at = 0;  // where in `key` the path begins

  // Names the outputs: relative, '/'-separated, always safe below a folder. Escapes are undone but
  // for control characters and bytes that are not UTF-8; a leading '/' and "." segments go, ".."
  // becomes "__", ".imagemill" becomes "_imagemill". Not unique: two keys can give one path.
  std::string path() const;
};

// An entry that could not even be listed (unreadable folder, refused archive member).
struct SourceFailure {
  std::string key;
  Status status;
};

struct Listing {
  // Sorted by key (bytewise), unless the source is sequential: then in the order in which read()
  // must be called.
  std::vector<SourceEntry> entries;
  std::vector<SourceFailure> failures;
};

// Guards against hostile archives and files.
struct SourceLimits {
  uint64_t max_file_bytes = uint64_t{1} << 30;
  uint64_t max_entries = 1'000'000;  // of one archive; of a folder: reached through links
  uint64_t max_archive_bytes = uint64_t{64} << 30;  // unpacked, out of one archive
  uint64_t max_ratio = 200;                         // refused above it when the entry is also
  uint64_t max_ratio_floor = uint64_t{64} << 20;    // larger than this
};

struct SourceOptions {
  SourceLimits limits = {};
  std::vector<std::string> include = {};  // globs over path(); empty: everything
  std::vector<std::string> exclude = {};
  // Never entered, by whatever way they are reached (the output folder).
  std::vector<std::string> skip_folders = {};
};

class Source {
 public:
  virtual ~Source() = default;

  // Short and unique within a run: the folder's or archive's own name.
  virtual const std::string& name() const = 0;

  // Called once, before any read().
  virtual Result<Listing> list(const CancelToken& cancel) = 0;

  // True when read() has to be called for the entries in listing order, by one thread at a time
  // (compressed tar). Entries may be left out, never asked twice.
  virtual bool is_sequential() const { return false; }

  // The file on disk that the entry is; nullopt for what lies in an archive.
  virtual std::optional<std::string> file_of(const SourceEntry& entry) const {
    (void)entry;
    return std::nullopt;
  }

  // Bytes as they are now: kNotFound when it vanished, kIoError, kCorruptInput (inflate, CRC),
  // kResourceExhausted (limits). Any thread, unless is_sequential().
  virtual Result<Bytes> read(const SourceEntry& entry) = 0;
};

// Opens what `location` is: folder, .zip, .tar[.gz|.zst|.xz|.bz2], list (.txt .csv .jsonl), "-"
// (list on standard input, whose text the caller passes in `standard_input`), or a single picture.
// By content for archives, by suffix for lists.
//
// folder  recursive, links followed (a folder is never entered below itself), hidden names (".x")
//         skipped
// archive hidden names and __MACOSX skipped; unsafe members (absolute, "..", links, devices,
//         encrypted, absurd ratio) are failures, and so is the second of two members with one name,
//         under key + "#2". A ZIP whose members overlap is refused whole, a tar gives what stands
//         before a damage.
// list    .txt: one path a line, exactly as written, blank lines skipped; .csv: a header with a
//         column path, image_path, file_name or file; .jsonl: objects with such a key. Paths are
//         relative to the list's folder ("-": to the working folder). A line that repeats a path is
//         listed once. A file that does not exist is an entry whose read() says so.
Result<std::unique_ptr<Source>> open_source(const std::string& location, const std::string& name,
                                            const SourceOptions& options, FileSystem& fs,
                                            std::string standard_input = {});

// The name open_source's caller would give: "camera" for "photos/camera/", "stdin" for "-", made
// unique by the caller.
std::string default_source_name(const std::string& location);

// Any bytes to the form they have in a key; loses nothing.
std::string escape_key(std::string_view path);

// fnmatch-like: '*' within a path segment, '**' across segments ("a/**/b" fits "a/b" too), '?',
// '[abc]', '[!a-z]', '{a,b}', a backslash takes the next character as it is. A pattern without '/'
// is matched against the file name alone, one that ends in '/' fits everything below; a leading '/'
// is ignored. Upper and lower case differ. A bracket that is never closed stands for itself. Time
// is linear in the path for a given pattern.
bool glob_matches(std::string_view pattern, std::string_view path);

}  // namespace imagemill
