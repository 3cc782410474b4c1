# What cmake --install puts where. Three components: `client` (headers, static libraries and what
# find_package and pkg-config read), `programs` and `protos`. tests/installed_use uses all of it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/donut)

# The client and the parts it is made of: nothing that knows a database, a server or a query.
set_target_properties(donut_client PROPERTIES EXPORT_NAME client)
set_target_properties(donut_client_core PROPERTIES EXPORT_NAME client_core)
set_target_properties(donut_common PROPERTIES EXPORT_NAME common)
set_target_properties(donut_event_proto PROPERTIES EXPORT_NAME event_proto)
install(TARGETS donut_client donut_client_core donut_common donut_event_proto EXPORT donut
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY client_lib/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT client
  FILES_MATCHING PATTERN "*.h")
foreach(proto IN LISTS DONUT_EVENT_PROTOS)
  cmake_path(GET proto PARENT_PATH folder)
  string(REPLACE ".proto" ".pb.h" header ${proto})
  install(FILES ${DONUT_PROTO_OUT}/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder} COMPONENT client)
endforeach()

install(EXPORT donut NAMESPACE donut:: FILE donutTargets.cmake DESTINATION ${package_folder} COMPONENT client)
configure_package_config_file(cmake/donutConfig.cmake.in donutConfig.cmake INSTALL_DESTINATION ${package_folder})
# Before 1.0 any minor version may break what was.
write_basic_package_version_file(donutConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/donutConfig.cmake ${PROJECT_BINARY_DIR}/donutConfigVersion.cmake
  DESTINATION ${package_folder} COMPONENT client)

# Relative to the file itself, so that an installed tree can be moved.
file(RELATIVE_PATH includes_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(cmake/donut-client.pc.in donut-client.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/donut-client.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT client)

if(DONUT_PROGRAMS)
  install(TARGETS donut donut_collector_program donut_query_program donut_compactor_program
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
endif()
install(DIRECTORY proto/ DESTINATION ${CMAKE_INSTALL_DATADIR}/donut/proto COMPONENT protos
  FILES_MATCHING PATTERN "*.proto")
