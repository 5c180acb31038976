// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg_progressive.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "codec/jpeg_bitstream.h"
#include "codec/jpeg_blocks.h"
#include "codec/jpeg_idct.h"
#include "codec/jpeg_segments.h"

namespace imagemill {
namespace {

constexpr int kLowMax = 13;  // T.81, table B.3

// Bits first to last.
uint64_t positions(int first, int last) {
  return ~uint64_t{0} << first & ~uint64_t{0} >> (63 - last);
}

// Where the coefficient of each zigzag position goes in a block of which the n x n lowest are kept,
// in natural order, with one place behind them for all others.
std::array<uint8_t, 64> slots_of(int n) {
  std::array<uint8_t, 64> slots{};
  for (size_t k = 0; k < 64; ++k) {
    const int natural = kJpegLaneOffsets[k] / int{kJpegGroupBlocks};
    const int x = natural % 8, y = natural / 8;
    slots[k] = static_cast<uint8_t>(x < n && y < n ? y * n + x : n * n);
  }
  return slots;
}

// What is kept of a component: a grid of blocks, whole MCUs, row by row.
class Coefficients {
 public:
  // False without memory.
  bool allocate(const JpegFrame& frame, const JpegFrameComponent& component) {
    across_ = static_cast<size_t>(frame.mcus_across * component.across);
    const size_t blocks = across_ * static_cast<size_t>(frame.mcus_down * component.down);
    stride_ = static_cast<size_t>(frame.n * frame.n + 1);
    auto buffer = allocate_buffer(blocks * stride_ * sizeof(int16_t));
    if (!buffer) return false;
    memory_ = std::move(*buffer);
    values_ = reinterpret_cast<int16_t*>(memory_->data);
    std::memset(values_, 0, memory_->bytes);
    nonzero_.resize(blocks);
    return true;
  }

  int16_t* values(int x, int y) { return values_ + index(x, y) * stride_; }
  // Bit k: the coefficient at zigzag position k is not zero so far. Of AC coefficients alone.
  uint64_t& nonzero(int x, int y) { return nonzero_[index(x, y)]; }

  // Of 16 blocks from (x, y) on, those that exist.
  void copy_to(JpegBlockGroup& group, int x, int y, int n) {
    const size_t count = std::min(kJpegGroupBlocks, across_ - static_cast<size_t>(x));
    const int16_t* from = values(x, y);
    for (size_t block = 0; block < count; ++block, from += stride_)
      for (size_t v = 0; v < static_cast<size_t>(n); ++v)
        for (size_t u = 0; u < static_cast<size_t>(n); ++u)
          group.coefficients[v * 8 + u][block] = from[v * static_cast<size_t>(n) + u];
  }

 private:
  size_t index(int x, int y) const {
    return static_cast<size_t>(y) * across_ + static_cast<size_t>(x);
  }

  size_t across_ = 0;
  size_t stride_ = 0;
  std::shared_ptr<Buffer> memory_;
  int16_t* values_ = nullptr;
  std::vector<uint64_t> nonzero_;
};

// The blocks of one scan. Each decode_ returns false when the data is not what it should be.
class BlockDecoder {
 public:
  BlockDecoder(const JpegScanHeader& scan, int n)
      : scan_(scan), slots_(slots_of(n)), plus_(static_cast<int16_t>(1 << scan.low)) {}

  void restart() {
    predictions_ = {};
    blocks_ended_ = 0;
  }

  bool decode_dc_first(JpegBits& bits, const JpegHuffmanTable& table, size_t component,
                       int16_t* values) {
    bits.refill();
    JpegCode code = table.look(bits.bits);
    if (code.skip() == JpegCode::kNone) code = table.search(bits.bits);
    if (code.skip() == JpegCode::kNone) return false;
    predictions_[component] += static_cast<uint32_t>(jpeg_value(bits.bits, code));
    bits.drop(code.total_bits());
    values[0] = static_cast<int16_t>(predictions_[component] << scan_.low);
    return true;
  }

  bool decode_dc_more(JpegBits& bits, int16_t* values) {
    bits.refill();
    if (bits.take(1) != 0) values[0] = static_cast<int16_t>(values[0] | plus_);
    return true;
  }

  bool decode_ac_first(JpegBits& bits, const JpegHuffmanTable& table, int16_t* values,
                       uint64_t& nonzero) {
    if (blocks_ended_ > 0) {
      --blocks_ended_;
      return true;
    }
    for (int k = scan_.first - 1; k < scan_.last;) {
      const JpegCode code = next_code(bits, table);
      if (code.skip() == JpegCode::kEndOfBlock) {
        --blocks_ended_;
        return true;
      }
      k += code.skip();
      if (k > scan_.last) return false;
      const int value = jpeg_value(bits.bits, code);
      bits.drop(code.total_bits());
      if (value == 0) continue;  // a run of zeros
      nonzero |= uint64_t{1} << k;
      values[slots_[static_cast<size_t>(k)]] = static_cast<int16_t>(value * plus_);
    }
    return true;
  }

