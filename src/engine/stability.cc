// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/stability.h"

#include <algorithm>
#include <cmath>

#include "engine/embed_alike.h"
#include "engine/helper_set_up.h"
#include "engine/nearest_rows.h"
#include "engine/originals.h"
#include "engine/picture_variants.h"
#include "engine/run_plan.h"
#include "imagemill/engine.h"
#include "vectors/distance.h"

namespace imagemill {
namespace {

// Scores of equal vectors may differ in the last places.
constexpr double kEqualScores = 1e-9;

// One variant of one picture.
struct Trial {
  size_t variant = 0;
  size_t row = 0;
  std::string file;
};

struct Measured {
  double cosine = 0;
  std::string key;
  bool is_found = false;
};

VariantStability summary_of(const PictureVariant& variant, std::vector<Measured> measured) {
  VariantStability out{.name = std::string(variant.name),
                       .description = std::string(variant.description),
                       .pictures = measured.size()};
  if (measured.empty()) return out;
  std::ranges::stable_sort(measured, {}, &Measured::cosine);
  const auto count = static_cast<double>(measured.size());
  for (const Measured& m : measured) {
    out.mean += m.cosine / count;
    out.found += m.is_found ? 1 / count : 0;
  }
  // The value that at most one in twenty is below: nearest rank.
  out.p5 = measured[static_cast<size_t>(std::ceil(0.05 * count)) - 1].cosine;
  out.worst = measured.front().cosine;
  out.worst_key = measured.front().key;
  return out;
}

class Stability {
 public:
  Stability(const StabilitySpec& spec, Listener& listener, const CancelToken& cancel)
      : spec_(spec), listener_(listener), cancel_(cancel) {}

  Result<StabilityReport> run() {
    if (spec_.sample == 0) return fail(Code::kInvalidArgument, "--sample: 0, expected at least 1");
    IMAGEMILL_ASSIGN_OR_RETURN(options_, OptionValues::parse(run_options(), spec_.setup.options));
    IMAGEMILL_ASSIGN_OR_RETURN(output_, EmbeddedOutput::open(spec_.output, fs_));
    IMAGEMILL_ASSIGN_OR_RETURN(const auto vectors, EmbeddedVectors::open(output_, fs_));
    report_ = {
        .output = spec_.output, .model = output_.option("embed.model"), .pictures = vectors.rows()};
    const std::string folder = join_path(spec_.setup.work_folder, "variants");
    IMAGEMILL_TRY(fs_.create_folders(folder));
    IMAGEMILL_TRY(write_variants(vectors, folder));
    // The unchanged pictures show that all is as it was: what is known of them would not. And
    // nobody asks for the variants again.
    EmbedSetup setup = spec_.setup;
    const std::string none = "0";
    setup.options.insert_or_assign("cache-size", none);
    IMAGEMILL_ASSIGN_OR_RETURN(const FeaturesByName features,
                               embed_alike(output_, folder, setup, listener_, cancel_));
    IMAGEMILL_TRY(measure(vectors, features));
    return std::move(report_);
  }

 private:
  Result<> write_variants(const EmbeddedVectors& vectors, const std::string& folder) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Helpers helpers,
                               open_helpers(spec_.setup.options, spec_.setup.codec_host, cancel_));
    const CodecSet codecs = helpers.codecs();
    IMAGEMILL_ASSIGN_OR_RETURN(Originals originals,
                               Originals::moved(output_.inputs, spec_.inputs, fs_));
    ViewTools tools;
    report_.sample = std::min(spec_.sample, vectors.rows());
    for (size_t i = 0; i < report_.sample; ++i) {
      if (cancel_.is_requested()) return fail(Code::kCancelled, "stopped");
      const size_t row = i * vectors.rows() / report_.sample;
      const std::string key = vectors.key(row);
      const size_t before = trials_.size();
      Result<> made;
      Result<> written;
      auto bytes = originals.read(key, options_.bytes("limit-file"));
      if (!bytes) {
        made = std::unexpected(std::move(bytes).error());
      } else {
        made = make_variants(
            *bytes, codecs, tools,
            [&](size_t variant, std::string_view extension, ByteSpan file) -> Result<> {
              const std::string path = extension.empty() ? key : fmt::format("x.{}", extension);
              trials_.push_back({variant, row, numbered_name(trials_.size(), path)});
              written = write_file_atomically(fs_, join_path(folder, trials_.back().file), file);
              return written;
            });
      }
      if (made) continue;
      if (!written) return written;  // the picture is not at fault
      report_.skipped.push_back({key, made.error().message()});
      trials_.resize(before);
    }
    if (trials_.empty())
      return fail(Code::kNotFound,
                  "none of the {} sampled pictures could be read again (--input says where the "
                  "inputs are by now); the first: {}",
                  report_.sample, report_.skipped.front().why);
    return {};
  }

  Result<> measure(const EmbeddedVectors& vectors, const FeaturesByName& features) {
    IMAGEMILL_ASSIGN_OR_RETURN(
        const auto nearest, NearestRows::open(vectors, {.threads = thread_count(options_)}, fs_));
    std::vector<std::vector<Measured>> measured(picture_variants().size());
    for (const Trial& trial : trials_) {
      const auto found = features.find(trial.file);
      const std::string key = vectors.key(trial.row);
      if (found == features.end() || !found->second) {
        report_.skipped.push_back(
            {key,
             fmt::format("{}: {}", picture_variants()[trial.variant].name,
                         found == features.end() ? "no result" : found->second.error().message())});
        continue;
      }
      const double own = cosine_f64(*found->second, vectors.vector(trial.row));
      IMAGEMILL_ASSIGN_OR_RETURN(const auto best, nearest.search(*found->second, 1));
      measured[trial.variant].push_back({own, key, own >= best.front().score - kEqualScores});
    }
    for (size_t i = 0; i < measured.size(); ++i)
      report_.variants.push_back(summary_of(picture_variants()[i], std::move(measured[i])));
    return {};
  }

  const StabilitySpec& spec_;
  Listener& listener_;
  const CancelToken& cancel_;
  FileSystem& fs_ = real_file_system();
  OptionValues options_;
  EmbeddedOutput output_;
  std::vector<Trial> trials_;
  StabilityReport report_;
};

}  // namespace

Result<StabilityReport> measure_stability(const StabilitySpec& spec, Listener& listener,
                                          const CancelToken& cancel) {
  return Stability(spec, listener, cancel).run();
}

}  // namespace imagemill
