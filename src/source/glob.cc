// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/glob.h"

#include <algorithm>

#include "base/file_system.h"
#include "source/source.h"
#include "source/utf8.h"

namespace imagemill {
namespace {

constexpr int kMaxBraceDepth = 32;  // deeper braces stand for themselves
constexpr size_t kNone = std::string_view::npos;

// Takes one character off the front; a byte that is not UTF-8 becomes a code of its own that no
// valid text has.
char32_t take_char(std::string_view& text) {
  const Utf8Char c = first_utf8_char(text);
  const char32_t code = c.bytes == 0 ? 0xdc00 + static_cast<uint8_t>(text[0]) : c.code;
  text.remove_prefix(static_cast<size_t>(std::max(c.bytes, 1)));
  return code;
}

}  // namespace

// One pass over the pattern; every construct appends its instructions and falls through to what
// comes next.
class GlobCompiler {
 public:
  GlobCompiler(Glob& glob, std::string_view pattern) : glob_(glob), pattern_(pattern) {}

  void run() {
    compile(0, pattern_.size(), 0);
    if (pattern_.ends_with('/')) emit_star(Glob::Op::kAny);
    emit({.op = Glob::Op::kMatch});
  }

 private:
  using Op = Glob::Op;

  uint32_t here() const { return static_cast<uint32_t>(glob_.program_.size()); }
  uint32_t emit(Glob::Instruction instruction) {
    glob_.program_.push_back(instruction);
    return here() - 1;
  }
  Glob::Instruction& at(uint32_t index) { return glob_.program_[index]; }

  void emit_star(Op op) {
    const uint32_t split = emit({.op = Op::kSplit});
    emit({.op = op});
    emit({.op = Op::kJump, .first = split});
    at(split).first = split + 1;
    at(split).second = here();
  }

  void compile(size_t begin, size_t end, int depth) {
    size_t i = begin;
    while (i < end) {
      const char c = pattern_[i];
      if (c == '*') {
        i = compile_stars(i, begin, end);
      } else if (c == '?') {
        emit({.op = Op::kNotSlash});
        ++i;
      } else if (const size_t close = c == '[' ? set_end(i, end) : kNone; close != kNone) {
        compile_set(i + 1, close);
        i = close + 1;
      } else if (const size_t brace = c == '{' ? brace_end(i, end) : kNone;
                 brace != kNone && depth < kMaxBraceDepth) {
        compile_alternatives(i + 1, brace, depth);
        i = brace + 1;
      } else {
        if (c == '\\' && i + 1 < end) ++i;
        std::string_view rest = pattern_.substr(i, end - i);
        const size_t before = rest.size();
        emit({.op = Op::kChar, .code = take_char(rest)});
        i += before - rest.size();
      }
    }
  }

  size_t compile_stars(size_t i, size_t begin, size_t end) {
    const bool is_segment_start = i == begin || pattern_[i - 1] == '/';
    const size_t after = std::min(pattern_.find_first_not_of('*', i), end);
    if (after - i == 1) {
      emit_star(Op::kNotSlash);
      return after;
    }
    if (!is_segment_start || after == end || pattern_[after] != '/') {
      emit_star(Op::kAny);
      return after;
    }
    // "**/" also stands for no folder at all.
    const uint32_t split = emit({.op = Op::kSplit});
    emit_star(Op::kAny);
    emit({.op = Op::kChar, .code = '/'});
    at(split).first = split + 1;
    at(split).second = here();
    return after + 1;
  }

  // Of the ']' that closes the '[' at i.
  size_t set_end(size_t i, size_t end) const {
    size_t first = i + 1;
    if (first < end && (pattern_[first] == '!' || pattern_[first] == '^')) ++first;
    // A ']' in first place is a member.
    const size_t close = pattern_.substr(0, end).find(']', first + 1);
    return close;
  }

  void compile_set(size_t begin, size_t end) {
    std::string_view members = pattern_.substr(begin, end - begin);
    const bool is_negated = members.starts_with('!') || members.starts_with('^');
    if (is_negated) members.remove_prefix(1);
    const auto first = static_cast<uint32_t>(glob_.ranges_.size());
    while (!members.empty()) {
      const char32_t low = take_char(members);
      char32_t high = low;
      if (members.size() >= 2 && members[0] == '-') {
        members.remove_prefix(1);
        high = take_char(members);
      }
      glob_.ranges_.emplace_back(low, high);
    }
    const auto count = static_cast<uint32_t>(glob_.ranges_.size()) - first;
    emit({.op = Op::kSet, .is_negated = is_negated, .first = first, .second = count});
  }

