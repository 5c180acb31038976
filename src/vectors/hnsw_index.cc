// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// hnswlib builds and searches the graph. Its own files are not used, since it believes every
// number in them; ours hold its arrays as they are, and are checked link by link.
#include "vectors/hnsw_index.h"

// Its prefetches read one link past the end of full lists and make addresses of it: harmless, but
// not to sanitizers.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NO_MANUAL_VECTORIZATION
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define NO_MANUAL_VECTORIZATION
#endif
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>

#include "base/checked_math.h"
#include "base/hash.h"
#include "vectors/distance.h"
#include "vectors/fork_join.h"
#include "vectors/mapped_bytes.h"

namespace imagemill {
namespace {

constexpr size_t kMinLinks = 2, kMaxLinks = 512;
constexpr size_t kMaxEfConstruction = 100'000;
constexpr uint64_t kMaxRows = 0x7fffffff;  // its ids are 32 bits, some of its counters int
constexpr float kLargestNumber = 1e15f;    // squares of it, added up, are finite
constexpr uint32_t kMaxLevel = 64;
constexpr size_t kSeed = 100;
constexpr size_t kWriteBytes = 1 << 20;

size_t dims_of(const void* parameter) { return *static_cast<const size_t*>(parameter); }

std::span<const float> row_at(const void* data, const void* parameter) {
  return {static_cast<const float*>(data), dims_of(parameter)};
}

float cosine_distance(const void* a, const void* b, const void* parameter) {
  return 1 - dot(row_at(a, parameter), row_at(b, parameter));
}
float l2_distance(const void* a, const void* b, const void* parameter) {
  return squared_l2(row_at(a, parameter), row_at(b, parameter));
}

class Space final : public hnswlib::SpaceInterface<float> {
 public:
  Space(Metric metric, size_t dims) : metric_(metric), dims_(dims) {}
  size_t get_data_size() override { return dims_ * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override {
    return metric_ == Metric::kCosine ? cosine_distance : l2_distance;
  }
  void* get_dist_func_param() override { return &dims_; }

 private:
  Metric metric_;
  size_t dims_;
};

using Hnsw = hnswlib::HierarchicalNSW<float>;

struct FileHeader {
  char magic[8] = {'I', 'M', 'H', 'N', 'S', 'W', '0', '1'};
  uint64_t checksum = 0;  // of this header with this field 0
  uint64_t metric = 0;
  uint64_t rows = 0;
  uint64_t dims = 0;
  uint64_t links = 0;
  uint64_t ef_construction = 0;
  uint64_t entry = 0;  // the row that searches begin with, of the highest level
  uint64_t ground_checksum = 0;
  uint64_t upper_bytes = 0;
  uint64_t upper_checksum = 0;
};
static_assert(sizeof(FileHeader) == 88);

uint64_t header_checksum(FileHeader header) {
  header.checksum = 0;
  return hash_content(std::as_bytes(std::span(&header, 1))).low;
}

// What follows the header: rows times {links of the ground level, vector, number of the row}, then
// `upper`: a byte for each row, its highest level, and the links of each level above the ground.
// A list of links is a count in 16 bits, 16 bits of zeroes, room for as many links as there may be.
struct FileLayout {
  size_t ground_list_bytes;
  size_t upper_list_bytes;
  size_t row_bytes;

