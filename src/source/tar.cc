// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A plain tar is listed by its headers and then read at any place by any thread. A compressed one
// has to be unpacked from the front: once to list it, and a second time while its entries are read
// in the archive's order.
#include <algorithm>
#include <utility>

#include "source/byte_stream.h"
#include "source/entry_key.h"
#include "source/glob.h"
#include "source/kinds.h"
#include "source/member_name.h"
#include "source/tar_reader.h"

namespace imagemill {
namespace {

Result<> check_kind(TarMember::Kind kind) {
  switch (kind) {
    case TarMember::Kind::kFile:
    case TarMember::Kind::kFolder:
      return {};
    case TarMember::Kind::kLink:
      return fail(Code::kUnsupported, "a link");
    case TarMember::Kind::kSpecial:
      return fail(Code::kUnsupported, "a device or pipe");
    case TarMember::Kind::kSparse:
      return fail(Code::kUnsupported, "a sparse file");
    case TarMember::Kind::kUnknown:
      break;
  }
  return fail(Code::kUnsupported, "of a type that is no file");
}

enum class Locator { kOffset, kOrdinal };

// One pass over the headers.
class TarListing {
 public:
  TarListing(const SourcePlace& place, const KeyPrefix& prefix, Locator locator)
      : place_(place),
        prefix_(prefix),
        locator_(locator),
        filter_(place.options.include, place.options.exclude) {}

  // What stands before a damage is listed, the damage is a failure: a cut-off archive still has
  // pictures. One without a single good header, or over a limit, is refused.
  Result<Listing> run(TarReader& reader) {
    while (true) {
      auto member = reader.next();
      if (!member) {
        IMAGEMILL_TRY(note_damage(std::move(member).error(), reader.is_within_body()));
        break;
      }
      if (!*member) break;
      if (++ordinal_ > place_.options.limits.max_entries)
        return fail(Code::kResourceExhausted, "tar: more than {} members",
                    place_.options.limits.max_entries);
      add_member(**member);
    }
    refuse_duplicate_keys(listing_);
    if (locator_ == Locator::kOffset) sort_by_key(listing_);
    return std::move(listing_);
  }

 private:
  Result<> note_damage(Status status, bool is_within_body) {
    if (status.code() != Code::kCorruptInput || ordinal_ == 0)
      return std::unexpected(std::move(status));
    std::string key = escape_key(place_.name);
    if (is_within_body && is_last_listed_) {
      key = std::move(listing_.entries.back().key);
      listing_.entries.pop_back();
    }
    listing_.failures.push_back({std::move(key), std::move(status)});
    return {};
  }

  void add_member(const TarMember& member) {
    is_last_listed_ = false;
    // Folders are not entries, and nobody will create them: their names do no harm.
    if (member.kind == TarMember::Kind::kFolder) return;
    auto name = safe_member_name(member.name);
    if (!name) return refuse(member.name, std::move(name).error());
    if (is_hidden_member(*name)) return;
    SourceEntry entry = prefix_.entry_of(*name);
    if (!filter_.keeps_everything() && !filter_.keeps(entry.path())) return;
    if (auto checked = check_kind(member.kind); !checked)
      return refuse(*name, std::move(checked).error().with_context(
                               fmt::format("member \"{}\"", escape_key(*name))));
    entry.bytes = member.bytes;
    entry.mtime_ns = member.mtime_ns;
    entry.locator = locator_ == Locator::kOffset ? member.data_at : ordinal_;
    listing_.entries.push_back(std::move(entry));
    is_last_listed_ = true;
  }

  void refuse(std::string_view name, Status status) {
    listing_.failures.push_back({prefix_.key_of(name), std::move(status)});
  }

  const SourcePlace& place_;
  const KeyPrefix& prefix_;
  const Locator locator_;
  EntryFilter filter_;
  Listing listing_;
  uint64_t ordinal_ = 0;  // of the member last seen, from 1
  bool is_last_listed_ = false;
};

class TarSource : public Source {
 public:
  TarSource(SourcePlace place, std::unique_ptr<ReadableFile> file)
      : place_(std::move(place)), prefix_(place_.name, '!'), file_(std::move(file)) {}

  const std::string& name() const override { return place_.name; }

