// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// zimg's C API wants planes and strides in multiples of 64 bytes when it may use AVX-512; planes
// that are not (views into a bigger picture, slots of a tensor) go through its line callbacks, a
// few rows at a time. zimg_filter_graph_process takes a const graph whose run-time state lives in
// the caller's temporary buffer only, so threads share graphs and lend buffers.
//
// Samples are declared as limited-range grey whatever they are: zimg then goes from 8 to 16 bits by
// a plain shift and resamples in integers (14-bit coefficients), where full range would make it
// choose floats.
#include "kernels/plane_resize.h"

#include <zimg.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

#include "kernels/plane_nearest.h"

namespace imagemill {
namespace {

constexpr size_t kAlignment = 64;

// Working memory above this is given back after the call: one huge picture must not pin it.
constexpr size_t kLargestKeptBuffer = size_t{32} << 20;

size_t round_up(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

size_t work_bytes(WorkSample sample) {
  return sample == WorkSample::kU8 ? 1 : sample == WorkSample::kFrac8 ? 2 : 4;
}

struct GraphKey {
  PlaneGeometry geometry;
  ResizeKernel kernel = ResizeKernel::kLanczos3;
  WorkSample in = WorkSample::kU8;
  WorkSample out = WorkSample::kU8;
  bool operator==(const GraphKey&) const = default;
};

struct Graph {
  zimg_filter_graph* handle = nullptr;
  size_t tmp_bytes = 0;
  unsigned in_lines = 0;  // rows that a line callback must keep
  unsigned out_lines = 0;

  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph() { zimg_filter_graph_free(handle); }
};

std::unexpected<Status> zimg_failure(const PlaneGeometry& g) {
  char message[256] = "";
  const zimg_error_code_e code = zimg_get_last_error(message, sizeof(message));
  zimg_clear_last_error();
  return fail(code == ZIMG_ERROR_OUT_OF_MEMORY ? Code::kResourceExhausted : Code::kUnsupported,
              "resize of a {}x{} plane to {}x{}: zimg says \"{}\"", g.src_width, g.src_height,
              g.dst_width, g.dst_height, message);
}

zimg_image_format format_of(WorkSample sample, int width, int height) {
  zimg_image_format format;
  zimg_image_format_default(&format, ZIMG_API_VERSION);
  format.width = static_cast<unsigned>(width);
  format.height = static_cast<unsigned>(height);
  format.color_family = ZIMG_COLOR_GREY;
  format.pixel_range = ZIMG_RANGE_LIMITED;
  format.pixel_type = sample == WorkSample::kU8      ? ZIMG_PIXEL_BYTE
                      : sample == WorkSample::kFrac8 ? ZIMG_PIXEL_WORD
                                                     : ZIMG_PIXEL_FLOAT;
  format.depth = static_cast<unsigned>(8 * work_bytes(sample));
  return format;
}

// zimg 3.0.4 shrinks heights in several passes that add up, and where the columns it needs begin
// and end within one vector, its SIMD code adds each of them twice. (Whole planes begin at a
// vector.)
bool reads_few_columns(const PlaneGeometry& g) {
  constexpr double kColumns = 64;   // of 8 bits in the widest vector
  constexpr double kReach = 2 * 3;  // of the widest kernel, to both sides
  const double scale = std::max(1.0, g.window.width / g.dst_width);
  return g.window.x > 0 && g.window.width + kReach * scale < kColumns;
}

Result<std::shared_ptr<const Graph>> build_graph(const GraphKey& key) {
  const PlaneGeometry& g = key.geometry;
  zimg_image_format src = format_of(key.in, g.src_width, g.src_height);
  src.active_region.left = g.window.x;
  src.active_region.top = g.window.y;
  src.active_region.width = g.window.width;
  src.active_region.height = g.window.height;
  const zimg_image_format dst = format_of(key.out, g.dst_width, g.dst_height);

  zimg_graph_builder_params params;
  zimg_graph_builder_params_default(&params, ZIMG_API_VERSION);
  // Up to AVX2: with AVX-512, zimg 3.0.4 resamples rows of 16-bit samples wrongly at some ratios
  // (3264 to 1600 pixels: differences of up to 110 of 255).
  params.cpu_type = reads_few_columns(g) ? ZIMG_CPU_NONE : ZIMG_CPU_AUTO;
  params.dither_type = ZIMG_DITHER_NONE;
  switch (key.kernel) {
    case ResizeKernel::kLanczos3:
      params.resample_filter = ZIMG_RESIZE_LANCZOS;
      params.filter_param_a = 3;
      break;
    case ResizeKernel::kCubic:  // b = 0, c = 1/2: Catmull-Rom, as in Pillow and libvips
      params.resample_filter = ZIMG_RESIZE_BICUBIC;
      params.filter_param_a = 0;
      params.filter_param_b = 0.5;
      break;
    default:
      params.resample_filter = ZIMG_RESIZE_BILINEAR;
      break;
  }

  auto graph = std::make_shared<Graph>();
  graph->handle = zimg_filter_graph_build(&src, &dst, &params);
  if (graph->handle == nullptr) return zimg_failure(g);
  if (zimg_filter_graph_get_tmp_size(graph->handle, &graph->tmp_bytes) != ZIMG_ERROR_SUCCESS ||
      zimg_filter_graph_get_input_buffering(graph->handle, &graph->in_lines) !=
          ZIMG_ERROR_SUCCESS ||
      zimg_filter_graph_get_output_buffering(graph->handle, &graph->out_lines) !=
          ZIMG_ERROR_SUCCESS)
    return zimg_failure(g);
  return graph;
}

bool is_aligned(const Plane& plane) {
  return reinterpret_cast<uintptr_t>(plane.data) % kAlignment == 0 &&
         plane.stride_bytes % static_cast<ptrdiff_t>(kAlignment) == 0;
}

// The last rows of a plane, for zimg's line callbacks.
struct LineRing {
  std::byte* data = nullptr;
  size_t stride = 0;
  unsigned mask = 0;
  size_t bytes = 0;

  LineRing() = default;
  // zimg asks for ZIMG_BUFFER_MAX lines when it wants all of them.
  LineRing(int width, int height, WorkSample sample, unsigned lines)
      : stride(round_up(static_cast<size_t>(width) * work_bytes(sample))) {
    const auto rows = static_cast<unsigned>(height);
    const unsigned wanted = zimg_select_buffer_mask(lines);
    mask = wanted < rows ? wanted : ZIMG_BUFFER_MAX;
    bytes = stride * (wanted < rows ? wanted + 1 : rows);
  }
  std::byte* line(unsigned y) const { return data + (y & mask) * stride; }
};

// zimg may name columns up to its own granularity; only those of the picture exist.
struct ReadCallback {
  const RowReader& read;
  const LineRing& ring;
  int width;

  static int call(void* user, unsigned y, unsigned left, unsigned right) {
    const auto& self = *static_cast<const ReadCallback*>(user);
    const int end = std::min(static_cast<int>(right), self.width);
    self.read(static_cast<int>(y), static_cast<int>(left), end, self.ring.line(y));
    return 0;
  }
};

struct WriteCallback {
  const RowWriter& write;
  const LineRing& ring;
  int width;

  static int call(void* user, unsigned y, unsigned left, unsigned right) {
    const auto& self = *static_cast<const WriteCallback*>(user);
    const int end = std::min(static_cast<int>(right), self.width);
    self.write(static_cast<int>(y), static_cast<int>(left), end, self.ring.line(y));
    return 0;
  }
};

RowReader copying_reader(const Plane& plane, size_t sample_size) {
  return [&plane, sample_size](int y, int left, int right, void* row) {
    const size_t offset = static_cast<size_t>(left) * sample_size;
    std::memcpy(static_cast<std::byte*>(row) + offset, plane.row<std::byte>(y) + offset,
                static_cast<size_t>(right - left) * sample_size);
  };
}

RowWriter copying_writer(const Plane& plane, size_t sample_size) {
  return [&plane, sample_size](int y, int left, int right, const void* row) {
    const size_t offset = static_cast<size_t>(left) * sample_size;
    std::memcpy(plane.row<std::byte>(y) + offset, static_cast<const std::byte*>(row) + offset,
                static_cast<size_t>(right - left) * sample_size);
  };
}

bool is_copy(const PlaneGeometry& g) {
  return g.src_width == g.dst_width && g.src_height == g.dst_height &&
         g.window ==
             PlaneWindow{0, 0, static_cast<double>(g.src_width), static_cast<double>(g.src_height)};
}

}  // namespace

struct PlaneResizer::State {
  struct Entry {
    GraphKey key;
    std::shared_ptr<const Graph> graph;
    uint64_t last_use = 0;
  };