  // T.81, G.1.2.3: between the codes stand bits that make coefficients more exact which already are
  // not zero. Runs count the others alone.
  bool decode_ac_more(JpegBits& bits, const JpegHuffmanTable& table, int16_t* values,
                      uint64_t& nonzero) {
    int k = scan_.first;
    while (blocks_ended_ == 0 && k <= scan_.last) {
      const JpegCode code = next_code(bits, table);
      if (code.skip() == JpegCode::kEndOfBlock) break;
      if (code.skip() == JpegCode::kNone || code.size() > 1) return false;
      const int value = jpeg_value(bits.bits, code);
      bits.drop(code.total_bits());
      uint64_t zeros = ~nonzero & positions(k, scan_.last);
      for (int skipped = 1; skipped < code.skip(); ++skipped) zeros &= zeros - 1;
      if (zeros == 0) return false;
      const int at = std::countr_zero(zeros);
      if (at > k) correct(bits, values, nonzero & positions(k, at - 1));
      if (value != 0) {
        nonzero |= uint64_t{1} << at;
        values[slots_[static_cast<size_t>(at)]] = static_cast<int16_t>(value * plus_);
      }
      k = at + 1;
    }
    if (blocks_ended_ > 0) {
      if (k <= scan_.last) correct(bits, values, nonzero & positions(k, scan_.last));
      --blocks_ended_;
    }
    return true;
  }

 private:
  // An end of block is taken from `bits`, and how many blocks it ends counted.
  JpegCode next_code(JpegBits& bits, const JpegHuffmanTable& table) {
    bits.refill();
    JpegCode code = table.look(bits.bits);
    if (code.skip() == JpegCode::kNone) code = table.search(bits.bits);
    if (code.skip() == JpegCode::kEndOfBlock) {
      bits.drop(code.code_bits());
      blocks_ended_ = 1 << code.size();
      if (code.size() > 0) blocks_ended_ += static_cast<int>(bits.take(code.size()));
    }
    return code;
  }

  void correct(JpegBits& bits, int16_t* values, uint64_t which) {
    for (; which != 0; which &= which - 1) {
      bits.refill();
      if (bits.take(1) == 0) continue;
      int16_t& value = values[slots_[static_cast<size_t>(std::countr_zero(which))]];
      value = static_cast<int16_t>(value + (value < 0 ? -plus_ : plus_));
    }
  }

  const JpegScanHeader& scan_;
  std::array<uint8_t, 64> slots_;
  int16_t plus_;  // one at the scan's lowest bit
  std::array<uint32_t, 4> predictions_{};
  int blocks_ended_ = 0;  // this one and those after it that have nothing more in this scan
};

class ProgressiveDecoder {
 public:
  ProgressiveDecoder(const jpeg_decompress_struct& codec, const JpegFrame& frame, StopCheck& stop)
      : frame_(frame), segments_(codec), stop_(stop) {
    for (auto& component : low_so_far_) component.fill(kNotYet);
  }

  bool decode(ByteSpan data, int scans_max) {
    for (size_t c = 0; c < channels(); ++c)
      if (!coefficients_[c].allocate(frame_, frame_.components[c])) return false;
    auto next = JpegSegments::Next::kScan;
    for (int scans = 0; next == JpegSegments::Next::kScan; ++scans) {
      if (scans == scans_max || !is_in_turn() || !decode_scan(data)) return false;
      next = segments_.next(data);
    }
    if (next != JpegSegments::Next::kEnd || !is_complete()) return false;
    for (size_t c = 0; c < channels(); ++c) transform(c);
    return true;
  }

 private:
  static constexpr int8_t kNotYet = -1;

  size_t channels() const { return static_cast<size_t>(frame_.channels); }

  // T.81, G.1.1.1: a coefficient's bits come from the highest down, none twice.
  bool is_in_turn() {
    const JpegScanHeader& scan = segments_.scan();
    const bool is_dc = scan.first == 0;
    if (scan.last > 63 || scan.first > scan.last || (is_dc && scan.last != 0) ||
        (!is_dc && scan.count != 1) || scan.low > kLowMax ||
        (scan.high != 0 && scan.high != scan.low + 1))
      return false;
    for (int i = 0; i < scan.count; ++i) {
      const auto c = static_cast<size_t>(scan.components[static_cast<size_t>(i)].index);
      if (!is_dc && low_so_far_[c][0] == kNotYet) return false;
      for (int k = scan.first; k <= scan.last; ++k) {
        int8_t& low = low_so_far_[c][static_cast<size_t>(k)];
        if (low != (scan.high == 0 ? kNotYet : scan.high)) return false;
        low = static_cast<int8_t>(scan.low);
      }
    }
    return true;
  }

  // libjpeg makes up what is not there by smoothing.
  bool is_complete() const {
    return std::all_of(low_so_far_.begin(), low_so_far_.begin() + frame_.channels,
                       [](const auto& component) {
                         return std::ranges::all_of(component, [](int low) { return low == 0; });
                       });
  }

