# donut_embed_sql(target header namespace file.sql...): writes a header with one
# constant per file, kName for name.sql, whose text is the file unchanged.
# The header is included by its path under the build folder's sql/.
function(donut_embed_sql target header namespace)
  set(out ${PROJECT_BINARY_DIR}/sql/${header})
  set(inputs)
  foreach(file IN LISTS ARGN)
    list(APPEND inputs ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAMESPACE=${namespace} "-DFILES=${inputs}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
    DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/sql)
endfunction()

# donut_embed_migrations(target header namespace): writes a header with the name and the text of
# every file of migrations/, in order.
function(donut_embed_migrations target header namespace)
  set(out ${PROJECT_BINARY_DIR}/sql/${header})
  file(GLOB inputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/migrations/[0-9]*.sql)
  list(SORT inputs)
  set(expected 1)
  foreach(file IN LISTS inputs)
    get_filename_component(name ${file} NAME)
    if(NOT name MATCHES "^0*${expected}_[a-z_]+\\.sql$")
      message(FATAL_ERROR "migrations/${name}: number ${expected} comes next, as NNNN_noun.sql")
    endif()
    math(EXPR expected "${expected} + 1")
  endforeach()
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAMESPACE=${namespace} "-DFILES=${inputs}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_migrations.cmake
    DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/embed_migrations.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/sql)
endfunction()
