// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/incoming_model.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "models/graph_manifest.h"
#include "models/manifest_names.h"
#include "models/onnx_graph.h"
#include "models/sha256.h"

namespace imagemill {
namespace {

// The kernel lets go of it when the process ends, however it ends. The file stays: removing it
// would race with whoever has just opened it.
Result<int> lock_file(const std::string& path, std::string_view name) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return fail(Code::kIoError, "{}: cannot open: {}", path, std::strerror(errno));
  int error;
  do {
    error = ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  } while (error == EINTR);
  if (error == 0) return fd;
  ::close(fd);
  if (error == EWOULDBLOCK)
    return fail(Code::kInvalidArgument, "{}: another imagemill is just bringing this model in",
                name);
  return fail(Code::kIoError, "{}: cannot lock: {}", path, std::strerror(error));
}

}  // namespace

Result<IncomingModel> IncomingModel::open(FileSystem& fs, const std::string& store,
                                          std::string name) {
  const std::string incoming = join_path(store, ".incoming");
  // No model is called so: '+' is no letter of a name.
  IMAGEMILL_TRY(fs.create_folders(join_path(incoming, name)));
  IMAGEMILL_ASSIGN_OR_RETURN(const int lock, lock_file(join_path(incoming, name + "+lock"), name));
  IncomingModel model(fs, store, std::move(name), lock);
  if (fs.stat_link(join_path(store, model.name_)))
    return fail(
        Code::kInvalidArgument,
        "{}: the store has a model of this name; remove it first ('models rm {}') or choose "
        "another name",
        model.name_, model.name_);
  return model;
}

IncomingModel::IncomingModel(FileSystem& fs, std::string store, std::string name, int lock)
    : fs_(fs), store_(std::move(store)), name_(std::move(name)), lock_(lock) {
  folder_ = join_path(join_path(store_, ".incoming"), name_);
}

IncomingModel::IncomingModel(IncomingModel&& other) noexcept
    : fs_(other.fs_),
      store_(std::move(other.store_)),
      name_(std::move(other.name_)),
      folder_(std::move(other.folder_)),
      lock_(std::exchange(other.lock_, -1)) {}

IncomingModel::~IncomingModel() {
  if (lock_ >= 0) ::close(lock_);
}

Result<> IncomingModel::copy_in(const std::string& from, ModelFile& file) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto in, fs_.open(from));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto out, fs_.create(path_of(file.name)));
  Sha256 hash;
  Bytes chunk(1 << 20);
  uint64_t at = 0;
  while (true) {
    IMAGEMILL_ASSIGN_OR_RETURN(const size_t read, in->read_at(at, chunk));
    if (read == 0) break;
    const ByteSpan bytes = ByteSpan(chunk).first(read);
    hash.update(bytes);
    IMAGEMILL_TRY(out->write(bytes));
    at += read;
  }
  IMAGEMILL_TRY(out->sync());
  IMAGEMILL_TRY(out->close());

  const std::string hex = hash.hex();
  const bool is_other =
      (!file.sha256.empty() && file.sha256 != hex) || (file.bytes != 0 && file.bytes != at);
  if (is_other) IMAGEMILL_TRY(fs_.remove(path_of(file.name)));
  if (!file.sha256.empty() && file.sha256 != hex)
    return fail(Code::kCorruptInput, "{}: sha256 {}, its manifest says {}", from, hex, file.sha256);
  if (file.bytes != 0 && file.bytes != at)
    return fail(Code::kCorruptInput, "{}: {} bytes, its manifest says {}", from, at, file.bytes);
  file.sha256 = hex;
  file.bytes = at;
  return {};
}

Result<> IncomingModel::commit(const ModelManifest& manifest) {
  ModelManifest whole = manifest;
  IMAGEMILL_ASSIGN_OR_RETURN(const OnnxGraph graph,
                             check_model_file(fs_, path_of(whole.file.name)));
  IMAGEMILL_TRY(fit_to_graph(graph, whole));
  IMAGEMILL_TRY(validate(whole));
  IMAGEMILL_TRY(
      write_file_atomically(fs_, path_of(kManifestFileName), as_byte_span(to_yaml(whole))));

  const std::vector<ModelFile> files = files_of(whole);
  IMAGEMILL_ASSIGN_OR_RETURN(const auto entries, fs_.list(folder_));
  for (const FolderEntry& entry : entries) {
    const bool is_known = entry.name == kManifestFileName ||
                          std::ranges::find(files, entry.name, &ModelFile::name) != files.end();
    if (!is_known) IMAGEMILL_TRY(fs_.remove(path_of(entry.name)));
  }
  // Bytes and names before the folder shows, and the folder before anyone is told.
  IMAGEMILL_TRY(fs_.sync_all(folder_));
  IMAGEMILL_TRY(fs_.rename(folder_, join_path(store_, name_)));
  return fs_.sync_all(store_);
}

Result<> IncomingModel::clear() {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto entries, fs_.list(folder_));
  for (const FolderEntry& entry : entries) IMAGEMILL_TRY(fs_.remove(path_of(entry.name)));
  return {};
}

}  // namespace imagemill
