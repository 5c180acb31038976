// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The floor under every JPEG workload: read a file, decode its raw planes at the smallest DCT scale
// (1/8, 1/4, 1/2, 1/1) whose long side is at least SIZE, forget them. With --encode the planes are
// encoded again as they are. No engine, no queue, no resize: what no pipeline can be faster than
// with this library.
//
//   decode_floor FOLDER SIZE [THREADS] [--encode]
#include <setjmp.h>
#include <stdio.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <jpeglib.h>

namespace {

struct Error {
  jpeg_error_mgr base;
  jmp_buf back;
};

jpeg_error_mgr* quiet_errors(Error& error) {
  jpeg_std_error(&error.base);
  error.base.error_exit = [](j_common_ptr info) {
    longjmp(reinterpret_cast<Error*>(info->err)->back, 1);
  };
  error.base.output_message = [](j_common_ptr) {};
  return &error.base;
}

// One component. Rows and columns are padded, so that an encoder may read whole MCUs.
struct Plane {
  std::vector<JSAMPLE> samples;
  size_t stride = 0;
  int width = 0;
  int height = 0;

  JSAMPROW row(size_t y) { return samples.data() + y * stride; }
};

constexpr size_t kMaxRows = 4 * DCTSIZE;  // of a component within one row of MCUs
using RowPointers = std::array<std::array<JSAMPROW, kMaxRows>, MAX_COMPONENTS>;

void choose_scale(jpeg_decompress_struct& info, int size) {
  info.scale_denom = 8;
  const auto long_side = static_cast<int>(std::max(info.image_width, info.image_height));
  for (const int num : {1, 2, 4, 8}) {
    info.scale_num = static_cast<unsigned>(num);
    if ((long_side * num + 7) / 8 >= size) break;
  }
}

bool decode(const std::vector<unsigned char>& file, int size, std::vector<Plane>& planes) {
  jpeg_decompress_struct info;
  Error error;
  RowPointers rows;
  info.err = quiet_errors(error);
  if (setjmp(error.back) != 0) {
    jpeg_destroy_decompress(&info);
    return false;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), file.size());
  jpeg_read_header(&info, TRUE);
  choose_scale(info, size);
  info.raw_data_out = TRUE;
  info.out_color_space = info.jpeg_color_space;
  jpeg_start_decompress(&info);

  planes.resize(static_cast<size_t>(info.num_components));
  for (size_t c = 0; c < planes.size(); ++c) {
    const jpeg_component_info& component = info.comp_info[c];
    Plane& plane = planes[c];
    plane.width = static_cast<int>(component.downsampled_width);
    plane.height = static_cast<int>(component.downsampled_height);
    plane.stride = (component.downsampled_width + 8 * DCTSIZE) / DCTSIZE * DCTSIZE;
    plane.samples.resize(plane.stride * (component.downsampled_height + 8 * DCTSIZE));
  }
  std::array<JSAMPARRAY, MAX_COMPONENTS> components{};
  const auto mcu_rows = static_cast<JDIMENSION>(info.max_v_samp_factor * info.min_DCT_scaled_size);
  for (size_t mcu = 0; info.output_scanline < info.output_height; ++mcu) {
    for (size_t c = 0; c < planes.size(); ++c) {
      const jpeg_component_info& component = info.comp_info[c];
      const auto height = static_cast<size_t>(component.v_samp_factor * component.DCT_scaled_size);
      for (size_t y = 0; y < height; ++y) rows[c][y] = planes[c].row(mcu * height + y);
      components[c] = rows[c].data();
    }
    jpeg_read_raw_data(&info, components.data(), mcu_rows);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return true;
}

// Only what YCbCr and grey JPEGs decode to; the sampling factors are those of the planes.
bool encode(std::vector<Plane>& planes) {
  if (planes.size() != 1 && planes.size() != 3) return true;
  jpeg_compress_struct info;
  Error error;
  RowPointers rows;
  unsigned char* out = nullptr;
  unsigned long out_bytes = 0;
  info.err = quiet_errors(error);
  if (setjmp(error.back) != 0) {
    jpeg_destroy_compress(&info);
    free(out);
    return false;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &out, &out_bytes);
  info.image_width = static_cast<JDIMENSION>(planes[0].width);
  info.image_height = static_cast<JDIMENSION>(planes[0].height);
  info.input_components = static_cast<int>(planes.size());
  info.in_color_space = planes.size() == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 85, TRUE);
  info.raw_data_in = TRUE;
  info.comp_info[0].h_samp_factor = planes[0].width > planes.back().width ? 2 : 1;
  info.comp_info[0].v_samp_factor = planes[0].height > planes.back().height ? 2 : 1;
  jpeg_start_compress(&info, TRUE);

  std::array<JSAMPARRAY, MAX_COMPONENTS> components{};
  const auto mcu_rows = static_cast<JDIMENSION>(info.max_v_samp_factor * DCTSIZE);
  for (size_t mcu = 0; info.next_scanline < info.image_height; ++mcu) {
    for (size_t c = 0; c < planes.size(); ++c) {
      const auto height = static_cast<size_t>(info.comp_info[c].v_samp_factor) * DCTSIZE;
      for (size_t y = 0; y < height; ++y) rows[c][y] = planes[c].row(mcu * height + y);
      components[c] = rows[c].data();
    }
    jpeg_write_raw_data(&info, components.data(), mcu_rows);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  free(out);
  return true;
}

bool read_file(const std::string& path, std::vector<unsigned char>& bytes) {
  FILE* file = fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  bytes.resize(std::filesystem::file_size(path));
  const size_t got = fread(bytes.data(), 1, bytes.size(), file);
  fclose(file);
  return got == bytes.size();
}

}  // namespace

int main(int argc, char** argv) {
  const bool encodes = argc > 3 && strcmp(argv[argc - 1], "--encode") == 0;
  const int plain = encodes ? argc - 1 : argc;
  if (plain < 3 || plain > 4) {
    fprintf(stderr, "usage: decode_floor FOLDER SIZE [THREADS] [--encode]\n");
    return 2;
  }
  const int size = atoi(argv[2]);
  const int threads = plain > 3 ? atoi(argv[3]) : 2;

  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
    paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());

  std::atomic<size_t> next = 0;
  std::atomic<int> done = 0;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      std::vector<unsigned char> bytes;
      std::vector<Plane> planes;
      for (size_t i = next++; i < paths.size(); i = next++) {
        if (read_file(paths[i], bytes) && decode(bytes, size, planes) &&
            (!encodes || encode(planes)))
          ++done;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  printf("%.2f images/s, %d of %zu\n", done / seconds.count(), done.load(), paths.size());
  return 0;
}
