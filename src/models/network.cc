// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/network.h"

#include <algorithm>
#include <system_error>

#include "models/batch_of_one.h"
#include "models/input_tensor.h"
#include "models/model_description.h"

namespace imagemill {
namespace {

constexpr int kBatchMaxOnCpu = 32;
constexpr int kBatchMaxOnDevice = 256;

constexpr std::string_view kCpu = "CPU";

constexpr uint64_t kInputBytesMax = uint64_t{256} << 20;

// Of a file that is read into memory to leave its batch open. The runtime has it twice then, beside
// the session that it is held against: a quarter of NetworkSettings::bytes_max at most.
constexpr uint64_t kOpenedFileBytesMax = uint64_t{1} << 30;

// What a runtime says may have another number in it each time.
constexpr size_t kToldRemembered = 1000;

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

bool is_real(ElementType type) { return type == ElementType::kF32 || type == ElementType::kF16; }

// What the session takes: a number, or TensorSpec::kAny.
int64_t batch_of(const Session& session) {
  return session.signature().inputs.front().shape.front();
}

// Of a lone file nothing is said where nothing is known: who brought it knows more.
bool has_license_to_tell(const FoundModel& model) {
  const ModelLicense& license = model.manifest.license;
  return !license.is_permissive && (!license.name.empty() || model.is_in_store);
}

}  // namespace

Network::Network(FoundModel model, std::string content_hash, std::vector<std::string> outputs,
                 const NetworkSettings& settings, Tell tell)
    : model_(std::move(model)),
      hash_(std::move(content_hash)),
      output_names_(std::move(outputs)),
      settings_(settings),
      tell_(std::move(tell)),
      notes_(settings_.cache_folder, hash_),
      last_run_on_(notes_.last_run_on(reach())) {}

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
  if (fallback_ != nullptr)
    if (auto lost = fallback_->lost()) return std::unexpected(*std::move(lost));
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
  listening_ = runtime_->listen([this](std::string_view message) {
    tell_({.message = std::string(message), .source = "onnxruntime"});
  });
  IMAGEMILL_ASSIGN_OR_RETURN(Tried tried, find_session());
  runs_on_ = runs_on(*tried.session);
  input_type_ = tried.session->signature().inputs.front().type;
  tell_of(*tried.session);
  batching_ = plan_batches(tried);
  runner_ = make_runner(std::move(tried.session), tried.outputs);
  try {
    batcher_ = std::make_unique<Batcher>(*runner_, batching_);
  } catch (const std::system_error& error) {
    return fail(Code::kResourceExhausted, "no thread for {}: {}", runs_on_.provider, error.what());
  }
  opened_at_ = std::chrono::steady_clock::now();
  if (runs_on_ != last_run_on_) notes_.keep_last_run_on(reach(), runs_on_);
  return {};
}

Result<Network::Tried> Network::find_session() {
  const bool may_open = notes_.are_kept() && settings_.batch != 1 && !model_.quantizes_by_batch &&
                        !model_.first_sides_of_one.empty();
  // Where it is known to be good, the session that the file asks for is not opened first.
  const bool is_known = may_open && last_run_on_ &&
                        last_run_on_->runtime_version == runtime_->version() &&
                        notes_.takes_more(*last_run_on_) == true;
  if (is_known) {
    auto open = try_session(settings_.device, BatchSide::kOpen);
    if (open && runs_on(*open->session) == last_run_on_) {
      batch_of_one_ = BatchOfOne::kOpened;
      return open;
    }
  }
  IMAGEMILL_ASSIGN_OR_RETURN(Tried declared, try_session(settings_.device, BatchSide::kAsDeclared));
  if (batch_of(*declared.session) != 1) return declared;
  batch_of_one_ = may_open ? BatchOfOne::kKept : BatchOfOne::kNotTried;
  auto open = may_open ? open_batch(declared) : std::nullopt;
  if (!open) return declared;
  batch_of_one_ = BatchOfOne::kOpened;
  return std::move(*open);
}

std::optional<Network::Tried> Network::open_batch(const Tried& declared) const {
  const RunsOn here = runs_on(*declared.session);
  const std::optional<bool> known = notes_.takes_more(here);
  if (known == false) return std::nullopt;
  auto open = try_session(settings_.device, BatchSide::kOpen);
  if (open && runs_on(*open->session) != here) return std::nullopt;
  Result<bool> takes_more = true;
  if (!open)
    takes_more = std::unexpected(open.error());
  else if (!known)
    takes_more = gives_same_rows(*open->session, *declared.session, input_row_shape(input()),
                                 declared.outputs);
  // No memory, or a disk that fails, says nothing about the model.
  const bool is_of_the_moment =
      !takes_more && (takes_more.error().code() == Code::kIoError ||
                      takes_more.error().code() == Code::kResourceExhausted);
  const bool is_good = takes_more && *takes_more;
  if (!is_of_the_moment && known != is_good) notes_.keep_takes_more(here, is_good);
  if (!is_good) return std::nullopt;
  return std::move(*open);
}

