// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/contact_sheet.h"

#include <algorithm>
#include <cstring>

#include "jobs/fit.h"
#include "kernels/alpha.h"

namespace imagemill {
namespace {

// JPEG's own planes, so that previews are copied as they were decoded.
constexpr PixelFormat kFormat{SampleType::kU8, ColorModel::kYCbCr, false, 1, 1};

// From cell to cell; even.
int step(int cell) { return (cell + 1) / 2 * 2 + SheetLayout::kGap; }
int extent(int cells, int cell) { return SheetLayout::kGap + cells * step(cell); }

Result<Image> read_picture(FinishContext& context, const std::string& path, int cell) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, context.read_output(path));
  IMAGEMILL_ASSIGN_OR_RETURN(const ImageHeader header, read_image_header(bytes));
  const Size size =
      plan_fit({header.width, header.height}, {cell, cell}, Fit::kInside, {}, false).picture;
  IMAGEMILL_ASSIGN_OR_RETURN(Decoded decoded, decode_image(bytes, {.at_least = size}));
  return std::move(decoded.image);
}

std::string sheet_name(size_t number, size_t count) {
  if (count == 1) return "contact_sheet.jpg";
  return fmt::format("contact_sheet_{:0{}}.jpg", number + 1, std::to_string(count).size());
}

}  // namespace

Result<ContactSheet> ContactSheet::open(const SheetLayout& layout, size_t count) {
  const int columns =
      static_cast<int>(std::min<size_t>(count, static_cast<size_t>(layout.columns)));
  const int rows =
      static_cast<int>((count + static_cast<size_t>(columns) - 1) / static_cast<size_t>(columns));
  IMAGEMILL_ASSIGN_OR_RETURN(Image canvas, Image::allocate(extent(columns, layout.cell),
                                                           extent(rows, layout.cell), kFormat));
  for (int c = 0; c < canvas.channels(); ++c) {
    const Plane& plane = canvas.plane(c);
    for (int y = 0; y < plane.height; ++y)
      std::memset(plane.row<uint8_t>(y), c == 0 ? 255 : 128, static_cast<size_t>(plane.width));
  }
  return ContactSheet(layout, std::move(canvas));
}

Result<> ContactSheet::add(const Image& picture, Resizer& resizer) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Image flat, flatten(picture, {1, 1, 1}));
  const Size size =
      plan_fit({flat.width(), flat.height()}, {layout_.cell, layout_.cell}, Fit::kInside, {}, false)
          .picture;
  IMAGEMILL_ASSIGN_OR_RETURN(
      const Image shown,
      resizer.resize(flat, {.width = size.width, .height = size.height, .format = kFormat},
                     ResizeKernel::kCubic));
  const int columns = (canvas_.width() - SheetLayout::kGap) / step(layout_.cell);
  const int column = static_cast<int>(used_ % static_cast<size_t>(columns));
  const int row = static_cast<int>(used_ / static_cast<size_t>(columns));
  // Even, as 4:2:0 needs it.
  const int left = extent(column, layout_.cell) + (layout_.cell - size.width) / 4 * 2;
  const int top = extent(row, layout_.cell) + (layout_.cell - size.height) / 4 * 2;
  for (int c = 0; c < canvas_.channels(); ++c) {
    const Plane& part = shown.plane(c);
    const int shift = c == 0 ? 0 : 1;
    for (int y = 0; y < part.height; ++y)
      std::memcpy(canvas_.plane(c).row<uint8_t>((top >> shift) + y) + (left >> shift),
                  part.row<uint8_t>(y), static_cast<size_t>(part.width));
  }
  ++used_;
  return {};
}

Result<> write_contact_sheets(FinishContext& context, std::span<const std::string> paths,
                              const SheetLayout& layout, const EncodeOptions& encode) {
  const size_t sheets = (paths.size() + layout.cells() - 1) / layout.cells();
  if (paths.empty()) return {};
  if (!context.can_read_outputs()) {
    context.warn("thumbs: no contact sheet, because an archive gives no file back");
    return {};
  }
  Resizer resizer;
  size_t unreadable = 0;
  std::string why;
  for (size_t number = 0; number < sheets; ++number) {
    const auto shown = paths.subspan(number * layout.cells());
    const auto page = shown.first(std::min(shown.size(), layout.cells()));
    IMAGEMILL_ASSIGN_OR_RETURN(ContactSheet sheet, ContactSheet::open(layout, page.size()));
    for (const std::string& path : page) {
      IMAGEMILL_TRY(context.check_cancelled());
      auto picture = read_picture(context, path, layout.cell);
      if (picture) {
        IMAGEMILL_TRY(sheet.add(*picture, resizer));
        continue;
      }
      if (unreadable++ == 0) why = fmt::format("{}: {}", path, picture.error().message());
      sheet.skip();
    }
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes,
                               encoder_for(FileFormat::kJpeg)->encode(sheet.image(), encode, {}));
    IMAGEMILL_TRY(context.write_output(sheet_name(number, sheets), bytes));
  }
  if (unreadable > 0)
    context.warn(fmt::format("thumbs: {} previews could not be read back for a contact sheet ({})",
                             unreadable, why));
  return {};
}

}  // namespace imagemill
