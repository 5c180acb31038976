// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/duplicate_groups.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "base/hash.h"
#include "jobs/embedding_neighbors.h"
#include "jobs/row_cursor.h"
#include "kernels/phash.h"
#include "vectors/hamming_neighbors.h"

namespace imagemill {
namespace {

// Rows are known by their rank in key order.
using Place = uint32_t;

struct Match {
  Place place = 0;
  DuplicateKind kind = DuplicateKind::kNear;
  Orientation turned = Orientation::kNormal;
  int distance = 0;
  double cosine = 1;
};

// What shows the same as the best picture of a group, by content.
struct Group {
  Place centre = 0;
  std::vector<Match> matches;
};

bool is_counted(Orientation turn, const DuplicateOptions& options) {
  switch (turn) {
    case Orientation::kNormal:
      return true;
    case Orientation::kFlipHorizontal:
    case Orientation::kFlipVertical:
      return options.mirrored;
    case Orientation::kRotate90:
    case Orientation::kRotate180:
    case Orientation::kRotate270:
      return options.rotated;
    case Orientation::kTranspose:
    case Orientation::kTransverse:
      return options.mirrored && options.rotated;
  }
  return false;
}

DuplicatePicture picture_of(const std::string& key, const DuplicateRow& row) {
  return {.key = key,
          .kind = DuplicateKind::kBest,
          .content = row.content,
          .format = row.format,
          .size = row.size,
          .sharpness = row.sharpness};
}

class DuplicateSearch {
 public:
  DuplicateSearch(RunStore& store, const DuplicateOptions& options,
                  const std::function<bool(std::string_view)>& is_wanted, const CancelToken& cancel)
      : store_(store), options_(options), is_wanted_(is_wanted), cancel_(cancel) {
    for (size_t i = 0; i < kTurns.size(); ++i)
      if (is_counted(kTurns[i], options)) turns_.push_back(i);
  }

  Result<DuplicateFindings> run() {
    IMAGEMILL_TRY(read_rows());
    choose_contents();
    if (options_.by_hash) IMAGEMILL_TRY(find_components());
    if (options_.by_embedding) IMAGEMILL_TRY(read_vectors());
    IMAGEMILL_TRY(gather());
    return describe();
  }

 private:
  // Places with hashes that are connected within the radius, the best first.
  struct Component {
    std::vector<Place> members;
    std::optional<HammingIndex> index;  // of members, where looking at all takes too long
  };
  static constexpr size_t kFewMembers = 256;
  // What a picture looks like, as its row has it.
  struct RowLook {
    std::array<uint64_t, kTurns.size()> turned{};
    LumaSignature signature{};
  };

  Result<> check_cancelled() const {
    if (cancel_.is_requested()) return fail(Code::kCancelled, "dedupe: stopped");
    return {};
  }

  Result<> read_rows() {
    IMAGEMILL_TRY(for_each_duplicate_row(
        store_, is_wanted_, [&](const std::string& key, const DuplicateRow& row) -> Result<> {
          if (auto goes_on = check_cancelled(); !goes_on) return goes_on;
          if (rows_.size() == UINT32_MAX)
            return fail(Code::kResourceExhausted, "dedupe: 2^32 pictures and more");
          rows_.push_back(candidate_of(key, row));
          for (const size_t turn : turns_) turned_.push_back(row.turned[turn]);
          return {};
        }));
    return read_files();
  }

  // Rows and items both come in key order; not every item has a row.
  Result<> read_files() {
    size_t next = 0;
    return store_.for_each_item([&](const ItemRecord& item) -> Result<> {
      IMAGEMILL_TRY(check_cancelled());
      if (next == rows_.size() || rows_[next].key_hash != hash_content(as_byte_span(item.key)).low)
        return {};
      rows_[next].bytes = item.bytes;
      rows_[next++].mtime_ns = item.mtime_ns;
      return {};
    });
  }

