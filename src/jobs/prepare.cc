// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// prepare: a heap of pictures becomes a clean, upright, resized, re-encoded set. The example of a
// job: options, what it wants to see, what it does with it.
#include <array>

#include "image/exif.h"
#include "image/xmp.h"
#include "jobs/caption_lists.h"
#include "jobs/fit.h"
#include "jobs/output_format.h"
#include "jobs/registry.h"
#include "kernels/alpha.h"

namespace imagemill {
namespace {

constexpr std::array kOptions = {
    OptionSpec{"size", OptionKind::kSize, "",
               "box for the picture in pixels, N or WxH; not given: as it is"},
    OptionSpec{"fit", OptionKind::kChoice, "inside", "how the picture meets the box",
               "inside|cover|contain|fill|outside"},
    OptionSpec{
        "position", OptionKind::kText, "centre",
        "what cover keeps and where contain puts the picture: centre, top, 'right top', ..."},
    OptionSpec{"kernel", OptionKind::kChoice, "lanczos3", "resampling kernel",
               "lanczos3|cubic|linear|nearest"},
    OptionSpec{"enlarge", OptionKind::kChoice, "auto",
               "whether small pictures grow; auto: only where the output must have the box's size "
               "(cover, contain, fill, buckets)",
               "auto|true|false"},
    OptionSpec{
        "format", OptionKind::kChoice, "keep",
        "output format; keep: the input's, JPEG (PNG with alpha) where that cannot be written",
        "keep|jpeg|png|webp|avif|jxl|tiff"},
    OptionSpec{"quality", OptionKind::kInteger, "85", "of lossy formats", "", 1, 100},
    OptionSpec{"png-level", OptionKind::kInteger, "6", "effort of PNG compression", "", 0, 12},
    OptionSpec{"background", OptionKind::kColor, "white",
               "behind alpha where the format has none, and around contain"},
    OptionSpec{"icc", OptionKind::kChoice, "srgb",
               "srgb: colours are converted to sRGB; keep: colours and profile stay", "srgb|keep"},
    OptionSpec{"metadata", OptionKind::kChoice, "minimal",
               "keep: EXIF, XMP and IPTC are carried; minimal: only when it was taken; strip: none",
               "keep|minimal|strip"},
    OptionSpec{"bit-depth", OptionKind::kChoice, "keep",
               "bits of a sample, where the format allows", "keep|8|16"},
    OptionSpec{
        "buckets", OptionKind::kFlag, "false",
        "cut to the nearest aspect bucket, as kohya's training scripts do, instead of --size"},
    OptionSpec{"bucket-area", OptionKind::kInteger, "1048576", "pixels of a bucket", "", 4096,
               268435456},
    OptionSpec{"bucket-min", OptionKind::kInteger, "256", "shortest side of a bucket", "", 8,
               65535},
    OptionSpec{"bucket-max", OptionKind::kInteger, "2048", "longest side of a bucket", "", 8,
               65535},
    OptionSpec{"bucket-step", OptionKind::kInteger, "64", "sides of buckets are multiples of this",
               "", 1, 1024},
    OptionSpec{
        "copy-unchanged", OptionKind::kFlag, "false",
        "copy a file byte for byte, metadata too, when it already is what was asked; it is not "
        "decoded, so damage goes unseen"},
    OptionSpec{"captions", OptionKind::kFlag, "false",
               "text files beside the pictures (a.txt, a.caption beside a.jpg) go along under the "
               "new names, and are listed"},
    OptionSpec{"preset", OptionKind::kChoice, "none",
               "fast: JPEG quality 75, linear; quality: PNG, lanczos3; single options overrule it",
               "none|fast|quality"},
};

// A DCT-scaled decode cuts frequencies off sharply; the resampler needs something to smooth. From a
// quarter more pixels on, results are level with those from a full decode.
constexpr double kOversampling = 1.25;

enum class MetadataRule : uint8_t { kKeep, kMinimal, kStrip };

struct PrepareSettings {
  std::optional<Size> box;
  Fit fit = Fit::kInside;
  Position position;
  ResizeKernel kernel = ResizeKernel::kLanczos3;
  std::optional<bool> enlarge;               // nullopt: auto
  FileFormat format = FileFormat::kUnknown;  // kUnknown: keep
  EncodeOptions encode;
  uint32_t background = 0xFFFFFF;
  bool to_srgb = true;
  MetadataRule metadata = MetadataRule::kMinimal;
  int bits = 0;  // 0: keep
  std::optional<BucketRule> bucket_rule;
  std::vector<Size> buckets;
  bool copy_unchanged = false;
  bool captions = false;

