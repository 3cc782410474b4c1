// Active users over histories: distinct actors per bucket, the new ones among them, and trailing windows, of
// all events or by the rows of a breakdown. The same numbers as active_users.sql. A plain class: no threads,
// no database, no messages. Not thread-safe; one per thread, merged at the end.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "query_service/events/bucket_index.h"
#include "query_service/events/event_question.h"

namespace donut::query {

// Stretches of time, each a piece: first all history before; where buckets are days, the 29 days before the
// interval and what the interval leaves of its first day; then the buckets.
struct ActiveUsersPieces {
  explicit ActiveUsersPieces(std::vector<int64_t> bounds_us) : index(std::move(bounds_us)) {}

  // The start of each piece but the first.
  BucketIndex index;
  int first_bucket = 1;  // its piece
  int bucket_count = 0;
  bool by_day = false;
  // The piece before the first bucket is the beginning of the same day.
  bool first_day_is_cut = false;
};

class ActiveUsersFold {
 public:
  struct Bucket {
    int64_t active = 0;
    int64_t newcomers = 0;
    // Differences to the bucket before: how many actors' windows begin and end here.
    int64_t week_change = 0;
    int64_t month_change = 0;
  };
  struct Row {
    int64_t active = 0;
    std::vector<Bucket> buckets;
  };

  // `row_of_value`: by the number of an event's value (values[0]); null: all events are of row 0.
  ActiveUsersFold(std::shared_ptr<const ActiveUsersPieces> pieces,
                  std::shared_ptr<const std::vector<int>> row_of_value, size_t row_count);

  void Add(const ActorEvents& actor);
  void Merge(const ActiveUsersFold& other);

  const std::vector<Row>& rows() const { return rows_; }

 private:
  // The pieces of one actor in one row, ascending.
  void Count(Row& row, const int* pieces, size_t count, int first_piece);

  std::shared_ptr<const ActiveUsersPieces> pieces_;
  std::shared_ptr<const std::vector<int>> row_of_value_;
  std::vector<Row> rows_;
  // Of the actor that is looked at.
  std::vector<int> seen_;
  std::vector<std::pair<int, int>> seen_by_row_;
  std::vector<int> days_;
};

// How many actors were active in the interval with each value: by its number.
class ActiveValuesFold {
 public:
  // The start of the interval.
  explicit ActiveValuesFold(int64_t from_us) : from_us_(from_us) {}

  void Add(const ActorEvents& actor);
  void Merge(const ActiveValuesFold& other);
  const std::vector<int64_t>& actors() const { return actors_; }

 private:
  int64_t from_us_;
  std::vector<int64_t> actors_;
  std::vector<uint32_t> values_;
};

}  // namespace donut::query
