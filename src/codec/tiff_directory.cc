// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/tiff_directory.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_set>

namespace imagemill {
namespace {

using namespace std::string_view_literals;

constexpr int kMaxPages = 100'000;
constexpr uint64_t kMaxFields = 4096;
constexpr uint64_t kMaxCopiedValue = 1 << 20;  // maker notes are the largest

constexpr uint16_t kOrientation = 274, kExifDirectory = 34665, kGpsDirectory = 34853;
constexpr uint16_t kLong = 4;

// Tags of the first directory that speak of the picture's making, not of its samples.
constexpr std::array<uint16_t, 10> kDescriptive = {270, 271, 272, kOrientation, 305,
                                                   306, 315, 316, 18246,        33432};

// Bytes of one swappable element and of one value, by field type.
struct TypeSize {
  uint8_t element = 0;
  uint8_t value = 0;
};
constexpr std::array<TypeSize, 19> kTypes = {{{},
                                              {1, 1},
                                              {1, 1},
                                              {2, 2},
                                              {4, 4},
                                              {4, 8},
                                              {1, 1},
                                              {1, 1},
                                              {2, 2},
                                              {4, 4},
                                              {4, 8},
                                              {4, 4},
                                              {8, 8},
                                              {4, 4},
                                              {},
                                              {},
                                              {8, 8},
                                              {8, 8},
                                              {8, 8}}};

struct Field {
  uint16_t tag = 0;
  uint16_t type = 0;
  uint64_t count = 0;
  ByteSpan value;  // in the file's byte order
};

struct Directory {
  std::vector<Field> fields;
  uint64_t next = 0;
};

class Stream {
 public:
  static std::optional<Stream> open(ByteSpan bytes) {
    if (bytes.size() < 8) return std::nullopt;
    Stream out;
    out.bytes_ = bytes;
    const std::string_view mark = as_text(bytes).substr(0, 4);
    out.is_big_endian_ = mark[0] == 'M';
    if (mark == "II*\0"sv || mark == "MM\0*"sv) {
      out.first_ = out.u32(4);
    } else if ((mark == "II+\0"sv || mark == "MM\0+"sv) && bytes.size() >= 16) {
      out.is_big_tiff_ = true;
      out.first_ = out.u64(8);
    } else {
      return std::nullopt;
    }
    return out;
  }

  uint64_t first() const { return first_; }
  bool is_big_endian() const { return is_big_endian_; }

  // Where the directory behind the one at `offset` is; 0 for none. nullopt when broken.
  std::optional<uint64_t> next_after(uint64_t offset) const {
    const uint64_t head = is_big_tiff_ ? 8 : 2, field = is_big_tiff_ ? 20 : 12;
    const uint64_t link = is_big_tiff_ ? 8 : 4;
    if (!holds(offset, head)) return std::nullopt;
    const uint64_t fields = is_big_tiff_ ? u64(offset) : u16(offset);
    if (fields > bytes_.size() / field || !holds(offset + head + fields * field, link))
      return std::nullopt;
    const uint64_t at = offset + head + fields * field;
    return is_big_tiff_ ? u64(at) : u32(at);
  }

  std::optional<Directory> read(uint64_t offset) const {
    const auto next = next_after(offset);
    if (!next) return std::nullopt;
    Directory out;
    out.next = *next;
    const uint64_t head = is_big_tiff_ ? 8 : 2, size = is_big_tiff_ ? 20 : 12;
    const uint64_t fields = std::min(is_big_tiff_ ? u64(offset) : u16(offset), kMaxFields);
    for (uint64_t i = 0; i < fields; ++i)
      if (const auto field = read_field(offset + head + i * size)) out.fields.push_back(*field);
    return out;
  }

  // The directory that a pointer field names.
  std::optional<Directory> follow(const Field& pointer) const {
    if (pointer.value.size() < 4) return std::nullopt;
    const uint8_t* p = as_u8(pointer.value);
    if (pointer.value.size() < 8) return read(read_u32(p, is_big_endian_));
    return read(u64_of(p));
  }

