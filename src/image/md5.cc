// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "image/md5.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace imagemill {
namespace {

constexpr size_t kBlock = 64;
using Words = std::array<uint32_t, 4>;

// floor(2^32 * |sin(i + 1)|), as the RFC defines them.
const std::array<uint32_t, 64>& sines() {
  static const auto table = [] {
    std::array<uint32_t, 64> out{};
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<uint32_t>(
          std::floor(4294967296.0 * std::abs(std::sin(static_cast<double>(i + 1)))));
    return out;
  }();
  return table;
}

void add_block(Words& state, const uint8_t* block) {
  constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  std::array<uint32_t, 16> m{};
  for (size_t i = 0; i < m.size(); ++i)
    m[i] = block[4 * i] | uint32_t{block[4 * i + 1]} << 8 | uint32_t{block[4 * i + 2]} << 16 |
           uint32_t{block[4 * i + 3]} << 24;
  auto [a, b, c, d] = state;
  for (size_t i = 0; i < 64; ++i) {
    const size_t round = i / 16;
    const uint32_t f = round == 0   ? (b & c) | (~b & d)
                       : round == 1 ? (d & b) | (~d & c)
                       : round == 2 ? b ^ c ^ d
                                    : c ^ (b | ~d);
    const size_t word = round == 0   ? i
                        : round == 1 ? (5 * i + 1) % 16
                        : round == 2 ? (3 * i + 5) % 16
                                     : 7 * i % 16;
    const uint32_t sum = a + f + sines()[i] + m[word];
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, kShifts[round][i % 4]);
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
}

}  // namespace

std::string md5_hex(ByteSpan bytes) {
  Words state = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};
  const uint8_t* in = as_u8(bytes);
  size_t left = bytes.size();
  for (; left >= kBlock; in += kBlock, left -= kBlock) add_block(state, in);
  std::array<uint8_t, 2 * kBlock> tail{};
  if (left > 0) std::memcpy(tail.data(), in, left);
  tail[left] = 0x80;
  const size_t tail_bytes = left < kBlock - 8 ? kBlock : 2 * kBlock;
  for (size_t i = 0; i < 8; ++i)
    tail[tail_bytes - 8 + i] = static_cast<uint8_t>(uint64_t{bytes.size()} * 8 >> 8 * i);
  for (size_t at = 0; at < tail_bytes; at += kBlock) add_block(state, tail.data() + at);
  std::string out;
  for (const uint32_t word : state)
    for (const int shift : {0, 8, 16, 24}) out += fmt::format("{:02X}", word >> shift & 0xFF);
  return out;
}

}  // namespace imagemill
