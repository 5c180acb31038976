// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The words of a manifest for the values of its enumerations.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "imagemill/text.h"
#include "models/model_manifest.h"

namespace imagemill {

// In the folder of each model.
inline constexpr std::string_view kManifestFileName = "manifest.yaml";

template <typename E>
struct NamedValue {
  E value;
  std::string_view name;
};

inline constexpr std::array kFamilyNames = {NamedValue{ModelFamily::kClassify, "classify"},
                                            NamedValue{ModelFamily::kEmbed, "embed"}};
inline constexpr std::array kLayoutNames = {NamedValue{InputLayout::kNchw, "nchw"},
                                            NamedValue{InputLayout::kNhwc, "nhwc"}};
inline constexpr std::array kColorNames = {NamedValue{InputColor::kRgb, "rgb"},
                                           NamedValue{InputColor::kBgr, "bgr"}};
inline constexpr std::array kFitNames = {NamedValue{InputFit::kCrop, "crop"},
                                         NamedValue{InputFit::kSquash, "squash"},
                                         NamedValue{InputFit::kPad, "pad"}};
inline constexpr std::array kKernelNames = {NamedValue{InputKernel::kLinear, "linear"},
                                            NamedValue{InputKernel::kCubic, "cubic"},
                                            NamedValue{InputKernel::kLanczos3, "lanczos3"}};

inline constexpr std::array kPoolingNames = {NamedValue{TokenPooling::kNone, "none"},
                                             NamedValue{TokenPooling::kFirst, "first"},
                                             NamedValue{TokenPooling::kMean, "mean"}};

template <typename E, size_t N>
Result<E> value_named(const std::array<NamedValue<E>, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name, &NamedValue<E>::name);
  if (found != names.end()) return found->value;
  std::vector<std::string_view> known;
  std::string choices;
  for (const NamedValue<E>& named : names) {
    known.push_back(named.name);
    choices += (choices.empty() ? "" : "|") + std::string(named.name);
  }
  const std::string_view near = nearest_name(name, known);
  return fail(Code::kInvalidArgument, "'{}', expected {}{}", name, choices,
              near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
}

inline bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace imagemill
