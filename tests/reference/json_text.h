// The value of a property as the text by which values compare: what PostgreSQL's #>> '{}' prints, written
// out from the JSON. For tests. No state.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace donut::testing {

// Of properties as in HistoryEvent, at a key and the keys further in. A text as it is, anything else as JSON;
// nothing where it is not there or null.
std::optional<std::string> JsonText(const std::map<std::string, std::string>& properties,
                                    const std::string& key, const std::vector<std::string>& nested_keys = {});

}  // namespace donut::testing
