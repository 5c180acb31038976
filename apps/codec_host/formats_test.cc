// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What each family makes of its formats, through the real helper process. Files that no encoder
// here writes are made by hand.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "codec/codec_set.h"
#include "codec/helper_client.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

class FormatsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    HelperOptions options;
    options.binary = IMAGEMILL_CODEC_HOST;
    pool = HelperPool::open(options).value().release();
  }
  static void TearDownTestSuite() { delete pool; }

  Result<Decoded> decode(std::string_view file, const DecodeRequest& request = {}) {
    return CodecSet(pool).decode(as_byte_span(file), request);
  }
  Result<Decoded> decode(const Bytes& file) { return decode(as_text(file)); }

  static HelperPool* pool;
};

HelperPool* FormatsTest::pool = nullptr;

std::string big(uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

std::string little(uint64_t value, int bytes) {
  std::string out = big(value, bytes);
  std::ranges::reverse(out);
  return out;
}

template <typename T>
std::vector<T> samples(const Image& image, int channel) {
  std::vector<T> out;
  for (int y = 0; y < image.height(); ++y)
    out.insert(out.end(), image.plane(channel).row<T>(y),
               image.plane(channel).row<T>(y) + image.width());
  return out;
}

TEST_F(FormatsTest, pnm_of_every_kind) {
  using U8 = std::vector<uint8_t>;
  using U16 = std::vector<uint16_t>;
  const auto gray8 = [&](std::string_view file) {
    const auto decoded = decode(file);
    EXPECT_THAT(decoded, IsOk()) << file;
    return decoded ? samples<uint8_t>(decoded->image, 0) : U8();
  };
  EXPECT_EQ(gray8("P1\n# made by hand\n3 1\n101"), (U8{0, 255, 0}));
  EXPECT_EQ(gray8("P2 2 1 15\n0 15 "), (U8{0, 255}));
  EXPECT_EQ(gray8("P4 9 1\n\xA0\x80"), (U8{0, 255, 0, 255, 255, 255, 255, 255, 0}));
  EXPECT_EQ(gray8("P5 2 1 255\nAB"), (U8{'A', 'B'}));

  ASSERT_OK_AND_ASSIGN(const Decoded deep, decode("P5 2 1 65535\n\x81\xAC\xFF\xFF"));
  EXPECT_EQ(samples<uint16_t>(deep.image, 0), (U16{0x81AC, 0xFFFF}));
  ASSERT_OK_AND_ASSIGN(const Decoded ten_bits, decode("P2 3 1 1023\n0 512 1023"));
  EXPECT_EQ(samples<uint16_t>(ten_bits.image, 0), (U16{0, 32800, 65535}));
  ASSERT_OK_AND_ASSIGN(
      const Decoded pam,
      decode("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcd"));
  EXPECT_EQ(to_string(pam.image.format()), "rgb8+alpha");
  EXPECT_EQ(samples<uint8_t>(pam.image, 3), U8{'d'});
}

TEST_F(FormatsTest, pfm_is_linear_and_stands_on_its_feet) {
  const std::string file = "Pf 1 2 1.0\n" + big(0x3F800000, 4) + big(0x40000000, 4);
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(file));
  EXPECT_EQ(samples<float>(decoded.image, 0), (std::vector<float>{2, 1}));
  EXPECT_EQ(decoded.image.color.transfer, TransferFunction::kLinear);
}

TEST_F(FormatsTest, truncated_pnm_is_damaged_or_an_error_as_asked) {
  const std::string_view file = "P5 2 2 255\nABC";
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(file));
  EXPECT_TRUE(decoded.is_damaged);
  EXPECT_EQ(samples<uint8_t>(decoded.image, 0), (std::vector<uint8_t>{'A', 'B', 0, 0}));
  DecodeRequest strict;
  strict.fail_on = FailOn::kTruncated;
  EXPECT_THAT(decode(file, strict), FailsWith(Code::kCorruptInput, HasSubstr("1 of 2 rows")));
}

// Two by one pixels; one resource with XMP.
std::string psd(int mode, int depth, int channels, const std::string& layers,
                const std::string& pixels) {
  const std::string resources = "8BIM" + big(1060, 2) + big(0, 2) + big(3, 4) + "xmp" + '\0';
  return "8BPS" + big(1, 2) + std::string(6, '\0') + big(channels, 2) + big(1, 4) + big(2, 4) +
         big(depth, 2) + big(mode, 2) + big(0, 4) + big(resources.size(), 4) + resources +
         big(layers.size(), 4) + layers + pixels;
}