  explicit State(int max) : max_graphs(static_cast<size_t>(std::max(max, 1))) {}

  Result<std::shared_ptr<const Graph>> graph_for(const GraphKey& key);
  Result<std::shared_ptr<Buffer>> borrow(size_t bytes);
  void give_back(std::shared_ptr<Buffer> buffer);

  const size_t max_graphs;
  std::mutex mutex;
  uint64_t uses = 0;
  std::vector<Entry> entries;
  std::vector<std::shared_ptr<Buffer>> idle_buffers;
};

// Built outside the lock: two threads may build the same graph once, none waits for another's.
Result<std::shared_ptr<const Graph>> PlaneResizer::State::graph_for(const GraphKey& key) {
  {
    const std::lock_guard lock(mutex);
    for (Entry& entry : entries) {
      if (entry.key != key) continue;
      entry.last_use = ++uses;
      return entry.graph;
    }
  }
  IMAGEMILL_ASSIGN_OR_RETURN(std::shared_ptr<const Graph> graph, build_graph(key));
  const std::lock_guard lock(mutex);
  if (entries.size() >= max_graphs)
    entries.erase(std::ranges::min_element(entries, {}, &Entry::last_use));
  entries.push_back({key, graph, ++uses});
  return graph;
}

Result<std::shared_ptr<Buffer>> PlaneResizer::State::borrow(size_t bytes) {
  {
    const std::lock_guard lock(mutex);
    const auto fits = std::ranges::find_if(
        idle_buffers, [bytes](const auto& buffer) { return buffer->bytes >= bytes; });
    if (fits != idle_buffers.end()) {
      std::shared_ptr<Buffer> buffer = std::move(*fits);
      idle_buffers.erase(fits);
      return buffer;
    }
    if (!idle_buffers.empty()) idle_buffers.pop_back();  // grows: the new one takes its place
  }
  return allocate_buffer(bytes);
}

void PlaneResizer::State::give_back(std::shared_ptr<Buffer> buffer) {
  if (buffer->bytes > kLargestKeptBuffer) return;
  const std::lock_guard lock(mutex);
  idle_buffers.push_back(std::move(buffer));
}

PlaneResizer::PlaneResizer(int max_graphs) : state_(std::make_unique<State>(max_graphs)) {}
PlaneResizer::~PlaneResizer() = default;

Result<> PlaneResizer::run(const PlaneGeometry& g, ResizeKernel kernel, const PlaneInput& in,
                           const PlaneOutput& out) {
  if (kernel == ResizeKernel::kNearest || is_copy(g)) return nearest_plane(g, in, out);
  IMAGEMILL_ASSIGN_OR_RETURN(const std::shared_ptr<const Graph> graph,
                             state_->graph_for({g, kernel, in.sample, out.sample}));

  const bool direct_in = !in.read && is_aligned(in.plane);
  const bool direct_out = !out.write && is_aligned(out.plane);
  LineRing in_ring, out_ring;
  if (!direct_in) in_ring = LineRing(g.src_width, g.src_height, in.sample, graph->in_lines);
  if (!direct_out) out_ring = LineRing(g.dst_width, g.dst_height, out.sample, graph->out_lines);
  const size_t tmp_bytes = round_up(graph->tmp_bytes);
  IMAGEMILL_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> memory,
                             state_->borrow(tmp_bytes + in_ring.bytes + out_ring.bytes));
  in_ring.data = memory->data + tmp_bytes;
  out_ring.data = in_ring.data + in_ring.bytes;