 private:
  bool holds(uint64_t offset, uint64_t bytes) const {
    return offset <= bytes_.size() && bytes <= bytes_.size() - offset;
  }
  uint16_t u16(uint64_t at) const { return read_u16(as_u8(bytes_) + at, is_big_endian_); }
  uint32_t u32(uint64_t at) const { return read_u32(as_u8(bytes_) + at, is_big_endian_); }
  uint64_t u64(uint64_t at) const { return u64_of(as_u8(bytes_) + at); }
  uint64_t u64_of(const uint8_t* p) const {
    const uint64_t a = read_u32(p, is_big_endian_), b = read_u32(p + 4, is_big_endian_);
    return is_big_endian_ ? a << 32 | b : b << 32 | a;
  }

  std::optional<Field> read_field(uint64_t at) const {
    Field out;
    out.tag = u16(at);
    out.type = u16(at + 2);
    out.count = is_big_tiff_ ? u64(at + 4) : u32(at + 4);
    const uint64_t room = is_big_tiff_ ? 8 : 4;
    uint64_t value = at + (is_big_tiff_ ? 12 : 8);
    if (out.type >= kTypes.size() || kTypes[out.type].value == 0) return std::nullopt;
    if (out.count == 0 || out.count > bytes_.size()) return std::nullopt;
    const uint64_t bytes = out.count * kTypes[out.type].value;
    if (bytes > room) value = is_big_tiff_ ? u64(value) : u32(value);
    if (!holds(value, bytes)) return std::nullopt;
    out.value = bytes_.subspan(value, bytes);
    return out;
  }

