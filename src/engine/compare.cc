// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/compare.h"

#include <algorithm>

#include "base/hash.h"
#include "engine/embed_alike.h"
#include "engine/helper_set_up.h"
#include "engine/likeness.h"
#include "jobs/fit.h"
#include "jobs/view.h"
#include "kernels/alpha.h"
#include "kernels/color_profile.h"
#include "kernels/near_uniform.h"
#include "kernels/orient.h"
#include "kernels/phash.h"
#include "kernels/similarity.h"
#include "vectors/distance.h"

namespace imagemill {
namespace {

constexpr uint64_t kFileBytesMax = uint64_t{1} << 30;
// Structural similarity means what people see at about the size of a picture on a screen: grain of
// sensors and encoders is gone, edges are not.
constexpr int kComparedSide = 512;
constexpr int kHashedSide = 256;

constexpr Orientation kTurns[] = {Orientation::kNormal,     Orientation::kFlipHorizontal,
                                  Orientation::kRotate180,  Orientation::kFlipVertical,
                                  Orientation::kTranspose,  Orientation::kRotate90,
                                  Orientation::kTransverse, Orientation::kRotate270};

struct Opened {
  ComparedPicture facts;
  Bytes bytes;
  Decoded decoded;
};

Result<Opened> open(const std::string& path, const CodecSet& codecs, const CancelToken& cancel) {
  Opened out;
  IMAGEMILL_ASSIGN_OR_RETURN(out.bytes, real_file_system().read(path, kFileBytesMax));
  auto decoded = codecs.decode(out.bytes, {.cancel = &cancel});
  if (!decoded) return std::unexpected(std::move(decoded).error().with_context(path));
  out.decoded = std::move(*decoded);
  const ImageHeader& header = out.decoded.header;
  out.facts = {.path = path,
               .bytes = out.bytes.size(),
               .hash = hash_content(out.bytes).hex(),
               .format = std::string(format_name(header.format)),
               .size = oriented({header.width, header.height}, header.orientation),
               .orientation = static_cast<int>(header.orientation),
               .pixel_format = to_string(header.pixel_format),
               .profile = profile_name(out.decoded.image.color),
               .is_damaged = out.decoded.is_damaged};
  return out;
}

// What looks the same has the same samples: RGB, alpha where one of them has any.
bool have_equal_pixels(const Image& a, const Image& b) {
  if (a.width() != b.width() || a.height() != b.height() || a.format() != b.format()) return false;
  const auto row_bytes =
      static_cast<size_t>(a.width()) * static_cast<size_t>(sample_bytes(a.format().sample));
  for (int c = 0; c < a.channels(); ++c)
    for (int y = 0; y < a.height(); ++y)
      if (!std::ranges::equal(std::span(a.plane(c).row<std::byte>(y), row_bytes),
                              std::span(b.plane(c).row<std::byte>(y), row_bytes)))
        return false;
  return true;
}

bool is_same_space(const ColorSpace& a, const ColorSpace& b) {
  if (a.icc || b.icc) return a.icc && b.icc && *a.icc == *b.icc;
  return a.transfer == b.transfer && a.primaries == b.primaries;
}

// Of pictures of floats, which may go beyond 1: as they were decoded, upright. A picture of floats
// and one of integers have no sample in common.
Result<bool> have_equal_floats(const Decoded& a, const Decoded& b) {
  const auto upright = [](const Decoded& picture) {
    return apply_orientation(picture.image, picture.header.orientation);
  };
  if (!is_same_space(a.image.color, b.image.color)) return false;
  IMAGEMILL_ASSIGN_OR_RETURN(const Image upright_a, upright(a));
  IMAGEMILL_ASSIGN_OR_RETURN(const Image upright_b, upright(b));
  return have_equal_pixels(upright_a, upright_b);
}

class Comparing {
 public:
  Comparing(Opened a, Opened b) : a_(std::move(a)), b_(std::move(b)) {
    out_.a = a_.facts;
    out_.b = b_.facts;
  }

