// `donut track`: one event, through TrackEvents.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/json_event.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/service_call.h"
#include "cli/time_text.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "donut/analytics/v1/collector.grpc.pb.h"

namespace donut::cli {
namespace {

constexpr absl::Duration kTrackDeadline = absl::Seconds(15);

struct TrackArguments {
  std::string event;
  std::string user;
  std::string session;
  std::string time;
  std::string insert_id;
  std::vector<std::string> properties;
  std::string json_properties;
  std::vector<std::string> user_properties;
};

absl::StatusOr<v1::Event> ToEvent(const TrackArguments& arguments) {
  v1::Event event;
  event.set_name(arguments.event);
  event.set_user_id(arguments.user);
  event.set_session_id(arguments.session);
  event.set_insert_id(arguments.insert_id);
  absl::Time time = absl::Now();
  if (!arguments.time.empty()) {
    const auto parsed = ParseRfc3339(arguments.time);
    if (!parsed.ok()) return absl::InvalidArgumentError(absl::StrCat("--time: ", parsed.status().message()));
    time = *parsed;
  }
  *event.mutable_event_time() = ToProto(time);
  if (!arguments.json_properties.empty()) {
    const absl::Status added = AddJsonProperties(arguments.json_properties, *event.mutable_properties());
    if (!added.ok()) return absl::InvalidArgumentError(absl::StrCat("--json-properties: ", added.message()));
  }
  for (const std::string& property : arguments.properties) {
    const absl::Status added = AddProperty(property, *event.mutable_properties());
    if (!added.ok()) return absl::InvalidArgumentError(absl::StrCat("-p ", added.message()));
  }
  for (const std::string& property : arguments.user_properties) {
    const absl::Status added = AddProperty(property, *event.mutable_user_properties());
    if (!added.ok()) return absl::InvalidArgumentError(absl::StrCat("--set ", added.message()));
  }
  return event;
}

std::string Described(const v1::Event& event) {
  std::string text = absl::StrCat(Harmless(event.name()), " by ", Harmless(event.user_id()));
  if (!event.session_id().empty()) absl::StrAppend(&text, " in session ", Harmless(event.session_id()));
  const auto time = FromProto(event.event_time(), "event_time");
  absl::StrAppend(&text, " at ", absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", *time, absl::UTCTimeZone()));
  const int properties = event.properties().fields_size();
  if (properties > 0) absl::StrAppend(&text, ", ", properties, properties == 1 ? " property" : " properties");
  const int user_properties = event.user_properties().fields_size();
  if (user_properties > 0) {
    absl::StrAppend(&text, ", ", user_properties,
                    user_properties == 1 ? " user property" : " user properties");
  }
  return text;
}

int Track(const GlobalOptions& global, const TrackArguments& arguments) {
  const auto event = ToEvent(arguments);
  if (!event.ok()) {
    PrintError(std::string(event.status().message()));
    return kExitUsage;
  }
  const auto channel = ChannelTo(global.collector_address);
  const auto stub = v1::EventCollectorService::NewStub(channel);
  grpc::ClientContext context;
  PrepareCall(context, global.api_key, kTrackDeadline);
  v1::TrackEventsRequest request;
  *request.add_events() = *event;
  v1::TrackEventsResponse response;
  const grpc::Status status = stub->TrackEvents(&context, request, &response);
  if (!status.ok()) {
    const std::string doubt =
        status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED && event->insert_id().empty()
            ? "; it may or may not be stored: with --insert-id it can be sent again safely"
            : "";
    PrintError(
        ExplainFailure(status, {"donut-collector", global.collector_address, "--collector"}, *channel) +
        doubt);
    return kExitFailed;
  }
  if (response.rejections_size() > 0) {
    PrintError(absl::StrCat("refused: ", response.rejections(0).detail()));
    return kExitRefused;
  }
  const char* what =
      response.stored_count() > 0 ? "stored" : "already stored under this insert id, not again";
  std::printf("%s: %s\n", what, Described(*event).c_str());
  return kExitDone;
}

}  // namespace

void AddTrack(CLI::App& app, Command& command) {
  CLI::App* track = app.add_subcommand("track", "Send one event");
  auto arguments = std::make_shared<TrackArguments>();
  track->add_option("event", arguments->event, "What happened, such as signup")->required();
  track->add_option("--user", arguments->user, "Who did it")->required()->type_name("ID");
  track->add_option("--session", arguments->session, "The session or pipeline run")->type_name("ID");
  track->add_option("--time", arguments->time, "RFC 3339, such as 2024-01-31T05:00:00Z. Default: now")
      ->type_name("TIME");
  track
      ->add_option("-p,--property", arguments->properties,
                   "A property; numbers, true, false, null and JSON are taken as such, the rest as text")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  track->add_option("--json-properties", arguments->json_properties, "Properties as a JSON object")
      ->type_name("JSON");
  track
      ->add_option("--set", arguments->user_properties,
                   "Sets a property of the user from the event's time on; null removes it")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  track
      ->add_option("--insert-id", arguments->insert_id,
                   "Stored once, however often it is sent within 30 days")
      ->type_name("ID");
  track->callback([&command, arguments] {
    command.run = [&command, arguments] { return Track(command.options, *arguments); };
  });
}

}  // namespace donut::cli