  FileLayout(size_t dims, size_t links)
      : ground_list_bytes(sizeof(uint32_t) * (2 * links + 1)),
        upper_list_bytes(sizeof(uint32_t) * (links + 1)),
        row_bytes(ground_list_bytes + dims * sizeof(float) + sizeof(hnswlib::labeltype)) {}
};

template <typename T>
T read_as(const std::byte* at) {
  T out;
  std::memcpy(&out, at, sizeof(T));
  return out;
}

// Whether all links lead to rows that have this level.
bool is_sound(const std::byte* list, size_t room, size_t level, std::span<const uint8_t> levels) {
  const auto count = read_as<uint32_t>(list);  // its upper half marks deleted rows: there are none
  if (count > room) return false;
  for (size_t i = 1; i <= count; ++i) {
    const auto link = read_as<uint32_t>(list + i * sizeof(uint32_t));
    if (link >= levels.size() || levels[link] < level) return false;
  }
  return true;
}

std::unexpected<Status> corrupt(std::string_view what) {
  return fail(Code::kCorruptInput, "HNSW index: {}", what);
}

Result<FileHeader> read_header(ByteSpan file) {
  if (file.size() < sizeof(FileHeader))
    return fail(Code::kCorruptInput, "HNSW index: {} bytes, too few for its header", file.size());
  const auto header = read_as<FileHeader>(file.data());
  if (std::memcmp(header.magic, FileHeader().magic, sizeof(header.magic)) != 0)
    return corrupt("it does not begin as one does");
  if (header.checksum != header_checksum(header))
    return corrupt("the header's checksum does not hold");
  if (header.metric > 1 || header.rows > kMaxRows || header.dims < 1 ||
      header.dims > kMaxVectorDims || header.links < kMinLinks || header.links > kMaxLinks ||
      header.ef_construction < 1 || header.ef_construction > kMaxEfConstruction)
    return corrupt("a number in the header is out of its range");
  return header;
}

// Everything that a search follows.
Result<> check_graph(const FileHeader& header, ByteSpan ground, ByteSpan upper) {
  const FileLayout layout(header.dims, header.links);
  const size_t rows = header.rows;
  if (header.ground_checksum != hash_content(ground).low ||
      header.upper_checksum != hash_content(upper).low)
    return corrupt("a checksum does not hold");
  if (upper.size() < rows) return corrupt("the levels are cut off");
  const std::span levels(as_u8(upper), rows);
  size_t lists = 0;
  for (const uint8_t level : levels) {
    if (level > kMaxLevel) return corrupt("a row has too many levels");
    lists += level;
  }
  if (upper.size() != rows + lists * layout.upper_list_bytes)
    return corrupt("the upper levels have not the size that the rows' levels need");
  if (rows == 0) return {};
  if (header.entry >= rows || levels[header.entry] != *std::ranges::max_element(levels))
    return corrupt("the first row to look at is not of the highest level");

  std::vector<bool> is_named(rows);
  const std::byte* list = upper.data() + rows;
  for (size_t i = 0; i < rows; ++i) {
    const std::byte* row = ground.data() + i * layout.row_bytes;
    const auto name = read_as<hnswlib::labeltype>(row + layout.row_bytes - sizeof(uint64_t));
    if (name >= rows || is_named[name]) return corrupt("a row's number is wrong");
    is_named[name] = true;
    bool all_sound = is_sound(row, 2 * header.links, 0, levels);
    for (size_t level = 1; level <= levels[i]; ++level, list += layout.upper_list_bytes)
      all_sound = all_sound && is_sound(list, header.links, level, levels);
    if (!all_sound) return corrupt("a link leads nowhere");
  }
  return {};
}

Result<> check_numbers(std::span<const float> x, std::string_view what, size_t index) {
  for (const float value : x)
    if (!(std::abs(value) < kLargestNumber))
      return fail(Code::kInvalidArgument, "HNSW index: {} {} has {}, expected numbers below 1e15",
                  what, index, value);
  return {};
}

Result<> write_in_parts(WritableFile& file, ByteSpan bytes) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kWriteBytes)))
    IMAGEMILL_TRY(file.write(bytes.first(std::min(bytes.size(), kWriteBytes))));
  return {};
}

}  // namespace

struct HnswIndex::Graph {
  Graph(Metric m, size_t row_count, size_t dim_count, size_t links, size_t ef_construction)
      : metric(m),
        rows(row_count),
        dims(dim_count),
        space(m, dim_count),
        hnsw(&space, std::max<size_t>(row_count, 1), links, ef_construction, kSeed) {}

  Metric metric;
  size_t rows;
  size_t dims;
  Space space;
  Hnsw hnsw;
};

