// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/search.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/embedded_vectors.h"
#include "engine/nearest_rows.h"
#include "support/colour_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class SearchTest : public testing::Test {
 protected:
  SearchSpec spec(std::vector<std::string> images, std::vector<std::string> keys = {}) {
    return {.output = output(),
            .images = std::move(images),
            .keys = std::move(keys),
            .k = 3,
            .setup = pictures_.setup()};
  }
  std::string output() const {
    std::string out = pictures_.run.out();
    out.pop_back();
    return out;
  }

  Result<SearchReport> run(const SearchSpec& s) { return search(s, listener_, CancelToken()); }

  // Keys of the only query, without the source's name.
  static std::vector<std::string> keys(const SearchReport& report) {
    std::vector<std::string> out;
    for (const SearchHit& hit : report.queries.at(0).hits) out.push_back(hit.key.substr(3));
    return out;
  }

  std::string write_query(ColourPictures::Colour colour, const std::string& name = "q.png") {
    return pictures_.folder.write(name, as_text(ColourPictures::picture(colour)));
  }

  ColourPictures pictures_;
  ToldListener listener_;
};

TEST_F(SearchTest, finds_the_nearest_pictures_and_where_they_are) {
  pictures_.add_reds(10);
  ASSERT_THAT(pictures_.embed(), IsOk());
  const std::string query = write_query(ColourPictures::red(4, 10));
  ASSERT_OK_AND_ASSIGN(const SearchReport report, run(spec({query})));
  EXPECT_EQ(report.pictures, 10u);
  EXPECT_EQ(report.dims, 3u);
  const QueryResult& found = report.queries.at(0);
  EXPECT_EQ(found.error, "");
  EXPECT_THAT(keys(report), ElementsAre("04.png", "03.png", "05.png"));
  EXPECT_NEAR(found.hits[0].score, 1, 1e-6);
  EXPECT_GT(found.hits[1].score, found.hits[2].score);
  EXPECT_EQ(found.hits[0].path, pictures_.run.in("04.png"));
  EXPECT_FALSE(found.hits[0].thumbnail);
}

TEST_F(SearchTest, distances_are_euclidean) {
  pictures_.run.add("black.png", ColourPictures::picture({0, 0, 0}));
  pictures_.run.add("white.png", ColourPictures::picture({1, 1, 1}));
  ASSERT_THAT(pictures_.embed(), IsOk());
  SearchSpec s = spec({write_query({0, 0, 0})});
  s.metric = "l2";
  ASSERT_OK_AND_ASSIGN(const SearchReport report, run(s));
  EXPECT_NEAR(report.queries.at(0).hits.at(0).score, 0, 1e-5);
  // White minus black, divided by ImageNet's deviations.
  EXPECT_NEAR(report.queries.at(0).hits.at(1).score,
              std::sqrt(1 / 0.229 / 0.229 + 1 / 0.224 / 0.224 + 1 / 0.225 / 0.225), 1e-3);
}

TEST_F(SearchTest, a_picture_of_the_output_needs_no_model_and_is_not_its_own_neighbour) {
  pictures_.add_reds(5);
  ASSERT_THAT(pictures_.embed(), IsOk());
  std::filesystem::remove(pictures_.folder / "model.onnx");
  ASSERT_OK_AND_ASSIGN(const SearchReport report, run(spec({}, {"in/00.png"})));
  EXPECT_TRUE(report.queries.at(0).is_key);
  EXPECT_THAT(keys(report), ElementsAre("01.png", "02.png", "03.png"));
}

TEST_F(SearchTest, there_are_never_more_hits_than_pictures) {
  pictures_.add_reds(4);
  ASSERT_THAT(pictures_.embed(), IsOk());
  SearchSpec s = spec({write_query({1, 0, 0})}, {"in/03.png"});
  for (const size_t k : {size_t{100}, SIZE_MAX})
    for (const char* index : {"exact", "hnsw"}) {
      s.k = k;
      s.index = index;
      s.setup = pictures_.setup();
      ASSERT_OK_AND_ASSIGN(const SearchReport report, run(s));
      EXPECT_THAT(report.queries.at(0).hits, SizeIs(4)) << k << index;
      EXPECT_THAT(report.queries.at(1).hits, SizeIs(3)) << k << index;
    }
}

