// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The bytes, of the file and in memory alike: a header, the mean, padding to a page; the blocks,
// each whole pages or nearly; a checksum of every block, and one of the checksums.
#include "vectors/prefilter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "base/checked_math.h"
#include "base/hash.h"
#include "vectors/fork_join.h"
#include "vectors/prefilter_row.h"

namespace imagemill {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kScalarBytes = 4 * sizeof(float) * kPrefilterBlockRows;

struct FileHeader {
  char magic[8] = {'I', 'M', 'P', 'R', 'E', 'F', '0', '1'};
  uint64_t checksum = 0;  // of the header with this field 0, and the mean
  uint64_t metric = 0;
  uint64_t type = 0;
  uint64_t rows = 0;
  uint64_t dims = 0;
  uint64_t source_bytes = 0;
  int64_t source_mtime_ns = 0;
  uint64_t source_inode = 0;
  double unit = 1;
};
static_assert(sizeof(FileHeader) == 80);

size_t head_bytes(size_t dims) {
  return (sizeof(FileHeader) + dims * sizeof(double) + kPage - 1) / kPage * kPage;
}
size_t block_bytes(size_t dims) {
  return kScalarBytes + 2 * Prefilter::words_of(dims) * sizeof(uint32_t) * kPrefilterBlockRows;
}
size_t block_count(uint64_t rows) { return (rows + kPrefilterBlockRows - 1) / kPrefilterBlockRows; }

// dims is at most kMaxVectorDims.
Result<size_t> whole_bytes(uint64_t rows, size_t dims) {
  const size_t blocks = block_count(rows);
  const auto body = checked_mul(blocks, block_bytes(dims) + sizeof(uint64_t));
  const auto whole = body ? checked_add(*body, head_bytes(dims) + sizeof(uint64_t)) : body;
  if (!whole || *whole > std::numeric_limits<ptrdiff_t>::max())
    return fail(Code::kResourceExhausted, "prefilter: {} vectors of {} dimensions are too many",
                rows, dims);
  return *whole;
}

FileHeader make_header(const PrefilterKey& key, double unit) {
  FileHeader out;
  out.metric = static_cast<uint64_t>(key.metric);
  out.type = static_cast<uint64_t>(key.type);
  out.rows = key.rows;
  out.dims = key.dims;
  out.source_bytes = key.source_bytes;
  out.source_mtime_ns = key.source_mtime_ns;
  out.source_inode = key.source_inode;
  out.unit = unit;
  return out;
}

PrefilterKey key_of(const FileHeader& header) {
  return {.metric = static_cast<Metric>(header.metric),
          .type = static_cast<VectorType>(header.type),
          .rows = header.rows,
          .dims = header.dims,
          .source_bytes = header.source_bytes,
          .source_mtime_ns = header.source_mtime_ns,
          .source_inode = header.source_inode};
}

uint64_t header_checksum(FileHeader header, ByteSpan mean) {
  header.checksum = 0;
  Bytes bytes(sizeof(header));
  std::memcpy(bytes.data(), &header, sizeof(header));
  bytes.insert(bytes.end(), mean.begin(), mean.end());
  return hash_content(bytes).low;
}

Bytes make_head(const PrefilterKey& key, const RowScaling& scaling) {
  Bytes out(head_bytes(key.dims));
  const auto mean = std::as_bytes(std::span(scaling.mean));
  FileHeader header = make_header(key, scaling.unit);
  header.checksum = header_checksum(header, mean);
  std::memcpy(out.data(), &header, sizeof(header));
  std::ranges::copy(mean, out.begin() + sizeof(header));
  return out;
}

void encode_block(std::byte* out, VectorView rows, size_t block, PrefilterRowEncoder& encoder) {
  const size_t words = Prefilter::words_of(rows.dims);
  auto* scalars = reinterpret_cast<float*>(out);
  auto* upper = reinterpret_cast<uint32_t*>(out + kScalarBytes);
  uint32_t* lower = upper + words * kPrefilterBlockRows;
  std::memset(out, 0, block_bytes(rows.dims));
  const size_t first = block * kPrefilterBlockRows;
  const size_t count = std::min(kPrefilterBlockRows, rows.rows - first);
  for (size_t i = 0; i < count; ++i) {
    const PrefilterRow row = encoder.encode(rows, first + i);
    scalars[i] = row.step;
    scalars[kPrefilterBlockRows + i] = row.coarse_error;
    scalars[2 * kPrefilterBlockRows + i] = row.fine_error;
    scalars[3 * kPrefilterBlockRows + i] = row.norm;
    const size_t group = i / kPrefilterGroupRows, lane = i % kPrefilterGroupRows;
    for (size_t w = 0; w < words; ++w)
      upper[(group * words + w) * kPrefilterGroupRows + lane] = row.upper[w];
    std::ranges::copy(row.lower, lower + i * words);
  }
}

}  // namespace

Prefilter::Prefilter(PrefilterKey key, MappedBytes map)
    : key_(key), map_(std::move(map)), rotation_(key.dims) {}

size_t Prefilter::blocks() const { return block_count(key_.rows); }

PrefilterBlock Prefilter::block(size_t index) const {
  const std::byte* data =
      map_.span().data() + head_bytes(key_.dims) + index * block_bytes(key_.dims);
  const auto* scalars = reinterpret_cast<const float*>(data);
  const auto* upper = reinterpret_cast<const uint32_t*>(data + kScalarBytes);
  return {scalars,
          scalars + kPrefilterBlockRows,
          scalars + 2 * kPrefilterBlockRows,
          scalars + 3 * kPrefilterBlockRows,
          upper,
          upper + words() * kPrefilterBlockRows};
}

