#include "common/grpc_unreadable_request.h"

#include <memory>
#include <utility>
#include <vector>

#include "grpcpp/support/server_interceptor.h"

namespace donut {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

class Answer final : public grpc::experimental::Interceptor {
 public:
  explicit Answer(const std::string& text) : text_(text) {}
  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      const grpc::Status status = methods->GetSendStatus();
      // Our own INTERNAL has a text.
      if (status.error_code() == grpc::StatusCode::INTERNAL && status.error_message().empty()) {
        methods->ModifySendStatus(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, text_));
      }
    }
    methods->Proceed();
  }

 private:
  const std::string& text_;
};

class Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(std::string text) : text_(std::move(text)) {}
  // gRPC owns it.
  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* /*info*/) override {
    return new Answer(text_);
  }

 private:
  const std::string text_;
};

}  // namespace

void AnswerUnreadableRequests(grpc::ServerBuilder& builder, const std::string& text) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> creators;
  creators.push_back(std::make_unique<Factory>(text));
  builder.experimental().SetInterceptorCreators(std::move(creators));
}

}  // namespace donut