  // Calls visit(position) for every ',' of this level and returns the closing '}'.
  template <typename Visit>
  size_t scan_braces(size_t open, size_t end, Visit visit) const {
    int depth = 0;
    for (size_t i = open; i < end; ++i) {
      if (pattern_[i] == '\\') {
        ++i;
      } else if (pattern_[i] == '{') {
        ++depth;
      } else if (pattern_[i] == '}' && --depth == 0) {
        return i;
      } else if (pattern_[i] == ',' && depth == 1) {
        visit(i);
      }
    }
    return kNone;
  }
  size_t brace_end(size_t open, size_t end) const {
    return scan_braces(open, end, [](size_t) {});
  }

  void compile_alternatives(size_t begin, size_t end, int depth) {
    std::vector<size_t> stops;
    scan_braces(begin - 1, end + 1, [&](size_t comma) { stops.push_back(comma); });
    stops.push_back(end);
    std::vector<uint32_t> jumps;
    for (const size_t stop : stops) {
      const bool is_last = stop == end;
      const uint32_t split = is_last ? 0 : emit({.op = Op::kSplit});
      compile(begin, stop, depth + 1);
      if (!is_last) {
        jumps.push_back(emit({.op = Op::kJump}));
        at(split).first = split + 1;
        at(split).second = here();
      }
      begin = stop + 1;
    }
    for (const uint32_t jump : jumps) at(jump).first = here();
  }

  Glob& glob_;
  std::string_view pattern_;
};

Glob::Glob(std::string_view pattern) {
  is_name_only_ = pattern.find('/') == kNone;
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  GlobCompiler(*this, pattern).run();
}

bool Glob::accepts(const Instruction& instruction, char32_t c) const {
  switch (instruction.op) {
    case Op::kChar:
      return c == instruction.code;
    case Op::kNotSlash:
      return c != '/';
    case Op::kAny:
      return true;
    case Op::kSet: {
      if (c == '/') return false;
      const auto ranges = std::span(ranges_).subspan(instruction.first, instruction.second);
      const bool is_in = std::ranges::any_of(
          ranges, [c](const auto& range) { return range.first <= c && c <= range.second; });
      return is_in != instruction.is_negated;
    }
    default:
      return false;
  }
}

struct Glob::Walk {
  uint32_t step = 1;
  std::vector<uint32_t> seen;     // step at which an instruction was last reached
  std::vector<uint32_t> pending;  // scratch of follow()
  std::vector<uint32_t> now;
  std::vector<uint32_t> next;
};

// Adds `target` and all that it reaches without taking a character to walk.next, each once a step.
void Glob::follow(uint32_t target, Walk& walk) const {
  walk.pending.push_back(target);
  while (!walk.pending.empty()) {
    const uint32_t index = walk.pending.back();
    walk.pending.pop_back();
    if (walk.seen[index] == walk.step) continue;
    walk.seen[index] = walk.step;
    const Instruction& instruction = program_[index];
    if (instruction.op == Op::kSplit) walk.pending.push_back(instruction.second);
    if (instruction.op == Op::kSplit || instruction.op == Op::kJump)
      walk.pending.push_back(instruction.first);
    else
      walk.next.push_back(index);
  }
}

bool Glob::matches(std::string_view path) const {
  std::string_view rest = is_name_only_ ? file_name(path) : path;
  Walk walk;
  walk.seen.resize(program_.size());
  follow(0, walk);
  walk.now.swap(walk.next);
  while (!rest.empty() && !walk.now.empty()) {
    const char32_t c = take_char(rest);
    ++walk.step;
    walk.next.clear();
    for (const uint32_t index : walk.now) {
      if (accepts(program_[index], c)) follow(index + 1, walk);
    }
    walk.now.swap(walk.next);
  }
  return rest.empty() && std::ranges::any_of(walk.now, [this](uint32_t index) {
           return program_[index].op == Op::kMatch;
         });
}

EntryFilter::EntryFilter(std::span<const std::string> include, std::span<const std::string> exclude)
    : include_(include.begin(), include.end()), exclude_(exclude.begin(), exclude.end()) {}

bool EntryFilter::keeps(std::string_view path) const {
  const auto fits = [path](const Glob& glob) { return glob.matches(path); };
  return (include_.empty() || std::ranges::any_of(include_, fits)) &&
         std::ranges::none_of(exclude_, fits);
}

bool glob_matches(std::string_view pattern, std::string_view path) {
  return Glob(pattern).matches(path);
}

}  // namespace imagemill