  // Of each content the file that is rather kept stands for all, in `contents_`: the best first.
  void choose_contents() {
    std::vector<Place> order(rows_.size());
    std::iota(order.begin(), order.end(), Place{0});
    std::ranges::stable_sort(
        order, [&](Place a, Place b) { return is_rather_kept(rows_[a], rows_[b], options_.keep); });
    std::vector<Place> ranks(rows_.size());
    for (Place rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
    std::ranges::sort(order, {}, [&](Place place) {
      const Candidate& row = rows_[place];
      return std::tuple(row.content.high, row.content.low, ranks[place]);
    });
    content_of_.resize(rows_.size());
    files_.resize(rows_.size());
    for (size_t i = 0; i < order.size(); ++i) {
      const bool is_known = i > 0 && rows_[order[i]].content == rows_[order[i - 1]].content;
      content_of_[order[i]] = is_known ? content_of_[order[i - 1]] : order[i];
      ++files_[content_of_[order[i]]];
      if (!is_known) contents_.push_back(order[i]);
    }
    std::ranges::sort(contents_, {}, [&](Place place) { return ranks[place]; });
  }

  Result<> find_components() {
    std::vector<Place> places;
    std::ranges::copy_if(contents_, std::back_inserter(places),
                         [&](Place place) { return !rows_[place].is_blank; });
    std::vector<uint64_t> hashes;
    for (const Place place : places) hashes.push_back(rows_[place].hash);
    std::vector<uint64_t> variants;
    for (size_t turn = 0; turn < turns_.size(); ++turn)
      for (const Place place : places) variants.push_back(turned_[place * turns_.size() + turn]);
    turned_ = {};  // members' are read again: grouping takes memory of its own
    IMAGEMILL_ASSIGN_OR_RETURN(const auto names, group_within(hashes, {.radius = options_.radius,
                                                                       .variants = variants,
                                                                       .cancel = &cancel_}));
    std::vector<uint32_t> sizes(places.size());
    for (const uint32_t name : names) ++sizes[name];
    std::unordered_map<uint32_t, uint32_t> numbers;
    for (size_t i = 0; i < places.size(); ++i) {
      if (sizes[names[i]] < 2) continue;
      const auto [it, is_new] =
          numbers.try_emplace(names[i], static_cast<uint32_t>(components_.size()));
      if (is_new) components_.emplace_back();
      components_[it->second].members.push_back(places[i]);
      component_of_[places[i]] = it->second;
    }
    return index_components();
  }

  Result<> index_components() {
    for (Component& component : components_) {
      if (component.members.size() <= kFewMembers) continue;
      std::vector<uint64_t> hashes;
      for (const Place place : component.members) hashes.push_back(rows_[place].hash);
      IMAGEMILL_ASSIGN_OR_RETURN(component.index, HammingIndex::build(hashes, options_.radius));
    }
    return for_each_place([&](Place place, const std::string&, const DuplicateRow& row) {
      if (component_of_.contains(place)) looks_[place] = {row.turned, row.signature};
    });
  }

  Result<> for_each_place(
      const std::function<void(Place, const std::string& key, const DuplicateRow&)>& visit) {
    Place next = 0;
    return for_each_duplicate_row(store_, is_wanted_,
                                  [&](const std::string& key, const DuplicateRow& row) -> Result<> {
                                    IMAGEMILL_TRY(check_cancelled());
                                    if (next >= rows_.size())
                                      return fail(Code::kInternal, "dedupe: rows came meanwhile");
                                    visit(next++, key, row);
                                    return {};
                                  });
  }

  // The rows of both tables with equal keys: `embed` may have looked at pictures that are not here,
  // and a `where` of its own may have kept it from some that are.
  Result<> read_vectors() {
    vector_of_.assign(rows_.size(), UINT32_MAX);
    for (uint32_t i = 0; i < contents_.size(); ++i) vector_of_[contents_[i]] = i;
    vectors_.emplace(contents_.size());
    RowCursor embedded(store_, "embed");
    RowCursor here(store_, duplicate_table().name);
    bool has_row = false;
    IMAGEMILL_ASSIGN_OR_RETURN(const KeyedRow* next, embedded.next());
    for (Place place = 0; place < rows_.size(); ++place) {
      IMAGEMILL_TRY(check_cancelled());
      IMAGEMILL_ASSIGN_OR_RETURN(const std::string key, next_wanted_key(here));
      while (next != nullptr && next->key < key) {
        IMAGEMILL_ASSIGN_OR_RETURN(next, embedded.next());
      }
      if (next == nullptr) break;
      if (next->key != key) continue;
      has_row = true;
      if (auto set = set_vector(content_of_[place], next->row); !set)
        return std::unexpected(std::move(set).error().with_context(key));
    }
    if (has_row && !vectors_->has_any())
      return fail(Code::kUnsupported,
                  "dedupe: the model of `embed` gives labels, but no feature vectors to compare");
    return vectors_->build(cancel_);
  }

  Result<std::string> next_wanted_key(RowCursor& rows) {
    while (true) {
      IMAGEMILL_ASSIGN_OR_RETURN(const KeyedRow* const row, rows.next());
      if (row == nullptr) return fail(Code::kInternal, "dedupe: rows went meanwhile");
      if (is_wanted_(row->key)) return row->key;
    }
  }

  // Of a content: any of its files may have the row. It may have labels alone.
  Result<> set_vector(Place content, const Row& row) {
    const auto* const features = std::get_if<Bytes>(&row.values.at(0));
    const auto* const dims = std::get_if<int64_t>(&row.values.at(1));
    if (features == nullptr || dims == nullptr) return {};
    return vectors_->set(vector_of_[content], *features, static_cast<size_t>(*dims));
  }

  Result<> gather() {
    is_taken_.resize(rows_.size());
    for (const Place centre : contents_) {
      if (is_taken_[centre]) continue;
      IMAGEMILL_TRY(check_cancelled());
      is_taken_[centre] = true;
      Group group{.centre = centre, .matches = {}};
      gather_by_hash(group);
      if (vectors_ && !rows_[centre].is_blank) IMAGEMILL_TRY(gather_by_vector(group));
      if (!group.matches.empty() || files_[centre] > 1) groups_.push_back(std::move(group));
    }
    return {};
  }

  void take(const Match& match, Group& group) {
    is_taken_[match.place] = true;
    group.matches.push_back(match);
  }

  Result<> gather_by_vector(Group& group) {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto near,
                               vectors_->within(vector_of_[group.centre], options_.threshold));
    for (const Neighbor& neighbor : near) {
      const Place place = contents_[neighbor.row];
      if (is_taken_[place] || rows_[place].is_blank) continue;
      take({.place = place, .kind = DuplicateKind::kEmbedding, .cosine = neighbor.score}, group);
    }
    return {};
  }

