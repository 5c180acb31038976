// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/color_profile.h"

#include <lcms2.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace imagemill {
namespace {

// CMYK profiles with large tables have 3 MB; nothing real has more than this.
constexpr size_t kMaxProfileBytes = size_t{16} << 20;

// Tables of real profiles have at most five stages, float ones a few more. A multi-process element
// may have as many as fit the file, and a CMYK transform runs all of them a hundred thousand times.
constexpr cmsUInt32Number kMaxStages = 16;

struct ContextDeleter {
  void operator()(void* context) const { cmsDeleteContext(static_cast<cmsContext>(context)); }
};
struct ProfileDeleter {
  void operator()(void* profile) const { cmsCloseProfile(profile); }
};
struct TransformDeleter {
  void operator()(void* transform) const { cmsDeleteTransform(transform); }
};
struct CurveDeleter {
  void operator()(cmsToneCurve* curve) const { cmsFreeToneCurve(curve); }
};
// cmsContext is an opaque struct's pointer, the other handles are void*.
using Context = std::unique_ptr<std::remove_pointer_t<cmsContext>, ContextDeleter>;
using Profile = std::unique_ptr<void, ProfileDeleter>;
using Transform = std::unique_ptr<void, TransformDeleter>;
using CurvePointer = std::unique_ptr<cmsToneCurve, CurveDeleter>;

// A context of its own for every profile and transform: Little CMS shares nothing, needs no lock
// and, with no error handler set, stays silent.
Context make_context() { return Context(cmsCreateContext(nullptr, nullptr)); }

CurvePointer make_curve(cmsContext context, TransferFunction transfer) {
  if (transfer == TransferFunction::kLinear) return CurvePointer(cmsBuildGamma(context, 1.0));
  // IEC 61966-2-1 as ICC parametric type 3: (a x + b)^g from d on, c x below.
  constexpr cmsFloat64Number kSrgb[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  return CurvePointer(cmsBuildParametricToneCurve(context, 4, kSrgb));
}

Profile make_rgb_profile(cmsContext context, Primaries primaries, TransferFunction transfer) {
  const Matrix3 xyz = rgb_to_xyz(primaries);
  const auto xyy = [&xyz](size_t column) {
    const double x = xyz[column], y = xyz[3 + column], z = xyz[6 + column];
    return cmsCIExyY{x / (x + y + z), y / (x + y + z), 1};
  };
  const cmsCIExyYTRIPLE colorants{xyy(0), xyy(1), xyy(2)};
  const cmsCIExyY d65{0.3127, 0.3290, 1};
  const CurvePointer curve = make_curve(context, transfer);
  if (curve == nullptr) return nullptr;
  cmsToneCurve* const curves[] = {curve.get(), curve.get(), curve.get()};
  return Profile(cmsCreateRGBProfileTHR(context, &d65, &colorants, curves));
}

Profile make_gray_profile(cmsContext context, TransferFunction transfer) {
  const CurvePointer curve = make_curve(context, transfer);
  if (curve == nullptr) return nullptr;
  return Profile(cmsCreateGrayProfileTHR(context, cmsD50_xyY(), curve.get()));
}

Curve to_curve(const cmsToneCurve* curve) {
  std::shared_ptr<cmsToneCurve> copy(cmsDupToneCurve(curve), CurveDeleter());
  return [copy](double x) {
    return static_cast<double>(cmsEvalToneCurveFloat(copy.get(), static_cast<float>(x)));
  };
}

// Largest and mean distance in 8-bit sRGB codes.
bool is_srgb_curve(const Curve& curve) {
  double sum = 0, worst = 0;
  for (int code = 0; code <= 255; ++code) {
    const double seen = 255 * linear_to_srgb(curve(code / 255.0));
    const double off = std::isfinite(seen) ? std::abs(seen - code) : 255;
    sum += off;
    worst = std::max(worst, off);
  }
  return worst <= 2 && sum / 256 <= 0.75;
}

uint32_t pixel_type(ColorModel model, SampleType sample) {
  const uint32_t space = model == ColorModel::kGray  ? PT_GRAY
                         : model == ColorModel::kRgb ? PT_RGB
                                                     : PT_CMYK;
  return COLORSPACE_SH(space) | CHANNELS_SH(static_cast<uint32_t>(color_channels(model))) |
         BYTES_SH(static_cast<uint32_t>(sample_bytes(sample))) |
         FLOAT_SH(is_float(sample) ? 1u : 0u);
}

}  // namespace

struct IccTransform::Handles {
  Context context;
  Transform transform;
};

IccTransform::IccTransform(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
IccTransform::~IccTransform() = default;

void IccTransform::pixels(void* out, const void* in, int count) const {
  cmsDoTransform(handles_->transform.get(), in, out, static_cast<cmsUInt32Number>(count));
}

struct ColorProfile::Handles {
  Context context;
  Profile profile;
  ColorModel model = ColorModel::kRgb;
};

ColorProfile::ColorProfile(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
ColorProfile::ColorProfile(ColorProfile&&) noexcept = default;
ColorProfile& ColorProfile::operator=(ColorProfile&&) noexcept = default;
ColorProfile::~ColorProfile() = default;

Result<ColorProfile> ColorProfile::open(ByteSpan icc) {
  if (icc.size() > kMaxProfileBytes)
    return fail(Code::kCorruptInput, "ICC profile: {} bytes, at most {} make sense", icc.size(),
                kMaxProfileBytes);
  auto handles = std::make_unique<Handles>();
  handles->context = make_context();
  if (handles->context == nullptr)
    return fail(Code::kResourceExhausted, "ICC profile: no memory for a context");
  handles->profile.reset(cmsOpenProfileFromMemTHR(handles->context.get(), icc.data(),
                                                  static_cast<cmsUInt32Number>(icc.size())));
  if (handles->profile == nullptr)
    return fail(Code::kCorruptInput, "ICC profile: {} bytes that are no profile", icc.size());
  cmsHPROFILE profile = handles->profile.get();
  const auto kind = cmsGetDeviceClass(profile);
  if (kind != cmsSigInputClass && kind != cmsSigDisplayClass && kind != cmsSigOutputClass &&
      kind != cmsSigColorSpaceClass)
    return fail(Code::kCorruptInput, "ICC profile: class {:#010x} does not describe a picture",
                static_cast<uint32_t>(kind));
  switch (cmsGetColorSpace(profile)) {
    case cmsSigGrayData:
      handles->model = ColorModel::kGray;
      break;
    case cmsSigRgbData:
      handles->model = ColorModel::kRgb;
      break;
    case cmsSigCmykData:
      handles->model = ColorModel::kCmyk;
      break;
    default:
      return fail(Code::kCorruptInput,
                  "ICC profile: colour space {:#010x}, expected gray, RGB or CMYK",
                  static_cast<uint32_t>(cmsGetColorSpace(profile)));
  }
  return ColorProfile(std::move(handles));
}

ColorModel ColorProfile::model() const { return handles_->model; }

std::string ColorProfile::description() const {
  char text[129] = {};
  cmsGetProfileInfoASCII(handles_->profile.get(), cmsInfoDescription, "en", "US", text,
                         sizeof text - 1);
  std::string out;
  for (const char* c = text; *c != '\0'; ++c)
    if (*c >= ' ' && *c <= '~') out += *c;
  return out;
}

std::optional<MatrixShaperSpec> ColorProfile::matrix_shaper() const {
  cmsHPROFILE profile = handles_->profile.get();
  // A perceptual table, where there is one, goes before the matrix.
  if (handles_->model != ColorModel::kRgb || cmsGetPCS(profile) != cmsSigXYZData ||
      !cmsIsMatrixShaper(profile) || cmsIsTag(profile, cmsSigAToB0Tag) ||
      cmsIsTag(profile, cmsSigDToB0Tag))
    return std::nullopt;
  constexpr cmsTagSignature kCurves[] = {cmsSigRedTRCTag, cmsSigGreenTRCTag, cmsSigBlueTRCTag};
  constexpr cmsTagSignature kColorants[] = {cmsSigRedColorantTag, cmsSigGreenColorantTag,
                                            cmsSigBlueColorantTag};
  MatrixShaperSpec spec;
  Matrix3 to_pcs{};
  for (size_t c = 0; c < 3; ++c) {
    const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, kCurves[c]));
    const auto* colorant = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, kColorants[c]));
    if (curve == nullptr || colorant == nullptr) return std::nullopt;
    spec.curves[c] = to_curve(curve);
    to_pcs[c] = colorant->X;
    to_pcs[3 + c] = colorant->Y;
    to_pcs[6 + c] = colorant->Z;
  }
  // sRGB's colorants in the D50 connection space, Bradford-adapted, as every sRGB profile has them.
  constexpr Matrix3 kSrgbToPcs = {0.4360747, 0.3850649, 0.1430804, 0.2225045, 0.7168786,
                                  0.0606169, 0.0139322, 0.0971045, 0.7141733};
  spec.matrix = multiplied(inverted(kSrgbToPcs), to_pcs);
  return spec;
}