  bool may_enlarge() const {
    return enlarge.value_or(bucket_rule || fit == Fit::kCover || fit == Fit::kContain ||
                            fit == Fit::kFill);
  }
};

template <typename T, size_t N>
T pick(const std::string& word, const std::array<std::pair<std::string_view, T>, N>& rows) {
  for (const auto& [name, value] : rows)
    if (name == word) return value;
  return rows.front().second;
}

constexpr std::array<std::pair<std::string_view, Fit>, 5> kFits = {{{"inside", Fit::kInside},
                                                                    {"cover", Fit::kCover},
                                                                    {"contain", Fit::kContain},
                                                                    {"fill", Fit::kFill},
                                                                    {"outside", Fit::kOutside}}};
constexpr std::array<std::pair<std::string_view, ResizeKernel>, 4> kKernels = {
    {{"lanczos3", ResizeKernel::kLanczos3},
     {"cubic", ResizeKernel::kCubic},
     {"linear", ResizeKernel::kLinear},
     {"nearest", ResizeKernel::kNearest}}};
constexpr std::array<std::pair<std::string_view, MetadataRule>, 3> kMetadataRules = {
    {{"keep", MetadataRule::kKeep},
     {"minimal", MetadataRule::kMinimal},
     {"strip", MetadataRule::kStrip}}};

Result<PrepareSettings> read_settings(const OptionValues& o) {
  PrepareSettings s;
  s.box = o.size("size");
  s.fit = pick(o.text("fit"), kFits);
  const auto position = position_from_name(o.text("position"));
  if (!position)
    return fail(Code::kInvalidArgument,
                "prepare: --position: '{}', expected centre, top, right top, right, ..., left top",
                o.text("position"));
  s.position = *position;
  s.kernel = pick(o.text("kernel"), kKernels);
  if (o.text("enlarge") != "auto") s.enlarge = o.text("enlarge") == "true";
  if (o.text("format") != "keep") s.format = *format_from_name(o.text("format"));
  s.encode.quality = static_cast<int>(o.integer("quality"));
  s.encode.png_level = static_cast<int>(o.integer("png-level"));
  s.background = o.color("background");
  s.to_srgb = o.text("icc") == "srgb";
  s.metadata = pick(o.text("metadata"), kMetadataRules);
  s.bits =
      o.text("bit-depth") == "keep" ? 0 : static_cast<int>(o.text("bit-depth") == "8" ? 8 : 16);
  s.copy_unchanged = o.flag("copy-unchanged");
  s.captions = o.flag("captions");
  if (o.text("preset") == "fast") {
    if (!o.is_given("format")) s.format = FileFormat::kJpeg;
    if (!o.is_given("quality")) s.encode.quality = 75;
    if (!o.is_given("kernel")) s.kernel = ResizeKernel::kLinear;
  } else if (o.text("preset") == "quality") {
    if (!o.is_given("format")) s.format = FileFormat::kPng;
  }
  if (!s.box && o.is_given("fit"))
    return fail(Code::kInvalidArgument, "--fit {} needs --size", o.text("fit"));
  if (o.flag("buckets")) {
    if (s.box)
      return fail(Code::kInvalidArgument,
                  "--buckets and --size exclude each other: buckets have sizes of their own");
    s.bucket_rule =
        BucketRule{o.integer("bucket-area"), static_cast<int>(o.integer("bucket-min")),
                   static_cast<int>(o.integer("bucket-max")),
                   static_cast<int>(o.integer("bucket-step")), s.enlarge.value_or(true)};
    s.buckets = make_buckets(*s.bucket_rule);
    if (s.buckets.empty())
      return fail(Code::kInvalidArgument, "--bucket-min {} and --bucket-area {} allow no bucket",
                  s.bucket_rule->side_min, s.bucket_rule->area);
  }
  return s;
}

class PrepareJob final : public Job {
 public:
  PrepareJob(PrepareSettings settings, CodecSet codecs)
      : settings_(std::move(settings)), codecs_(codecs) {}

  const JobInfo& info() const override { return prepare_info(); }

  std::optional<TableSchema> table() const override {
    return TableSchema{"prepare",
                       {{"path", ColumnType::kText},
                        {"format", ColumnType::kText},
                        {"width", ColumnType::kInteger},
                        {"height", ColumnType::kInteger},
                        {"bytes", ColumnType::kInteger},
                        {"is_copy", ColumnType::kInteger},
                        {"caption", ColumnType::kText}}};
  }

