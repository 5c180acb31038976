// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/batch_meter.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <random>
#include <system_error>
#include <thread>

#include "infer/aligned_bytes.h"

namespace imagemill {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// A size is timed so often at least, whatever the time that was given.
constexpr int kRoundsMin = 3;
// Turns that the given time is divided into: the more, the less a slow minute weighs.
constexpr double kRounds = 9;
constexpr int kRunsMax = 10'000;  // in a turn

// Numbers as a picture's are after its mean and deviation: about -2 to 2.
Result<> fill_random(std::span<std::byte> bytes, ElementType type, uint32_t seed) {
  std::minstd_rand random(seed);
  switch (type) {
    case ElementType::kF32:
      for (size_t i = 0; i + sizeof(float) <= bytes.size(); i += sizeof(float)) {
        const float value = static_cast<float>(random()) * 0x1p-29f - 2.0f;
        std::copy_n(reinterpret_cast<const std::byte*>(&value), sizeof value, &bytes[i]);
      }
      return {};
    case ElementType::kF16:
      // Any sign and mantissa, exponents of 2^-7 to 1.
      for (size_t i = 0; i + 2 <= bytes.size(); i += 2) {
        const auto bits = static_cast<uint32_t>(random());
        const auto value = static_cast<uint16_t>((bits & 0x83ffu) | (8 + (bits >> 16) % 8) << 10);
        std::copy_n(reinterpret_cast<const std::byte*>(&value), sizeof value, &bytes[i]);
      }
      return {};
    case ElementType::kU8:
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() >> 16 & 0xff);
      return {};
    default:
      return fail(Code::kUnsupported, "an input of {}, expected float32, float16 or uint8",
                  element_name(type));
  }
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

struct TurnTiming {
  double rows_per_second = 0;
  double run_seconds = 0;
};

// One size for a while: every thread makes `runs` timed runs. Who is through goes on, untimed,
// until the last one is, so that all timed runs had the same company.
class Turn {
 public:
  Turn(ModelRunner& model, const BatchMeterSettings& settings, int batch, int runs,
       const CancelToken& cancel)
      : model_(model), settings_(settings), batch_(batch), runs_(runs), cancel_(cancel) {
    shape_.push_back(batch);
    shape_.insert(shape_.end(), settings.input_row.begin(), settings.input_row.end());
  }

  Result<TurnTiming> run();
  // While the inputs and what the runtime took for the runs are still there.
  uint64_t resident_bytes() const { return settings_.resident_bytes(); }

 private:
  Result<> make_inputs();
  Result<> start_threads(std::vector<std::jthread>& threads);
  void work(size_t thread);
  Result<> run_once(std::span<std::byte> input);

  ModelRunner& model_;
  const BatchMeterSettings& settings_;
  const int batch_;
  const int runs_;
  const CancelToken& cancel_;
  Shape shape_;
  size_t input_bytes_ = 0;
  std::vector<AlignedBytes> inputs_;  // of each thread
  std::vector<double> seconds_;       // of each thread's timed runs

  enum class Gate : uint8_t { kClosed, kOpen, kGivenUp };
  std::atomic<Gate> gate_ = Gate::kClosed;
  std::atomic<size_t> timing_{0};  // threads that are not through
  std::mutex mutex_;
  Result<> result_;  // guarded by mutex_
};

Result<> Turn::make_inputs() {
  const ElementType type = model_.signature().inputs.front().type;
  const auto count = element_count(shape_);
  if (!count) return fail(Code::kResourceExhausted, "an input of {}", to_string(shape_));
  input_bytes_ = *count * element_bytes(type);
  for (int i = 0; i < settings_.runs_at_once; ++i) {
    inputs_.push_back(allocate_aligned(input_bytes_));
    if (inputs_.back() == nullptr)
      return fail(Code::kResourceExhausted, "no memory for {} inputs of {} MB",
                  settings_.runs_at_once, input_bytes_ >> 20);
    IMAGEMILL_TRY(
        fill_random({inputs_.back().get(), input_bytes_}, type, static_cast<uint32_t>(i + 1)));
  }
  return {};
}

Result<> Turn::run_once(std::span<std::byte> input) {
  if (cancel_.is_requested()) return fail(Code::kCancelled, "stopped");
  const TensorView view{
      .type = model_.signature().inputs.front().type, .shape = shape_, .bytes = input};
  const auto outputs = model_.run({&view, 1}, settings_.outputs);
  return outputs ? Result<>() : std::unexpected(outputs.error());
}

void Turn::work(size_t thread) {
  gate_.wait(Gate::kClosed);
  if (gate_.load() == Gate::kGivenUp) return;
  const std::span<std::byte> input{inputs_[thread].get(), input_bytes_};
  Result<> ran;
  const auto began = Clock::now();
  for (int i = 0; i < runs_ && ran; ++i) ran = run_once(input);
  seconds_[thread] = seconds_since(began);
  --timing_;
  while (ran && timing_.load() != 0) ran = run_once(input);
  const std::lock_guard lock(mutex_);
  if (!ran && result_) result_ = std::move(ran);
}

Result<> Turn::start_threads(std::vector<std::jthread>& threads) {
  try {
    for (size_t i = 0; i < inputs_.size(); ++i) threads.emplace_back([this, i] { work(i); });
  } catch (const std::system_error& e) {
    gate_ = Gate::kGivenUp;
    gate_.notify_all();
    return fail(Code::kResourceExhausted, "{} threads: {}", inputs_.size(), e.what());
  }
  gate_ = Gate::kOpen;
  gate_.notify_all();
  return {};
}

Result<TurnTiming> Turn::run() {
  IMAGEMILL_TRY(make_inputs());
  seconds_.resize(inputs_.size());
  timing_ = inputs_.size();
  {
    std::vector<std::jthread> threads;
    IMAGEMILL_TRY(start_threads(threads));
  }
  IMAGEMILL_TRY(std::move(result_));
  TurnTiming timing;
  for (const double seconds : seconds_) {
    const double each = std::max(seconds, 1e-9) / runs_;
    timing.rows_per_second += batch_ / each;
    timing.run_seconds += each / static_cast<double>(seconds_.size());
  }
  return timing;
}

// The sizes, each with the timings of its turns.
class Meter {
 public:
  Meter(ModelRunner& model, const BatchMeterSettings& settings, const CancelToken& cancel)
      : model_(model), settings_(settings), cancel_(cancel) {
    for (const int batch : settings.batches) sizes_.push_back({.measured = {.batch = batch}});
  }