TEST_F(SearchTest, every_layout_of_the_vectors_gives_the_same) {
  pictures_.add_reds(11);
  const std::string query = write_query(ColourPictures::red(6, 11));
  const std::vector<std::pair<std::map<std::string, std::string>, std::string>> layouts = {
      {{}, "plain"},
      {{{"chunk", "4"}}, "chunks"},
      {{{"dtype", "f16"}, {"chunk", "3"}}, "halves"},
      {{{"output", "jsonl"}}, "jsonl"},
      {{{"output", "none"}, {"dtype", "f16"}}, "none"},
      {{}, "out.zip"}};
  for (const auto& [job, output] : layouts) {
    ASSERT_THAT(pictures_.embed(job, output), IsOk());
    ASSERT_OK_AND_ASSIGN(const SearchReport report, run(spec({query}, {"in/10.png"})));
    EXPECT_THAT(keys(report), ElementsAre("06.png", "07.png", "05.png")) << output;
    EXPECT_EQ(report.queries.at(1).hits.at(0).key, "in/09.png") << output;
    EXPECT_NEAR(report.queries.at(0).hits.at(0).score, 1, 1e-5) << output;
  }
}

TEST_F(SearchTest, a_query_that_cannot_be_had_says_why_and_others_go_on) {
  pictures_.add_reds(3);
  ASSERT_THAT(pictures_.embed(), IsOk());
  const std::string broken = pictures_.folder.write("broken.png", "\x89PNG\r\n\x1a\n nothing more");
  const std::string text = pictures_.folder.write("text.png", "no picture");
  ASSERT_OK_AND_ASSIGN(
      const SearchReport report,
      run(spec({broken, text, pictures_.folder / "none.png", write_query({1, 0, 0})},
               {"in/99.png"})));
  EXPECT_THAT(report.queries.at(0).error, HasSubstr("PNG"));
  EXPECT_THAT(report.queries.at(1).error, HasSubstr("not a picture"));
  EXPECT_THAT(report.queries.at(2).error, HasSubstr("none.png"));
  EXPECT_THAT(report.queries.at(3).hits, SizeIs(3));
  EXPECT_THAT(report.queries.at(4).error, HasSubstr("no picture of"));
}

TEST_F(SearchTest, refuses_what_holds_no_vectors) {
  pictures_.add_reds(2);
  SearchSpec s = spec({}, {"in/00.png"});
  s.output = pictures_.folder.path();
  EXPECT_THAT(run(s), FailsWith(Code::kInvalidArgument, HasSubstr("not the output of a run")));
  ASSERT_THAT(pictures_.run.run({{"quality", {}}}), IsOk());
  EXPECT_THAT(run(spec({}, {"in/00.png"})),
              FailsWith(Code::kInvalidArgument, HasSubstr("made by quality")));
}

TEST_F(SearchTest, refuses_an_output_of_failures) {
  pictures_.run.add("broken.png", as_byte_span("\x89PNG\r\n\x1a\n nothing more"));
  ASSERT_THAT(pictures_.embed(), IsOk());
  EXPECT_THAT(run(spec({}, {"in/broken.png"})),
              FailsWith(Code::kInvalidArgument, HasSubstr("holds no vectors")));
}

TEST_F(SearchTest, refuses_another_model_under_the_same_name) {
  pictures_.add_reds(3);
  ASSERT_THAT(pictures_.embed(), IsOk());
  const std::string query = write_query({1, 0, 0});
  const std::string old = pictures_.folder.write("old/model.onnx", tiny_features_model(16, 16));
  pictures_.model(tiny_classifier_model(16, 16, 4));
  EXPECT_THAT(run(spec({query})),
              FailsWith(Code::kInvalidArgument, HasSubstr("its content differs")));
  // The old one has moved.
  SearchSpec s = spec({query});
  s.setup.model = old;
  EXPECT_THAT(run(s), IsOk());
  std::filesystem::remove(pictures_.folder / "model.onnx");
  EXPECT_THAT(run(spec({query})), FailsWith(Code::kNotFound, HasSubstr("--model")));
}

TEST_F(SearchTest, options_that_make_no_sense_are_said) {
  EXPECT_THAT(run(spec({})), FailsWith(Code::kInvalidArgument, HasSubstr("--image")));
  SearchSpec s = spec({}, {"in/00.png"});
  s.metric = "cos";
  EXPECT_THAT(run(s), FailsWith(Code::kInvalidArgument, HasSubstr("--metric")));
  s = spec({}, {"in/00.png"});
  s.index = "flat";
  EXPECT_THAT(run(s), FailsWith(Code::kInvalidArgument, HasSubstr("--index")));
}