  Result<Comparison> run() {
    IMAGEMILL_ASSIGN_OR_RETURN(const bool equal_pixels, pixels_are_equal());
    IMAGEMILL_TRY(find_turn());
    IMAGEMILL_TRY(measure());
    out_.likeness = out_.a.hash == out_.b.hash ? Likeness::kSameFile
                    : equal_pixels             ? Likeness::kSamePixels
                                               : likeness_of(out_);
    out_.verdict = verdict_of(out_);
    return std::move(out_);
  }

 private:
  Result<Image> view(const Opened& picture, const ViewRequest& request) {
    std::optional<std::string> warning;
    return make_view(picture.decoded, request, tools_, warning);
  }

  Result<bool> pixels_are_equal() {
    if (a_.facts.size != b_.facts.size) return false;
    const bool is_float_a = is_float(a_.decoded.image.format().sample);
    const bool is_float_b = is_float(b_.decoded.image.format().sample);
    if (is_float_a != is_float_b) return false;
    if (is_float_a) return have_equal_floats(a_.decoded, b_.decoded);
    const auto bits = [](const Opened& picture) {
      return picture.decoded.header.pixel_format.sample == SampleType::kU8 ? 8 : 16;
    };
    const ViewRequest request{.size = a_.facts.size,
                              .color = ViewColor::kSrgbRgb,
                              .bits_min = std::max(bits(a_), bits(b_))};
    IMAGEMILL_ASSIGN_OR_RETURN(const Image a, view(a_, request));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image b, view(b_, request));
    if (a.format() == b.format()) return have_equal_pixels(a, b);
    // Grey in RGB, or an alpha that hides nothing.
    const PixelFormat format =
        PixelFormat::rgb(a.format().sample, a.format().has_alpha || b.format().has_alpha);
    const ResizeTarget target{.width = a.width(), .height = a.height(), .format = format};
    IMAGEMILL_ASSIGN_OR_RETURN(const Image wide_a,
                               tools_.resizer.resize(a, target, ResizeKernel::kNearest));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image wide_b,
                               tools_.resizer.resize(b, target, ResizeKernel::kNearest));
    return have_equal_pixels(wide_a, wide_b);
  }

  Result<Image> luma(const Opened& picture, Size size) {
    IMAGEMILL_ASSIGN_OR_RETURN(Image out, view(picture, {.size = size,
                                                         .color = ViewColor::kLuma,
                                                         .kernel = ResizeKernel::kCubic,
                                                         .bits_max = 8}));
    return flatten(out, {1, 1, 1});
  }

