// One question to donut-query and what is done with its answer: shown as a page, as CSV or as JSON. All
// subcommands of metrics end here. Not thread-safe.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "cli/command.h"
#include "cli/pages.h"
#include "cli/render/table.h"
#include "cli/terminal.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/query.grpc.pb.h"

namespace donut::cli {

// How the answer is wanted.
struct AnswerFormat {
  bool json = false;
  bool csv = false;
};

template <typename Request, typename Response>
using QueryMethod = grpc::Status (v1::QueryService::Stub::*)(grpc::ClientContext*, const Request&, Response*);

// A connection to the query service, and the one line when it does not answer.
class QueryCall {
 public:
  explicit QueryCall(const GlobalOptions& global);

  // kExitDone; or the exit code, once the reason is printed.
  template <typename Request, typename Response>
  int Ask(QueryMethod<Request, Response> method, const Request& request, Response& response) {
    return Explain(TryToAsk(method, request, response));
  }

  // The status itself, for who goes on after a refusal.
  template <typename Request, typename Response>
  grpc::Status TryToAsk(QueryMethod<Request, Response> method, const Request& request, Response& response) {
    const auto context = NewContext();
    return (stub_.get()->*method)(context.get(), request, &response);
  }
  // kExitDone; or the exit code, once the reason is printed.
  int Explain(const grpc::Status& status) const;

  // All pages up to `limit` items of a list, as one response. `items` is the list's mutable_...().
  template <typename Request, typename Response, typename Item>
  int AskForPages(QueryMethod<Request, Response> method, const Request& request, int limit,
                  google::protobuf::RepeatedPtrField<Item>* (Response::*items)(), Response& response) {
    const auto ask = [&](const Request& one, Response& page) { return Ask(method, one, page); };
    return CollectPages(request, limit, items, ask, response);
  }

 private:
  std::unique_ptr<grpc::ClientContext> NewContext() const;

  const GlobalOptions& global_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::QueryService::Stub> stub_;
};

// The service's answer as JSON, with the fields that are 0.
int PrintJson(const google::protobuf::Message& response);

// A wrong command line: the reason, and kExitUsage.
int WrongUsage(const absl::Status& status);

// What a subcommand does with its answer.
template <typename Response>
struct Rendering {
  std::function<std::string(const Response&, const PageOptions&)> text;
  std::function<std::string(const Response&)> csv;
};

template <typename Response>
int Show(const AnswerFormat& format, const Response& response, const Rendering<Response>& rendering) {
  if (format.json) return PrintJson(response);
  const std::string text =
      format.csv ? rendering.csv(response) : rendering.text(response, PageOptionsFor(STDOUT_FILENO));
  std::fputs(text.c_str(), stdout);
  return kExitDone;
}

template <typename Request, typename Response>
int AskAndShow(const GlobalOptions& global, const AnswerFormat& format,
               const absl::StatusOr<Request>& request, QueryMethod<Request, Response> method,
               const Rendering<Response>& rendering) {
  if (!request.ok()) return WrongUsage(request.status());
  Response response;
  const int code = QueryCall(global).Ask(method, *request, response);
  return code == kExitDone ? Show(format, response, rendering) : code;
}

}  // namespace donut::cli
