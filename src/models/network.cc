// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/network.h"

#include <algorithm>
#include <charconv>

#include "base/hash.h"
#include "models/input_tensor.h"
#include "models/model_description.h"

namespace imagemill {
namespace {

constexpr int kBatchMaxOnCpu = 32;
constexpr int kBatchMaxOnDevice = 256;

constexpr std::string_view kCpu = "CPU";

constexpr uint64_t kInputBytesMax = uint64_t{256} << 20;

// What a row takes while its batch runs, where the runtime does not tell: so many times its input.
// ResNet-18 takes 8 times, MobileNetV2 17 times.
constexpr uint64_t kRunBytesToInput = 16;

// The runtime's arena grows by powers of two and gives nothing back.
constexpr uint64_t kArenaToUse = 2;

// One runs, the next is copied to the device meanwhile.
constexpr int kRunsOnDevice = 2;

Result<std::vector<size_t>> positions_of(const std::vector<std::string>& names,
                                         const ModelSignature& signature) {
  std::vector<size_t> positions;
  for (const std::string& name : names) {
    const auto it = std::ranges::find(signature.outputs, name, &TensorSpec::name);
    if (it == signature.outputs.end())
      return fail(Code::kInvalidArgument, "no output named '{}'", name);
    positions.push_back(static_cast<size_t>(it - signature.outputs.begin()));
  }
  return positions;
}

// What cannot be kept is found out again.
bool keep_file(const std::string& path, std::string_view text) {
  FileSystem& fs = real_file_system();
  return !path.empty() && fs.create_folders(std::string(parent_path(path))) &&
         write_file_atomically(fs, path, as_byte_span(text));
}

// Of a lone file nothing is said where nothing is known: who brought it knows more.
bool has_license_to_tell(const FoundModel& model) {
  const ModelLicense& license = model.manifest.license;
  return !license.is_permissive && (!license.name.empty() || model.is_in_store);
}

}  // namespace

Network::Network(FoundModel model, std::string content_hash, std::vector<std::string> outputs,
                 const NetworkSettings& settings, std::function<void(std::string)> tell)
    : model_(std::move(model)),
      hash_(std::move(content_hash)),
      output_names_(std::move(outputs)),
      settings_(settings),
      tell_(std::move(tell)),
      last_identity_(read_last_identity()) {}

Network::~Network() = default;

uint64_t Network::row_bytes() const {
  return element_count(input_row_shape(input())).value_or(0) * element_bytes(ElementType::kF32);
}

Result<Batcher*> Network::batcher() {
  std::call_once(opened_, [this] {
    if (auto opened = open(); !opened)
      failure_ = std::move(opened).error().with_context(model_.manifest.name);
    else
      is_open_ = true;
  });
  if (failure_) return std::unexpected(*failure_);
  return batcher_.get();
}

int Network::runs_at_once(int threads) const {
  return batching_.runs_max == 0 ? threads : std::min(threads, batching_.runs_max);
}

double Network::open_seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - opened_at_).count();
}

const Batcher* Network::open_batcher() const { return is_open_ ? batcher_.get() : nullptr; }