  Result<Bytes> read(const SourceEntry& entry) override {
    const uint64_t limit = place_.options.limits.max_file_bytes;
    if (entry.bytes > limit)
      return fail(Code::kResourceExhausted, "{}: {} bytes, the limit is {}", entry.key, entry.bytes,
                  limit);
    auto bytes = read_member(entry);
    if (!bytes) return std::unexpected(std::move(bytes).error().with_context(entry.key));
    return bytes;
  }

 protected:
  virtual Result<Bytes> read_member(const SourceEntry& entry) = 0;

  Result<Listing> list_members(std::unique_ptr<ByteStream> stream, Locator locator,
                               const CancelToken& cancel) {
    TarReader reader(std::move(stream), &cancel);
    auto listing = TarListing(place_, prefix_, locator).run(reader);
    if (!listing) return std::unexpected(std::move(listing).error().with_context(place_.location));
    return listing;
  }

  ReadableFile& file() { return *file_; }
  const SourcePlace& place() const { return place_; }

 private:
  SourcePlace place_;
  KeyPrefix prefix_;
  std::unique_ptr<ReadableFile> file_;
};

class PlainTar final : public TarSource {
 public:
  using TarSource::TarSource;

  Result<Listing> list(const CancelToken& cancel) override {
    return list_members(stream_file(file()), Locator::kOffset, cancel);
  }

 protected:
  Result<Bytes> read_member(const SourceEntry& entry) override {
    // Listed members lie within the file as it was opened.
    Bytes bytes(entry.bytes);
    IMAGEMILL_ASSIGN_OR_RETURN(const size_t got, file().read_at(entry.locator, bytes));
    if (got < bytes.size())
      return fail(Code::kCorruptInput, "tar: the file ends at {}, expected {} bytes from {}",
                  entry.locator + got, bytes.size(), entry.locator);
    return bytes;
  }
};

class CompressedTar final : public TarSource {
 public:
  CompressedTar(SourcePlace place, std::unique_ptr<ReadableFile> opened, TarCompression compression)
      : TarSource(std::move(place), std::move(opened)), compression_(compression) {}

  bool is_sequential() const override { return true; }

  Result<Listing> list(const CancelToken& cancel) override {
    IMAGEMILL_ASSIGN_OR_RETURN(auto stream, open_stream());
    return list_members(std::move(stream), Locator::kOrdinal, cancel);
  }

 protected:
  Result<Bytes> read_member(const SourceEntry& entry) override {
    if (broken_) return std::unexpected(*broken_);
    if (entry.locator <= ordinal_)
      return fail(Code::kInvalidArgument, "read twice or out of order: member {} after {}",
                  entry.locator, ordinal_);
    auto bytes = advance_to(entry);
    if (!bytes) broken_ = bytes.error();
    return bytes;
  }

 private:
  Result<Bytes> advance_to(const SourceEntry& entry) {
    if (!reader_) {
      IMAGEMILL_ASSIGN_OR_RETURN(auto stream, open_stream());
      reader_.emplace(std::move(stream), nullptr);
    }
    std::optional<TarMember> member;
    while (ordinal_ < entry.locator) {
      IMAGEMILL_ASSIGN_OR_RETURN(member, reader_->next());
      if (!member) break;
      ++ordinal_;
    }
    if (!member || member->bytes != entry.bytes)
      return fail(Code::kCorruptInput, "tar: the archive changed since it was listed");
    return reader_->read_body(entry.bytes);
  }

  Result<std::unique_ptr<ByteStream>> open_stream() {
    auto stream = stream_decompressed(file(), compression_, place().options.limits);
    if (!stream) return std::unexpected(std::move(stream).error().with_context(place().location));
    return stream;
  }

  const TarCompression compression_;
  std::optional<TarReader> reader_;  // of the second pass
  uint64_t ordinal_ = 0;             // of the member that reader_ gave last
  std::optional<Status> broken_;     // once the second pass fails, all that follows is lost
};

}  // namespace

Result<std::unique_ptr<Source>> open_tar(SourcePlace place, TarCompression compression) {
  IMAGEMILL_ASSIGN_OR_RETURN(auto file, place.fs->open(place.location));
  if (compression == TarCompression::kNone)
    return std::make_unique<PlainTar>(std::move(place), std::move(file));
  return std::make_unique<CompressedTar>(std::move(place), std::move(file), compression);
}

}  // namespace imagemill