  ByteSpan bytes_;
  bool is_big_endian_ = false;
  bool is_big_tiff_ = false;
  uint64_t first_ = 0;
};

const Field* find(const Directory& directory, uint16_t tag) {
  const auto it = std::ranges::find(directory.fields, tag, &Field::tag);
  return it == directory.fields.end() ? nullptr : &*it;
}

// A field to be written: value in little-endian order.
struct NewField {
  uint16_t tag = 0;
  uint16_t type = 0;
  uint32_t count = 0;
  Bytes value;
};

void append_u16(Bytes& out, uint16_t v) {
  out.push_back(static_cast<std::byte>(v));
  out.push_back(static_cast<std::byte>(v >> 8));
}
void append_u32(Bytes& out, uint32_t v) {
  append_u16(out, static_cast<uint16_t>(v));
  append_u16(out, static_cast<uint16_t>(v >> 16));
}

// Nothing when a classic file cannot hold the field.
std::optional<NewField> copied(const Field& field, bool from_big_endian) {
  const uint8_t element = kTypes[field.type].element;
  if (field.value.size() > kMaxCopiedValue || (field.type >= 16)) return std::nullopt;
  NewField out{field.tag, field.type, static_cast<uint32_t>(field.count),
               Bytes(field.value.begin(), field.value.end())};
  if (from_big_endian && element > 1)
    for (size_t at = 0; at + element <= out.value.size(); at += element)
      std::reverse(out.value.begin() + static_cast<ptrdiff_t>(at),
                   out.value.begin() + static_cast<ptrdiff_t>(at + element));
  return out;
}

NewField pointer_to(uint16_t tag, uint32_t offset) {
  NewField out{tag, kLong, 1, {}};
  append_u32(out.value, offset);
  return out;
}

// Appends a directory and its values; its offset.
uint32_t append_directory(Bytes& out, std::vector<NewField> fields) {
  std::ranges::sort(fields, {}, &NewField::tag);
  if (out.size() % 2 != 0) out.push_back({});
  const auto offset = static_cast<uint32_t>(out.size());
  uint64_t values = out.size() + 2 + fields.size() * 12 + 4;
  append_u16(out, static_cast<uint16_t>(fields.size()));
  for (const NewField& field : fields) {
    append_u16(out, field.tag);
    append_u16(out, field.type);
    append_u32(out, field.count);
    if (field.value.size() <= 4) {
      out.insert(out.end(), field.value.begin(), field.value.end());
      out.resize(out.size() + 4 - field.value.size());
    } else {
      append_u32(out, static_cast<uint32_t>(values));
      values += field.value.size() + field.value.size() % 2;
    }
  }
  append_u32(out, 0);
  for (const NewField& field : fields) {
    if (field.value.size() <= 4) continue;
    out.insert(out.end(), field.value.begin(), field.value.end());
    if (field.value.size() % 2 != 0) out.push_back({});
  }
  return offset;
}

void append_copies(std::vector<NewField>& out, const Directory& from, bool from_big_endian) {
  for (const Field& field : from.fields)
    if (auto copy = copied(field, from_big_endian)) out.push_back(std::move(*copy));
}

// The descriptive fields of `from`'s first directory; its EXIF and GPS directories go to `out` and
// pointers to them among the fields.
std::vector<NewField> copy_description(Bytes& out, const Stream& from, const Directory& first) {
  std::vector<NewField> fields;
  for (const Field& field : first.fields)
    if (std::ranges::find(kDescriptive, field.tag) != kDescriptive.end())
      if (auto copy = copied(field, from.is_big_endian())) fields.push_back(std::move(*copy));
  for (const uint16_t tag : {kExifDirectory, kGpsDirectory}) {
    const Field* pointer = find(first, tag);
    const auto sub = pointer != nullptr ? from.follow(*pointer) : std::nullopt;
    if (!sub || sub->fields.empty()) continue;
    std::vector<NewField> sub_fields;
    append_copies(sub_fields, *sub, from.is_big_endian());
    fields.push_back(pointer_to(tag, append_directory(out, std::move(sub_fields))));
  }
  return fields;
}

std::optional<Directory> first_directory(const std::optional<Stream>& stream) {
  return stream ? stream->read(stream->first()) : std::nullopt;
}

void set_first(Bytes& tiff, uint32_t offset) {
  for (size_t i = 0; i < 4; ++i) tiff[4 + i] = static_cast<std::byte>(offset >> (8 * i));
}

}  // namespace

int count_tiff_pages(ByteSpan tiff) {
  const auto stream = Stream::open(tiff);
  if (!stream) return 1;
  std::unordered_set<uint64_t> seen;
  uint64_t at = stream->first();
  int pages = 0;
  while (at != 0 && pages < kMaxPages && seen.insert(at).second) {
    const auto next = stream->next_after(at);
    if (!next) break;
    ++pages;
    at = *next;
  }
  return std::max(pages, 1);
}

ByteSpan find_tiff_tag(ByteSpan tiff, uint16_t tag) {
  const auto directory = first_directory(Stream::open(tiff));
  const Field* field = directory ? find(*directory, tag) : nullptr;
  return field != nullptr ? field->value : ByteSpan();
}

Bytes exif_from_tiff(ByteSpan tiff) {
  const auto stream = Stream::open(tiff);
  const auto first = first_directory(stream);
  if (!first) return {};
  const ByteSpan start = as_byte_span("II*\0\0\0\0\0"sv);
  Bytes out(start.begin(), start.end());
  std::vector<NewField> fields = copy_description(out, *stream, *first);
  // Most files say "upright" and nothing else: that is no EXIF.
  const bool says_nothing = std::ranges::all_of(fields, [](const NewField& field) {
    return field.tag == kOrientation && field.value[0] == std::byte{1};
  });
  if (says_nothing) return {};
  set_first(out, append_directory(out, std::move(fields)));
  return out;
}

Bytes add_exif_to_tiff(Bytes tiff, ByteSpan exif) {
  const auto stream = Stream::open(exif);
  const auto description = first_directory(stream);
  const auto own = Stream::open(tiff);
  const auto first = first_directory(own);
  if (!description || !first || own->is_big_endian() || tiff.size() > UINT32_MAX / 2) return tiff;
  std::vector<NewField> fields;
  append_copies(fields, *first, false);
  if (fields.size() != first->fields.size()) return tiff;
  // From here on `tiff` grows: the values of `first` are no longer there, its tags are.
  for (NewField& field : copy_description(tiff, *stream, *description))
    if (find(*first, field.tag) == nullptr) fields.push_back(std::move(field));
  set_first(tiff, append_directory(tiff, std::move(fields)));
  return tiff;
}

}  // namespace imagemill
