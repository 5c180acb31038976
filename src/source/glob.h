// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Globs as small non-deterministic automata: a match visits each character of the path once and
// each instruction of the pattern at most once a character, so no pattern takes exponential time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imagemill {

// The syntax stands at glob_matches() in source.h. Immutable; any thread.
class Glob {
 public:
  explicit Glob(std::string_view pattern);
  bool matches(std::string_view path) const;

 private:
  friend class GlobCompiler;

  enum class Op : uint8_t {
    kChar,      // this character
    kNotSlash,  // any character but '/'
    kAny,       // any character
    kSet,       // a character in one of the ranges (or in none of them), never '/'
    kSplit,     // goes on at both targets
    kJump,      // goes on at the first target
    kMatch,
  };
  struct Instruction {
    Op op = Op::kMatch;
    bool is_negated = false;
    char32_t code = 0;
    uint32_t first = 0;   // kSplit, kJump: target; kSet: first range
    uint32_t second = 0;  // kSplit: target; kSet: range count
  };

  bool accepts(const Instruction& instruction, char32_t c) const;
  struct Walk;
  void follow(uint32_t target, Walk& walk) const;

  bool is_name_only_ = false;
  std::vector<Instruction> program_;
  std::vector<std::pair<char32_t, char32_t>> ranges_;  // inclusive
};

// include and exclude of SourceOptions.
class EntryFilter {
 public:
  EntryFilter(std::span<const std::string> include, std::span<const std::string> exclude);
  bool keeps(std::string_view path) const;
  bool keeps_everything() const { return include_.empty() && exclude_.empty(); }

 private:
  std::vector<Glob> include_;
  std::vector<Glob> exclude_;
};

}  // namespace imagemill
