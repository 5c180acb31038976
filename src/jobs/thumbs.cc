// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// thumbs: a small preview of every picture, and contact sheets to look at them all.
#include <array>

#include "jobs/contact_sheet.h"
#include "jobs/fit.h"
#include "jobs/registry.h"
#include "kernels/alpha.h"

namespace imagemill {
namespace {

constexpr std::string_view kFolder = "thumbs";
// At this size nobody sees the difference to Lanczos, whose coefficients alone cost more.
constexpr ResizeKernel kKernel = ResizeKernel::kCubic;

constexpr std::array kOptions = {
    OptionSpec{"size", OptionKind::kInteger, "256",
               "longest side in pixels; smaller pictures stay as they are", "", 8, 2048},
    OptionSpec{"quality", OptionKind::kInteger, "80", "of the previews and sheets", "", 1, 100},
    OptionSpec{"format", OptionKind::kChoice, "jpeg", "of the previews", "jpeg|webp"},
    OptionSpec{"of", OptionKind::kChoice, "original",
               "what is previewed: the input, or the picture that prepare makes of it",
               "original|prepare"},
    OptionSpec{"exif-thumbnail", OptionKind::kFlag, "false",
               "use the thumbnail that the camera put into a JPEG where it is large enough and no "
               "other job decodes the picture; it may be of the picture before it was edited"},
    OptionSpec{"sheet", OptionKind::kFlag, "true",
               "contact sheets of all previews, in the order of their keys"},
    OptionSpec{"sheet-columns", OptionKind::kInteger, "10", "previews in a row of a sheet", "", 1,
               20},
    OptionSpec{"sheet-rows", OptionKind::kInteger, "10", "rows of a sheet", "", 1, 20},
    OptionSpec{"sheet-max", OptionKind::kInteger, "100", "most sheets; pictures beyond are on none",
               "", 1, 10000},
};

struct ThumbsSettings {
  Size box;
  EncodeOptions encode;
  FileFormat format = FileFormat::kJpeg;
  std::optional<SheetLayout> sheet;  // nullopt: none wanted
  size_t sheets_max = 0;
  bool of_prepared = false;
  bool exif_thumbnail = false;
};

ThumbsSettings read_settings(const OptionValues& o) {
  const int side = static_cast<int>(o.integer("size"));
  ThumbsSettings s{.box = {side, side},
                   .format = *format_from_name(o.text("format")),
                   .sheets_max = static_cast<size_t>(o.integer("sheet-max"))};
  s.of_prepared = o.text("of") == "prepare";
  s.exif_thumbnail = o.flag("exif-thumbnail");
  s.encode.quality = static_cast<int>(o.integer("quality"));
  if (o.flag("sheet"))
    s.sheet = SheetLayout{.columns = static_cast<int>(o.integer("sheet-columns")),
                          .rows = static_cast<int>(o.integer("sheet-rows")),
                          .cell = std::min(side, SheetLayout::kCellMax)};
  return s;
}

class ThumbsJob final : public Job {
 public:
  ThumbsJob(const ThumbsSettings& settings, const Encoder& encoder)
      : settings_(settings), encoder_(encoder) {}

  const JobInfo& info() const override { return thumbs_info(); }

  std::optional<TableSchema> table() const override {
    return TableSchema{"thumbs",
                       {{"path", ColumnType::kText},
                        {"width", ColumnType::kInteger},
                        {"height", ColumnType::kInteger},
                        {"bytes", ColumnType::kInteger},
                        {"source", ColumnType::kText}}};
  }

  std::vector<NamedOutput> named_outputs(FileFormat) const override {
    return {{.folder = std::string(kFolder), .format = settings_.format}};
  }

  std::string picture_of() const override { return settings_.of_prepared ? "prepare" : ""; }

  std::vector<ViewRequest> views(const ImageHeader& header) const override {
    return {view_request(header)};
  }

  bool accepts_thumbnail() const override { return settings_.exif_thumbnail; }

  uint64_t working_bytes(const ImageHeader& header) const override {
    const Size size = view_request(header).size;
    return 3 * 4 * static_cast<uint64_t>(size.width) * static_cast<uint64_t>(size.height);
  }

  Result<> process(ItemContext& context) const override {
    IMAGEMILL_ASSIGN_OR_RETURN(Image image, context.view(view_request(context.header())));
    if (image.format().has_alpha && !encoder_.traits().alpha) {
      IMAGEMILL_ASSIGN_OR_RETURN(image, flatten(image, {1, 1, 1}));
    }
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, encoder_.encode(image, settings_.encode, {}));
    const std::string path = context.output_path(kFolder, settings_.format);
    IMAGEMILL_TRY(context.emit_file(path, bytes));
    context.emit_row({path, int64_t{image.width()}, int64_t{image.height()},
                      static_cast<int64_t>(bytes.size()), source_name(context.item())});
    return {};
  }

  Result<> finish(FinishContext& context) override {
    if (!settings_.sheet) return {};
    const size_t pictures_max = settings_.sheets_max * settings_.sheet->cells();
    std::vector<std::string> paths;
    size_t left_out = 0;
    IMAGEMILL_TRY(context.store().for_each_row(
        "thumbs", [&](const std::string& key, const Row& row) -> Result<> {
          if (!context.is_input(key)) return {};
          const auto* path = std::get_if<std::string>(&row.values.front());
          if (path != nullptr && paths.size() < pictures_max)
            paths.push_back(*path);
          else
            ++left_out;
          return context.check_cancelled();
        }));
    if (left_out > 0)
      context.warn(fmt::format("thumbs: {} pictures are on no contact sheet (--sheet-max {})",
                               left_out, settings_.sheets_max));
    return write_contact_sheets(context, paths, *settings_.sheet, settings_.encode);
  }

 private:
  std::string source_name(const Item& item) const {
    return settings_.of_prepared ? "prepare" : item.is_thumbnail ? "thumbnail" : "picture";
  }

  ViewRequest view_request(const ImageHeader& header) const {
    const Size source = oriented({header.width, header.height}, header.orientation);
    const FitPlan plan = plan_fit(source, settings_.box, Fit::kInside, {}, false);
    return {.size = plan.picture,
            .color = encoder_.traits().ycbcr ? ViewColor::kSrgb : ViewColor::kSrgbRgb,
            .kernel = kKernel,
            .bits_max = 8};
  }

  const ThumbsSettings settings_;
  const Encoder& encoder_;
};

}  // namespace

const JobInfo& thumbs_info() {
  static constexpr JobInfo kInfo{"thumbs", "Small previews of every picture and contact sheets",
                                 kOptions};
  return kInfo;
}

Result<std::unique_ptr<Job>> make_thumbs(const OptionValues& options, const JobTools& tools) {
  const ThumbsSettings settings = read_settings(options);
  return std::make_unique<ThumbsJob>(settings, *tools.codecs.encoder_for(settings.format));
}

}  // namespace imagemill
