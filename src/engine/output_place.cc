// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/output_place.h"

namespace imagemill {
namespace {

// What would be a folder of that name, which nobody means.
bool names_tar(const std::string& path) {
  const std::string extension = lower_extension(path);
  const bool is_packed = extension == "gz" || extension == "zst";
  return extension == "tar" || extension == "tgz" ||
         (is_packed && lower_extension(file_stem(path)) == "tar");
}

}  // namespace

Result<OutputPlace> OutputPlace::open(const std::string& output, const std::string& layout,
                                      FileSystem& fs) {
  if (output.empty()) return fail(Code::kInvalidArgument, "no output given");
  OutputPlace place;
  place.output_ = output;
  while (place.output_.size() > 1 && place.output_.back() == '/') place.output_.pop_back();
  if (layout == "webdataset")
    place.kind_ = SinkKind::kWebDataset;
  else if (lower_extension(place.output_) == "zip")
    place.kind_ = SinkKind::kZip;

  const auto there = fs.stat(place.output_);
  const bool is_folder = there && there->kind == FileStat::Kind::kFolder;
  if (place.kind_ == SinkKind::kFolder && names_tar(place.output_) && !is_folder)
    return fail(Code::kInvalidArgument,
                "{}: a tar archive is no output; a .zip is one, and --layout webdataset writes tar "
                "shards into a folder",
                output);

  const bool is_archive = place.kind_ == SinkKind::kZip;
  place.state_folder_ =
      is_archive ? place.output_ + ".imagemill" : join_path(place.output_, ".imagemill");
  if (there) {
    if (is_folder == is_archive)
      return fail(Code::kInvalidArgument, "{}: is a {}, expected a {}", output,
                  is_folder ? "folder" : "file", is_archive ? "ZIP archive" : "folder");
    if (is_archive && !fs.stat(place.state_folder_))
      return fail(
          Code::kInvalidArgument,
          "{}: exists and was not written by a run that can be resumed; remove it or name another",
          output);
  }
  return place;
}

Result<> OutputPlace::create(FileSystem& fs) const { return fs.create_folders(staging_folder()); }

Result<> OutputPlace::expect_store(FileSystem& fs) const {
  if (fs.stat(store_path())) return {};
  return fail(fs.stat(output_) ? Code::kInvalidArgument : Code::kNotFound,
              "{}: is not the output of a run: there is no {}", output_, store_path());
}

std::vector<std::string> OutputPlace::private_folders() const {
  if (kind_ == SinkKind::kZip) return {state_folder_};
  return {output_};
}

}  // namespace imagemill
