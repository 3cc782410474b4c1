// What a plan means for the codes of one block: decided once per distinct name and value of the block, so
// that an event costs a look into a table. Immutable once made, so thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "history/block.h"
#include "history/property_json.h"
#include "query_service/events/event_plan.h"
#include "query_service/events/user_property_cache.h"
#include "query_service/events/value_names.h"

namespace donut::query {

// The properties of the project's users that a question reads, as they are now, by key.
struct UserProperties {
  std::map<std::string, std::shared_ptr<const UserValues>> keys;
};

// Which of these texts a regular expression finds something in; asked of PostgreSQL.
using RegexMatcher =
    std::function<std::vector<bool>(const std::string& regex, const std::vector<std::string>& texts)>;

struct SourceTables {
  // Of each condition and each value: the codes of events, and what follows from each code; from 0, "has
  // none".
  struct Verdicts {
    history::ColumnPointer column;  // null: the users' codes
    bool of_names = false;          // the codes are places of names, from 0
    std::vector<uint8_t> passes;
  };
  struct Numbers {
    history::ColumnPointer column;
    bool of_names = false;
    std::vector<uint32_t> numbers;
  };

  // By the place of the name: the bits of the predicates that the name matches.
  std::vector<uint32_t> name_masks;
  std::vector<Verdicts> conditions;
  std::vector<Numbers> values;
};

// `block` has the columns that ColumnsOf says. `names`: one for each value of the plan.
SourceTables MakeSourceTables(const EventPlan& plan, const history::Block& block, const UserProperties& users,
                              const RegexMatcher& regex, std::vector<std::unique_ptr<ValueNames>>& names);

// The columns of a block that the plan reads. `exact_times`: those of this block are needed to the
// microsecond; `order`: its events may be at the same time as those of another block.
std::vector<int> ColumnsOf(const EventPlan& plan, const history::BlockSummary& block, bool exact_times,
                           bool order);

}  // namespace donut::query
