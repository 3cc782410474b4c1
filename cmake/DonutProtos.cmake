# Every proto, generated and compiled once, without our warnings and sanitizers. Two targets:
# donut_event_proto has the messages that carry events, all that the client library needs; donut_proto
# has the rest, with the services' gRPC code, and brings the first one along. A program of somebody
# else's that links the client can so have protos of its own that we have too, such as gRPC's health.proto:
# the same file twice in a program ends it at its start.

file(GLOB DONUT_PROTO_FILES CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/proto
     ${PROJECT_SOURCE_DIR}/proto/donut/analytics/v1/*.proto ${PROJECT_SOURCE_DIR}/proto/google/rpc/*.proto
     ${PROJECT_SOURCE_DIR}/proto/grpc/health/v1/*.proto)
set(DONUT_EVENT_PROTOS donut/analytics/v1/collector.proto donut/analytics/v1/event.proto)
set(DONUT_SERVICE_PROTOS donut/analytics/v1/collector.proto donut/analytics/v1/query.proto)
set(DONUT_PROTO_OUT ${PROJECT_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${DONUT_PROTO_OUT})

set(event_code)
set(other_code)
foreach(proto IN LISTS DONUT_PROTO_FILES)
  string(REPLACE ".proto" "" stem ${proto})
  set(outputs ${DONUT_PROTO_OUT}/${stem}.pb.cc ${DONUT_PROTO_OUT}/${stem}.pb.h)
  set(grpc_arguments)
  if(proto IN_LIST DONUT_SERVICE_PROTOS)
    list(APPEND outputs ${DONUT_PROTO_OUT}/${stem}.grpc.pb.cc ${DONUT_PROTO_OUT}/${stem}.grpc.pb.h)
    set(grpc_arguments --grpc_out=${DONUT_PROTO_OUT} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
  endif()
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND protobuf::protoc -I ${PROJECT_SOURCE_DIR}/proto --cpp_out=${DONUT_PROTO_OUT} ${grpc_arguments} ${proto}
    DEPENDS ${PROJECT_SOURCE_DIR}/proto/${proto}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/proto
    VERBATIM)
  if(proto IN_LIST DONUT_EVENT_PROTOS)
    set(messages ${outputs})
    list(FILTER messages EXCLUDE REGEX "\\.grpc\\.pb\\.")
    list(APPEND event_code ${messages})
    list(REMOVE_ITEM outputs ${messages})
  endif()
  list(APPEND other_code ${outputs})
endforeach()

add_library(donut_event_proto STATIC ${event_code})
set_target_properties(donut_event_proto PROPERTIES UNITY_BUILD OFF)  # the files generated have the same names inside
target_include_directories(donut_event_proto SYSTEM PUBLIC $<BUILD_INTERFACE:${DONUT_PROTO_OUT}>)
target_link_libraries(donut_event_proto PUBLIC protobuf::libprotobuf)
if(NOT DONUT_PROGRAMS)
  return()
endif()

add_library(donut_proto STATIC ${other_code})
set_target_properties(donut_proto PROPERTIES UNITY_BUILD OFF)
target_link_libraries(donut_proto PUBLIC donut_event_proto gRPC::grpc++)
# A file that our code does not name, such as one with a service and no messages, would be left out of
# the programs by the linker: reflection could then list the service, but not describe it.
foreach(proto IN LISTS DONUT_SERVICE_PROTOS ITEMS grpc/health/v1/health.proto)
  string(REPLACE "/" "_2f" symbol ${proto})
  string(REPLACE "." "_2e" symbol ${symbol})
  target_link_options(donut_proto INTERFACE LINKER:--undefined=descriptor_table_${symbol})
endforeach()
