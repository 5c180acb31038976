// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "image/xmp_extension.h"

#include <algorithm>

#include "image/md5.h"
#include "image/xmp_outline.h"

namespace imagemill {
namespace {

using Range = XmpOutline::Range;

constexpr std::string_view kNote = "http://ns.adobe.com/xmp/note/\nHasExtendedXMP";
constexpr std::string_view kRdfUri = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

// Without the padding and the processing instructions around it, which one of two packets keeps.
std::string_view trimmed(ByteSpan packet) {
  constexpr std::string_view kPadding(" \t\r\n\0", 5);
  std::string_view text = as_text(packet);
  text = text.substr(0, text.find_last_not_of(kPadding) + 1);
  return text.substr(std::min(text.find_first_not_of(kPadding), text.size()));
}

Bytes bytes_of_text(std::string_view text) {
  const ByteSpan bytes = as_byte_span(text);
  return {bytes.begin(), bytes.end()};
}

std::string escaped_attribute(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '"' ? "&quot;" : std::string(1, c);
  return out;
}

std::string declarations(const std::map<std::string, std::string>& namespaces) {
  std::string out;
  for (const auto& [prefix, uri] : namespaces) {
    if (prefix == "xml" || (uri.empty() && !prefix.empty())) continue;
    out +=
        fmt::format(" xmlns{}{}=\"{}\"", prefix.empty() ? "" : ":", prefix, escaped_attribute(uri));
  }
  return out;
}

// `text` without `cuts`, which do not overlap, and with `insertion` at `at` (not in a cut).
std::string cut(std::string_view text, std::vector<Range> cuts, size_t insert_at = 0,
                std::string_view insertion = {}) {
  cuts.push_back({insert_at, insert_at});
  std::ranges::sort(cuts, {}, &Range::begin);
  std::string out;
  out.reserve(text.size() + insertion.size());
  size_t at = 0;
  for (const Range& range : cuts) {
    if (range.begin < at) continue;
    out.append(text.substr(at, range.begin - at));
    if (range.bytes() == 0) out.append(insertion);
    at = range.end;
  }
  return out.append(text.substr(at));
}

const XmpOutline::Property* find_note(const XmpOutline& outline) {
  const auto note = std::ranges::find(outline.properties, kNote, &XmpOutline::Property::name);
  return note == outline.properties.end() ? nullptr : &*note;
}

std::vector<Range> notes_of(const XmpOutline& outline) {
  std::vector<Range> out;
  for (const auto& property : outline.properties)
    if (property.name == kNote) out.push_back(property.range);
  return out;
}

// Every description of a packet with the namespaces that it needs elsewhere; cut short when they
// come to more than bytes_max: a thousand namespaces for each of a thousand descriptions.
std::string descriptions_of(std::string_view text, const XmpOutline& outline, size_t bytes_max) {
  std::string out;
  for (const auto& description : outline.descriptions) {
    if (out.size() > bytes_max) break;
    std::map<std::string, std::string> inherited;
    for (const auto& [prefix, uri] : outline.namespaces)
      if (!description.namespaces.contains(prefix)) inherited.emplace(prefix, uri);
    // After the element's name.
    const size_t name_end =
        std::min(text.find_first_of(" \t\r\n/>", description.range.begin), description.range.end);
    out.append(text.substr(description.range.begin, name_end - description.range.begin))
        .append(declarations(inherited))
        .append(text.substr(name_end, description.range.end - name_end));
  }
  return out;
}

// A property in a packet of its own, with the namespaces around it.
std::string moved(std::string_view text, const XmpOutline& outline,
                  const XmpOutline::Property& property) {
  const auto& description = outline.descriptions[property.description];
  std::map<std::string, std::string> namespaces = description.namespaces;
  namespaces.insert(outline.namespaces.begin(), outline.namespaces.end());
  std::string rdf;  // the prefix that stands for RDF there
  for (const auto& [prefix, uri] : namespaces)
    if (uri == kRdfUri && !prefix.empty()) rdf = prefix;
  if (rdf.empty()) namespaces.emplace(rdf = "rdf", kRdfUri);
  const std::string_view content = text.substr(property.range.begin, property.range.bytes());
  const std::string open = fmt::format("<{}:Description{} {}:about={}", rdf,
                                       declarations(namespaces), rdf, description.about);
  return property.is_attribute ? fmt::format("{} {}/>", open, content)
                               : fmt::format("{}>{}</{}:Description>", open, content, rdf);
}

}  // namespace

std::string extension_guid(ByteSpan packet) {
  const std::string_view text = trimmed(packet);
  // Most packets have none: they are not parsed for it.
  if (packet.size() > kMaxXmpBytes || text.find("HasExtendedXMP") == std::string_view::npos)
    return {};
  const auto outline = outline_xmp(text);
  if (!outline) return {};
  const XmpOutline::Property* note = find_note(*outline);
  if (note == nullptr) return {};
  const std::string_view written = text.substr(note->range.begin, note->range.bytes());
  const size_t begin = written.find_first_of(note->is_attribute ? "\"'" : ">");
  if (begin == std::string_view::npos || written.size() < begin + 1 + kXmpGuidBytes) return {};
  const std::string_view guid = written.substr(begin + 1, kXmpGuidBytes);
  const bool is_hex = std::ranges::all_of(guid, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
  });
  return is_hex ? std::string(guid) : std::string();
}

