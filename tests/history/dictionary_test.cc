#include "history/dictionary.h"

#include "gtest/gtest.h"

namespace donut::history {
namespace {

TEST(DictionaryTest, GivesEachValueOneCodeFromOneOn) {
  DictionaryBuilder builder;
  EXPECT_EQ(builder.CodeOf({ValueType::kText, "DE"}), 1u);
  EXPECT_EQ(builder.CodeOf({ValueType::kText, "FR"}), 2u);
  EXPECT_EQ(builder.CodeOf({ValueType::kText, "DE"}), 1u);
  EXPECT_EQ(builder.CodeOf({ValueType::kText, ""}), 3u);
  EXPECT_EQ(builder.dictionary().At(2).text, "FR");
  EXPECT_EQ(builder.dictionary().At(3).text, "");
}

TEST(DictionaryTest, ATextIsNotTheNumberOfTheSameText) {
  DictionaryBuilder builder;
  EXPECT_NE(builder.CodeOf({ValueType::kText, "1"}), builder.CodeOf({ValueType::kNumber, "1"}));
  EXPECT_NE(builder.CodeOf({ValueType::kNumber, "1"}), builder.CodeOf({ValueType::kNumber, "1.0"}));
}

TEST(DictionaryTest, BeginsAnewOnceTaken) {
  DictionaryBuilder builder;
  builder.CodeOf({ValueType::kText, "a"});
  builder.CodeOf({ValueType::kText, "b"});
  const Dictionary taken = builder.Take();
  EXPECT_EQ(taken.size(), 2u);
  EXPECT_EQ(builder.dictionary().size(), 0u);
  EXPECT_EQ(builder.CodeOf({ValueType::kText, "c"}), 1u);
  EXPECT_EQ(builder.dictionary().At(1).text, "c");
  EXPECT_EQ(taken.At(1).text, "a");
}

}  // namespace
}  // namespace donut::history