  std::vector<ViewRequest> views(const ImageHeader& header) const override {
    if (can_copy(header)) return {};
    return {view_request(header)};
  }

  bool keeps_file(const ImageHeader& header) const override { return can_copy(header); }

  std::optional<ImageHeader> picture(const ImageHeader& header) const override {
    if (can_copy(header)) return std::nullopt;
    const Size canvas = plan_for(header).canvas;
    return ImageHeader{
        .width = canvas.width, .height = canvas.height, .pixel_format = encoded_format(header)};
  }

  std::vector<NamedOutput> named_outputs(FileFormat input) const override {
    const bool is_chosen = settings_.format != FileFormat::kUnknown;
    return {{.folder = "",
             .format = is_chosen ? settings_.format : kept_format(codecs_, input, false)}};
  }

  uint64_t working_bytes(const ImageHeader& header) const override {
    if (can_copy(header)) return 0;
    const FileFormat format = output_format(header);
    const EncoderTraits traits = codecs_.encoder_for(format)->traits();
    const FitPlan plan = plan_for(header);
    const PixelFormat encoded = encoded_format(header);
    uint64_t bytes = encode_bytes(format, plan.canvas, encoded);
    const bool is_fitted = plan.canvas != plan.picture || (encoded.has_alpha && !traits.alpha);
    if (is_fitted)
      bytes += image_bytes(plan.canvas.width, plan.canvas.height, encoded).value_or(SIZE_MAX / 4);
    return bytes;
  }

  Result<> process(ItemContext& context) const override {
    const ImageHeader& header = context.header();
    const FileFormat format = output_format(header);
    const std::string path = context.output_path("", format);
    if (can_copy(header)) {
      IMAGEMILL_TRY(context.emit_file(path, context.item().bytes));
      return emit_row(context, format, {header.width, header.height}, context.item().bytes.size(),
                      true);
    }
    const FitPlan plan = plan_for(header);
    IMAGEMILL_ASSIGN_OR_RETURN(Image image, context.view(view_request(header)));
    IMAGEMILL_ASSIGN_OR_RETURN(
        image, fit_to_encoder(std::move(image), *codecs_.encoder_for(format), plan));
    IMAGEMILL_TRY(context.emit_picture(image));
    const Metadata metadata = output_metadata(context, image);
    IMAGEMILL_ASSIGN_OR_RETURN(
        const Bytes bytes, codecs_.encoder_for(format)->encode(image, settings_.encode, metadata));
    IMAGEMILL_TRY(context.emit_file(path, bytes));
    return emit_row(context, format, {image.width(), image.height()}, bytes.size(), false);
  }

  Result<> finish(FinishContext& context) override {
    return settings_.captions ? write_caption_lists(context, *table()) : Result<>();
  }

 private:
  // After the picture was stored: captions go beside it.
  static Result<> emit_row(ItemContext& context, FileFormat format, Size size, size_t bytes,
                           bool is_copy) {
    // It may have got another name (--on-conflict rename).
    const std::string stored = context.item().record.outputs.back().path;
    IMAGEMILL_ASSIGN_OR_RETURN(const auto caption, carry_captions(context, stored));
    context.emit_row({stored, std::string(format_name(format)), int64_t{size.width},
                      int64_t{size.height}, static_cast<int64_t>(bytes), int64_t{is_copy},
                      caption ? Value(*caption) : Value()});
    return {};
  }

  FileFormat output_format(const ImageHeader& header) const {
    return settings_.format != FileFormat::kUnknown
               ? settings_.format
               : kept_format(codecs_, header.format, header.pixel_format.has_alpha);
  }

  // The most that the picture to be encoded may hold; it may be grey or YCbCr as well.
  PixelFormat encoded_format(const ImageHeader& header) const {
    const EncoderTraits traits = codecs_.encoder_for(output_format(header))->traits();
    PixelFormat format{header.pixel_format.sample, ColorModel::kRgb, header.pixel_format.has_alpha};
    if (settings_.bits != 0)
      format.sample = settings_.bits == 8 ? SampleType::kU8 : SampleType::kU16;
    if (!traits.f32 && (is_float(format.sample) || !traits.u16))
      format.sample = traits.u16 ? SampleType::kU16 : SampleType::kU8;
    return format;
  }