  // The hash and the signature of the centre in one orientation.
  struct Look {
    Orientation turned = Orientation::kNormal;
    uint64_t hash = 0;
    LumaSignature signature{};
  };

  std::vector<Look> looks_of(Place centre) {
    const auto& [hashes, signature] = looks_[centre];
    std::vector<Look> looks = {{Orientation::kNormal, rows_[centre].hash, signature}};
    for (const size_t turn : turns_)
      looks.push_back({kTurns[turn], hashes[turn], oriented_signature(signature, kTurns[turn])});
    return looks;
  }

  void gather_by_hash(Group& group) {
    const auto found = component_of_.find(group.centre);
    if (found == component_of_.end()) return;
    Component& component = components_[found->second];
    const std::vector<Look> looks = looks_of(group.centre);
    const auto look_at = [&](Place place) {
      if (is_taken_[place]) return;
      if (const auto match = match_of(looks, place)) take(*match, group);
    };
    if (!component.index) {
      std::erase_if(component.members, [&](Place place) { return is_taken_[place]; });
      for (const Place place : component.members) look_at(place);
      return;
    }
    std::vector<uint64_t> hashes;
    for (const Look& look : looks) hashes.push_back(look.hash);
    for (const HammingNeighbor& near : component.index->neighbors(hashes))
      look_at(component.members[near.index]);
  }

