// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "base/check.h"

namespace imagemill {

// These fail only when memory is out or the library was built without SHA-256.
Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  IMAGEMILL_CHECK(context_ != nullptr);
  auto* context = static_cast<EVP_MD_CTX*>(context_.get());
  IMAGEMILL_CHECK(EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() = default;

void Sha256::Free::operator()(void* context) const {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

void Sha256::update(ByteSpan bytes) {
  auto* context = static_cast<EVP_MD_CTX*>(context_.get());
  IMAGEMILL_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned bytes = 0;
  auto* context = static_cast<EVP_MD_CTX*>(context_.get());
  IMAGEMILL_CHECK(EVP_DigestFinal_ex(context, digest.data(), &bytes) == 1);
  std::string out;
  for (const unsigned char byte : std::span(digest).first(bytes))
    out += fmt::format("{:02x}", byte);
  return out;
}

Result<Sha256> hash_start(FileSystem& fs, const std::string& path, uint64_t bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto file, fs.open(path));
  Sha256 hash;
  Bytes chunk(1 << 20);
  for (uint64_t at = 0; at < bytes;) {
    const auto wanted = static_cast<size_t>(std::min<uint64_t>(chunk.size(), bytes - at));
    IMAGEMILL_ASSIGN_OR_RETURN(const size_t read,
                               file->read_at(at, std::span(chunk).first(wanted)));
    hash.update(ByteSpan(chunk).first(read));
    at += read;
    if (read < wanted) break;
  }
  return hash;
}

Result<std::string> hash_file(FileSystem& fs, const std::string& path) {
  IMAGEMILL_ASSIGN_OR_RETURN(Sha256 hash,
                             hash_start(fs, path, std::numeric_limits<uint64_t>::max()));
  return hash.hex();
}

}  // namespace imagemill
