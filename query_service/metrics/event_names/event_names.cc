#include "query_service/metrics/event_names/event_names.h"

#include <string>

#include "common/limits.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/metrics_sql.h"
#include "query_service/page_token.h"
#include "query_service/sql_values.h"

namespace donut::query {

absl::StatusOr<v1::ListEventNamesResponse> EventNames(const v1::ListEventNamesRequest& request,
                                                      const QueryContext& context,
                                                      pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const Page page, ReadPageToken(request, request.page_token(), context));
  ASSIGN_OR_RETURN(const int64_t page_size,
                   ResolvePageSize(request.page_size(), kDefaultEventNamesPageSize, kMaxEventNamesPageSize));
  RETURN_IF_ERROR(CheckText(request.prefix(), limits::kMaxEventNameBytes, "prefix"));
  if (page.position.find('\0') != std::string::npos) return InvalidPageToken();

  // One more than the page holds tells whether there is another.
  const pqxx::result rows = transaction.exec_params(sql::kEventNames, context.project.project_id,
                                                    request.prefix(), page.position, page_size + 1);
  v1::ListEventNamesResponse response;
  for (const pqxx::row& row : rows) {
    if (response.event_names_size() == page_size) {
      response.set_next_page_token(
          MakePageToken(request, page.context, response.event_names(response.event_names_size() - 1).name()));
      break;
    }
    v1::EventName& name = *response.add_event_names();
    name.set_name(row["name"].as<std::string>());
    *name.mutable_create_time() = donut::ToProto(TimeFromMicros(row["created_at"]));
  }
  return response;
}

}  // namespace donut::query
