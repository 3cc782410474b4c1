#include "collector/property_coder.h"

#include <functional>

#include "absl/hash/hash.h"

namespace donut::collector {
namespace {

uint64_t KeyHash(std::string_view key) { return absl::HashOf(absl::string_view(key.data(), key.size())); }

uint64_t ValueHash(uint32_t key, history::ValueType type, std::string_view text) {
  return absl::HashOf(key, static_cast<int>(type), absl::string_view(text.data(), text.size()));
}

}  // namespace

std::string_view PropertyCoder::TextOf(const PropertyText& property) const {
  if (property.type == history::ValueType::kText) return property.text;
  return std::string_view(batch_.rows).substr(property.json_begin, property.json_end - property.json_begin);
}

bool PropertyCoder::IsValue(uint32_t value, uint32_t key, history::ValueType type,
                            std::string_view text) const {
  const PropertyValue& known = batch_.property_values[value];
  return known.key == key && known.type == type && batch_.ValueText(known) == text;
}

TextRef PropertyCoder::Keep(std::string_view text, const Source& source) {
  const std::less_equal<const char*> not_behind;
  const char* const begin = source.payload.data();
  if (not_behind(begin, text.data()) &&
      not_behind(text.data() + text.size(), begin + source.payload.size())) {
    return {source.kept.offset + static_cast<uint32_t>(text.data() - begin),
            static_cast<uint32_t>(text.size())};
  }
  const TextRef ref{static_cast<uint32_t>(batch_.text.size()), static_cast<uint32_t>(text.size())};
  batch_.text += text;
  return ref;
}

uint32_t PropertyCoder::KeyOf(std::string_view key, const Source& source) {
  const auto next = static_cast<uint32_t>(batch_.property_keys.size());
  const auto [found, is_new] = keys_.try_emplace(KeyHash(key), next);
  if (!is_new && KeyText(found->second) == key) return found->second;
  batch_.property_keys.push_back(Keep(key, source));
  return next;
}

uint32_t PropertyCoder::ValueOf(uint32_t key, const PropertyText& property, std::string_view text,
                                const Source& source) {
  const auto next = static_cast<uint32_t>(batch_.property_values.size());
  // Numbers that are not as they were last mostly differ from all: whoever packs them finds the equal ones.
  if (property.type != history::ValueType::kNumber) {
    const auto [found, is_new] = values_.try_emplace(ValueHash(key, property.type, text), next);
    if (!is_new && IsValue(found->second, key, property.type, text)) return found->second;
  }
  PropertyValue value;
  value.key = key;
  value.type = property.type;
  value.in_rows = property.type != history::ValueType::kText;
  value.text = value.in_rows ? TextRef{static_cast<uint32_t>(property.json_begin),
                                       static_cast<uint32_t>(property.json_end - property.json_begin)}
                             : Keep(text, source);
  batch_.property_values.push_back(value);
  return next;
}

void PropertyCoder::Add(const PropertyTexts& properties, std::string_view payload, TextRef kept) {
  std::vector<uint32_t>& codes = batch_.property_codes;
  PreparedEvent& event = batch_.events.back();
  const Source source{payload, kept};
  const auto name = static_cast<size_t>(event.name);
  if (name >= last_of_name_.size()) last_of_name_.resize(name + 1);
  Run& last = last_of_name_[name];
  const auto begin = static_cast<uint32_t>(codes.size());
  uint32_t guess = last.begin;
  for (const PropertyText& property : properties.all()) {
    const std::string_view text = TextOf(property);
    uint32_t key = 0;
    if (guess < last.end && KeyText(batch_.property_values[codes[guess]].key) == property.key) {
      const uint32_t value = codes[guess++];
      key = batch_.property_values[value].key;
      if (IsValue(value, key, property.type, text)) {
        codes.push_back(value);
        continue;
      }
    } else {
      key = KeyOf(property.key, source);
      ++guess;
    }
    codes.push_back(ValueOf(key, property, text, source));
  }
  last = {begin, static_cast<uint32_t>(codes.size())};
  event.codes_end = last.end;
}

}  // namespace donut::collector