bool ColorProfile::is_srgb() const {
  cmsHPROFILE profile = handles_->profile.get();
  if (handles_->model == ColorModel::kGray) {
    if (cmsGetPCS(profile) != cmsSigXYZData || !cmsIsTag(profile, cmsSigGrayTRCTag)) return false;
    const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, cmsSigGrayTRCTag));
    return curve != nullptr && is_srgb_curve(to_curve(curve));
  }
  const auto spec = matrix_shaper();
  if (!spec) return false;
  constexpr double kTolerance = 0.01;
  for (size_t i = 0; i < 9; ++i)
    if (!(std::abs(spec->matrix[i] - (i % 4 == 0 ? 1 : 0)) <= kTolerance)) return false;
  return std::ranges::all_of(spec->curves, is_srgb_curve);
}

Result<std::unique_ptr<IccTransform>> ColorProfile::transform(SampleType in, SampleType out) const {
  for (const cmsTagSignature tag : {cmsSigAToB0Tag, cmsSigDToB0Tag}) {
    if (!cmsIsTag(handles_->profile.get(), tag)) continue;
    const auto* table = static_cast<const cmsPipeline*>(cmsReadTag(handles_->profile.get(), tag));
    if (table != nullptr && cmsPipelineStageCount(table) > kMaxStages)
      return fail(Code::kCorruptInput, "ICC profile: a table of {} stages, at most {} make sense",
                  cmsPipelineStageCount(table), kMaxStages);
  }
  auto handles = std::make_unique<IccTransform::Handles>();
  const ColorModel target =
      handles_->model == ColorModel::kGray ? ColorModel::kGray : ColorModel::kRgb;
  const auto transfer =
      out == SampleType::kF32 ? TransferFunction::kLinear : TransferFunction::kSrgb;
  handles->context = make_context();
  if (handles->context == nullptr)
    return fail(Code::kResourceExhausted, "ICC profile: no memory for a context");
  const Profile destination =
      target == ColorModel::kGray
          ? make_gray_profile(handles->context.get(), transfer)
          : make_rgb_profile(handles->context.get(), Primaries::kBt709, transfer);
  if (destination == nullptr)
    return fail(Code::kResourceExhausted, "ICC profile: no memory for an sRGB profile");
  // NOCACHE: the cache of the last pixel is what would tie a transform to one thread.
  handles->transform.reset(cmsCreateTransformTHR(
      handles->context.get(), handles_->profile.get(), pixel_type(handles_->model, in),
      destination.get(), pixel_type(target, out), INTENT_PERCEPTUAL, cmsFLAGS_NOCACHE));
  if (handles->transform == nullptr)
    return fail(Code::kCorruptInput, "ICC profile: its tables are missing or broken");
  return std::unique_ptr<IccTransform>(new IccTransform(std::move(handles)));
}