  // The way round in which the hashes differ least, of equals the first.
  Result<> find_turn() {
    const auto small = [this](const Opened& picture) {
      return luma(picture,
                  plan_fit(picture.facts.size, {kHashedSide, kHashedSide}, Fit::kInside, {}, false)
                      .picture);
    };
    IMAGEMILL_ASSIGN_OR_RETURN(const Image a, small(a_));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image b, small(b_));
    IMAGEMILL_ASSIGN_OR_RETURN(const bool blank_a, is_near_uniform(a));
    IMAGEMILL_ASSIGN_OR_RETURN(const bool blank_b, is_near_uniform(b));
    out_.is_blank = blank_a || blank_b;
    IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t phash_a, phash(tools_.resizer, a));
    IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t dhash_a, dhash(tools_.resizer, a));
    bool is_first = true;
    for (const Orientation turn : kTurns) {
      IMAGEMILL_ASSIGN_OR_RETURN(const Image turned, apply_orientation(b, turn));
      IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t phash_b, phash(tools_.resizer, turned));
      IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t dhash_b, dhash(tools_.resizer, turned));
      const int p = hash_distance(phash_a, phash_b);
      const int d = hash_distance(dhash_a, dhash_b);
      if (!is_first && p + d >= out_.phash_distance + out_.dhash_distance) continue;
      is_first = false;
      out_.turn = turn;
      out_.phash_distance = p;
      out_.dhash_distance = d;
      if (out_.is_blank) break;  // hashes of noise
    }
    return {};
  }

  // At the size of the smaller one, the other stretched to it.
  Result<> measure() {
    const Size turned = oriented(b_.facts.size, out_.turn);
    const auto area = [](Size size) { return int64_t{size.width} * size.height; };
    const Size smaller = area(turned) < area(a_.facts.size) ? turned : a_.facts.size;
    const Size size =
        plan_fit(smaller, {kComparedSide, kComparedSide}, Fit::kInside, {}, false).picture;
    IMAGEMILL_ASSIGN_OR_RETURN(const Image a, luma(a_, size));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image b_as_is, luma(b_, oriented(size, out_.turn)));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image b, apply_orientation(b_as_is, out_.turn));
    out_.compared = size;
    IMAGEMILL_ASSIGN_OR_RETURN(out_.psnr, psnr(a, b));
    IMAGEMILL_ASSIGN_OR_RETURN(out_.ssim, ssim(a, b));
    out_.brighter = mean_of(b) - mean_of(a);
    IMAGEMILL_ASSIGN_OR_RETURN(const double colour_a, colourfulness(a_));
    IMAGEMILL_ASSIGN_OR_RETURN(const double colour_b, colourfulness(b_));
    out_.colourful = colour_b - colour_a;
    return {};
  }

  Result<double> colourfulness(const Opened& picture) {
    const Size size =
        plan_fit(picture.facts.size, {kHashedSide, kHashedSide}, Fit::kInside, {}, false).picture;
    IMAGEMILL_ASSIGN_OR_RETURN(
        const Image seen,
        view(picture, {.size = size, .color = ViewColor::kSrgbRgb, .bits_max = 8}));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image flat, flatten(seen, {1, 1, 1}));
    if (flat.channels() < 3) return 0.0;
    int64_t sum = 0;
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        const auto [least, most] =
            std::minmax({flat.plane(0).row<uint8_t>(y)[x], flat.plane(1).row<uint8_t>(y)[x],
                         flat.plane(2).row<uint8_t>(y)[x]});
        sum += most - least;
      }
    return static_cast<double>(sum) / 255 / size.width / size.height;
  }

  static double mean_of(const Image& luma) {
    int64_t sum = 0;
    for (int y = 0; y < luma.height(); ++y)
      for (int x = 0; x < luma.width(); ++x) sum += luma.plane(0).row<uint8_t>(y)[x];
    return static_cast<double>(sum) / 255 / luma.width() / luma.height();
  }

  Opened a_;
  Opened b_;
  ViewTools tools_;
  Comparison out_;
};

Result<double> cosine_of_features(const Opened& a, const Opened& b, const EmbedSetup& setup,
                                  Listener& listener, const CancelToken& cancel) {
  FileSystem& fs = real_file_system();
  const std::string folder = join_path(setup.work_folder, "pictures");
  IMAGEMILL_TRY(fs.create_folders(folder));
  std::vector<std::vector<float>> features;
  const std::string names[] = {numbered_name(0, a.facts.path), numbered_name(1, b.facts.path)};
  IMAGEMILL_TRY(write_file_atomically(fs, join_path(folder, names[0]), a.bytes));
  IMAGEMILL_TRY(write_file_atomically(fs, join_path(folder, names[1]), b.bytes));
  IMAGEMILL_ASSIGN_OR_RETURN(
      const EmbeddedFolder embedded,
      embed_folder(folder, {{"model", setup.model}}, {}, setup, listener, cancel));
  for (const std::string& name : names) {
    const auto it = embedded.features.find(name);
    if (it == embedded.features.end()) return fail(Code::kInternal, "no features of a picture");
    if (!it->second) return std::unexpected(it->second.error());
    features.push_back(*it->second);
  }
  return cosine_f64(features[0], features[1]);
}

}  // namespace

Result<Comparison> compare(const CompareSpec& spec, Listener& listener, const CancelToken& cancel) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Helpers helpers,
                             open_helpers(spec.setup.options, spec.setup.codec_host, cancel));
  IMAGEMILL_ASSIGN_OR_RETURN(Opened a, open(spec.a, helpers.codecs(), cancel));
  IMAGEMILL_ASSIGN_OR_RETURN(Opened b, open(spec.b, helpers.codecs(), cancel));
  std::optional<double> cosine;
  if (!spec.setup.model.empty()) {
    IMAGEMILL_ASSIGN_OR_RETURN(cosine, cosine_of_features(a, b, spec.setup, listener, cancel));
  }
  IMAGEMILL_ASSIGN_OR_RETURN(Comparison out, Comparing(std::move(a), std::move(b)).run());
  out.cosine = cosine;
  return out;
}

}  // namespace imagemill
