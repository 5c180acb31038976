#include "codec/registry.h"
namespace imagemill {
const Decoder* jpeg_decoder() { return nullptr; }
const Encoder* jpeg_encoder() { return nullptr; }
}  // namespace imagemill
