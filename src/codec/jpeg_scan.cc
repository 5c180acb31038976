// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The work is one chain: the length of a code says where the next one begins. Everything else
// (values, zigzag, storing) hangs off that chain and runs beside it, so the chain is kept short:
// one shift, one table load, one shift. Compiled for each target because BMI2's shifts are in it.
#include "codec/jpeg_scan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "codec/jpeg_bitstream.h"
#include "codec/jpeg_blocks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/jpeg_scan.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway asks.
#include "codec/jpeg_idct-inl.h"

HWY_BEFORE_NAMESPACE();
namespace imagemill {
namespace HWY_NAMESPACE {

// One AC code, at the beginning of the window. `k` is the zigzag position of the last coefficient;
// false when the block ends here or is broken, which leaves k above 63.
template <bool kOnlyDc>
HWY_INLINE bool decode_ac(JpegBits& bits, const JpegHuffmanTable& table, int16_t* lane, int& k,
                          bool& is_good) {
  JpegCode code = table.look(bits.bits);
  if (HWY_UNLIKELY(k + code.skip() > 63)) {
    if (code.skip() == JpegCode::kNone) code = table.search(bits.bits);
    if (k + code.skip() > 63) {
      bits.drop(code.total_bits());
      is_good = code.skip() == JpegCode::kEndOfBlock;
      return false;
    }
  }
  k += code.skip();
  if constexpr (!kOnlyDc)
    lane[kJpegLaneOffsets[static_cast<size_t>(k)]] =
        static_cast<int16_t>(jpeg_value(bits.bits, code));
  bits.drop(code.total_bits());
  return k < 63;
}

// A block's coefficients go to `lane`, which begins with zeros and belongs to one block of a group.
template <bool kOnlyDc>
HWY_INLINE bool decode_block(JpegBits& bits, const JpegScanComponent& component,
                             uint32_t& prediction, int16_t* lane) {
  bits.refill();
  JpegCode code = component.dc->look(bits.bits);
  if (HWY_UNLIKELY(code.skip() == JpegCode::kNone)) {
    code = component.dc->search(bits.bits);
    if (code.skip() == JpegCode::kNone) return false;
  }
  prediction += static_cast<uint32_t>(jpeg_value(bits.bits, code));
  lane[0] = static_cast<int16_t>(prediction);
  bits.drop(code.total_bits());
  const JpegHuffmanTable& ac = *component.ac;
  bool is_good = true;
  int k = 0;
  // A refilled window holds two codes with their values: at most 27 bits each.
  if (!decode_ac<kOnlyDc>(bits, ac, lane, k, is_good)) return is_good;
  do {
    bits.refill();
    if (!decode_ac<kOnlyDc>(bits, ac, lane, k, is_good)) return is_good;
  } while (decode_ac<kOnlyDc>(bits, ac, lane, k, is_good));
  return is_good;
}

// The blocks of one component that wait for their transform.
struct Waiting {
  std::array<JpegBlockGroup, 4> rows;  // by row of blocks in the MCU
  size_t count = 0;                    // blocks in each of them
  uint8_t* pixels = nullptr;           // where the first of them goes
  uint32_t prediction = 0;
};

class ScanDecoder {
 public:
  explicit ScanDecoder(const JpegScan& scan)
      : scan_(scan),
        data_(scan.data),
        mcus_to_restart_(scan.restart_interval),
        waiting_(std::make_unique<Waiting[]>(scan.components.size())) {
    for (size_t c = 0; c < scan.components.size(); ++c)
      for (JpegBlockGroup& group : waiting_[c].rows) clear(group);
  }

  bool decode() {
    bits_ = data_.begin();
    for (int row = 0; row < scan_.mcus_down; ++row) {
      if (scan_.stop->is_due()) return false;
      for (size_t c = 0; c < scan_.components.size(); ++c) {
        const JpegScanComponent& component = scan_.components[c];
        waiting_[c].pixels =
            component.pixels + ptrdiff_t{row} * component.down * scan_.n * component.stride;
      }
      if (!(scan_.n == 1 ? decode_row<true>() : decode_row<false>())) return false;
      for (size_t c = 0; c < scan_.components.size(); ++c)
        if (waiting_[c].count > 0) transform(c);
    }
    return data_.is_whole(bits_);
  }

 private:
  // Of a group, what the transform looks at; the rest may hold anything.
  void clear(JpegBlockGroup& group) const {
    std::memset(group.coefficients, 0,
                static_cast<size_t>(scan_.n) * 8 * sizeof(group.coefficients[0]));
  }

  template <bool kOnlyDc>
  bool decode_row() {
    JpegBits bits = bits_;  // a local: its members stay in registers
    for (int mcu = 0; mcu < scan_.mcus_across; ++mcu) {
      if (HWY_UNLIKELY(data_.needs_more(bits)) && !data_.read_on(bits)) return false;
      if (scan_.restart_interval > 0 && mcus_to_restart_-- == 0 && !restart(bits)) return false;
      for (size_t c = 0; c < scan_.components.size(); ++c) {
        const JpegScanComponent& component = scan_.components[c];
        Waiting& waiting = waiting_[c];
        uint32_t prediction = waiting.prediction;
        for (int y = 0; y < component.down; ++y)
          for (int x = 0; x < component.across; ++x)
            if (!decode_block<kOnlyDc>(bits, component, prediction,
                                       waiting.rows[static_cast<size_t>(y)].coefficients[0] +
                                           waiting.count + static_cast<size_t>(x)))
              return false;
        waiting.prediction = prediction;
        waiting.count += static_cast<size_t>(component.across);
        if (waiting.count == kJpegGroupBlocks) transform(c);
      }
    }
    bits_ = bits;
    return true;
  }

  void transform(size_t c) {
    const JpegScanComponent& component = scan_.components[c];
    Waiting& waiting = waiting_[c];
    for (int y = 0; y < component.down; ++y) {
      JpegBlockGroup& group = waiting.rows[static_cast<size_t>(y)];
      idct_group(scan_.n, group, component.quantization,
                 waiting.pixels + ptrdiff_t{y} * scan_.n * component.stride, component.stride);
      clear(group);
    }
    waiting.pixels += kJpegGroupBlocks * static_cast<size_t>(scan_.n);
    waiting.count = 0;
  }

  bool restart(JpegBits& bits) {
    if (!data_.restart(bits)) return false;
    for (size_t c = 0; c < scan_.components.size(); ++c) waiting_[c].prediction = 0;
    mcus_to_restart_ = scan_.restart_interval - 1;
    return true;
  }

  const JpegScan& scan_;
  JpegBitstream data_;
  JpegBits bits_;
  int mcus_to_restart_;
  std::unique_ptr<Waiting[]> waiting_;
};

bool decode_scan(const JpegScan& scan) { return ScanDecoder(scan).decode(); }

}  // namespace HWY_NAMESPACE
}  // namespace imagemill
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill {

HWY_EXPORT(decode_scan);

bool decode_jpeg_scan(const JpegScan& scan) { return HWY_DYNAMIC_DISPATCH(decode_scan)(scan); }

}  // namespace imagemill
#endif
