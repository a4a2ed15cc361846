# Installs a folder, and removes from its destination what the folder no longer has (all but what is
# generated there: msg, srv and type support). By itself: `cmake --install BUILD --component sources`.
function(mirror folder destination)
  set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME sources)  # named as an argument, colcon would make no links
  install(DIRECTORY ${folder}/ DESTINATION ${destination} PATTERN "__pycache__" EXCLUDE)
  install(CODE "
    set(to \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${destination}\")
    file(GLOB_RECURSE found LIST_DIRECTORIES true RELATIVE \"\${to}\" \"\${to}/*\")
    list(FILTER found EXCLUDE REGEX \"^(msg|srv)(/|\\$)|^[^/]+[.](c|so)\\$|__pycache__\")
    foreach(name IN LISTS found)
      if(NOT EXISTS \"${CMAKE_CURRENT_SOURCE_DIR}/${folder}/\${name}\")
        file(REMOVE_RECURSE \"\${to}/\${name}\")
      endif()
    endforeach()")
endfunction()
