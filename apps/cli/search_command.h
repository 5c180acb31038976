// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill search`: the pictures of an output that are nearest to a picture.
#pragma once

#include <functional>
#include <string>

#include "imagemill/search.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

struct SearchRequest {
  SearchSpec spec;
  bool json = false;
  std::string html;        // path of the page; "": none
  bool no_config = false;  // the user's settings file is left alone
};

// Describes the command's arguments, which land in `request`; `chosen` is called when it is the
// command. Both must outlive the parsing.
void add_search_command(CLI::App& app, SearchRequest& request, std::function<void()> chosen);

// Prints; returns the exit code.
Result<int> run_search(SearchRequest& request, Listener& listener, const CancelToken& cancel);

}  // namespace imagemill::cli