TEST_F(FormatsTest, psd_ink_is_turned_round_and_k_is_no_alpha) {
  const std::string light = big(0xFFFF, 2) + big(0x0000, 2);
  const std::string file = psd(4, 16, 4, "", big(0, 2) + light + light + light + light);
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(file));
  EXPECT_EQ(to_string(decoded.image.format()), "cmyk16");
  for (int c = 0; c < 4; ++c)
    EXPECT_EQ(samples<uint16_t>(decoded.image, c), (std::vector<uint16_t>{0, 65535}));
  EXPECT_EQ(as_text(decoded.metadata.xmp), "xmp");
}

TEST_F(FormatsTest, psd_transparency_loses_its_white) {
  // One layer, negative: the fourth channel is transparency. Run-length coded.
  const std::string layers = big(2, 4) + big(0xFFFF, 2);
  std::string rows;
  for (const int value : {255, 128, 128, 128}) rows += std::string("\xFF", 1) + big(value, 1);
  const std::string file =
      psd(3, 8, 4, layers, big(1, 2) + big(2, 2) + big(2, 2) + big(2, 2) + big(2, 2) + rows);
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(file));
  EXPECT_EQ(to_string(decoded.image.format()), "rgb8+alpha");
  EXPECT_EQ(samples<uint8_t>(decoded.image, 0)[0], 255);
  EXPECT_EQ(samples<uint8_t>(decoded.image, 1)[1], 2);
  EXPECT_EQ(samples<uint8_t>(decoded.image, 3)[0], 128);
}

TEST_F(FormatsTest, psd_truncated_anywhere_is_no_crash) {
  const std::string file = psd(3, 8, 3, "", big(0, 2) + "ABCDEF");
  ASSERT_THAT(decode(file), IsOk());
  for (size_t n = 4; n < file.size(); ++n) {
    const auto decoded = decode(std::string_view(file).substr(0, n));
    EXPECT_TRUE(!decoded || decoded->is_damaged) << n;
  }
}

TEST_F(FormatsTest, gif_keeps_its_transparent_pixels) {
  // Two pixels: palette entry 1, then entry 0, which is the transparent one.
  const std::string_view file(
      "GIF89a\2\0\1\0\x80\0\0\0\0\0\xFF\x80\x40\x21\xF9\4\1\0\0\0\0\x2C\0\0\0\0\2\0\1\0\0"
      "\2\2\x0C\x0A\0\x3B",
      43);
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(file));
  ASSERT_EQ(to_string(decoded.image.format()), "rgb8+alpha");
  EXPECT_EQ(samples<uint8_t>(decoded.image, 3), (std::vector<uint8_t>{255, 0}));
  EXPECT_EQ(samples<uint8_t>(decoded.image, 1)[0], 0x80);
}

// Sixteen-bit CFA, RGGB, all of one grey after white balance; the sensor lies on its side.
std::string dng(int width, int height) {
  struct Tag {
    int id, type, count;
    std::string value;
  };
  const auto rational = [](int n) { return little(n, 4) + little(10, 4); };
  std::string matrix;
  for (const int i : {1, 0, 0, 0, 1, 0, 0, 0, 1}) matrix += little(i, 4) + little(1, 4);
  std::string pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      pixels += little(y % 2 == 0 && x % 2 == 0 ? 5000 : y % 2 && x % 2 ? 7000 : 10000, 2);
  std::vector<Tag> tags = {{254, 4, 1, little(0, 4)},
                           {256, 4, 1, little(width, 4)},
                           {257, 4, 1, little(height, 4)},
                           {258, 3, 1, little(16, 4)},
                           {259, 3, 1, little(1, 4)},
                           {262, 3, 1, little(32803, 4)},
                           {271, 2, 5, "Made\0"s},
                           {272, 2, 5, "Hand\0"s},
                           {273, 4, 1, ""},
                           {274, 3, 1, little(6, 4)},
                           {277, 3, 1, little(1, 4)},
                           {278, 4, 1, little(height, 4)},
                           {279, 4, 1, little(pixels.size(), 4)},
                           {33421, 3, 2, little(2, 2) + little(2, 2)},
                           {33422, 1, 4, std::string("\0\1\1\2", 4)},
                           {50706, 1, 4, std::string("\1\4\0\0", 4)},
                           {50708, 2, 5, "Made\0"s},
                           {50717, 4, 1, little(65535, 4)},
                           {50721, 10, 9, matrix},
                           {50728, 5, 3, rational(5) + rational(10) + rational(7)},
                           {50778, 3, 1, little(21, 4)}};
  const size_t extra_at = 8 + 2 + 12 * tags.size() + 4;
  std::string extra;
  for (const Tag& tag : tags)
    if (tag.value.size() > 4) extra += tag.value + std::string(tag.value.size() % 2, '\0');
  std::string entries, placed;
  for (Tag& tag : tags) {
    if (tag.id == 273) tag.value = little(extra_at + extra.size(), 4);
    std::string field = tag.value;
    if (tag.value.size() > 4) {
      field = little(extra_at + placed.size(), 4);
      placed += tag.value + std::string(tag.value.size() % 2, '\0');
    }
    entries += little(tag.id, 2) + little(tag.type, 2) + little(tag.count, 4) + field +
               std::string(4 - field.size(), '\0');
  }
  return "II*\0"s + little(8, 4) + little(tags.size(), 2) + entries + little(0, 4) + extra + pixels;
}

