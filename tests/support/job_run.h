// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Jobs run through the engine on pictures that the test made.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "codec/codec.h"
#include "engine/run_with_jobs.h"
#include "imagemill/engine.h"
#include "store/run_store.h"
#include "support/onnxruntime.h"
#include "support/test_folder.h"

namespace imagemill {

// What the listener was told.
struct ToldListener final : Listener {
  RunStarted started;
  std::vector<std::string> warnings;
  void on_started(const RunStarted& event) override { started = event; }
  void on_warning(const RunWarning& warning) override { warnings.push_back(warning.message); }
};

// One row by column name.
struct NamedRow {
  std::map<std::string, Value> values;

  double real(const std::string& name) const { return std::get<double>(values.at(name)); }
  int64_t integer(const std::string& name) const { return std::get<int64_t>(values.at(name)); }
  const std::string& text(const std::string& name) const {
    return std::get<std::string>(values.at(name));
  }
};

class JobRun {
 public:
  // Inputs are written below in(), outputs come below out().
  std::string in(std::string_view name = "") const { return folder_ / ("in/" + std::string(name)); }
  std::string out(std::string_view name = "") const { return output_ + "/" + std::string(name); }

  void add(std::string_view name, ByteSpan bytes) const {
    folder_.write("in/" + std::string(name), as_text(bytes));
  }

  // `output` beside the inputs: "out", "out.zip".
  Result<RunFinished> run(std::vector<JobRequest> jobs,
                          std::map<std::string, std::string> options = {},
                          const std::string& output = "out") {
    options.emplace("threads", "2");
    output_ = folder_ / output;
    listener.warnings.clear();
    const RunSpec spec{.inputs = {folder_ / "in"},
                       .output = output_,
                       .jobs = std::move(jobs),
                       .options = std::move(options),
                       .standard_input = {},
                       .places = places,
                       .codec_host = {},
                       .command = {}};
    return run_with_jobs(known_jobs, spec, listener, *cancel);
  }

  // By the part of the key after the input's name.
  std::map<std::string, NamedRow> rows(const std::string& table) const {
    std::map<std::string, NamedRow> out;
    const auto store = RunStore::open_existing(store_path()).value();
    const auto tables = store->tables().value();
    for (const TableSchema& schema : tables) {
      if (schema.name != table) continue;
      (void)store->for_each_row(table, [&](const std::string& key, const Row& row) -> Result<> {
        NamedRow& named = out[key.substr(key.find('/') + 1)];
        for (size_t i = 0; i < schema.columns.size(); ++i)
          named.values[schema.columns[i].name] = row.values[i];
        return {};
      });
    }
    return out;
  }

  std::map<std::string, ItemRecord> items() const {
    std::map<std::string, ItemRecord> out;
    const auto store = RunStore::open_existing(store_path()).value();
    (void)store->for_each_item([&](const ItemRecord& item) -> Result<> {
      out[item.key.substr(item.key.find('/') + 1)] = item;
      return {};
    });
    return out;
  }

  ToldListener listener;
  const CancelToken* cancel = &never_;
  // Networks run on the ONNX Runtime of the tests and leave nothing behind.
  UserPlaces places{.onnxruntime = test_onnxruntime()};
  // That a run may name: those of the build, and what a test adds.
  std::vector<JobEntry> known_jobs{job_entries().begin(), job_entries().end()};

 private:
  std::string store_path() const {
    const bool is_archive = output_.ends_with(".zip");
    return output_ + (is_archive ? ".imagemill/run.sqlite" : "/.imagemill/run.sqlite");
  }

  CancelToken never_;
  TestFolder folder_;
  std::string output_;
};

// Planes filled by `value(x, y, channel)`, 0..1.
inline Image painted(Size size, PixelFormat format,
                     const std::function<double(int x, int y, int channel)>& value) {
  Image image = Image::allocate(size.width, size.height, format).value();
  for (int c = 0; c < image.channels(); ++c)
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        if (format.sample == SampleType::kU16)
          image.plane(c).row<uint16_t>(y)[x] =
              static_cast<uint16_t>(std::lround(65535 * value(x, y, c)));
        else
          image.plane(c).row<uint8_t>(y)[x] =
              static_cast<uint8_t>(std::lround(255 * value(x, y, c)));
      }
  return image;
}

// Something with detail at every scale, different in its four corners.
inline double landscape(Size size, int x, int y) {
  const double u = static_cast<double>(x) / size.width, v = static_cast<double>(y) / size.height;
  double sum = 0.5 + 0.2 * (v - u) + 0.1 * std::sin(9 * u + 4 * v * v);
  for (const double f : {17.0, 41.0, 97.0, 211.0})
    sum += 0.05 * std::sin(f * u + f / 3 * v * v) * std::cos(f * v - 2 * u);
  return std::min(1.0, std::max(0.0, sum));
}

inline Bytes encoded(FileFormat format, const Image& image, Bytes exif = {}) {
  Metadata metadata;
  metadata.exif = std::move(exif);
  return encoder_for(format)->encode(image, {.quality = 92}, metadata).value();
}

// An EXIF block that says nothing but the orientation.
inline Bytes exif_with_orientation(int orientation) {
  const std::string text("II*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0?\0\0\0\0\0\0\0", 26);
  Bytes block(as_byte_span(text).begin(), as_byte_span(text).end());
  block[18] = static_cast<std::byte>(orientation);
  return block;
}

}  // namespace imagemill
