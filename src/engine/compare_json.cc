// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "engine/result_json.h"
#include "imagemill/compare.h"
#include "telemetry/json_path.h"

namespace imagemill {
namespace {

Json picture_json(const ComparedPicture& picture) {
  Json out = Json::object();
  add_path(out, "path", picture.path);
  out.update({{"bytes", picture.bytes},
              {"hash", picture.hash},
              {"format", picture.format},
              {"width", picture.size.width},
              {"height", picture.size.height},
              {"orientation", picture.orientation},
              {"pixel_format", picture.pixel_format},
              {"profile", picture.profile},
              {"is_damaged", picture.is_damaged}});
  return out;
}

}  // namespace

std::string to_json(const Comparison& c) {
  const Json out = {{"likeness", likeness_name(c.likeness)},
                    {"verdict", c.verdict},
                    {"a", picture_json(c.a)},
                    {"b", picture_json(c.b)},
                    {"turn", turn_name(c.turn)},
                    {"phash_distance", c.phash_distance},
                    {"dhash_distance", c.dhash_distance},
                    {"is_blank", c.is_blank},
                    {"compared", size_json(c.compared)},
                    {"psnr", std::isinf(c.psnr) ? Json() : Json(c.psnr)},  // JSON has no infinity
                    {"ssim", c.ssim},
                    {"brighter", c.brighter},
                    {"colourful", c.colourful},
                    {"cosine", c.cosine ? Json(*c.cosine) : Json()}};
  return json_text(out);
}

}  // namespace imagemill