Result<Bytes> make_icc_profile(Primaries primaries, TransferFunction transfer) {
  if (transfer == TransferFunction::kPq || transfer == TransferFunction::kHlg)
    return fail(Code::kUnsupported, "ICC profile: no curve says PQ or HLG");
  const Context context = make_context();
  const Profile profile = context ? make_rgb_profile(context.get(), primaries, transfer) : nullptr;
  cmsUInt32Number size = 0;
  if (profile == nullptr || !cmsSaveProfileToMem(profile.get(), nullptr, &size))
    return fail(Code::kResourceExhausted, "ICC profile: no memory to make one");
  Bytes out(size);
  if (!cmsSaveProfileToMem(profile.get(), out.data(), &size))
    return fail(Code::kInternal, "ICC profile: {} bytes could not be written", out.size());
  return out;
}

std::string profile_name(const ColorSpace& space) {
  if (space.icc) {
    const auto profile = ColorProfile::open(*space.icc);
    if (!profile) return "unreadable";
    const std::string name = profile->description();
    return name.empty() ? "unnamed" : name;
  }
  const bool is_coded =
      space.primaries == Primaries::kDisplayP3 || space.primaries == Primaries::kBt2020 ||
      space.transfer == TransferFunction::kPq || space.transfer == TransferFunction::kHlg ||
      space.transfer == TransferFunction::kLinear;
  if (!is_coded) return "";
  const std::string_view primaries = space.primaries == Primaries::kDisplayP3 ? "Display P3"
                                     : space.primaries == Primaries::kBt2020  ? "BT.2020"
                                                                              : "BT.709";
  const std::string_view transfer = space.transfer == TransferFunction::kPq       ? " PQ"
                                    : space.transfer == TransferFunction::kHlg    ? " HLG"
                                    : space.transfer == TransferFunction::kLinear ? " linear"
                                                                                  : "";
  return fmt::format("{}{}", primaries, transfer);
}

}  // namespace imagemill
