// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Where the properties of an XMP packet stand in its text, for those who move them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "imagemill/status.h"

namespace imagemill {

struct XmpOutline {
  struct Range {
    size_t begin = 0;
    size_t end = 0;
    size_t bytes() const { return end - begin; }
  };
  struct Property {
    std::string name;  // namespace, '\n', local name
    Range range;       // the element, or `p:name="value"` in the description's start tag
    bool is_attribute = false;
    size_t description = 0;  // index
  };
  // A top-level rdf:Description.
  struct Description {
    Range range;
    Range start_tag;
    std::string about;  // rdf:about as written, quotes included; "\"\"" where it has none
    std::map<std::string, std::string> namespaces;  // declared in the tag: prefix -> URI
  };

  Range rdf_start_tag;
  size_t rdf_end = 0;                             // where </rdf:RDF> begins
  std::map<std::string, std::string> namespaces;  // declared above the descriptions
  std::vector<Description> descriptions;
  std::vector<Property> properties;  // in the order of the text, attributes of a tag in any
};

// `packet` is UTF-8 without padding. kCorruptInput when it is not well-formed, has a document type,
// is nested deeper than any real packet or has no rdf:RDF.
Result<XmpOutline> outline_xmp(std::string_view packet);

}  // namespace imagemill
