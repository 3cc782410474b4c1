#include "query_service/events/actor_merge.h"

#include <algorithm>
#include <numeric>

namespace donut::query {
namespace {

// Event `place` of one selection behind the others of another.
void AppendEvent(const Selection& from, uint32_t place, Selection& to) {
  to.time_us.push_back(from.time_us[place]);
  to.mask.push_back(from.mask[place]);
  for (size_t i = 0; i < from.values.size(); ++i) to.values[i].push_back(from.values[i][place]);
  if (!from.sessions.empty()) to.sessions.push_back(from.sessions[place]);
  if (!from.name_ids.empty()) to.name_ids.push_back(from.name_ids[place]);
}

template <typename Number>
void AppendRange(const std::vector<Number>& from, uint32_t begin, uint32_t end, std::vector<Number>& to) {
  if (!from.empty()) to.insert(to.end(), from.begin() + begin, from.begin() + end);
}

// Events [begin, end) of one selection behind the others of another.
void AppendEvents(const Selection& from, uint32_t begin, uint32_t end, Selection& to) {
  AppendRange(from.time_us, begin, end, to.time_us);
  AppendRange(from.mask, begin, end, to.mask);
  for (size_t i = 0; i < from.values.size(); ++i) AppendRange(from.values[i], begin, end, to.values[i]);
  AppendRange(from.sessions, begin, end, to.sessions);
  AppendRange(from.name_ids, begin, end, to.name_ids);
}

void Empty(size_t value_count, Selection& selection) {
  selection.time_us.clear();
  selection.mask.clear();
  selection.values.resize(value_count);
  for (auto& values : selection.values) values.clear();
  selection.sessions.clear();
  selection.name_ids.clear();
}

}  // namespace

ActorMerge::ActorMerge(const EventQuestion& question, const std::vector<Selection>& selections,
                       size_t selection_count)
    : question_(question), selections_(selections) {
  for (uint32_t i = 0; i < selection_count; ++i) Push(i, 0);
}

void ActorMerge::Push(uint32_t selection, uint32_t place) {
  const Selection& from = selections_[selection];
  while (place < from.user_count && from.ends[place] == from.ends[place + 1]) ++place;
  if (place == from.user_count) return;
  heap_.push_back({from.users[place], selection, place});
  std::push_heap(heap_.begin(), heap_.end());
}

bool ActorMerge::TakeUser() {
  parts_.clear();
  if (heap_.empty()) return false;
  user_ = heap_.front().user;
  while (!heap_.empty() && heap_.front().user == user_) {
    std::pop_heap(heap_.begin(), heap_.end());
    const Cursor cursor = heap_.back();
    heap_.pop_back();
    const Selection& from = selections_[cursor.selection];
    parts_.push_back({&from, from.ends[cursor.place], from.ends[cursor.place + 1]});
    Push(cursor.selection, cursor.place + 1);
  }
  return true;
}

void ActorMerge::Point(const Part& part, ActorEvents& actor) {
  const Selection& from = *part.selection;
  actor.user_id = user_;
  actor.session_id = 0;
  actor.count = part.end - part.begin;
  actor.time_us = from.time_us.data() + part.begin;
  actor.mask = from.mask.data() + part.begin;
  actor.values.resize(from.values.size());
  for (size_t i = 0; i < from.values.size(); ++i) actor.values[i] = from.values[i].data() + part.begin;
  actor.name_ids = from.name_ids.empty() ? nullptr : from.name_ids.data() + part.begin;
}

bool ActorMerge::PartsFollowEachOther() const {
  for (size_t i = 1; i < parts_.size(); ++i) {
    const int64_t last = parts_[i - 1].selection->time_us[parts_[i - 1].end - 1];
    const int64_t first = parts_[i].selection->time_us[parts_[i].begin];
    // Where event order does not matter, events of one time may come in any.
    if (question_.ordered ? last >= first : last > first) return false;
  }
  return true;
}

void ActorMerge::Gather() {
  std::sort(parts_.begin(), parts_.end(), [](const Part& a, const Part& b) {
    return a.selection->time_us[a.begin] < b.selection->time_us[b.begin];
  });
  Empty(parts_[0].selection->values.size(), gathered_);
  // Mostly months, or slices of one, which follow each other.
  if (PartsFollowEachOther()) {
    for (const Part& part : parts_) AppendEvents(*part.selection, part.begin, part.end, gathered_);
  } else {
    SortEvents();
    for (const auto& [part, place] : order_) AppendEvent(*parts_[part].selection, place, gathered_);
  }
  parts_ = {{&gathered_, 0, static_cast<uint32_t>(gathered_.time_us.size())}};
}

void ActorMerge::SortEvents() {
  order_.clear();
  for (uint32_t part = 0; part < parts_.size(); ++part) {
    for (uint32_t i = parts_[part].begin; i < parts_[part].end; ++i) order_.emplace_back(part, i);
  }
  std::stable_sort(order_.begin(), order_.end(), [this](const auto& a, const auto& b) {
    const Selection& one = *parts_[a.first].selection;
    const Selection& other = *parts_[b.first].selection;
    const int64_t time = one.time_us[a.second];
    const int64_t other_time = other.time_us[b.second];
    if (time != other_time) return time < other_time;
    if (!one.with_order || !other.with_order) return false;
    const int64_t producer = one.producers[a.second];
    const int64_t other_producer = other.producers[b.second];
    if (producer != other_producer) return producer < other_producer;
    return one.sequences[a.second] < other.sequences[b.second];
  });
}

bool ActorMerge::NextSession(ActorEvents& actor) {
  if (session_begin_ == by_session_.size()) return false;
  const Selection& from = *whole_.selection;
  const int64_t session = from.sessions[by_session_[session_begin_]];
  Empty(from.values.size(), session_);
  while (session_begin_ < by_session_.size() && from.sessions[by_session_[session_begin_]] == session) {
    AppendEvent(from, by_session_[session_begin_++], session_);
  }
  Point({&session_, 0, static_cast<uint32_t>(session_.time_us.size())}, actor);
  actor.session_id = session;
  return true;
}

bool ActorMerge::Next(ActorEvents& actor) {
  if (question_.by_session && NextSession(actor)) return true;
  if (!TakeUser()) return false;
  if (parts_.size() > 1) Gather();
  if (!question_.by_session) {
    Point(parts_[0], actor);
    return true;
  }
  whole_ = parts_[0];
  by_session_.resize(whole_.end - whole_.begin);
  std::iota(by_session_.begin(), by_session_.end(), whole_.begin);
  const std::vector<int64_t>& sessions = whole_.selection->sessions;
  std::stable_sort(by_session_.begin(), by_session_.end(),
                   [&](uint32_t a, uint32_t b) { return sessions[a] < sessions[b]; });
  session_begin_ = 0;
  return NextSession(actor);
}

}  // namespace donut::query