  Result<> warm_up();
  Result<> take_turns();
  std::vector<BatchMeasurement> finish() const;

 private:
  struct Size {
    BatchMeasurement measured;
    int runs_a_turn = 1;
    std::vector<double> run_seconds = {};
    std::vector<double> rows_per_second = {};
  };
  std::string foreseen_problem(int batch) const;
  Result<TurnTiming> take_turn(Size& size);
  double turn_seconds() const {
    return settings_.seconds / (kRounds * static_cast<double>(sizes_.size()));
  }

  ModelRunner& model_;
  const BatchMeterSettings& settings_;
  const CancelToken& cancel_;
  std::vector<Size> sizes_;
  uint64_t resident_before_ = 0;
  const Size* largest_ = nullptr;  // of those that ran
};

// What a batch takes grows with it, so the last one tells of the next.
std::string Meter::foreseen_problem(int batch) const {
  if (largest_ == nullptr || settings_.resident_bytes_max == 0) return {};
  const uint64_t now = largest_->measured.resident_bytes;
  const uint64_t grown = now - std::min(now, resident_before_);
  const double wanted = static_cast<double>(resident_before_) +
                        static_cast<double>(grown) / largest_->measured.batch * batch;
  if (wanted <= static_cast<double>(settings_.resident_bytes_max)) return {};
  return fmt::format("not tried: it would take about {:.0f} MB of the {} MB that there are",
                     wanted / 1e6, settings_.resident_bytes_max / 1'000'000);
}

// The first runs of a size allocate its memory; they also tell how many make a turn.
Result<> Meter::warm_up() {
  if (settings_.resident_bytes) resident_before_ = settings_.resident_bytes();
  std::string too_large;
  for (Size& size : sizes_) {
    BatchMeasurement& m = size.measured;
    m.problem = !too_large.empty() ? too_large : foreseen_problem(m.batch);
    if (!m.problem.empty()) continue;
    Turn turn(model_, settings_, m.batch, 1, cancel_);
    const auto timing = turn.run();
    if (!timing) {
      if (timing.error().code() == Code::kCancelled || timing.error().code() == Code::kUnsupported)
        return std::unexpected(timing.error());
      m.problem = timing.error().message();
      if (timing.error().code() == Code::kResourceExhausted)
        too_large = fmt::format("not tried: {} is too large for the memory already", m.batch);
      continue;
    }
    if (settings_.resident_bytes) m.resident_bytes = turn.resident_bytes();
    largest_ = &size;
    size.runs_a_turn = static_cast<int>(
        std::clamp(std::ceil(turn_seconds() / timing->run_seconds), 1.0, double{kRunsMax}));
  }
  return {};
}

Result<TurnTiming> Meter::take_turn(Size& size) {
  return Turn(model_, settings_, size.measured.batch, size.runs_a_turn, cancel_).run();
}

// Round by round, the first of a round another one each time.
Result<> Meter::take_turns() {
  const auto began = Clock::now();
  for (size_t round = 0; round < kRoundsMin || seconds_since(began) < settings_.seconds; ++round) {
    bool took_any = false;
    for (size_t i = 0; i < sizes_.size(); ++i) {
      Size& size = sizes_[(round + i) % sizes_.size()];
      if (!size.measured.problem.empty()) continue;
      auto timing = take_turn(size);
      if (!timing && timing.error().code() == Code::kCancelled)
        return std::unexpected(std::move(timing).error());
      if (!timing) {
        size.measured.problem = timing.error().message();
        continue;
      }
      size.rows_per_second.push_back(timing->rows_per_second);
      size.run_seconds.push_back(timing->run_seconds);
      size.measured.runs += int64_t{size.runs_a_turn} * settings_.runs_at_once;
      took_any = true;
    }
    if (!took_any) break;
  }
  return {};
}

std::vector<BatchMeasurement> Meter::finish() const {
  std::vector<BatchMeasurement> out;
  for (const Size& size : sizes_) {
    out.push_back(size.measured);
    out.back().rows_per_second = median(size.rows_per_second);
    out.back().run_seconds = median(size.run_seconds);
  }
  return out;
}

}  // namespace

Result<BatchMeasurements> measure_batches(ModelRunner& model, const BatchMeterSettings& settings,
                                          const CancelToken& cancel) {
  Meter meter(model, settings, cancel);
  Result<> measured = meter.warm_up();
  if (measured) measured = meter.take_turns();
  const bool is_whole = measured.has_value();
  if (!is_whole && measured.error().code() != Code::kCancelled)
    return std::unexpected(std::move(measured).error());
  return BatchMeasurements{.sizes = meter.finish(), .is_whole = is_whole};
}

}  // namespace imagemill
