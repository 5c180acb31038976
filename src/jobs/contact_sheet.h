// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Contact sheets: many small pictures on white pages, row by row. One page and one picture are in
// memory at a time, however many there are.
#pragma once

#include <span>
#include <string>

#include "jobs/job.h"
#include "kernels/resize.h"

namespace imagemill {

struct SheetLayout {
  static constexpr int kCellMax = 256;  // larger pictures are shrunk on the sheet
  static constexpr int kGap = 8;        // pixels between cells and around them

  int columns = 10;
  int rows = 10;
  int cell = kCellMax;  // its side, at most kCellMax

  size_t cells() const { return static_cast<size_t>(columns) * static_cast<size_t>(rows); }
};

// One page as 4:2:0 YCbCr, as wide and high as `count` pictures need.
class ContactSheet {
 public:
  // `count` from 1 to layout.cells(). Errors: kResourceExhausted.
  static Result<ContactSheet> open(const SheetLayout& layout, size_t count);

  // Puts the picture (upright, sRGB, any model but CMYK) into the next cell, centred, on white.
  Result<> add(const Image& picture, Resizer& resizer);
  // Leaves the next cell white.
  void skip() { ++used_; }

  const Image& image() const { return canvas_; }

 private:
  ContactSheet(const SheetLayout& layout, Image canvas)
      : layout_(layout), canvas_(std::move(canvas)) {}

  SheetLayout layout_;
  Image canvas_;
  size_t used_ = 0;
};

// Reads the run's outputs at `paths` back and writes contact_sheet.jpg, or contact_sheet_1.jpg ...
// when they need more than one page. An output that cannot be read back (any more) is an empty
// cell, and said; where none can (archives), no sheet is written, and that is said.
Result<> write_contact_sheets(FinishContext& context, std::span<const std::string> paths,
                              const SheetLayout& layout, const EncodeOptions& encode);

}  // namespace imagemill