Result<> Prefilter::encode(VectorView rows, const PrefilterKey& key, int threads,
                           const std::function<Result<>(ByteSpan)>& write) {
  IMAGEMILL_ASSIGN_OR_RETURN(const RowScaling scaling,
                             measure_row_scaling(rows, key.metric, threads));
  IMAGEMILL_TRY(write(make_head(key, scaling)));

  // A few blocks for every thread at a time: little memory, and written in order.
  const size_t blocks = block_count(rows.rows), bytes = block_bytes(rows.dims);
  const size_t workers = thread_count(threads);
  const size_t batch = std::min(blocks, 8 * workers);
  Bytes buffer(batch * bytes);
  std::vector<uint64_t> checksums;
  checksums.reserve(blocks + 1);
  std::vector<PrefilterRowEncoder> encoders(workers, {key.metric, scaling});
  for (size_t first = 0; first < blocks; first += batch) {
    const size_t count = std::min(batch, blocks - first);
    checksums.resize(first + count);
    for_ranges(count, 1, threads, [&](size_t worker, size_t i, size_t) {
      std::byte* out = buffer.data() + i * bytes;
      encode_block(out, rows, first + i, encoders[worker]);
      checksums[first + i] = hash_content({out, bytes}).low;
    });
    IMAGEMILL_TRY(write({buffer.data(), count * bytes}));
  }
  checksums.push_back(hash_content(std::as_bytes(std::span(checksums))).low);
  return write(std::as_bytes(std::span(checksums)));
}

Result<Prefilter> Prefilter::build(VectorView rows, Metric metric, int threads) {
  const PrefilterKey key{metric, rows.type, rows.rows, rows.dims};
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t bytes, whole_bytes(rows.rows, rows.dims));
  IMAGEMILL_ASSIGN_OR_RETURN(MappedBytes map, MappedBytes::zeroes(bytes));
  auto out = map.writable();
  IMAGEMILL_TRY(encode(rows, key, threads, [&](ByteSpan part) -> Result<> {
    std::ranges::copy(part, out.begin());
    out = out.subspan(part.size());
    return {};
  }));
  Prefilter prefilter(key, std::move(map));
  IMAGEMILL_TRY(prefilter.read_header());
  return prefilter;
}

Result<> Prefilter::write(FileSystem& fs, const std::string& path, VectorView rows,
                          const PrefilterKey& key, int threads) {
  IMAGEMILL_CHECK(key.rows == rows.rows && key.dims == rows.dims && key.type == rows.type);
  IMAGEMILL_TRY(whole_bytes(rows.rows, rows.dims));
  const std::string temporary = path + ".partial";
  auto written = [&]() -> Result<> {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto file, fs.create(temporary));
    IMAGEMILL_TRY(encode(rows, key, threads, [&](ByteSpan part) { return file->write(part); }));
    IMAGEMILL_TRY(file->sync());
    IMAGEMILL_TRY(file->close());
    return fs.rename(temporary, path);
  }();
  if (!written) (void)fs.remove(temporary);
  return written;
}

Result<Prefilter> Prefilter::open(const std::string& path, const PrefilterKey& key, int threads) {
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t bytes, whole_bytes(key.rows, key.dims));
  IMAGEMILL_ASSIGN_OR_RETURN(MappedBytes map, MappedBytes::of_file(path));
  if (map.span().size() < sizeof(FileHeader))
    return fail(Code::kCorruptInput, "{}: {} bytes, too few for a prefilter", path,
                map.span().size());
  FileHeader header;
  std::memcpy(&header, map.span().data(), sizeof(header));
  if (std::memcmp(header.magic, FileHeader().magic, sizeof(header.magic)) != 0 ||
      key_of(header) != key)
    return fail(Code::kNotFound, "{}: made of other vectors", path);
  if (map.span().size() != bytes)
    return fail(Code::kCorruptInput, "{}: {} bytes, expected {}", path, map.span().size(), bytes);
  Prefilter prefilter(key, std::move(map));
  auto checked = prefilter.read_header();
  if (checked) checked = prefilter.check_blocks(threads);
  if (!checked) return std::unexpected(std::move(checked).error().with_context(path));
  return prefilter;
}

Result<> Prefilter::read_header() {
  FileHeader header;
  std::memcpy(&header, map_.span().data(), sizeof(header));
  const ByteSpan mean = map_.span().subspan(sizeof(header), key_.dims * sizeof(double));
  if (header.checksum != header_checksum(header, mean))
    return fail(Code::kCorruptInput, "prefilter: the header's checksum does not hold");
  unit_ = header.unit;
  mean_.resize(key_.dims);
  std::memcpy(mean_.data(), mean.data(), mean.size());
  return {};
}

Result<> Prefilter::check_blocks(int threads) const {
  const size_t begin = head_bytes(key_.dims), bytes = block_bytes(key_.dims), count = blocks();
  const ByteSpan sums = map_.span().subspan(begin + count * bytes);
  const auto checksum_at = [&](size_t i) {
    uint64_t out;
    std::memcpy(&out, sums.data() + i * sizeof(out), sizeof(out));
    return out;
  };
  if (checksum_at(count) != hash_content(sums.first(count * sizeof(uint64_t))).low)
    return fail(Code::kCorruptInput, "prefilter: the checksum of the checksums does not hold");
  std::atomic<bool> is_intact = true;
  for_ranges(count, 64, threads, [&](size_t, size_t first, size_t end) {
    for (size_t i = first; i < end; ++i)
      if (hash_content(map_.span().subspan(begin + i * bytes, bytes)).low != checksum_at(i))
        is_intact = false;
  });
  if (!is_intact) return fail(Code::kCorruptInput, "prefilter: a block's checksum does not hold");
  return {};
}

}  // namespace imagemill