// A comma, a quote, bytes that are not UTF-8, a line break, HTML.
TEST_F(SearchTest, any_file_name_comes_back_as_it_is) {
  const std::vector<std::string> names = {"a, \"b\".png", "c\xff.png", "d\ne.png", "f<i>&g.png",
                                          "更.png"};
  for (size_t i = 0; i < names.size(); ++i)
    pictures_.run.add(names[i],
                      ColourPictures::picture(ColourPictures::red(static_cast<int>(i), 5)));
  ASSERT_THAT(pictures_.embed({{"chunk", "2"}}), IsOk());
  SearchSpec s = spec({}, {"in/a, \"b\".png"});
  s.k = 9;
  s.with_thumbnails = true;
  ASSERT_OK_AND_ASSIGN(const SearchReport report, run(s));
  std::vector<std::string> paths;
  for (const SearchHit& hit : report.queries.at(0).hits) {
    paths.push_back(hit.path.substr(pictures_.run.in().size()));
    EXPECT_EQ(hit.thumbnail->gone, "") << hit.key;
  }
  EXPECT_THAT(paths, testing::UnorderedElementsAre(names[1], names[2], names[3], names[4]));
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["queries"][0]["key"], "in/a, \"b\".png");
  const std::string page = to_html(report);
  EXPECT_THAT(page, HasSubstr("f&lt;i&gt;&amp;g.png"));
  EXPECT_THAT(page, Not(HasSubstr("<i>")));
}