Bytes merge_extension(ByteSpan packet, ByteSpan extension, size_t max_bytes) {
  const std::string_view text = trimmed(packet), more = trimmed(extension);
  const auto outline = outline_xmp(text);
  if (!outline) return bytes_of_text(as_text(packet));
  const auto alone = [&] { return bytes_of_text(cut(text, notes_of(*outline))); };
  if (packet.size() > max_bytes || extension.size() > max_bytes) return alone();
  const auto outline_of_more = outline_xmp(more);
  if (!outline_of_more) return alone();
  const std::string whole = cut(text, notes_of(*outline), outline->rdf_end,
                                descriptions_of(more, *outline_of_more, max_bytes));
  if (whole.size() > max_bytes || !outline_xmp(whole)) return alone();
  return bytes_of_text(whole);
}

std::optional<SplitXmp> split_xmp(ByteSpan packet, size_t packet_bytes_max) {
  const std::string_view text = trimmed(packet);
  if (text.size() > kMaxXmpBytes) return std::nullopt;
  const auto outline = outline_xmp(text);
  if (!outline || outline->descriptions.empty()) return std::nullopt;
  const std::string note_format = fmt::format(
      "<rdf:Description xmlns:rdf=\"{}\" xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\""
      " rdf:about={} xmpNote:HasExtendedXMP=\"",
      kRdfUri, outline->descriptions.front().about);
  constexpr std::string_view kNoteEnd = "\"/>";
  const size_t note_bytes = note_format.size() + kXmpGuidBytes + kNoteEnd.size();

  std::vector<Range> cuts = notes_of(*outline);
  size_t left = text.size() + note_bytes;
  for (const Range& range : cuts) left -= range.bytes();
  std::vector<const XmpOutline::Property*> largest;
  for (const auto& property : outline->properties)
    if (property.name != kNote) largest.push_back(&property);
  std::ranges::stable_sort(largest, std::greater(),
                           [](const auto* property) { return property->range.bytes(); });
  std::string extension =
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"" + std::string(kRdfUri) + "\">";
  for (const auto* property : largest) {
    if (left <= packet_bytes_max) break;
    left -= property->range.bytes();
    cuts.push_back(property->range);
    extension += moved(text, *outline, *property);
    if (extension.size() > kMaxXmpBytes) return std::nullopt;
  }
  if (left > packet_bytes_max) return std::nullopt;
  extension += "</rdf:RDF></x:xmpmeta>";
  SplitXmp out{.packet = {}, .extension = bytes_of_text(extension), .guid = {}};
  out.guid = md5_hex(out.extension);
  out.packet = bytes_of_text(
      cut(text, cuts, outline->rdf_end, note_format + out.guid + std::string(kNoteEnd)));
  return out;
}

}  // namespace imagemill
