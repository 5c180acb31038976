// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/plane_nearest.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace imagemill {
namespace {

std::vector<int> source_indices(double offset, double extent, int src_size, int dst_size) {
  std::vector<int> indices(static_cast<size_t>(dst_size));
  for (int i = 0; i < dst_size; ++i) {
    // One division of exact integers (for whole windows), so that no rounding moves a sample.
    const double point = offset + (2.0 * i + 1.0) * extent / (2.0 * dst_size);
    indices[static_cast<size_t>(i)] =
        static_cast<int>(std::clamp(std::floor(point), 0.0, src_size - 1.0));
  }
  return indices;
}

template <typename In, typename Out>
void gather(const std::vector<int>& columns, const void* in, void* out) {
  const auto* from = static_cast<const In*>(in);
  auto* to = static_cast<Out*>(out);
  for (size_t i = 0; i < columns.size(); ++i) {
    const In v = from[columns[i]];
    to[i] = sizeof(Out) == 2 ? static_cast<Out>(static_cast<int>(v) << 8) : static_cast<Out>(v);
  }
}

void gather_row(const std::vector<int>& columns, WorkSample in_sample, WorkSample out_sample,
                const void* in, void* out) {
  if (in_sample == WorkSample::kF32)
    gather<float, float>(columns, in, out);
  else if (out_sample == WorkSample::kFrac8)
    gather<uint8_t, uint16_t>(columns, in, out);
  else
    gather<uint8_t, uint8_t>(columns, in, out);
}

void copy_row(size_t n, WorkSample in_sample, WorkSample out_sample, const void* in, void* out) {
  if (out_sample != WorkSample::kFrac8) {
    std::memcpy(out, in, n * (in_sample == WorkSample::kF32 ? sizeof(float) : 1));
    return;
  }
  const auto* const from = static_cast<const uint8_t*>(in);
  auto* const to = static_cast<uint16_t*>(out);
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<uint16_t>(from[i] << 8);
}

bool is_consecutive(const std::vector<int>& columns) {
  for (size_t i = 1; i < columns.size(); ++i)
    if (columns[i] != columns[0] + static_cast<int>(i)) return false;
  return true;
}

}  // namespace

Result<> nearest_plane(const PlaneGeometry& g, const PlaneInput& in, const PlaneOutput& out) {
  const auto rows = source_indices(g.window.y, g.window.height, g.src_height, g.dst_height);
  const auto columns = source_indices(g.window.x, g.window.width, g.src_width, g.dst_width);
  const bool consecutive = is_consecutive(columns);
  const size_t first_byte =
      static_cast<size_t>(columns.front()) * (in.sample == WorkSample::kF32 ? sizeof(float) : 1);
  const auto line_bytes = static_cast<size_t>(std::max(g.src_width, g.dst_width)) * sizeof(float);
  IMAGEMILL_ASSIGN_OR_RETURN(const auto memory, allocate_buffer(2 * line_bytes));
  std::byte* const read_line = memory->data;
  std::byte* const write_line = memory->data + line_bytes;

  for (int y = 0; y < g.dst_height; ++y) {
    const int source_y = rows[static_cast<size_t>(y)];
    const void* from = read_line;
    if (!in.read)
      from = in.plane.row<std::byte>(source_y);
    else if (y == 0 || source_y != rows[static_cast<size_t>(y) - 1])
      in.read(source_y, columns.front(), columns.back() + 1, read_line);
    void* const to = out.write ? write_line : out.plane.row<std::byte>(y);
    if (consecutive)
      copy_row(columns.size(), in.sample, out.sample,
               static_cast<const std::byte*>(from) + first_byte, to);
    else
      gather_row(columns, in.sample, out.sample, from, to);
    if (out.write) out.write(y, 0, g.dst_width, to);
  }
  return {};
}

}  // namespace imagemill
