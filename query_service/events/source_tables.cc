#include "query_service/events/source_tables.h"

#include <set>
#include <utility>

namespace donut::query {
namespace {

using history::ValueView;

// The values of a source within one block: a column of codes, and what each code is.
struct SourceValues {
  history::ColumnPointer column;
  bool of_names = false;
  // By code, from 0: nothing.
  std::vector<std::optional<history::OwnedValue>> values;
};

std::vector<std::optional<history::OwnedValue>> ReadDictionary(const history::Dictionary& dictionary,
                                                               const std::vector<std::string>& way) {
  std::vector<std::optional<history::OwnedValue>> values(dictionary.size() + 1);
  for (uint32_t code = 1; code <= dictionary.size(); ++code) {
    const ValueView view = dictionary.At(code);
    values[code] =
        way.empty() ? history::OwnedValue{view.type, std::string(view.text)} : history::Lookup(view, way);
  }
  return values;
}

SourceValues ValuesOf(const ValueSource& source, const EventPlan& plan, const history::Block& block,
                      const UserProperties& users) {
  SourceValues found;
  std::vector<std::string> way = source.nested_keys;
  switch (source.kind) {
    case ValueSource::Kind::kEventName:
      found.of_names = true;
      found.column = block.columns.at(history::kNames);
      for (const int64_t id : found.column->numbers) {
        const auto name = plan.names.find(static_cast<int32_t>(id));
        found.values.emplace_back();
        if (name != plan.names.end()) found.values.back() = {history::ValueType::kText, name->second};
      }
      return found;
    case ValueSource::Kind::kUserProperty: {
      const auto key = users.keys.find(source.key);
      found.values = key == users.keys.end() ? ReadDictionary({}, way)
                                             : ReadDictionary(key->second->values.dictionary(), way);
      return found;
    }
    case ValueSource::Kind::kEventProperty:
      break;
  }
  const int number = block.summary.ColumnOf(source.key);
  found.column = block.columns.at(number);
  if (number == history::kRest) way.insert(way.begin(), source.key);
  found.values = ReadDictionary(found.column->texts, way);
  return found;
}

std::vector<uint8_t> Decide(const ValueTest& test,
                            const std::vector<std::optional<history::OwnedValue>>& values,
                            const RegexMatcher& regex) {
  std::vector<uint8_t> passes(values.size(), 0);
  if (!test.is_regex()) {
    for (size_t code = 0; code < values.size(); ++code) {
      passes[code] = test.Passes(values[code] ? std::optional(values[code]->view()) : std::nullopt);
    }
    return passes;
  }
  std::vector<std::string> texts;
  std::vector<size_t> codes;
  for (size_t code = 0; code < values.size(); ++code) {
    if (!values[code] || values[code]->type != history::ValueType::kText) continue;
    texts.push_back(values[code]->text);
    codes.push_back(code);
  }
  if (texts.empty()) return passes;
  const std::vector<bool> matches = regex(test.regex(), texts);
  for (size_t i = 0; i < codes.size(); ++i) passes[codes[i]] = matches[i];
  return passes;
}

}  // namespace

SourceTables MakeSourceTables(const EventPlan& plan, const history::Block& block, const UserProperties& users,
                              const RegexMatcher& regex, std::vector<std::unique_ptr<ValueNames>>& names) {
  SourceTables tables;
  for (const int64_t id : block.at(history::kNames).numbers) {
    const auto name = plan.names.find(static_cast<int32_t>(id));
    // No name is empty: what has none of the project's is what any event is.
    tables.name_masks.push_back(plan.MaskOfName(name == plan.names.end() ? "" : name->second));
  }
  for (const PlannedCondition& condition : plan.conditions) {
    SourceValues values = ValuesOf(condition.source, plan, block, users);
    std::vector<uint8_t> passes = Decide(condition.test, values.values, regex);
    tables.conditions.push_back({std::move(values.column), values.of_names, std::move(passes)});
  }
  for (size_t i = 0; i < plan.values.size(); ++i) {
    SourceValues values = ValuesOf(plan.values[i], plan, block, users);
    std::vector<uint32_t> numbers;
    numbers.reserve(values.values.size());
    for (const auto& value : values.values) {
      const bool is_wanted =
          value && (!plan.values[i].only_numbers || value->type == history::ValueType::kNumber);
      numbers.push_back(is_wanted ? names[i]->NumberOf(value->text) : 0);
    }
    tables.values.push_back({std::move(values.column), values.of_names, std::move(numbers)});
  }
  return tables;
}

std::vector<int> ColumnsOf(const EventPlan& plan, const history::BlockSummary& block, bool exact_times,
                           bool order) {
  std::set<int> columns = {history::kUsers, history::kNames, history::kQuarters};
  if (exact_times) columns.insert(history::kMicros);
  if (plan.question.by_session) columns.insert(history::kSessions);
  if (order) columns.insert({history::kProducers, history::kSequences});
  for (const std::string& key : plan.EventKeys()) columns.insert(block.ColumnOf(key));
  return {columns.begin(), columns.end()};
}

}  // namespace donut::query