  FitPlan plan_for(const ImageHeader& header) const {
    const Size source = oriented({header.width, header.height}, header.orientation);
    if (settings_.bucket_rule)
      return plan_bucket(source, *settings_.bucket_rule, settings_.buckets);
    return plan_fit(source, settings_.box.value_or(source), settings_.fit, settings_.position,
                    settings_.may_enlarge());
  }

  bool can_copy(const ImageHeader& header) const {
    if (!settings_.copy_unchanged || header.orientation != Orientation::kNormal || header.pages > 1)
      return false;
    const FitPlan plan = plan_for(header);
    const bool same_depth =
        settings_.bits == 0 || settings_.bits == 8 * sample_bytes(header.pixel_format.sample);
    return output_format(header) == header.format &&
           plan.canvas == Size{header.width, header.height} && same_depth &&
           !(settings_.to_srgb &&
             (header.has_icc || header.pixel_format.model == ColorModel::kCmyk));
  }

  ViewRequest view_request(const ImageHeader& header) const {
    const FitPlan plan = plan_for(header);
    const EncoderTraits traits = codecs_.encoder_for(output_format(header))->traits();
    const bool keeps_model = header.pixel_format.model != ColorModel::kCmyk || traits.cmyk;
    ViewRequest request{.size = plan.picture,
                        .window_x = plan.window_x,
                        .window_y = plan.window_y,
                        .window_width = plan.window_width,
                        .window_height = plan.window_height,
                        .kernel = settings_.kernel,
                        .oversampling = kOversampling};
    const bool to_srgb = settings_.to_srgb || !keeps_model;
    const bool planes = traits.ycbcr && plan.canvas == plan.picture;
    request.color = to_srgb ? (planes ? ViewColor::kSrgb : ViewColor::kSrgbRgb)
                            : (planes ? ViewColor::kAsStored : ViewColor::kAsStoredRgb);
    const int bits_possible = traits.f32 ? 32 : traits.u16 ? 16 : 8;
    request.bits_max =
        settings_.bits == 0 ? bits_possible : std::min(settings_.bits, bits_possible);
    request.bits_min = settings_.bits == 0 ? 8 : std::min(settings_.bits, bits_possible);
    return request;
  }

  Result<Image> fit_to_encoder(Image image, const Encoder& encoder, const FitPlan& plan) const {
    const bool padded = plan.canvas != plan.picture;
    if (image.format().has_alpha && !encoder.traits().alpha) {
      IMAGEMILL_ASSIGN_OR_RETURN(image, flatten(image, background()));
    }
    if (padded)
      return embed(image, plan.canvas.width, plan.canvas.height, plan.offset_x, plan.offset_y,
                   background());
    return image;
  }

  Metadata output_metadata(const ItemContext& context, const Image& image) const {
    const Metadata& stored = context.item().decoded->metadata;
    Metadata out;
    const Size size{image.width(), image.height()};
    // A profile goes along only with pixels that are still in it.
    if (!settings_.to_srgb && image.color.icc) out.icc = image.color.icc;
    if (settings_.metadata == MetadataRule::kKeep) {
      out.exif = patch_exif(stored.exif, {.orientation = Orientation::kNormal, .pixel_size = size});
      out.xmp = patch_xmp(stored.xmp, {.orientation = Orientation::kNormal, .pixel_size = size})
                    .value_or(Bytes());
      out.iptc = stored.iptc;
    } else if (settings_.metadata == MetadataRule::kMinimal && !stored.exif.empty()) {
      if (const auto summary = read_exif(stored.exif)) out.exif = make_minimal_exif(*summary, size);
    }
    return out;
  }

  Fill background() const {
    const auto part = [&](int shift) {
      return static_cast<float>(settings_.background >> shift & 0xFF) / 255;
    };
    return {part(16), part(8), part(0)};
  }

  PrepareSettings settings_;
  CodecSet codecs_;
};

}  // namespace

const JobInfo& prepare_info() {
  static constexpr JobInfo kInfo{"prepare", "Upright, resized, re-encoded pictures in sRGB",
                                 kOptions};
  return kInfo;
}

Result<std::unique_ptr<Job>> make_prepare(const OptionValues& options, const JobTools& tools) {
  const CodecSet& codecs = tools.codecs;
  IMAGEMILL_ASSIGN_OR_RETURN(PrepareSettings settings, read_settings(options));
  if (settings.format != FileFormat::kUnknown && codecs.encoder_for(settings.format) == nullptr)
    return fail(Code::kUnsupported, "--format {}: this build cannot write it",
                format_name(settings.format));
  return std::make_unique<PrepareJob>(std::move(settings), codecs);
}

}  // namespace imagemill
