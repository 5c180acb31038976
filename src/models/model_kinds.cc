// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/model_kinds.h"

#include <algorithm>
#include <array>

namespace imagemill {
namespace {

using namespace std::string_view_literals;

struct KindRow {
  size_t at;
  std::string_view magic;
  std::string_view what;  // and what to do about it
};

constexpr std::string_view kPickle =
    "a PyTorch pickle, which is refused because loading it can run code; export the model to ONNX";
constexpr std::string_view kWebPage =
    "a web page, not a model: the address answered with a page; download the file itself";

constexpr std::array kKinds = {
    KindRow{0, "PK\x03\x04"sv, kPickle},
    KindRow{0, "\x80\x02"sv, kPickle},
    KindRow{0, "\x80\x03"sv, kPickle},
    KindRow{0, "\x80\x04"sv, kPickle},
    KindRow{0, "\x80\x05"sv, kPickle},
    KindRow{0, "<!DOCTYPE"sv, kWebPage},
    KindRow{0, "<!doctype"sv, kWebPage},
    KindRow{0, "<html"sv, kWebPage},
    KindRow{0, "<HTML"sv, kWebPage},
    KindRow{0, "version https://git-lfs"sv,
            "a pointer of Git LFS, not the model: fetch the file itself with 'git lfs pull'"},
    KindRow{0, "\x89HDF\r\n"sv, "a Keras model (HDF5); export it to ONNX"},
    KindRow{4, "TFL3"sv, "a TensorFlow Lite model; convert it to ONNX"},
    KindRow{0, "GGUF"sv, "a GGUF model; Imagemill runs ONNX models"},
    KindRow{8, "{\""sv, "safetensors, which are weights without a graph; export the model to ONNX"},
    KindRow{0, "ORTM"sv, "a model in ONNX Runtime's own format; take the .onnx file it is made of"},
    KindRow{4, "ORTM"sv, "a model in ONNX Runtime's own format; take the .onnx file it is made of"},
    KindRow{0, "\x1f\x8b"sv, "compressed (gzip); unpack it first"},
    KindRow{0, "<?xml"sv, "XML, maybe an OpenVINO model; take the .onnx file it is made of"},
};

}  // namespace

Result<> refuse_other_kinds(ReadableFile& file, std::string_view name) {
  std::array<std::byte, 32> bytes{};
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t count, file.read_at(0, bytes));
  const std::string_view start = as_text(ByteSpan(bytes).first(count));
  if (start.empty()) return fail(Code::kCorruptInput, "{}: empty, expected an ONNX model", name);
  for (const KindRow& kind : kKinds) {
    if (start.size() >= kind.at && start.substr(kind.at).starts_with(kind.magic))
      return fail(Code::kUnsupported, "{}: {}", name, kind.what);
  }
  if (std::ranges::all_of(start, [](char c) { return c == '\0'; }))
    return fail(Code::kCorruptInput, "{}: begins with zeros, expected an ONNX model", name);
  return {};
}

}  // namespace imagemill
