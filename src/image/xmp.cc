// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "image/xmp.h"

#include <expat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <string_view>

namespace imagemill {
namespace {

// Real packets nest about ten deep (regions of a history of ingredients).
constexpr size_t kMaxDepth = 64;

// Expat joins namespace and local name, and for attributes the prefix, with this.
constexpr char kSeparator = '\n';

#define IMAGEMILL_RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#\n"
constexpr std::string_view kRdf = IMAGEMILL_RDF "RDF";
constexpr std::string_view kDescription = IMAGEMILL_RDF "Description";
constexpr std::string_view kListItem = IMAGEMILL_RDF "li";
#undef IMAGEMILL_RDF
constexpr std::string_view kXmlLang = "http://www.w3.org/XML/1998/namespace\nlang";
constexpr std::string_view kOrientation = "http://ns.adobe.com/tiff/1.0/\nOrientation";
constexpr std::string_view kImageWidth = "http://ns.adobe.com/tiff/1.0/\nImageWidth";
constexpr std::string_view kImageLength = "http://ns.adobe.com/tiff/1.0/\nImageLength";
constexpr std::string_view kPixelX = "http://ns.adobe.com/exif/1.0/\nPixelXDimension";
constexpr std::string_view kPixelY = "http://ns.adobe.com/exif/1.0/\nPixelYDimension";
constexpr std::string_view kRating = "http://ns.adobe.com/xap/1.0/\nRating";
constexpr std::string_view kThumbnails = "http://ns.adobe.com/xap/1.0/\nThumbnails";
constexpr std::string_view kSubject = "http://purl.org/dc/elements/1.1/\nsubject";
constexpr std::string_view kDcDescription = "http://purl.org/dc/elements/1.1/\ndescription";

struct ByteRange {
  size_t begin = 0;
  size_t end = 0;
};

// "namespace\nlocal" of "namespace\nlocal\nprefix".
std::string_view without_prefix(std::string_view name) {
  const size_t local = name.find(kSeparator);
  if (local == std::string_view::npos) return name;
  return name.substr(0, name.find(kSeparator, local + 1));
}

// What a packet says, in the order it says it. A property is a child or an attribute of a
// top-level rdf:Description; both forms mean the same.
class PropertyVisitor {
 public:
  virtual ~PropertyVisitor() = default;
  // tag: the start tag that holds the attribute. qualified: the name as written there.
  virtual void on_attribute(std::string_view name, std::string_view value, ByteRange tag,
                            std::string_view qualified) = 0;
  // An array's item.
  virtual void on_item(std::string_view /*name*/, std::string_view /*lang*/,
                       std::string_view /*text*/) {}
  // content: between the tags; nothing of it when the element is empty-tagged. is_simple: only
  // text in it.
  virtual void on_element(std::string_view name, std::string_view text, ByteRange whole,
                          ByteRange content, bool is_simple) = 0;
};

class PacketParser {
 public:
  PacketParser(std::string_view packet, PropertyVisitor& visitor)
      : packet_(packet),
        visitor_(visitor),
        parser_(XML_ParserCreateNS("UTF-8", kSeparator), &XML_ParserFree) {}

  Result<> parse() {
    if (parser_ == nullptr) return fail(Code::kResourceExhausted, "XMP: no memory for a parser");
    XML_Parser parser = parser_.get();
    XML_SetUserData(parser, this);
    XML_SetReturnNSTriplet(parser, 1);
    XML_SetElementHandler(
        parser,
        [](void* self, const XML_Char* name, const XML_Char** attributes) {
          static_cast<PacketParser*>(self)->contain(
              [&](PacketParser& p) { p.start(name, attributes); });
        },
        [](void* self, const XML_Char*) {
          static_cast<PacketParser*>(self)->contain([](PacketParser& p) { p.end(); });
        });
    XML_SetCharacterDataHandler(parser, [](void* self, const XML_Char* text, int length) {
      static_cast<PacketParser*>(self)->contain([&](PacketParser& p) {
        if (p.stack_.size() > p.property_depth_) p.text_.append(text, static_cast<size_t>(length));
      });
    });
    XML_SetStartDoctypeDeclHandler(
        parser, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
          static_cast<PacketParser*>(self)->stop("a document type");
        });
    const auto status =
        XML_Parse(parser, packet_.data(), static_cast<int>(packet_.size()), XML_TRUE);
    if (status == XML_STATUS_OK) return {};
    return fail(Code::kCorruptInput, "XMP: {} in line {} of {} bytes",
                refusal_ != nullptr ? refusal_ : XML_ErrorString(XML_GetErrorCode(parser)),
                XML_GetCurrentLineNumber(parser), packet_.size());
  }

 private:
  struct Element {
    std::string name;
    ByteRange tag;
    bool has_children = false;
  };