  // Afterwards `data` is what follows the scan.
  bool decode_scan(ByteSpan& data) {
    const JpegScanHeader& scan = segments_.scan();
    const bool is_dc = scan.first == 0;
    BlockDecoder blocks(scan, frame_.n);
    if (scan.count > 1)
      return walk(data, blocks, frame_.mcus_across, frame_.mcus_down,
                  [&](JpegBits& bits, int x, int y) { return decode_mcu(blocks, bits, x, y); });
    const auto [c, dc_table, ac_table] = scan.components[0];
    const JpegFrameComponent& component = frame_.components[static_cast<size_t>(c)];
    Coefficients& to = coefficients_[static_cast<size_t>(c)];
    const JpegHuffmanTable* table =
        is_dc ? segments_.dc_table(dc_table) : segments_.ac_table(ac_table);
    const bool is_coded = !is_dc || scan.high == 0;
    if (is_coded && table == nullptr) return false;
    const auto walk_blocks = [&](auto&& decode) {
      return walk(data, blocks, component.blocks_across, component.blocks_down, decode);
    };
    if (!is_coded)
      return walk_blocks([&](JpegBits& bits, int x, int y) {
        return blocks.decode_dc_more(bits, to.values(x, y));
      });
    if (is_dc)
      return walk_blocks([&](JpegBits& bits, int x, int y) {
        return blocks.decode_dc_first(bits, *table, 0, to.values(x, y));
      });
    if (scan.high == 0)
      return walk_blocks([&](JpegBits& bits, int x, int y) {
        return blocks.decode_ac_first(bits, *table, to.values(x, y), to.nonzero(x, y));
      });
    return walk_blocks([&](JpegBits& bits, int x, int y) {
      return blocks.decode_ac_more(bits, *table, to.values(x, y), to.nonzero(x, y));
    });
  }

  // Calls decode(bits, x, y) for everything in the scan, and what stands between.
  template <typename Decode>
  bool walk(ByteSpan& data, BlockDecoder& blocks, int across, int down, Decode decode) {
    JpegBitstream stream(data);
    JpegBits bits = stream.begin();
    int to_restart = segments_.restart_interval();
    for (int y = 0; y < down; ++y) {
      if (stop_.is_due()) return false;
      for (int x = 0; x < across; ++x) {
        if (stream.needs_more(bits) && !stream.read_on(bits)) return false;
        if (segments_.restart_interval() > 0 && to_restart-- == 0) {
          if (!stream.restart(bits)) return false;
          blocks.restart();
          to_restart = segments_.restart_interval() - 1;
        }
        if (!decode(bits, x, y)) return false;
      }
    }
    return stream.finish(bits, data);
  }

  // DC coefficients: only they are interleaved.
  bool decode_mcu(BlockDecoder& blocks, JpegBits& bits, int mcu_x, int mcu_y) {
    const JpegScanHeader& scan = segments_.scan();
    for (size_t i = 0; i < static_cast<size_t>(scan.count); ++i) {
      const auto c = static_cast<size_t>(scan.components[i].index);
      const JpegFrameComponent& component = frame_.components[c];
      const JpegHuffmanTable* table = segments_.dc_table(scan.components[i].dc_table);
      if (scan.high == 0 && table == nullptr) return false;
      for (int y = 0; y < component.down; ++y)
        for (int x = 0; x < component.across; ++x) {
          int16_t* values =
              coefficients_[c].values(mcu_x * component.across + x, mcu_y * component.down + y);
          if (!(scan.high == 0 ? blocks.decode_dc_first(bits, *table, i, values)
                               : blocks.decode_dc_more(bits, values)))
            return false;
        }
    }
    return true;
  }

  void transform(size_t c) {
    const JpegFrameComponent& component = frame_.components[c];
    const int n = frame_.n;
    JpegBlockGroup group{};
    for (int y = 0; y < component.blocks_down; ++y)
      for (int x = 0; x < component.blocks_across; x += int{kJpegGroupBlocks}) {
        coefficients_[c].copy_to(group, x, y, n);
        jpeg_inverse_dct(n, group, component.quantization.data(),
                         component.pixels + ptrdiff_t{y} * n * component.stride + ptrdiff_t{x} * n,
                         component.stride);
      }
  }

  const JpegFrame& frame_;
  JpegSegments segments_;
  StopCheck& stop_;
  std::array<Coefficients, 3> coefficients_;
  // By component and zigzag position: the lowest bit that a scan has brought.
  std::array<std::array<int8_t, 64>, 3> low_so_far_;
};

}  // namespace

bool decode_progressive_jpeg(const jpeg_decompress_struct& codec, const JpegFrame& frame,
                             int scans_max, StopCheck& stop) {
  const ByteSpan data{reinterpret_cast<const std::byte*>(codec.src->next_input_byte),
                      codec.src->bytes_in_buffer};
  return ProgressiveDecoder(codec, frame, stop).decode(data, scans_max);
}

}  // namespace imagemill