TEST_F(FormatsTest, raw_is_balanced_and_not_turned) {
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(dng(33, 24)));
  EXPECT_EQ(decoded.header.format, FileFormat::kRaw);
  EXPECT_EQ(decoded.header.orientation, Orientation::kRotate90);
  EXPECT_EQ(to_string(decoded.image.format()), "rgb16");
  EXPECT_EQ(decoded.image.width(), 33);
  const auto red = samples<uint16_t>(decoded.image, 0), green = samples<uint16_t>(decoded.image, 1),
             blue = samples<uint16_t>(decoded.image, 2);
  const size_t middle = 33 * 12 + 16;
  EXPECT_NEAR(red[middle], green[middle], 600);
  EXPECT_NEAR(blue[middle], green[middle], 600);
}

TEST_F(FormatsTest, raw_is_halved_where_that_is_enough) {
  DecodeRequest request;
  request.at_least = {17, 12};
  const std::string file = dng(33, 24);
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(file, request));
  EXPECT_EQ(decoded.scale_den, 2);
  EXPECT_EQ(decoded.image.width(), 17);
  EXPECT_EQ(decoded.image.height(), 12);
  EXPECT_EQ(decoded.header.width, 33);
  EXPECT_EQ(pool->decoder_for(FileFormat::kRaw)->decoded_size(decoded.header, request),
            (Size{17, 12}));
  request.at_least = {18, 12};
  ASSERT_OK_AND_ASSIGN(const Decoded whole, decode(file, request));
  EXPECT_EQ(whole.image.width(), 33);
}

// Soft ramps: what lossy formats are made for. `step` keeps the low bits zero.
template <typename T>
Image ramps(int width, int height, PixelFormat format, int step = 1) {
  Image image = Image::allocate(width, height, format).value();
  const double max = std::numeric_limits<T>::max();
  for (int c = 0; c < image.channels(); ++c)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const double value = (0.5 + 0.45 * std::sin(0.05 * (x + 2 * c * y + 30 * c))) * max;
        image.plane(c).row<T>(y)[x] = static_cast<T>(static_cast<int>(value) / step * step);
      }
  return image;
}

template <typename T>
double psnr(const Image& a, const Image& b) {
  double sum = 0, count = 0;
  for (int c = 0; c < a.channels(); ++c) {
    const auto p = samples<T>(a, c), q = samples<T>(b, c);
    for (size_t i = 0; i < p.size(); ++i, ++count) sum += std::pow(double{1} * p[i] - q[i], 2);
  }
  const double max = std::numeric_limits<T>::max();
  return sum == 0 ? 200 : 10 * std::log10(max * max * count / sum);
}

struct RoundTrip {
  FileFormat format;
  PixelFormat pixels;
  bool lossless;
};

