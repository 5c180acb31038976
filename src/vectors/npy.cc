// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The format: "\x93NUMPY", version, the length of a Python dictionary, the dictionary, the
// elements. The dictionary is read by a grammar of just what NumPy writes.
#include "vectors/npy.h"

#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "base/checked_math.h"

namespace imagemill {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxDictionaryBytes = 64 << 10;
constexpr size_t kMaxAxes = 32;
// What the writer makes, whatever the number of rows: the header is written again at the end.
constexpr size_t kWrittenHeaderBytes = 128;
constexpr size_t kFlushBytes = 1 << 20;

struct Dictionary {
  std::string_view descr;
  bool is_fortran_order = false;
  std::vector<uint64_t> shape;
};

class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view text) : rest_(text) {}

  std::optional<Dictionary> read() {
    Dictionary out;
    unsigned seen = 0;
    if (!take('{')) return std::nullopt;
    while (!take('}')) {
      const auto key = quoted();
      if (!key || !take(':')) return std::nullopt;
      const unsigned bit = *key == "descr"           ? 1
                           : *key == "fortran_order" ? 2
                           : *key == "shape"         ? 4
                                                     : 0;
      if (bit == 0 || (seen & bit) != 0) return std::nullopt;
      seen |= bit;
      const bool is_read = bit == 1   ? read_into(out.descr)
                           : bit == 2 ? read_into(out.is_fortran_order)
                                      : read_into(out.shape);
      if (!is_read) return std::nullopt;
      if (!take(',')) {
        if (!take('}')) return std::nullopt;
        break;
      }
    }
    skip_space();
    if (seen != 7 || !rest_.empty()) return std::nullopt;
    return out;
  }

 private:
  void skip_space() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t'))
      rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  std::optional<std::string_view> quoted() {
    skip_space();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return std::nullopt;
    const size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return std::nullopt;
    const auto out = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return out;
  }
  std::optional<uint64_t> number() {
    skip_space();
    std::optional<uint64_t> out;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      const auto tens = checked_mul<uint64_t>(out.value_or(0), 10);
      out = tens ? checked_add<uint64_t>(*tens, static_cast<uint64_t>(rest_[0] - '0')) : tens;
      if (!out) return std::nullopt;
      rest_.remove_prefix(1);
    }
    return out;
  }

  bool read_into(std::string_view& descr) {
    const auto text = quoted();
    if (text) descr = *text;
    return text.has_value();
  }
  bool read_into(bool& flag) {
    flag = take_word("True");
    return flag || take_word("False");
  }
  bool read_into(std::vector<uint64_t>& shape) {
    if (!take('(')) return false;
    while (!take(')')) {
      const auto axis = number();
      if (!axis || shape.size() == kMaxAxes) return false;
      shape.push_back(*axis);
      if (!take(',')) return take(')');
    }
    return true;
  }

  std::string_view rest_;
};

std::string make_header(VectorType type, uint64_t rows, size_t dims) {
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}), }}",
                                 type == VectorType::kF32 ? "<f4" : "<f2", rows, dims);
  constexpr size_t kText = kWrittenHeaderBytes - 10;
  IMAGEMILL_CHECK(text.size() < kText);
  text.resize(kText - 1, ' ');
  std::string out(kMagic);
  out += {'\1', '\0', static_cast<char>(kText & 0xff), static_cast<char>(kText >> 8)};
  return out + text + '\n';
}

}  // namespace