HnswIndex::HnswIndex(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
HnswIndex::HnswIndex(HnswIndex&&) noexcept = default;
HnswIndex& HnswIndex::operator=(HnswIndex&&) noexcept = default;
HnswIndex::~HnswIndex() = default;

size_t HnswIndex::rows() const { return graph_->rows; }
size_t HnswIndex::dims() const { return graph_->dims; }
Metric HnswIndex::metric() const { return graph_->metric; }

size_t HnswIndex::memory_bytes() const {
  const Hnsw& hnsw = graph_->hnsw;
  size_t bytes = hnsw.max_elements_ *
                 (hnsw.size_data_per_element_ + sizeof(char*) + sizeof(int) + sizeof(std::mutex));
  for (const int level : hnsw.element_levels_)
    bytes += static_cast<size_t>(level) * hnsw.size_links_per_element_;
  return bytes;
}

Result<HnswIndex> HnswIndex::build(VectorView rows, const HnswOptions& options) {
  if (rows.rows > kMaxRows || rows.dims < 1 || rows.dims > kMaxVectorDims)
    return fail(Code::kInvalidArgument,
                "HNSW index: {} vectors of {} dimensions, expected at most {} of 1 to {}",
                rows.rows, rows.dims, kMaxRows, kMaxVectorDims);
  if (options.links < kMinLinks || options.links > kMaxLinks || options.ef_construction < 1 ||
      options.ef_construction > kMaxEfConstruction)
    return fail(Code::kInvalidArgument,
                "HNSW index: {} links, ef_construction {}; expected {} to {} and 1 to {}",
                options.links, options.ef_construction, kMinLinks, kMaxLinks, kMaxEfConstruction);
  try {
    auto graph = std::make_unique<Graph>(options.metric, rows.rows, rows.dims, options.links,
                                         options.ef_construction);
    std::mutex mutex;
    std::optional<Status> failure;  // the first of any thread
    const auto add = [&](size_t index, std::span<float> row) -> Result<> {
      if (options.cancel != nullptr && options.cancel->is_requested())
        return fail(Code::kCancelled, "stopped");
      rows.copy_row(index, row);
      IMAGEMILL_TRY(check_numbers(row, "row", index));
      if (options.metric == Metric::kCosine) normalize(row, row);
      graph->hnsw.addPoint(row.data(), index);
      return {};
    };
    std::vector<std::vector<float>> scratch(thread_count(options.threads),
                                            std::vector<float>(rows.dims));
    // In the order of the rows when there is one thread. With more, it takes locks of rows while it
    // holds that of the row being added; no two threads wait for each other, since a row is met
    // only on levels that its own thread has finished. Random levels are drawn without a lock: one
    // may be drawn twice.
    for_ranges(rows.rows, 64, options.threads, [&](size_t worker, size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        Result<> added;
        try {
          added = add(i, scratch[worker]);
        } catch (const std::exception& error) {
          added = fail(Code::kResourceExhausted, "HNSW index: {}", error.what());
        }
        const std::lock_guard lock(mutex);
        if (!added && !failure) failure = std::move(added).error();
        if (failure) return;
      }
    });
    if (failure) return std::unexpected(*std::move(failure));
    return HnswIndex(std::move(graph));
  } catch (const std::exception& error) {
    return fail(Code::kResourceExhausted, "HNSW index: {}", error.what());
  }
}

Result<std::vector<Neighbor>> HnswIndex::search(std::span<const float> query, size_t k,
                                                size_t ef) const {
  if (query.size() != graph_->dims)
    return fail(Code::kInvalidArgument, "HNSW index: a query of {} dimensions, expected {}",
                query.size(), graph_->dims);
  IMAGEMILL_TRY(check_numbers(query, "query", 0));
  std::vector<Neighbor> out;
  k = std::min(k, graph_->rows);
  if (k == 0) return out;
  const bool is_cosine = graph_->metric == Metric::kCosine;
  std::vector<float> unit(query.begin(), query.end());
  if (is_cosine) normalize(unit, query);
  try {
    // Asked for as many as it shall keep in view: that, unlike its own setting, is per call.
    auto found = graph_->hnsw.searchKnn(unit.data(), std::clamp(ef, k, graph_->rows));
    for (; !found.empty(); found.pop())
      out.push_back({found.top().second,
                     is_cosine ? 1 - double{found.top().first} : double{found.top().first}});
  } catch (const std::exception& error) {
    return fail(Code::kResourceExhausted, "HNSW index: {}", error.what());
  }
  std::ranges::sort(
      out, [&](const Neighbor& a, const Neighbor& b) { return is_nearer(graph_->metric, a, b); });
  out.resize(std::min(out.size(), k));
  return out;
}

