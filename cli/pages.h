// All pages of a list up to a limit, as one answer. Plain, thread-safe.
#pragma once

#include <algorithm>
#include <iterator>

#include "google/protobuf/repeated_field.h"

namespace donut::cli {

// More items than this come in several pages.
inline constexpr int kMaxPageSize = 1'000;

// `items` is the list's mutable_...(); `ask(request, page)` gets a page and returns 0, or a code that ends it
// all and is returned. The answer is that of the first page with at most `limit` items; next_page_token is
// empty when all were seen, and also where the limit cut a page.
template <typename Request, typename Response, typename Item, typename Ask>
int CollectPages(Request request, int limit, google::protobuf::RepeatedPtrField<Item>* (Response::*items)(),
                 const Ask& ask, Response& response) {
  // The same for every page: a page token holds for the request that made it.
  request.set_page_size(std::min(limit, kMaxPageSize));
  auto& list = *(response.*items)();
  while (true) {
    Response page;
    if (const int code = ask(request, page); code != 0) return code;
    auto& more = *(page.*items)();
    if (request.page_token().empty()) {
      response = page;
    } else {
      list.Add(std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
      response.set_next_page_token(page.next_page_token());
    }
    if (list.size() > limit) {
      list.DeleteSubrange(limit, list.size() - limit);
      // It would lead behind what was left out.
      response.clear_next_page_token();
      return 0;
    }
    if (page.next_page_token().empty() || list.size() == limit) return 0;
    request.set_page_token(page.next_page_token());
  }
}

}  // namespace donut::cli