class RoundTripTest : public FormatsTest, public testing::WithParamInterface<RoundTrip> {
 protected:
  template <typename T>
  void check() {
    const auto [format, pixels, lossless] = GetParam();
    // AV1 stores 12 bits: lossless is what has no more than those.
    const int step = sizeof(T) == 2 && format == FileFormat::kAvif ? 16 : 1;
    Image image = ramps<T>(67, 41, pixels, step);
    image.color.primaries = Primaries::kDisplayP3;
    Metadata metadata;
    const std::string_view exif("II*\0\x08\0\0\0\0\0\0\0\0\0", 14);
    metadata.exif.assign(as_byte_span(exif).begin(), as_byte_span(exif).end());
    metadata.xmp = {std::byte{'<'}, std::byte{'x'}, std::byte{'/'}, std::byte{'>'}};
    EncodeOptions options;
    options.quality = 90;
    options.lossless = lossless;
    const Encoder* encoder = CodecSet(pool).encoder_for(format);
    ASSERT_NE(encoder, nullptr);
    ASSERT_OK_AND_ASSIGN(const Bytes file, encoder->encode(image, options, metadata));
    EXPECT_EQ(sniff(file), format);
    ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(file));
    ASSERT_EQ(decoded.image.format(), pixels);
    const double db = psnr<T>(image, decoded.image);
    const bool exact = lossless && step == 1;
    EXPECT_GE(db, exact ? 200 : lossless ? 65 : 33);
    EXPECT_LE(db, lossless ? 200 : 120);
    EXPECT_EQ(decoded.metadata.exif, metadata.exif);
    EXPECT_EQ(decoded.metadata.xmp, metadata.xmp);
    EXPECT_TRUE(pixels.model == ColorModel::kGray ||
                decoded.image.color.primaries == Primaries::kDisplayP3);
  }
};

TEST_P(RoundTripTest, gives_back_what_went_in) {
  if (GetParam().pixels.sample == SampleType::kU16)
    check<uint16_t>();
  else
    check<uint8_t>();
}

std::vector<RoundTrip> round_trips() {
  std::vector<RoundTrip> all;
  for (const FileFormat format : {FileFormat::kAvif, FileFormat::kJxl})
    for (const SampleType sample : {SampleType::kU8, SampleType::kU16})
      for (const bool lossless : {false, true})
        for (const bool alpha : {false, true}) {
          all.push_back({format, PixelFormat::rgb(sample, alpha), lossless});
          all.push_back({format, PixelFormat::gray(sample, alpha), lossless});
        }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Formats, RoundTripTest, testing::ValuesIn(round_trips()),
                         [](const auto& test) {
                           const RoundTrip& r = test.param;
                           std::string name =
                               fmt::format("{}_{}_{}", format_name(r.format), to_string(r.pixels),
                                           r.lossless ? "lossless" : "lossy");
                           std::ranges::replace(name, '+', '_');
                           return name;
                         });

TEST_F(FormatsTest, encoders_refuse_what_their_traits_do_not_promise) {
  const Image image = ramps<float>(8, 8, PixelFormat::rgb(SampleType::kF32));
  for (const FileFormat format : HelperPool::encodable_formats())
    EXPECT_THAT(pool->encoder_for(format)->encode(image, {}, {}),
                FailsWith(Code::kInvalidArgument, HasSubstr("rgb32f")));
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(FormatsTest, real_files_decode_whole) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "no folder of real pictures";
  int seen = 0;
  for (const char* folder : {"/images/formats", "/images/exr"})
    for (const auto& entry : std::filesystem::directory_iterator(*data + folder)) {
      const std::string file = contents(entry.path());
      if (pool->decoder_for(sniff(as_byte_span(file))) == nullptr) continue;
      const auto decoded = decode(file);
      if (entry.path().filename() == "XYZ_YC.exr") {
        EXPECT_THAT(decoded, FailsWith(Code::kUnsupported, HasSubstr("luminance"))) << entry;
        continue;
      }
      EXPECT_THAT(decoded, IsOk()) << entry;
      EXPECT_FALSE(decoded && decoded->is_damaged) << entry;
      ++seen;
    }
  EXPECT_GE(seen, 12);
}

TEST_F(FormatsTest, hostile_files_cost_nothing_but_themselves) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "no folder of hostile files";
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(*data + "/hostile"))
    files.push_back(contents(entry.path()));
  for (const FileFormat format : HelperPool::decodable_formats())
    for (const std::string& file : files) {
      // As what it is; the small ones as anything else, too.
      if (sniff(as_byte_span(file)) != format && file.size() > 4096) continue;
      const auto decoded = pool->decoder_for(format)->decode(as_byte_span(file), {});
      EXPECT_TRUE(decoded || decoded.error().code() != Code::kInternal);
    }
}

}  // namespace
}  // namespace imagemill