Result<> HnswIndex::save(FileSystem& fs, const std::string& path) const {
  const Hnsw& hnsw = graph_->hnsw;
  const size_t rows = graph_->rows;
  const ByteSpan ground(reinterpret_cast<const std::byte*>(hnsw.data_level0_memory_),
                        rows * hnsw.size_data_per_element_);
  Bytes upper(rows);
  for (size_t i = 0; i < rows; ++i) upper[i] = static_cast<std::byte>(hnsw.element_levels_[i]);
  for (size_t i = 0; i < rows; ++i) {
    if (hnsw.element_levels_[i] == 0) continue;
    const auto* lists = reinterpret_cast<const std::byte*>(hnsw.linkLists_[i]);
    upper.insert(
        upper.end(), lists,
        lists + static_cast<size_t>(hnsw.element_levels_[i]) * hnsw.size_links_per_element_);
  }
  FileHeader header;
  header.metric = static_cast<uint64_t>(graph_->metric);
  header.rows = rows;
  header.dims = graph_->dims;
  header.links = hnsw.M_;
  header.ef_construction = hnsw.ef_construction_;
  header.entry = rows > 0 ? hnsw.enterpoint_node_ : 0;
  header.ground_checksum = hash_content(ground).low;
  header.upper_bytes = upper.size();
  header.upper_checksum = hash_content(upper).low;
  header.checksum = header_checksum(header);

  const std::string temporary = path + ".partial";
  auto written = [&]() -> Result<> {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto file, fs.create(temporary));
    IMAGEMILL_TRY(file->write(std::as_bytes(std::span(&header, 1))));
    IMAGEMILL_TRY(write_in_parts(*file, ground));
    IMAGEMILL_TRY(write_in_parts(*file, upper));
    IMAGEMILL_TRY(file->sync());
    IMAGEMILL_TRY(file->close());
    return fs.rename(temporary, path);
  }();
  if (!written) (void)fs.remove(temporary);
  return written;
}

Result<HnswIndex> HnswIndex::load(const std::string& path) {
  IMAGEMILL_ASSIGN_OR_RETURN(const MappedBytes file, MappedBytes::of_file(path));
  auto index = parse(file.span());
  if (!index) return std::unexpected(std::move(index).error().with_context(path));
  return index;
}

Result<HnswIndex> HnswIndex::parse(ByteSpan file) {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileHeader header, read_header(file));
  const FileLayout layout(header.dims, header.links);
  const size_t ground_bytes = header.rows * layout.row_bytes;  // 31 bits by 20
  const auto whole = checked_add<uint64_t>(sizeof(header) + ground_bytes, header.upper_bytes);
  if (whole != file.size())
    return fail(Code::kCorruptInput, "HNSW index: {} bytes, expected {}", file.size(),
                whole.value_or(UINT64_MAX));
  const ByteSpan ground = file.subspan(sizeof(header), ground_bytes);
  const ByteSpan upper = file.subspan(sizeof(header) + ground_bytes);
  IMAGEMILL_TRY(check_graph(header, ground, upper));
  try {
    auto graph = std::make_unique<Graph>(static_cast<Metric>(header.metric), header.rows,
                                         header.dims, header.links, header.ef_construction);
    Hnsw& hnsw = graph->hnsw;
    IMAGEMILL_CHECK(hnsw.size_data_per_element_ == layout.row_bytes &&
                    hnsw.size_links_per_element_ == layout.upper_list_bytes);
    if (!ground.empty()) std::memcpy(hnsw.data_level0_memory_, ground.data(), ground.size());
    const std::byte* list = upper.data() + header.rows;
    for (size_t i = 0; i < header.rows; ++i) {
      const auto level = static_cast<size_t>(upper[i]);
      const size_t bytes = level * layout.upper_list_bytes;
      hnsw.linkLists_[i] = nullptr;
      if (level > 0) {
        // One byte more, as it does itself. Freed by its destructor for what is counted.
        hnsw.linkLists_[i] = static_cast<char*>(std::malloc(bytes + 1));
        if (hnsw.linkLists_[i] == nullptr) throw std::bad_alloc();
        std::memcpy(hnsw.linkLists_[i], list, bytes);
        list += bytes;
      }
      hnsw.element_levels_[i] = static_cast<int>(level);
      hnsw.cur_element_count = i + 1;
    }
    if (header.rows > 0) {
      hnsw.enterpoint_node_ = static_cast<hnswlib::tableint>(header.entry);
      hnsw.maxlevel_ = hnsw.element_levels_[header.entry];
    }
    return HnswIndex(std::move(graph));
  } catch (const std::exception& error) {
    return fail(Code::kResourceExhausted, "HNSW index: {}", error.what());
  }
}

}  // namespace imagemill