Result<Network::Tried> Network::try_session(const std::string& device, BatchSide side) const {
  Tried tried;
  const auto trial = [&](Session& session) -> Result<> {
    const ModelSignature& signature = session.signature();
    if (signature.inputs.size() != 1)
      return fail(Code::kUnsupported, "takes {} inputs, expected one picture",
                  signature.inputs.size());
    IMAGEMILL_ASSIGN_OR_RETURN(tried.outputs, positions_of(output_names_, signature));
    const auto before = session.arena_use();
    IMAGEMILL_TRY(check_on_black(session, tried.outputs));
    const auto after = session.arena_use();
    tried.weights = before ? before->now : 0;
    tried.run_bytes = before && after ? after->most - before->now : 0;
    return {};
  };
  IMAGEMILL_ASSIGN_OR_RETURN(tried.session, open_session(device, side, trial));
  return tried;
}

Result<std::unique_ptr<Session>> Network::open_session(
    const std::string& device, BatchSide side,
    const std::function<Result<>(Session&)>& trial) const {
  SessionSettings session{.device = device,
                          .provider_libraries = settings_.runtime.provider_libraries,
                          .threads_per_run = settings_.threads_per_run,
                          .runs_at_once = settings_.threads,
                          .model_hash = hash_,
                          .trial = trial};
  if (notes_.are_kept())
    session.optimized_folder = join_path(settings_.cache_folder, kGraphsFolder);
  Bytes content;
  if (side == BatchSide::kOpen) {
    const uint64_t room = settings_.bytes_max == 0 ? kOpenedFileBytesMax : settings_.bytes_max / 4;
    IMAGEMILL_ASSIGN_OR_RETURN(content,
                               read_with_open_batch(model_.graph_path(), model_.first_sides_of_one,
                                                    std::min(room, kOpenedFileBytesMax)));
    session.content = content;
    session.model_hash += "-open";  // its optimised graph is another one
  }
  return Session::open(runtime_, model_.graph_path(), session);
}

// A model that the runtime takes may still fail whenever it is run: better said once than for every
// picture.
Result<> Network::check_on_black(ModelRunner& model, std::span<const size_t> outputs) const {
  const TensorSpec& declared = model.signature().inputs.front();
  const Shape row = input_row_shape(input());
  Shape shape{std::max<int64_t>(1, declared.shape.front())};
  shape.insert(shape.end(), row.begin(), row.end());
  const auto count = element_count(shape);
  if (!count || *count * element_bytes(declared.type) > kInputBytesMax)
    return fail(Code::kUnsupported, "an input of {} is larger than {} MB", to_string(shape),
                kInputBytesMax >> 20);
  std::vector<std::byte> black(*count * element_bytes(declared.type));
  const TensorView view{.type = declared.type, .shape = shape, .bytes = black};
  IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<Tensor> results, model.run({&view, 1}, outputs));
  for (size_t i = 0; i < results.size(); ++i) {
    if (is_real(results[i].type) && !results[i].shape.empty() &&
        results[i].shape.front() == shape.front() && !results[i].bytes.empty())
      continue;
    return fail(Code::kUnsupported,
                "output '{}' is {} {}, expected float32 or float16 with a row a picture",
                output_names_[i], element_name(results[i].type), to_string(results[i].shape));
  }
  return {};
}

void Network::tell_of(const Session& session) const {
  const std::string& name = model_.manifest.name;
  if (has_license_to_tell(model_)) tell_({license_notice(describe(model_))});
  for (const std::string& step : session.fallbacks())
    tell_({fmt::format("{}: runs on {}, because {}", name, session.provider(), step)});
  if (model_.quantizes_by_batch)
    tell_({fmt::format(
        "{}: it quantises by the range of a whole batch (DynamicQuantizeLinear), {}", name,
        batch_of(session) > 1 ? "which it fixes: vectors depend on the pictures beside them"
                              : "so pictures run one by one, several at once")});
}

// As far as the memory goes.
BatchRoom Network::room_for(const Tried& tried) const {
  if (!tried.session->computes_on_cpu())
    return batch_room_on_device(settings_.bytes_max, row_bytes(), kRunsOnDevice);
  const int64_t declared = std::max<int64_t>(batch_of(*tried.session), 1);
  return batch_room_on_cpu(settings_.bytes_max, tried.weights, row_bytes(),
                           tried.run_bytes / declared, settings_.threads);
}

BatcherSettings Network::plan_batches(const Tried& tried) const {
  const int64_t declared = batch_of(*tried.session);
  const bool on_cpu = tried.session->computes_on_cpu();
  const BatchRoom room = room_for(tried);
  const int fit = room.batch_max;
  if (settings_.batch > fit)
    tell_({fmt::format(
        "{}: batches of {} instead of {}, more do not fit into its part of --max-memory",
        model_.manifest.name, fit, settings_.batch)});
  BatcherSettings batching{.batch_max = std::min(fit, on_cpu ? kBatchMaxOnCpu : kBatchMaxOnDevice),
                           .batch_fixed = std::min(fit, settings_.batch),
                           .runs_max = room.runs_max,
                           .runs_on_cpu = on_cpu,
                           .input_row = input_row_shape(input()),
                           .outputs = tried.outputs};
  if (declared == 1 || model_.quantizes_by_batch)
    batching.batch_fixed = 1;  // several runs at once instead
  if (declared > 1) batching.batch_exact = static_cast<int>(declared);
  const bool is_tuned = settings_.batch == 0;
  if (const auto known = notes_.best_batch(runs_on_, settings_.threads_per_run); known && is_tuned)
    batching.batch_known = std::clamp(*known, 0, batching.batch_max);
  return batching;
}

