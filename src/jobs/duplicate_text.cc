// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/duplicate_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "jobs/csv_export.h"

namespace imagemill {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json picture_json(const DuplicatePicture& picture) {
  Json out{{"key", picture.key}, {"kind", duplicate_kind_name(picture.kind)}};
  if (picture.kind == DuplicateKind::kNear) {
    out["distance"] = picture.distance;
    if (picture.turned != Orientation::kNormal) out["turned"] = orientation_words(picture.turned);
  }
  if (picture.kind == DuplicateKind::kEmbedding) out["cosine"] = picture.cosine;
  out["format"] = picture.format;
  out["width"] = picture.size.width;
  out["height"] = picture.size.height;
  out["bytes"] = picture.bytes;
  out["hash"] = picture.content;
  return out;
}

Json measure_json(const DuplicatePicture& picture) {
  if (picture.kind == DuplicateKind::kEmbedding) return picture.cosine;
  return picture.distance;
}

}  // namespace

std::string_view duplicate_kind_name(DuplicateKind kind) {
  switch (kind) {
    case DuplicateKind::kBest:
      return "best";
    case DuplicateKind::kExact:
      return "exact";
    case DuplicateKind::kNear:
      return "near";
    case DuplicateKind::kEmbedding:
      return "embedding";
  }
  return "";
}

std::string_view orientation_words(Orientation orientation) {
  switch (orientation) {
    case Orientation::kNormal:
      return "";
    case Orientation::kFlipHorizontal:
      return "mirrored";
    case Orientation::kRotate180:
      return "upside down";
    case Orientation::kFlipVertical:
      return "mirrored, upside down";
    case Orientation::kTranspose:
      return "mirrored, turned left";
    case Orientation::kRotate90:
      return "turned right";
    case Orientation::kTransverse:
      return "mirrored, turned right";
    case Orientation::kRotate270:
      return "turned left";
  }
  return "";
}

int64_t DuplicateFindings::copies() const {
  int64_t count = 0;
  for (const PictureGroup& group : groups) count += std::ssize(group.copies());
  return count;
}

uint64_t DuplicateFindings::copy_bytes() const {
  uint64_t bytes = 0;
  for (const PictureGroup& group : groups)
    for (const DuplicatePicture& copy : group.copies()) bytes += copy.bytes;
  return bytes;
}

// By hand around each picture: one tree of all would take a multiple of the text.
std::string to_json(const DuplicateFindings& findings) {
  std::string text = fmt::format(
      "{{\n\"pictures\": {},\n\"blank\": {},\n\"copies\": {},\n\"copy_bytes\": {},\n"
      "\"groups\": [",
      findings.pictures, findings.blank, findings.copies(), findings.copy_bytes());
  for (size_t i = 0; i < findings.groups.size(); ++i) {
    text += i == 0 ? "\n{\"pictures\": [" : ",\n{\"pictures\": [";
    const auto& pictures = findings.groups[i].pictures;
    for (size_t k = 0; k < pictures.size(); ++k)
      text += (k == 0 ? "\n " : ",\n ") + dump(picture_json(pictures[k]));
    text += "]}";
  }
  return text + "]\n}\n";
}

std::string duplicates_csv(const DuplicateFindings& findings) {
  std::string text = "group,key,kind,turned,distance,cosine,format,width,height,bytes,hash\r\n";
  for (size_t i = 0; i < findings.groups.size(); ++i)
    for (const DuplicatePicture& p : findings.groups[i].pictures)
      text +=
          fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n", i + 1, csv_field(p.key),
                      duplicate_kind_name(p.kind), csv_field(orientation_words(p.turned)),
                      p.kind == DuplicateKind::kNear ? fmt::format("{}", p.distance) : "",
                      p.kind == DuplicateKind::kEmbedding ? fmt::format("{:.6g}", p.cosine) : "",
                      p.format, p.size.width, p.size.height, p.bytes, p.content);
  return text;
}

std::string imagededup_json(const DuplicateFindings& findings) {
  std::string text = "{";
  const auto add = [&](const std::string& key, const Json& others) {
    text += fmt::format("{}\n{}: {}", text.size() == 1 ? "" : ",", dump(key), dump(others));
  };
  for (const PictureGroup& group : findings.groups) {
    Json of_best = Json::array();
    for (const DuplicatePicture& copy : group.copies())
      of_best.push_back(Json::array({copy.key, measure_json(copy)}));
    add(group.best().key, of_best);
    for (const DuplicatePicture& copy : group.copies())
      add(copy.key, Json::array({Json::array({group.best().key, measure_json(copy)})}));
  }
  return text + "\n}\n";
}

std::string duplicate_reason(const DuplicatePicture& picture) {
  switch (picture.kind) {
    case DuplicateKind::kBest:
      return "";
    case DuplicateKind::kExact:
      return "exact";
    case DuplicateKind::kNear: {
      const std::string_view turned = orientation_words(picture.turned);
      return fmt::format("near, {} bits{}{}", picture.distance, turned.empty() ? "" : ", ", turned);
    }
    case DuplicateKind::kEmbedding:
      return fmt::format("cosine {:.3f}", picture.cosine);
  }
  return "";
}

}  // namespace imagemill