  // No exception may cross Expat's C frames.
  template <typename F>
  void contain(F&& handler) {
    try {
      handler(*this);
    } catch (...) {
      stop("no memory left");
    }
  }

  void stop(const char* refusal) {
    refusal_ = refusal;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  ByteRange event() const {
    const auto begin = static_cast<size_t>(XML_GetCurrentByteIndex(parser_.get()));
    return {begin, begin + static_cast<size_t>(XML_GetCurrentByteCount(parser_.get()))};
  }

  // A top-level description: the RDF element's child.
  bool is_description(size_t depth) const {
    return depth >= 2 && stack_[depth - 1].name == kDescription && stack_[depth - 2].name == kRdf;
  }

  void start(const XML_Char* name, const XML_Char** attributes) {
    if (stack_.size() == kMaxDepth) return stop("nesting too deep");
    if (!stack_.empty()) stack_.back().has_children = true;
    if (property_depth_ == kNone && is_description(stack_.size())) property_depth_ = stack_.size();
    stack_.push_back({std::string(without_prefix(name)), event()});
    text_.clear();
    lang_.clear();
    for (const XML_Char** a = attributes; *a != nullptr; a += 2) {
      const std::string_view full = a[0];
      if (full.starts_with(kXmlLang)) lang_ = a[1];
      if (is_description(stack_.size()) && property_depth_ == kNone) on_attribute(full, a[1]);
    }
  }

  void on_attribute(std::string_view full, std::string_view value) {
    const std::string_view name = without_prefix(full);
    const size_t local = name.find(kSeparator);
    if (local == std::string_view::npos || full.size() == name.size()) return;
    const std::string qualified =
        std::string(full.substr(name.size() + 1)) + ":" + std::string(name.substr(local + 1));
    visitor_.on_attribute(name, value, stack_.back().tag, qualified);
  }

  void end() {
    const Element element = std::move(stack_.back());
    stack_.pop_back();
    const ByteRange tag = event();
    if (stack_.size() == property_depth_) {
      visitor_.on_element(element.name, text_, {element.tag.begin, tag.end},
                          {element.tag.end, std::max(element.tag.end, tag.begin)},
                          !element.has_children && tag.end > tag.begin);
      property_depth_ = kNone;
    } else if (property_depth_ != kNone && stack_.size() == property_depth_ + 2 &&
               element.name == kListItem && !element.has_children) {
      visitor_.on_item(stack_[property_depth_].name, lang_, text_);
    }
    text_.clear();
  }

  static constexpr size_t kNone = SIZE_MAX;

  std::string_view packet_;
  PropertyVisitor& visitor_;
  std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser_;
  std::vector<Element> stack_;
  size_t property_depth_ = kNone;  // elements above the property that is being read
  std::string text_;
  std::string lang_;
  const char* refusal_ = nullptr;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

template <typename T>
std::optional<T> parsed(std::string_view text) {
  text = trimmed(text);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class SummaryReader final : public PropertyVisitor {
 public:
  void on_attribute(std::string_view name, std::string_view value, ByteRange,
                    std::string_view) override {
    on_value(name, value);
  }
  void on_element(std::string_view name, std::string_view text, ByteRange, ByteRange,
                  bool is_simple) override {
    if (is_simple) on_value(name, text);
  }
  void on_item(std::string_view name, std::string_view lang, std::string_view text) override {
    if (name == kSubject) summary.subjects.emplace_back(trimmed(text));
    if (name == kDcDescription && (summary.description.empty() || lang == "x-default"))
      summary.description = trimmed(text);
  }

  XmpSummary summary;

 private:
  void on_value(std::string_view name, std::string_view value) {
    if (name == kOrientation) {
      const auto number = parsed<int>(value);
      if (number && *number >= 1 && *number <= 8)
        summary.orientation = static_cast<Orientation>(*number);
    } else if (name == kRating) {
      const auto rating = parsed<double>(value);
      if (rating && *rating >= -1 && *rating <= 5) summary.rating = rating;
    } else if (name == kDcDescription && summary.description.empty()) {
      summary.description = trimmed(value);
    }
  }
};

class PatchWriter final : public PropertyVisitor {
 public:
  PatchWriter(std::string_view packet, const XmpPatch& patch) : packet_(packet), patch_(patch) {}

  void on_attribute(std::string_view name, std::string_view, ByteRange tag,
                    std::string_view qualified) override {
    const auto value = value_for(name);
    if (!value) return;
    if (const auto place = attribute_value(tag, qualified)) edits_.push_back({*place, *value});
  }

  void on_element(std::string_view name, std::string_view, ByteRange whole, ByteRange content,
                  bool is_simple) override {
    if (name == kThumbnails && patch_.drop_thumbnails) edits_.push_back({whole, ""});
    const auto value = value_for(name);
    if (!value) return;
    // A value with qualifiers or none at all: absent says the same as the patch.
    if (is_simple)
      edits_.push_back({content, *value});
    else
      edits_.push_back({whole, ""});
  }

  // Edits were made in the order of the packet, but an attribute's may come in any order.
  Bytes finish() {
    std::ranges::sort(edits_, {}, [](const Edit& edit) { return edit.place.begin; });
    std::string out;
    size_t at = 0;
    for (const Edit& edit : edits_) {
      if (edit.place.begin < at) continue;
      out.append(packet_.substr(at, edit.place.begin - at)).append(edit.text);
      at = edit.place.end;
    }
    out.append(packet_.substr(at));
    const ByteSpan bytes = as_byte_span(out);
    return {bytes.begin(), bytes.end()};
  }

 private:
  struct Edit {
    ByteRange place;
    std::string text;
  };

  std::optional<std::string> value_for(std::string_view name) const {
    const bool has_size = patch_.pixel_size.width > 0 && patch_.pixel_size.height > 0;
    if (name == kOrientation && patch_.orientation)
      return fmt::format("{}", static_cast<int>(*patch_.orientation));
    if (has_size && (name == kImageWidth || name == kPixelX))
      return fmt::format("{}", patch_.pixel_size.width);
    if (has_size && (name == kImageLength || name == kPixelY))
      return fmt::format("{}", patch_.pixel_size.height);
    return std::nullopt;
  }

  // Between the quotes of the attribute. The tag is well-formed: Expat has read it.
  std::optional<ByteRange> attribute_value(ByteRange tag, std::string_view qualified) const {
    constexpr std::string_view kBlanks = " \t\r\n";
    size_t at = packet_.find_first_of(kBlanks, tag.begin);
    while (at < tag.end) {
      at = packet_.find_first_not_of(kBlanks, at);
      const size_t name_end = packet_.find_first_of(" \t\r\n=", at);
      const size_t open = packet_.find_first_of("\"'", name_end);
      if (open >= tag.end) return std::nullopt;
      const size_t close = packet_.find(packet_[open], open + 1);
      if (close >= tag.end) return std::nullopt;
      if (packet_.substr(at, name_end - at) == qualified) return ByteRange{open + 1, close};
      at = close + 1;
    }
    return std::nullopt;
  }

  std::string_view packet_;
  const XmpPatch& patch_;
  std::vector<Edit> edits_;
};

void append_utf8(uint32_t point, std::string& out) {
  const auto tail = [&](int shift) {
    out.push_back(static_cast<char>(0x80 | ((point >> shift) & 0x3F)));
  };
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | point >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// Half a pair becomes U+FFFD.
std::string utf8_from_utf16(ByteSpan text, bool big_endian) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    uint32_t point = read_u16(as_u8(text) + i, big_endian);
    const uint32_t low = i + 3 < text.size() ? read_u16(as_u8(text) + i + 2, big_endian) : 0u;
    if (point >= 0xD800 && point < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      i += 2;
    } else if (point >= 0xD800 && point < 0xE000) {
      point = 0xFFFD;
    }
    append_utf8(point, out);
  }
  return out;
}

// The packet as UTF-8 (cameras and sidecars have UTF-16 ones, too), without the padding that some
// writers put around it and XML does not allow there.
Result<std::string> document(ByteSpan packet, size_t max_bytes) {
  max_bytes = std::min<size_t>(max_bytes, INT32_MAX / 2);
  if (packet.size() > max_bytes)
    return fail(Code::kResourceExhausted, "XMP: packet of {} bytes, at most {} are read",
                packet.size(), max_bytes);
  std::string text(as_text(packet));
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    text = utf8_from_utf16(packet.subspan(2), text[0] == '\xFE');
  constexpr std::string_view kPadding(" \t\r\n\0", 5);
  text.erase(text.find_last_not_of(kPadding) + 1);
  text.erase(0, text.find_first_not_of(kPadding));
  // Expat would take it for a sign of UTF-16.
  if (text.find('\0') != std::string::npos)
    return fail(Code::kCorruptInput, "XMP: a NUL in a packet of {} bytes", packet.size());
  return text;
}

}  // namespace

Result<XmpSummary> read_xmp(ByteSpan packet, size_t max_bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string text, document(packet, max_bytes));
  SummaryReader reader;
  IMAGEMILL_TRY(PacketParser(text, reader).parse());
  return std::move(reader.summary);
}

Result<Bytes> patch_xmp(ByteSpan packet, const XmpPatch& patch, size_t max_bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string text, document(packet, max_bytes));
  PatchWriter writer(text, patch);
  IMAGEMILL_TRY(PacketParser(text, writer).parse());
  return writer.finish();
}

}  // namespace imagemill