Result<NpyHeader> parse_npy_header(ByteSpan start, uint64_t file_bytes) {
  const std::string_view bytes = as_text(start);
  if (bytes.size() < 10 || !bytes.starts_with(kMagic))
    return fail(Code::kCorruptInput, "npy: {} bytes that do not begin with \\x93NUMPY", file_bytes);
  const int version = static_cast<uint8_t>(bytes[6]);
  if (version < 1 || version > 3)
    return fail(Code::kUnsupported, "npy: version {}, expected 1 to 3", version);
  const size_t text_at = version == 1 ? 10 : 12;
  if (bytes.size() < text_at) return fail(Code::kCorruptInput, "npy: the header is cut off");
  const uint64_t text_bytes =
      version == 1 ? read_u16(as_u8(start) + 8, false) : read_u32(as_u8(start) + 8, false);
  if (text_bytes > kMaxDictionaryBytes)
    return fail(Code::kCorruptInput, "npy: a header of {} bytes, expected at most {}", text_bytes,
                kMaxDictionaryBytes);
  if (bytes.size() - text_at < text_bytes)
    return fail(Code::kCorruptInput, "npy: the header ends after {} of {} bytes",
                bytes.size() - text_at, text_bytes);

  const auto dictionary = DictionaryReader(bytes.substr(text_at, text_bytes)).read();
  if (!dictionary)
    return fail(Code::kCorruptInput,
                "npy: the header is not a dictionary of descr, fortran_order "
                "and shape");
  NpyHeader out;
  if (dictionary->descr == "<f4")
    out.type = VectorType::kF32;
  else if (dictionary->descr == "<f2")
    out.type = VectorType::kF16;
  else
    return fail(Code::kUnsupported, "npy: elements of type '{}', expected '<f4' or '<f2'",
                dictionary->descr.substr(0, 16));
  if (dictionary->shape.size() != 2)
    return fail(Code::kUnsupported, "npy: {} axes, expected 2: rows and dimensions",
                dictionary->shape.size());
  if (dictionary->is_fortran_order)
    return fail(Code::kUnsupported, "npy: Fortran order, expected C order");
  out.rows = dictionary->shape[0];
  out.dims = dictionary->shape[1];
  if (out.dims < 1 || out.dims > kMaxVectorDims)
    return fail(Code::kUnsupported, "npy: {} dimensions, expected 1 to {}", out.dims,
                kMaxVectorDims);
  out.header_bytes = text_at + text_bytes;
  const auto data = checked_mul<uint64_t>(out.rows, out.dims, element_bytes(out.type));
  const auto whole = data ? checked_add<uint64_t>(*data, out.header_bytes) : data;
  if (!whole || *whole != file_bytes)
    return fail(Code::kCorruptInput, "npy: {} bytes, but {} x {} {} elements after a header of {}",
                file_bytes, out.rows, out.dims, element_name(out.type), out.header_bytes);
  return out;
}

Result<NpyFile> NpyFile::open(const std::string& path) {
  FileStat stat;
  IMAGEMILL_ASSIGN_OR_RETURN(MappedBytes map, MappedBytes::of_file(path, &stat));
  auto header = parse_npy_header(map.span(), map.span().size());
  if (!header) return std::unexpected(std::move(header).error().with_context(path));
  return NpyFile(std::move(map), *header, stat);
}

Result<NpyWriter> NpyWriter::create(FileSystem& fs, std::string path, size_t dims,
                                    VectorType type) {
  if (dims < 1 || dims > kMaxVectorDims)
    return fail(Code::kInvalidArgument, "{}: vectors of {} dimensions, expected 1 to {}", path,
                dims, kMaxVectorDims);
  NpyWriter writer(fs, std::move(path), dims, type);
  IMAGEMILL_ASSIGN_OR_RETURN(writer.file_, fs.create(writer.temporary()));
  IMAGEMILL_TRY(writer.file_->write(as_byte_span(make_header(type, 0, dims))));
  return writer;
}

NpyWriter::NpyWriter(NpyWriter&&) noexcept = default;

NpyWriter::~NpyWriter() {
  if (file_ == nullptr) return;
  file_.reset();
  (void)fs_->remove(temporary());
}

Result<> NpyWriter::append(std::span<const float> values) {
  IMAGEMILL_CHECK(file_ != nullptr && values.size() % dims_ == 0);
  const size_t before = pending_.size();
  pending_.resize(before + values.size() * element_bytes(type_));
  std::byte* out = pending_.data() + before;
  if (type_ == VectorType::kF32) {
    if (!values.empty()) std::memcpy(out, values.data(), values.size_bytes());
  } else {
    for (size_t i = 0; i < values.size(); ++i) {
      const uint16_t half = float_to_half(values[i]);
      std::memcpy(out + 2 * i, &half, 2);
    }
  }
  rows_ += values.size() / dims_;
  return pending_.size() >= kFlushBytes ? flush() : Result<>();
}

Result<> NpyWriter::flush() {
  IMAGEMILL_TRY(file_->write(pending_));
  pending_.clear();
  return {};
}

Result<> NpyWriter::finish() {
  IMAGEMILL_CHECK(file_ != nullptr);
  IMAGEMILL_TRY(flush());
  IMAGEMILL_TRY(file_->write_at(0, as_byte_span(make_header(type_, rows_, dims_))));
  IMAGEMILL_TRY(file_->sync());
  IMAGEMILL_TRY(file_->close());
  IMAGEMILL_TRY(fs_->rename(temporary(), path_));
  file_.reset();
  return {};
}

}  // namespace imagemill