  const RowReader copy_in = copying_reader(in.plane, work_bytes(in.sample));
  const RowWriter copy_out = copying_writer(out.plane, work_bytes(out.sample));
  ReadCallback reader{in.read ? in.read : copy_in, in_ring, g.src_width};
  WriteCallback writer{out.write ? out.write : copy_out, out_ring, g.dst_width};

  zimg_image_buffer_const src{};
  src.version = ZIMG_API_VERSION;
  src.plane[0] = {direct_in ? in.plane.data : in_ring.data,
                  direct_in ? in.plane.stride_bytes : static_cast<ptrdiff_t>(in_ring.stride),
                  direct_in ? ZIMG_BUFFER_MAX : in_ring.mask};
  zimg_image_buffer dst{};
  dst.version = ZIMG_API_VERSION;
  dst.plane[0] = {direct_out ? out.plane.data : out_ring.data,
                  direct_out ? out.plane.stride_bytes : static_cast<ptrdiff_t>(out_ring.stride),
                  direct_out ? ZIMG_BUFFER_MAX : out_ring.mask};
  const zimg_error_code_e code = zimg_filter_graph_process(
      graph->handle, &src, &dst, memory->data, direct_in ? nullptr : &ReadCallback::call, &reader,
      direct_out ? nullptr : &WriteCallback::call, &writer);
  state_->give_back(std::move(memory));
  if (code != ZIMG_ERROR_SUCCESS) return zimg_failure(g);
  return {};
}

}  // namespace imagemill