Result<> Network::open() {
  IMAGEMILL_ASSIGN_OR_RETURN(runtime_, OnnxRuntime::load(settings_.runtime));
  IMAGEMILL_ASSIGN_OR_RETURN(auto session, open_session(settings_.device));
  provider_ = session->provider();
  if (has_license_to_tell(model_)) tell_(license_notice(describe(model_)));
  for (const std::string& step : session->fallbacks())
    tell_(fmt::format("{}: runs on {}, because {}", model_.manifest.name, provider_, step));

  const ModelSignature& signature = session->signature();
  if (signature.inputs.size() != 1)
    return fail(Code::kUnsupported, "takes {} inputs, expected one picture",
                signature.inputs.size());
  input_type_ = signature.inputs.front().type;
  IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<size_t> outputs,
                             positions_of(output_names_, signature));
  const Shape row = input_row_shape(input());
  const int64_t declared = signature.inputs.front().shape.front();
  const auto before = session->arena_use();
  IMAGEMILL_TRY(check_on_black(*session, row, outputs));
  const auto after = session->arena_use();
  const uint64_t run_bytes = before && after ? after->most - before->now : 0;

  const bool on_cpu = provider_ == kCpu || provider_ == "OpenVINO";
  const uint64_t weights = before ? before->now : 0;
  const Room room = find_room(weights, on_cpu ? run_bytes / std::max<int64_t>(declared, 1) : 0);
  const int fit = room.batch_max;
  batching_ = {.batch_max = std::min(fit, on_cpu ? kBatchMaxOnCpu : kBatchMaxOnDevice),
               .batch_fixed = std::min(fit, settings_.batch),
               .runs_max = on_cpu ? room.runs_max : kRunsOnDevice,
               .runs_on_cpu = on_cpu,
               .input_row = row,
               .outputs = outputs};
  if (declared == 1) batching_.batch_fixed = 1;  // several runs at once instead
  if (declared > 1) batching_.batch_exact = static_cast<int>(declared);
  if (model_.quantizes_by_batch) {
    batching_.batch_fixed = 1;
    tell_(fmt::format("{}: it quantises by the range of a whole batch (DynamicQuantizeLinear), {}",
                      model_.manifest.name,
                      declared > 1 ? "which it fixes: vectors depend on the pictures beside them"
                                   : "so pictures run one by one, several at once"));
  }
  if (const auto known = real_file_system().read(tuning_path(), 16); known && !known->empty()) {
    const auto* const text = reinterpret_cast<const char*>(known->data());
    std::from_chars(text, text + known->size(), batching_.batch_known);
    batching_.batch_known = std::clamp(batching_.batch_known, 0, batching_.batch_max);
  }
  runner_ = make_runner(std::move(session), row, outputs);
  if (settings_.batch > fit)
    tell_(fmt::format(
        "{}: batches of {} instead of {}, more do not fit into its part of --max-memory",
        model_.manifest.name, fit, settings_.batch));
  batcher_ = std::make_unique<Batcher>(*runner_, batching_);
  opened_at_ = std::chrono::steady_clock::now();
  if (identity_with(runtime_->version(), provider_) != last_identity_)
    keep_file(provider_path(), fmt::format("{} {}", runtime_->version(), provider_));
  return {};
}

Result<std::unique_ptr<Session>> Network::open_session(const std::string& device) const {
  const std::string graphs =
      settings_.cache_folder.empty() ? "" : join_path(settings_.cache_folder, kGraphsFolder);
  return Session::open(runtime_, model_.graph_path(),
                       {.device = device,
                        .threads_per_run = settings_.threads_per_run,
                        .optimized_folder = graphs,
                        .model_hash = hash_});
}

std::unique_ptr<ModelRunner> Network::make_runner(std::unique_ptr<Session> session,
                                                  const Shape& row,
                                                  const std::vector<size_t>& outputs) {
  std::unique_ptr<ModelRunner> runner = std::move(session);
  if (settings_.intercept) runner = settings_.intercept(std::move(runner));
  if (settings_.device != "auto" || provider_ == kCpu) return runner;
  auto fallback = std::make_unique<FallbackRunner>(
      std::move(runner),
      [this, row, outputs](ModelRunner& device) {
        return check_on_black(device, row, outputs).has_value();
      },
      [this](const Status& why) -> Result<std::unique_ptr<ModelRunner>> {
        IMAGEMILL_ASSIGN_OR_RETURN(std::unique_ptr<ModelRunner> cpu, open_session("cpu"));
        tell_(fmt::format("{}: goes on on the CPU, because {} does not work any more: {}",
                          model_.manifest.name, provider_, why.message()));
        return cpu;
      });
  fallback_ = fallback.get();
  return fallback;
}

Network::Room Network::find_room(uint64_t weights, uint64_t row_run_bytes) const {
  if (settings_.bytes_max == 0) return {.batch_max = INT32_MAX};
  if (row_run_bytes == 0) row_run_bytes = kRunBytesToInput * row_bytes();
  const uint64_t row = std::max<uint64_t>(row_bytes() + kArenaToUse * row_run_bytes, 1);
  const uint64_t room = settings_.bytes_max - std::min(settings_.bytes_max / 2, weights);
  const auto rows = static_cast<int>(std::clamp<uint64_t>(room / row, 1, INT32_MAX));
  const int threads = std::max(1, settings_.threads);
  if (rows < threads) return {.batch_max = 1, .runs_max = rows};
  return {.batch_max = rows / threads};
}

