// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "image/xmp_outline.h"

#include <expat.h>

#include <algorithm>
#include <memory>

namespace imagemill {
namespace {

constexpr size_t kMaxDepth = 64;  // as in xmp.cc
constexpr char kSeparator = '\n';
constexpr std::string_view kRdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#\n";

bool is_rdf(std::string_view name, std::string_view local) {
  return name.starts_with(kRdf) && name.substr(kRdf.size()) == local;
}

// An attribute of a start tag, as written.
struct Attribute {
  std::string_view qualified;
  XmpOutline::Range range;
  std::string_view quoted_value;
};

// Of a tag that Expat has found well-formed.
std::vector<Attribute> attributes_of(std::string_view packet, XmpOutline::Range tag) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<Attribute> out;
  const std::string_view text = packet.substr(0, tag.end);
  size_t at = text.find_first_of(kBlanks, tag.begin);
  while (at < text.size()) {
    at = text.find_first_not_of(kBlanks, at);
    if (at == std::string_view::npos) break;
    const size_t name_end = text.find_first_of(" \t\r\n=", at);
    const size_t open = text.find_first_of("\"'", at);
    if (name_end > open || open == std::string_view::npos) break;
    const size_t close = text.find(text[open], open + 1);
    if (close == std::string_view::npos) break;
    out.push_back(
        {text.substr(at, name_end - at), {at, close + 1}, text.substr(open, close + 1 - open)});
    at = close + 1;
  }
  return out;
}

class OutlineReader {
 public:
  explicit OutlineReader(std::string_view packet)
      : packet_(packet), parser_(XML_ParserCreateNS("UTF-8", kSeparator), &XML_ParserFree) {}

  Result<XmpOutline> read() {
    if (parser_ == nullptr) return fail(Code::kResourceExhausted, "XMP: no memory for a parser");
    XML_Parser parser = parser_.get();
    XML_SetUserData(parser, this);
    XML_SetElementHandler(
        parser,
        [](void* self, const XML_Char* name, const XML_Char**) {
          contain(self, [&](OutlineReader& r) { r.start(name); });
        },
        [](void* self, const XML_Char*) { contain(self, [](OutlineReader& r) { r.end(); }); });
    XML_SetStartNamespaceDeclHandler(
        parser, [](void* self, const XML_Char* prefix, const XML_Char* uri) {
          contain(self, [&](OutlineReader& r) {
            r.declared_[prefix == nullptr ? "" : prefix] = uri == nullptr ? "" : uri;
          });
        });
    XML_SetStartDoctypeDeclHandler(
        parser, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
          static_cast<OutlineReader*>(self)->stop("a document type");
        });
    const auto status =
        XML_Parse(parser, packet_.data(), static_cast<int>(packet_.size()), XML_TRUE);
    if (status != XML_STATUS_OK)
      return fail(Code::kCorruptInput, "XMP: {} in line {}",
                  refusal_ != nullptr ? refusal_ : XML_ErrorString(XML_GetErrorCode(parser)),
                  XML_GetCurrentLineNumber(parser));
    if (outline_.rdf_end == 0) return fail(Code::kCorruptInput, "XMP: no rdf:RDF with content");
    return std::move(outline_);
  }

 private:
  // No exception may cross Expat's C frames.
  template <typename F>
  static void contain(void* self, F&& handler) {
    auto& reader = *static_cast<OutlineReader*>(self);
    try {
      handler(reader);
    } catch (...) {
      reader.stop("no memory left");
    }
  }

  void stop(const char* refusal) {
    refusal_ = refusal;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  XmpOutline::Range event() const {
    const auto begin = static_cast<size_t>(XML_GetCurrentByteIndex(parser_.get()));
    return {begin, begin + static_cast<size_t>(XML_GetCurrentByteCount(parser_.get()))};
  }

  void start(std::string_view name) {
    if (depth_ == kMaxDepth) return stop("nesting too deep");
    const XmpOutline::Range tag = event();
    auto declared = std::exchange(declared_, {});
    if (rdf_depth_ == kNone) {
      outline_.namespaces.merge(declared);
      if (is_rdf(name, "RDF") && outline_.rdf_end == 0) {
        rdf_depth_ = depth_;
        outline_.rdf_start_tag = tag;
      }
    } else if (depth_ == rdf_depth_ + 1 && is_rdf(name, "Description")) {
      add_description(tag, std::move(declared));
    } else if (depth_ == rdf_depth_ + 2 && is_in_description_) {
      outline_.properties.push_back({.name = std::string(name),
                                     .range = tag,
                                     .description = outline_.descriptions.size() - 1});
    }
    ++depth_;
  }

  void add_description(XmpOutline::Range tag, std::map<std::string, std::string> declared) {
    is_in_description_ = true;
    XmpOutline::Description description{
        .range = tag, .start_tag = tag, .about = "\"\"", .namespaces = std::move(declared)};
    for (const Attribute& attribute : attributes_of(packet_, tag)) {
      const size_t colon = attribute.qualified.find(':');
      const std::string prefix(attribute.qualified.substr(
          0, colon == std::string_view::npos ? attribute.qualified.size() : colon));
      if (colon == std::string_view::npos || prefix == "xmlns" || prefix == "xml") continue;
      const std::string_view local = attribute.qualified.substr(colon + 1);
      auto uri = description.namespaces.find(prefix);
      if (uri == description.namespaces.end()) {
        uri = outline_.namespaces.find(prefix);
        if (uri == outline_.namespaces.end()) continue;
      }
      const std::string name = fmt::format("{}{}{}", uri->second, kSeparator, local);
      if (is_rdf(name, "about"))
        description.about = attribute.quoted_value;
      else if (!name.starts_with(kRdf))
        outline_.properties.push_back({.name = name,
                                       .range = attribute.range,
                                       .is_attribute = true,
                                       .description = outline_.descriptions.size()});
    }
    outline_.descriptions.push_back(std::move(description));
  }

  void end() {
    --depth_;
    const XmpOutline::Range tag = event();
    if (rdf_depth_ == kNone) return;
    if (depth_ == rdf_depth_) {
      // Empty-tagged, it has no place to put anything.
      if (tag.bytes() > 0) outline_.rdf_end = tag.begin;
      rdf_depth_ = kNone;
    } else if (depth_ == rdf_depth_ + 1 && is_in_description_) {
      outline_.descriptions.back().range.end = tag.end;
      is_in_description_ = false;
    } else if (depth_ == rdf_depth_ + 2 && is_in_description_) {
      outline_.properties.back().range.end = tag.end;
    }
  }

  static constexpr size_t kNone = SIZE_MAX;

  std::string_view packet_;
  std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser_;
  XmpOutline outline_;
  std::map<std::string, std::string> declared_;  // for the element that starts next
  size_t depth_ = 0;
  size_t rdf_depth_ = kNone;
  bool is_in_description_ = false;
  const char* refusal_ = nullptr;
};

}  // namespace

Result<XmpOutline> outline_xmp(std::string_view packet) { return OutlineReader(packet).read(); }

}  // namespace imagemill