  // The nearest orientation in which the pictures agree.
  std::optional<Match> match_of(std::span<const Look> looks, Place place) {
    std::optional<Match> best;
    for (const Look& look : looks) {
      const int distance = hash_distance(look.hash, rows_[place].hash);
      if (distance > options_.radius || (best && best->distance <= distance)) continue;
      if (signature_similarity(look.signature, looks_[place].signature) < kSameSignature) continue;
      best = Match{.place = place, .turned = look.turned, .distance = distance};
    }
    return best;
  }

  // One more walk over the rows, for the names of those in groups.
  Result<DuplicateFindings> describe() {
    struct Member {
      size_t group = 0;
      const Match* match = nullptr;  // null: the content of the best one
    };
    std::unordered_map<Place, Member> members;  // by content
    for (size_t i = 0; i < groups_.size(); ++i) {
      members[groups_[i].centre] = {i, nullptr};
      for (const Match& match : groups_[i].matches) members[match.place] = {i, &match};
    }
    DuplicateFindings findings;
    findings.pictures = static_cast<int64_t>(rows_.size());
    findings.blank = std::ranges::count_if(rows_, &Candidate::is_blank);
    findings.groups.resize(groups_.size());
    IMAGEMILL_TRY(for_each_place([&](Place place, const std::string& key, const DuplicateRow& row) {
      const auto member = members.find(content_of_[place]);
      if (member == members.end()) return;
      DuplicatePicture picture = picture_of(key, row);
      picture.bytes = rows_[place].bytes;
      picture.mtime_ns = rows_[place].mtime_ns;
      if (const Match* const match = member->second.match; match != nullptr) {
        picture.kind = match->kind;
        picture.turned = match->turned;
        picture.distance = match->distance;
        picture.cosine = match->cosine;
      } else if (content_of_[place] != place) {
        picture.kind = DuplicateKind::kExact;
      }
      findings.groups[member->second.group].pictures.push_back(std::move(picture));
    }));
    // In key order but for the best one.
    for (PictureGroup& group : findings.groups)
      std::ranges::stable_partition(group.pictures, [](const DuplicatePicture& picture) {
        return picture.kind == DuplicateKind::kBest;
      });
    std::ranges::sort(findings.groups, {},
                      [](const PictureGroup& group) { return group.best().key; });
    return findings;
  }

  RunStore& store_;
  const DuplicateOptions& options_;
  const std::function<bool(std::string_view)>& is_wanted_;
  const CancelToken& cancel_;
  std::vector<size_t> turns_;  // those of kTurns that count

  std::vector<Candidate> rows_;
  std::vector<uint64_t> turned_;   // turns_.size() hashes of each row, until they are grouped
  std::vector<Place> content_of_;  // the place that stands for all of this content
  std::vector<uint32_t> files_;    // of the content that a place stands for
  std::vector<Place> contents_;    // places that stand for one, the best first

  std::vector<Component> components_;
  std::unordered_map<Place, uint32_t> component_of_;
  std::unordered_map<Place, RowLook> looks_;  // of members of components

  std::optional<EmbeddingNeighbors> vectors_;
  std::vector<uint32_t> vector_of_;  // the row there of what a place stands for

  std::vector<bool> is_taken_;
  std::vector<Group> groups_;
};

}  // namespace

DuplicateOptions duplicate_options(const OptionValues& options) {
  const std::string& by = options.text("by");
  const std::string& variants = options.text("variants");
  const std::string& keep = options.text("keep");
  return {.by_hash = by != "embedding",
          .radius = static_cast<int>(options.integer("radius")),
          .mirrored = variants.starts_with("mirror"),
          .rotated = variants.ends_with("rotate"),
          .by_embedding = by != "hash",
          .threshold = options.real("threshold"),
          .keep = keep == "oldest"   ? KeepRule::kOldest
                  : keep == "newest" ? KeepRule::kNewest
                  : keep == "first"  ? KeepRule::kFirst
                                     : KeepRule::kBest};
}

Result<DuplicateFindings> find_duplicates(
    RunStore& store, const DuplicateOptions& options,
    const std::function<bool(std::string_view key)>& is_wanted, const CancelToken& cancel) {
  return DuplicateSearch(store, options, is_wanted, cancel).run();
}

}  // namespace imagemill
