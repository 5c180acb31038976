// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/network_json.h"

#include <nlohmann/json.hpp>

namespace imagemill {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json number_or_null(T number) {
  return number > 0 ? Json(number) : Json();
}

Json sizes_json(std::span<const BatchSizeSnapshot> sizes) {
  Json list = Json::array();
  for (const BatchSizeSnapshot& size : sizes) {
    list.push_back({{"batch", size.batch},
                    {"seconds_per_image", number_or_null(size.seconds_per_image)},
                    {"resident_bytes", number_or_null(size.resident_bytes)}});
  }
  return list;
}

}  // namespace

Json networks_json(std::span<const NetworkSnapshot> networks) {
  Json list = Json::array();
  for (const NetworkSnapshot& network : networks) {
    list.push_back({{"model", network.model},
                    {"provider", network.provider},
                    {"images", network.images},
                    {"batches", network.batches},
                    {"images_per_second", network.images_per_second},
                    {"images_per_second_average", network.images_per_second_average},
                    {"batch_size", network.batch_size},
                    {"batch_fill", network.batch_fill},
                    {"busy_share", network.busy_share},
                    {"wait_seconds", network.wait_seconds},
                    {"waiting", network.waiting},
                    {"memory_halvings", network.memory_halvings},
                    {"sizes", sizes_json(network.sizes)}});
  }
  return list;
}

}  // namespace imagemill