TEST_F(SearchTest, a_page_shows_pictures_and_says_which_are_gone) {
  pictures_.add_reds(3);
  ASSERT_THAT(pictures_.embed(), IsOk());
  std::filesystem::remove(pictures_.run.in("01.png"));
  SearchSpec s = spec({write_query(ColourPictures::red(0, 3))});
  s.with_thumbnails = true;
  ASSERT_OK_AND_ASSIGN(const SearchReport report, run(s));
  const QueryResult& found = report.queries.at(0);
  ASSERT_OK_AND_ASSIGN(const ImageHeader header, read_image_header(found.thumbnail->jpeg));
  EXPECT_EQ(header.width, 40);
  EXPECT_EQ(found.hits.at(1).key, "in/01.png");
  EXPECT_NE(found.hits.at(1).thumbnail->gone, "");
  const std::string page = to_html(report);
  EXPECT_THAT(page, HasSubstr("missing"));
  EXPECT_THAT(page, HasSubstr("data:image/jpeg;base64,"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

TEST_F(SearchTest, inputs_that_moved_are_found_where_they_are_said_to_be) {
  pictures_.add_reds(2);
  ASSERT_THAT(pictures_.embed(), IsOk());
  const std::string moved = pictures_.folder / "renamed";
  std::filesystem::rename(pictures_.run.in(), moved);
  SearchSpec s = spec({}, {"in/00.png"});
  s.inputs = {moved};
  s.with_thumbnails = true;
  ASSERT_OK_AND_ASSIGN(const SearchReport report, run(s));
  EXPECT_EQ(report.queries.at(0).hits.at(0).path, moved + "/01.png");
  EXPECT_EQ(report.queries.at(0).thumbnail->gone, "");
  s.inputs.push_back(moved);
  EXPECT_THAT(run(s), FailsWith(Code::kInvalidArgument, HasSubstr("--input")));
}

TEST_F(SearchTest, vectors_that_are_not_the_runs_own_are_left_aside) {
  pictures_.add_reds(6);
  ASSERT_THAT(pictures_.embed(), IsOk());
  {
    ASSERT_OK_AND_ASSIGN(NpyWriter writer,
                         NpyWriter::create(real_file_system(), pictures_.run.out("features.npy"), 3,
                                           VectorType::kF32));
    ASSERT_THAT(writer.append(std::vector<float>(18, 0.5f)), IsOk());
    ASSERT_THAT(writer.finish(), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const SearchReport report, run(spec({}, {"in/00.png"})));
  EXPECT_THAT(keys(report), ElementsAre("01.png", "02.png", "03.png"));
}

// A try that was stopped has its rows in the store, but the files of the try before.
TEST_F(SearchTest, files_of_an_earlier_try_are_left_aside) {
  pictures_.add_reds(9);
  ASSERT_THAT(pictures_.embed(), IsOk());
  const auto keep = [&](const std::string& name) {
    return *real_file_system().read(pictures_.run.out(name), 1 << 20);
  };
  const Bytes npy = keep("features.npy"), index = keep("features_index.csv");
  const auto put_back = [&] {
    FileSystem& fs = real_file_system();
    ASSERT_THAT(write_file_atomically(fs, pictures_.run.out("features.npy"), npy), IsOk());
    ASSERT_THAT(write_file_atomically(fs, pictures_.run.out("features_index.csv"), index), IsOk());
  };
  // Another content of one name; those of the first, the last and the middle row stay.
  pictures_.run.add("02.png", ColourPictures::picture({0.2, 0.2, 1}));
  ASSERT_THAT(pictures_.embed(), IsOk());
  put_back();
  ASSERT_OK_AND_ASSIGN(const SearchReport other, run(spec({}, {"in/01.png"})));
  EXPECT_THAT(keys(other), ElementsAre("00.png", "03.png", "04.png"));
  // One more picture.
  pictures_.run.add("03b.png", ColourPictures::picture(ColourPictures::red(1, 9)));
  ASSERT_THAT(pictures_.embed(), IsOk());
  put_back();
  ASSERT_OK_AND_ASSIGN(const SearchReport more, run(spec({}, {"in/01.png"})));
  EXPECT_EQ(more.pictures, 10u);
  EXPECT_EQ(keys(more).front(), "03b.png");
}

TEST_F(SearchTest, pictures_that_are_gone_are_found_no_more) {
  pictures_.add_reds(8);
  for (const std::string output : {"npy", "none"}) {
    pictures_.run.add("01.png", ColourPictures::picture(ColourPictures::red(1, 8)));
    const std::map<std::string, std::string> job = {{"output", output}, {"chunk", "4"}};
    ASSERT_THAT(pictures_.embed(job, output), IsOk());
    std::filesystem::remove(pictures_.run.in("01.png"));
    SearchSpec s = spec({}, {"in/00.png", "in/01.png"});
    ASSERT_OK_AND_ASSIGN(const SearchReport before, run(s));
    EXPECT_EQ(before.pictures, 8u) << "what is gone is known after the next run";
    ASSERT_THAT(pictures_.embed(job, output), IsOk());
    ASSERT_OK_AND_ASSIGN(const SearchReport after, run(s));
    EXPECT_EQ(after.pictures, 7u) << output;
    EXPECT_THAT(keys(after), ElementsAre("02.png", "03.png", "04.png"));
    EXPECT_THAT(after.queries.at(1).error, HasSubstr("not among the inputs"));
  }
}

TEST_F(SearchTest, an_index_lies_beside_the_vectors_and_follows_them) {
  pictures_.add_reds(8);
  ASSERT_THAT(pictures_.embed(), IsOk());
  SearchSpec s = spec({}, {"in/00.png"});
  s.index = "hnsw";
  ASSERT_OK_AND_ASSIGN(const SearchReport first, run(s));
  EXPECT_TRUE(first.may_miss());
  EXPECT_THAT(keys(first), ElementsAre("01.png", "02.png", "03.png"));
  const std::string index =
      NearestRows::hnsw_path(pictures_.run.out("features.npy"), Metric::kCosine);
  const auto made = std::filesystem::last_write_time(index);
  s.setup = pictures_.setup();
  ASSERT_THAT(run(s), IsOk());
  EXPECT_EQ(std::filesystem::last_write_time(index), made) << "made again";

  // More pictures, another file of vectors.
  pictures_.run.add("00b.png", ColourPictures::picture({0.99, 0.2, 0.6}));
  ASSERT_THAT(pictures_.embed(), IsOk());
  s.setup = pictures_.setup();
  ASSERT_OK_AND_ASSIGN(const SearchReport second, run(s));
  EXPECT_THAT(keys(second), ElementsAre("00b.png", "01.png", "02.png"));
}

TEST_F(SearchTest, prefilters_beside_the_chunks_change_nothing) {
  pictures_.add_reds(20);
  ASSERT_THAT(pictures_.embed({{"chunk", "7"}}), IsOk());
  FileSystem& fs = real_file_system();
  ASSERT_OK_AND_ASSIGN(const EmbeddedOutput made, EmbeddedOutput::open(output(), fs));
  ASSERT_OK_AND_ASSIGN(const EmbeddedVectors vectors, EmbeddedVectors::open(made, fs));
  ASSERT_THAT(vectors.parts(), SizeIs(3));
  for (const Metric metric : {Metric::kCosine, Metric::kL2}) {
    ASSERT_OK_AND_ASSIGN(const NearestRows plain,
                         NearestRows::open(vectors, {.metric = metric}, fs));
    ASSERT_OK_AND_ASSIGN(
        const NearestRows filtered,
        NearestRows::open(vectors, {.metric = metric, .threads = 2, .indexed_bytes = 0}, fs));
    for (const size_t row : {0u, 6u, 7u, 13u, 19u})
      EXPECT_EQ(filtered.search(vectors.vector(row), 9).value(),
                plain.search(vectors.vector(row), 9).value());
    EXPECT_TRUE(
        fs.stat(ExactSearch::prefilter_path(pictures_.run.out("features_chunk_2.npy"), metric)));
  }
  EXPECT_THAT(NearestRows::open(vectors, {}, fs)->search(std::vector<float>(4), 1),
              FailsWith(Code::kInvalidArgument, HasSubstr("4 numbers")));
}

TEST_F(SearchTest, an_index_needs_npy_files) {
  pictures_.add_reds(2);
  ASSERT_THAT(pictures_.embed({{"output", "none"}}), IsOk());
  SearchSpec s = spec({}, {"in/00.png"});
  s.index = "hnsw";
  EXPECT_THAT(run(s), FailsWith(Code::kInvalidArgument, HasSubstr("--output npy")));
}

}  // namespace
}  // namespace imagemill
