// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a family of codecs gives to the helper's loop. One family = one third-party library = one
// file = one shared module, loaded by name, so that a process holds the libraries of its own
// formats only. All of it runs on one thread, confined (confinement.h).
#pragma once

#include "codec/codec.h"
#include "codec/helper_protocol.h"

namespace imagemill::codec_host {

struct Family {
  // Loads whatever would be read from disk later; called once, before the process is confined.
  void (*prepare)() = nullptr;
  bool needs_threads = false;  // the library starts threads even when told to use one
  Result<ImageHeader> (*read_header)(FileFormat format, ByteSpan bytes) = nullptr;
  // Returned: the image that `pixels` gave, filled; header and scale are taken from the layout.
  // `pixels` asks the engine, which checks its limits: call it as soon as the header is known,
  // before the library allocates anything for the pixels. An error of it is to be returned.
  Result<Decoded> (*decode)(const DecodeCall& call, ByteSpan bytes, PixelMemory& pixels) = nullptr;
  // Null: none. call.options and call.metadata as Encoder::encode() gets them.
  Result<Bytes> (*encode)(const EncodeCall& call, const Image& image) = nullptr;
};

}  // namespace imagemill::codec_host

// The one symbol of a module.
extern "C" const imagemill::codec_host::Family* imagemill_codec_family();
