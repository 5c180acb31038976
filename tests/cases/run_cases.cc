// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs tests/cases/*/*.case: each makes inputs in a folder of its own, runs jobs over them and says
// what must have come of it. README.md there lists the words.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "imagemill/engine.h"
#include "jobs/view.h"
#include "store/run_store.h"
#include "support/archive_bytes.h"
#include "support/listed_source.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// Words of a line; "..." keeps blanks together.
Words words_of(const std::string& line) {
  Words out;
  std::istringstream in(line);
  while (in >> std::ws && in.peek() != EOF) {
    std::string word;
    if (in.peek() == '"') {
      in.get();
      std::getline(in, word, '"');
    } else {
      in >> word;
    }
    if (word == "#") break;
    out.push_back(std::move(word));
  }
  return out;
}

template <size_t N>
std::array<int, N> numbers_of(const std::string& text) {
  std::array<int, N> out{};
  std::istringstream in(text);
  for (int& value : out) {
    in >> value;
    in.get();
  }
  return out;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void write_file(const std::string& path, std::string_view bytes) {
  if (const auto folder = fs::path(path).parent_path(); !folder.empty())
    fs::create_directories(folder);
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

struct Listened : Listener {
  std::vector<ItemFailed> failures;
  int finished = 0;
  std::vector<std::string> warnings;
  std::map<std::string, std::vector<std::string>> planned;  // by key
  void on_planned(const RunPlanned& event) override { planned[event.key] = event.outputs; }
  void on_item_failed(const ItemFailed& failed) override { failures.push_back(failed); }
  void on_warning(const RunWarning& warning) override { warnings.push_back(warning.message); }
  void on_finished(const RunFinished&) override { ++finished; }
};

class Case {
 public:
  void run_line(const std::string& line) {
    words_ = words_of(line);
    if (words_.empty()) return;
    struct Word {
      std::string_view name;
      size_t least_words;
      void (Case::*act)();
    };
    static constexpr std::array kWords = {
        Word{"make", 3, &Case::make},
        Word{"make-cmyk", 4, &Case::make_cmyk},
        Word{"text", 3, &Case::text},
        Word{"empty", 2, &Case::empty},
        Word{"cut", 3, &Case::cut},
        Word{"link", 3, &Case::link},
        Word{"copy", 3, &Case::copy},
        Word{"remove", 2, &Case::remove},
        Word{"long-name", 3, &Case::long_name},
        Word{"zip", 3, &Case::zip},
        Word{"tar", 3, &Case::tar},
        Word{"run", 3, &Case::run},
        Word{"refused", 2, &Case::refused},
        Word{"counts", 5, &Case::counts},
        Word{"resumed", 2, &Case::resumed},
        Word{"fails", 4, &Case::fails},
        Word{"skips", 3, &Case::skips},
        Word{"files", 2, &Case::files},
        Word{"picture", 4, &Case::picture},
        Word{"pixel", 4, &Case::pixel},
        Word{"same", 3, &Case::same},
        Word{"has", 3, &Case::has},
        Word{"lacks", 3, &Case::lacks},
        Word{"missing", 2, &Case::missing},
        Word{"damaged", 2, &Case::damaged},
        Word{"warns", 2, &Case::warns},
        Word{"plans", 2, &Case::plans},
    };
    const auto* word = std::ranges::find(kWords, words_[0], &Word::name);
    ASSERT_NE(word, kWords.end()) << "no such word";
    ASSERT_GE(words_.size(), word->least_words) << "too few words";
    (this->*word->act)();
  }

 private:
  // make FORMAT PATH [WxH] [orientation=N] [bits=16] [alpha=N] [color=R,G,B] [gray] [p3] [camera]
  void make() {
    const auto format = format_from_name(words_[1]);
    ASSERT_TRUE(format.has_value());
    MadePicture made{.format = *format};
    for (size_t i = 3; i < words_.size(); ++i) {
      const std::string& word = words_[i];
      const std::string value = word.substr(word.find('=') + 1);
      if (word.starts_with("orientation="))
        made.orientation = std::stoi(value);
      else if (word.starts_with("bits="))
        made.bits = std::stoi(value);
      else if (word.starts_with("alpha="))
        made.alpha = std::stoi(value);
      else if (word.starts_with("color="))
        made.color = numbers_of<3>(value);
      else if (word == "gray")
        made.is_gray = true;
      else if (word == "p3")
        made.has_p3_profile = true;
      else if (word == "camera")
        made.has_camera_data = true;
      else
        made.size = size_of(word);
    }
    write_file(words_[2], as_text(make_picture_file(made)));
  }
  // make-cmyk PATH WxH C,M,Y,K
  void make_cmyk() {
    write_file(words_[1], as_text(make_cmyk_jpeg(size_of(words_[2]), numbers_of<4>(words_[3]))));
  }
  void text() {
    std::string content;
    for (size_t i = 2; i < words_.size(); ++i) content += words_[i] + "\n";
    write_file(words_[1], content);
  }
  void empty() { write_file(words_[1], ""); }
  // cut PATH SIXTEENTHS
  void cut() { fs::resize_file(words_[1], fs::file_size(words_[1]) * std::stoul(words_[2]) / 16); }
  void link() { fs::create_symlink(words_[2], words_[1]); }
  void copy() { write_file(words_[2], read_file(words_[1])); }
  void remove() { fs::remove_all(words_[1]); }
  // long-name PATH FOLDER: a copy under the longest name the file system takes
  void long_name() {
    write_file(words_[2] + "/" + std::string(251, 'n') + ".jpg", read_file(words_[1]));
  }
  void zip() {
    ZipBytes out;
    for (size_t i = 2; i < words_.size(); ++i) out.add(words_[i], read_file(words_[i]));
    write_file(words_[1], out.finish());
  }
  void tar() {
    TarBytes out;
    for (size_t i = 2; i < words_.size(); ++i) out.add(words_[i], read_file(words_[i]));
    write_file(words_[1], out.finish());
  }

  // run IN... OUT [--option [value]]...: `prepare`
  void run() {
    RunSpec spec{.jobs = {{"prepare", {}}}};
    size_t at = 1;
    while (at < words_.size() && !words_[at].starts_with("--")) spec.inputs.push_back(words_[at++]);
    spec.output = spec.inputs.back();
    spec.inputs.pop_back();
    while (at < words_.size()) {
      const std::string name = words_[at++].substr(2);
      const auto kind_in = [&](std::span<const OptionSpec> specs) -> std::optional<OptionKind> {
        const auto it = std::ranges::find(specs, name, &OptionSpec::name);
        return it == specs.end() ? std::nullopt : std::optional(it->kind);
      };
      const auto run_kind = kind_in(run_options());
      const auto kind = run_kind ? run_kind : kind_in(find_job("prepare")->options);
      std::string value = "true";
      if (kind != OptionKind::kFlag && at < words_.size()) value = words_[at++];
      std::string& stored = (run_kind ? spec.options : spec.jobs[0].options)[name];
      stored += (stored.empty() ? "" : "\n") + value;
    }
    output_ = spec.output;
    listened_ = {};
    finished_.reset();
    auto result = Engine().run(spec, listened_, CancelToken());
    refusal_ = result ? "" : result.error().to_string();
    if (!result) return;
    finished_ = *result;
    EXPECT_EQ(finished_->outcome, RunFinished::Outcome::kComplete) << finished_->error;
    EXPECT_EQ(finished_->done + finished_->failed + finished_->skipped, finished_->items_total);
    EXPECT_EQ(static_cast<int64_t>(listened_.failures.size()), finished_->failed);
    EXPECT_EQ(listened_.finished, 1);
  }

  // refused WORDS...: the last run did not begin, and its message holds each
  void refused() {
    ASSERT_FALSE(finished_.has_value()) << "the run was not refused";
    for (size_t i = 1; i < words_.size(); ++i)
      EXPECT_NE(refusal_.find(words_[i]), std::string::npos) << refusal_;
  }
  // counts TOTAL DONE FAILED SKIPPED
  void counts() {
    ASSERT_TRUE(finished_.has_value()) << refusal_;
    const Words seen = {"counts", std::to_string(finished_->items_total),
                        std::to_string(finished_->done), std::to_string(finished_->failed),
                        std::to_string(finished_->skipped)};
    EXPECT_EQ(seen, words_);
    if (seen != words_)
      for (const ItemFailed& f : listened_.failures)
        ADD_FAILURE() << f.key << ": " << f.stage << ": " << f.status.to_string();
  }
  void resumed() {
    ASSERT_TRUE(finished_.has_value()) << refusal_;
    EXPECT_EQ(finished_->items_resumed, std::stoi(words_[1]));
  }
  void warns() {
    const auto holds = [&](const std::string& text) {
      return text.find(words_[1]) != std::string::npos;
    };
    EXPECT_TRUE(std::ranges::any_of(listened_.warnings, holds));
  }
  // plans KEY PATH...
  void plans() {
    const auto planned = listened_.planned.find(words_[1]);
    ASSERT_NE(planned, listened_.planned.end());
    EXPECT_EQ(planned->second, Words(words_.begin() + 2, words_.end()));
  }
  void damaged() {
    ASSERT_TRUE(finished_.has_value()) << refusal_;
    EXPECT_EQ(finished_->damaged, std::stoi(words_[1]));
  }
  // fails KEY STAGE CODE [WORDS]
  void fails() {
    const auto it = std::ranges::find(listened_.failures, words_[1], &ItemFailed::key);
    ASSERT_NE(it, listened_.failures.end()) << "no such failure";
    EXPECT_EQ(it->stage, words_[2]);
    EXPECT_EQ(code_name(it->status.code()), words_[3]) << it->status.message();
    for (size_t i = 4; i < words_.size(); ++i)
      EXPECT_NE(it->status.message().find(words_[i]), std::string::npos) << it->status.message();
    const std::string rejects = read_file(state_folder() + "/rejects.jsonl");
    EXPECT_NE(rejects.find(words_[1]), std::string::npos) << rejects;
  }
  // skips KEY WORDS
  void skips() {
    ASSERT_OK_AND_ASSIGN(const auto store, RunStore::open_existing(state_folder() + "/run.sqlite"));
    bool is_found = false;
    ASSERT_THAT(store->for_each_item([&](const ItemRecord& item) -> Result<> {
      if (item.key != words_[1]) return {};
      is_found = true;
      EXPECT_EQ(item.state, ItemState::kSkipped);
      EXPECT_NE(item.message.find(words_[2]), std::string::npos) << item.message;
      return {};
    }),
                IsOk());
    EXPECT_TRUE(is_found);
  }
  // files PATH...: all that the output holds beside the run's own folder; "none" for nothing
  void files() {
    Words expected(words_.begin() + 1, words_.end());
    if (expected == Words{"none"}) expected.clear();
    std::ranges::sort(expected);
    Words seen;
    if (fs::is_directory(output_)) {
      for (const auto& entry : fs::recursive_directory_iterator(output_)) {
        const std::string path = fs::relative(entry.path(), output_).string();
        if (!entry.is_directory() && !path.starts_with(".imagemill/")) seen.push_back(path);
      }
    } else {
      ASSERT_OK_AND_ASSIGN(const ListedSource archive, list_source(output_));
      for (const SourceEntry& entry : archive.listing.entries) seen.push_back(entry.path());
    }
    std::ranges::sort(seen);
    EXPECT_EQ(seen, expected);
  }
  // picture PATH FORMAT WxH [PIXEL FORMAT]
  void picture() {
    ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode_image(bytes_at(words_[1]), {}));
    EXPECT_EQ(format_name(decoded.header.format), words_[2]);
    EXPECT_EQ(fmt::format("{}x{}", decoded.image.width(), decoded.image.height()), words_[3]);
    if (words_.size() > 4) {
      EXPECT_EQ(to_string(decoded.image.format()), words_[4]);
    }
    EXPECT_EQ(decoded.header.orientation, Orientation::kNormal);
  }
  // pixel PATH X,Y R,G,B [TOLERANCE]: in sRGB, alpha ignored
  void pixel() {
    ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode_image(bytes_at(words_[1]), {}));
    ViewTools tools;
    std::optional<std::string> warning;
    ASSERT_OK_AND_ASSIGN(const Image rgb,
                         make_view(decoded,
                                   {.size = {decoded.image.width(), decoded.image.height()},
                                    .color = ViewColor::kSrgbRgb,
                                    .bits_max = 8},
                                   tools, warning));
    const auto at = numbers_of<2>(words_[2]);
    const auto expected = numbers_of<3>(words_[3]);
    const int tolerance = words_.size() > 4 ? std::stoi(words_[4]) : 4;
    for (int c = 0; c < 3; ++c) {
      const int plane = rgb.format().model == ColorModel::kGray ? 0 : c;
      EXPECT_NEAR(rgb.plane(plane).row<uint8_t>(at[1])[at[0]], expected[static_cast<size_t>(c)],
                  tolerance)
          << "channel " << c;
    }
  }
  void same() { EXPECT_TRUE(bytes_at(words_[1]) == bytes_at(words_[2])); }
  void missing() { EXPECT_FALSE(fs::exists(fs::symlink_status(words_[1]))); }
  // has PATH exif|xmp|iptc|icc...
  void has() { check_metadata(true); }
  void lacks() { check_metadata(false); }

  void check_metadata(bool expected) {
    ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode_image(bytes_at(words_[1]), {}));
    const Metadata& m = decoded.metadata;
    for (size_t i = 2; i < words_.size(); ++i) {
      const bool is_there = words_[i] == "exif"   ? !m.exif.empty()
                            : words_[i] == "xmp"  ? !m.xmp.empty()
                            : words_[i] == "iptc" ? !m.iptc.empty()
                            : words_[i] == "maker"
                                ? as_text(m.exif).find("Maker") != std::string_view::npos
                                : m.icc != nullptr;
      EXPECT_EQ(is_there, expected) << words_[i];
    }
  }

  static Size size_of(const std::string& text) {
    const auto sides = numbers_of<2>(text);
    return {sides[0], sides[1]};
  }
  std::string state_folder() const {
    return fs::is_directory(output_) ? output_ + "/.imagemill" : output_ + ".imagemill";
  }
  // A file, or ARCHIVE!MEMBER.
  static Bytes bytes_at(const std::string& path) {
    const size_t mark = path.find('!');
    if (mark == std::string::npos || fs::exists(path)) return bytes_of(read_file(path));
    const auto archive = list_source(path.substr(0, mark));
    EXPECT_THAT(archive, IsOk());
    if (!archive) return {};
    const auto text = archive->read(archive->source->name() + path.substr(mark));
    EXPECT_THAT(text, IsOk());
    return bytes_of(text.value_or(""));
  }

  Words words_;
  std::string output_;
  Listened listened_;
  std::optional<RunFinished> finished_;
  std::string refusal_;
};

std::vector<std::string> case_files() {
  std::vector<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(IMAGEMILL_CASES))
    if (entry.path().extension() == ".case") out.push_back(entry.path().string());
  std::ranges::sort(out);
  return out;
}

class Cases : public testing::TestWithParam<std::string> {};

TEST_P(Cases, run) {
  std::ifstream lines(GetParam());
  const TestFolder folder;
  fs::current_path(folder.path());
  Case running;
  std::string line;
  for (int number = 1; std::getline(lines, line) && !HasFatalFailure(); ++number) {
    const testing::ScopedTrace trace(GetParam().c_str(), number, line);
    running.run_line(line);
  }
  fs::current_path(fs::temp_directory_path());
}

INSTANTIATE_TEST_SUITE_P(All, Cases, testing::ValuesIn(case_files()), [](const auto& row) {
  const fs::path path(row.param);
  std::string name = path.parent_path().filename().string() + "_" + path.stem().string();
  std::ranges::replace_if(name, [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace imagemill