std::unique_ptr<ModelRunner> Network::make_runner(std::unique_ptr<Session> session,
                                                  const std::vector<size_t>& outputs) {
  const bool may_fall_back = !session->is_on_chosen_device();
  std::unique_ptr<ModelRunner> runner = std::move(session);
  if (settings_.intercept) runner = settings_.intercept(std::move(runner));
  if (runs_on_.provider == kCpu) return runner;
  auto fallback = std::make_unique<FallbackRunner>(
      std::move(runner),
      [this, outputs](ModelRunner& device) { return check_on_black(device, outputs).has_value(); },
      [this, may_fall_back](const Status& why) -> Result<std::unique_ptr<ModelRunner>> {
        if (may_fall_back) return go_on_on_cpu(why);
        return fail(why.code(), "{}: {} does not work any more: {}", model_.manifest.name,
                    runs_on_.provider, why.message());
      });
  fallback_ = fallback.get();
  return fallback;
}

Result<std::unique_ptr<ModelRunner>> Network::go_on_on_cpu(const Status& why) {
  const BatchSide side =
      batch_of_one_ == BatchOfOne::kOpened ? BatchSide::kOpen : BatchSide::kAsDeclared;
  IMAGEMILL_ASSIGN_OR_RETURN(Tried cpu, try_session("cpu", side));
  tell_({fmt::format("{}: goes on on the CPU, because {} does not work any more: {}",
                     model_.manifest.name, runs_on_.provider, why.message())});
  const BatchRoom room = room_for(cpu);
  batcher_->leave_device(std::min(room.batch_max, kBatchMaxOnCpu), room.runs_max);
  return std::move(cpu.session);
}

void Network::remember() {
  const auto best = is_open_ ? batcher_->best_batch() : std::nullopt;
  if (best) remember(*best);
}

bool Network::remember(int batch) {
  // After a fall-back it is the CPU's.
  return is_open_ && !has_fallen_back() && settings_.batch == 0 &&
         notes_.keep_best_batch(runs_on_, settings_.threads_per_run, batch);
}

RunsOn Network::runs_on(const Session& session) const {
  return {.runtime_version = runtime_->version(), .provider = session.provider()};
}

// The provider that a session gets is known once there is one. What it was with the same libraries
// and the same wish is taken for what it would be.
std::string Network::reach() const {
  const std::string libraries =
      notes_.are_kept() ? OnnxRuntime::libraries_in_reach(settings_.runtime) : std::string();
  return libraries.empty() ? "" : fmt::format("{}\n{}", settings_.device, libraries);
}

std::string Network::identity_on(const RunsOn& runs_on) const {
  return fmt::format("{} ort{} {}", hash_, runs_on.runtime_version, runs_on.provider);
}

bool Network::has_fallen_back() const {
  return fallback_ != nullptr && fallback_->has_fallen_back();
}

std::string Network::provider() const {
  return has_fallen_back() ? std::string(kCpu) : runs_on_.provider;
}

std::optional<std::string> Network::identity() const {
  if (model_.quantizes_by_batch && model_.batch > 1) return std::nullopt;
  if (is_open_) return has_fallen_back() ? std::nullopt : std::optional(identity_on(runs_on_));
  return last_run_on_ ? std::optional(identity_on(*last_run_on_)) : std::nullopt;
}

void NetworkSet::set_listener(Network::Tell tell) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(tell);
}

void NetworkSet::tell(RunWarning warning) {
  const std::lock_guard lock(mutex_);
  if (told_.contains(warning.message)) return;
  if (told_.size() < kToldRemembered) told_.insert(warning.message);
  if (listener_) listener_(std::move(warning));
}

Result<Network*> NetworkSet::add(FoundModel model, std::vector<std::string> outputs) {
  IMAGEMILL_ASSIGN_OR_RETURN(std::string hash, content_hash(real_file_system(), model));
  networks_.push_back(
      std::make_unique<Network>(std::move(model), std::move(hash), std::move(outputs), settings_,
                                [this](RunWarning warning) { tell(std::move(warning)); }));
  return networks_.back().get();
}

int NetworkSet::rows_waiting_max(int threads) const {
  if (networks_.empty()) return 0;
  const int batch =
      settings_.batch != 0 ? settings_.batch : std::max(kBatchMaxOnCpu, kBatchMaxOnDevice);
  return batch * (std::max(threads, kRunsOnDevice) + 1);
}

bool NetworkSet::run_partial() {
  for (const auto& network : networks_) {
    if (network->open_batcher() == nullptr) continue;
    if ((*network->batcher())->run_partial()) return true;
  }
  return false;
}

}  // namespace imagemill