// A model that the runtime takes may still fail whenever it is run: better said once than for every
// picture.
Result<> Network::check_on_black(ModelRunner& model, const Shape& row,
                                 std::span<const size_t> outputs) const {
  Shape shape{std::max<int64_t>(1, model.signature().inputs.front().shape.front())};
  shape.insert(shape.end(), row.begin(), row.end());
  const auto count = element_count(shape);
  if (!count || *count * element_bytes(input_type_) > kInputBytesMax)
    return fail(Code::kUnsupported, "an input of {} is larger than {} MB", to_string(shape),
                kInputBytesMax >> 20);
  std::vector<std::byte> black(*count * element_bytes(input_type_));
  const TensorView view{.type = input_type_, .shape = shape, .bytes = black};
  IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<Tensor> results, model.run({&view, 1}, outputs));
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].type == ElementType::kF32 && !results[i].shape.empty() &&
        results[i].shape.front() == shape.front() && !results[i].bytes.empty())
      continue;
    return fail(Code::kUnsupported, "output '{}' is {} {}, expected float32 with a row a picture",
                output_names_[i], element_name(results[i].type), to_string(results[i].shape));
  }
  return {};
}

// Names everything that the best size depends on.
std::string Network::tuning_path() const {
  if (settings_.cache_folder.empty() || settings_.batch != 0) return {};
  return join_path(settings_.cache_folder,
                   fmt::format("{}/{}-ort{}-{}-{}", kBatchesFolder, hash_, runtime_->version(),
                               provider_, settings_.threads_per_run));
}

void Network::remember() {
  const auto best = is_open_ ? batcher_->best_batch() : std::nullopt;
  if (best) remember(*best);
}

bool Network::remember(int batch) {
  return is_open_ && keep_file(tuning_path(), std::to_string(batch));
}

// The provider that a session gets is known once there is one. What it was with the same libraries
// and the same wish is taken for what it would be.
std::string Network::provider_path() const {
  const std::string libraries = settings_.cache_folder.empty()
                                    ? std::string()
                                    : OnnxRuntime::libraries_in_reach(settings_.runtime);
  if (libraries.empty()) return {};
  const std::string reach = fmt::format("{}\n{}", settings_.device, libraries);
  return join_path(settings_.cache_folder, fmt::format("{}/{}-{}", kProvidersFolder, hash_,
                                                       hash_content(as_byte_span(reach)).hex()));
}

std::optional<std::string> Network::read_last_identity() const {
  const auto text = real_file_system().read(provider_path(), 256);
  if (!text) return std::nullopt;
  const std::string_view known = as_text(*text);
  const size_t space = known.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return identity_with(known.substr(0, space), known.substr(space + 1));
}

std::string Network::identity_with(std::string_view version, std::string_view provider) const {
  return fmt::format("{} ort{} {}", hash_, version, provider);
}

bool Network::has_fallen_back() const {
  return fallback_ != nullptr && fallback_->has_fallen_back();
}

std::string Network::provider() const { return has_fallen_back() ? std::string(kCpu) : provider_; }

std::optional<std::string> Network::identity() const {
  if (!is_open_) return last_identity_;
  if (has_fallen_back()) return std::nullopt;
  return identity_with(runtime_->version(), provider_);
}

void NetworkSet::set_listener(std::function<void(std::string)> tell) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(tell);
}

void NetworkSet::tell(std::string message) {
  const std::lock_guard lock(mutex_);
  if (!told_.insert(message).second) return;
  if (listener_) listener_(std::move(message));
}

Result<Network*> NetworkSet::add(FoundModel model, std::vector<std::string> outputs) {
  IMAGEMILL_ASSIGN_OR_RETURN(std::string hash, content_hash(real_file_system(), model));
  networks_.push_back(
      std::make_unique<Network>(std::move(model), std::move(hash), std::move(outputs), settings_,
                                [this](std::string message) { tell(std::move(message)); }));
  return networks_.back().get();
}

int NetworkSet::rows_at_once(int threads) const {
  if (networks_.empty()) return 0;
  return (settings_.batch != 0 ? settings_.batch : kBatchMaxOnCpu) * (threads + 1);
}

bool NetworkSet::run_partial() {
  for (const auto& network : networks_) {
    if (network->open_batcher() == nullptr) continue;
    if ((*network->batcher())->run_partial()) return true;
  }
  return false;
}

}  // namespace imagemill
