# Every third-party library, found once. A folder names the imported targets it uses; nothing else looks for libraries.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt 9 REQUIRED)

function(imagemill_find name)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${ARGN})
endfunction()

imagemill_find(libjpeg libjpeg>=2.1)
imagemill_find(libpng libpng>=1.6)
imagemill_find(libwebp libwebp libwebpdemux libwebpmux)
imagemill_find(libtiff libtiff-4)
imagemill_find(libdeflate libdeflate)
imagemill_find(zimg zimg>=3.0)
imagemill_find(lcms2 lcms2)
imagemill_find(expat expat)
imagemill_find(libzip libzip)
imagemill_find(libarchive libarchive)
imagemill_find(sqlite3 sqlite3)
imagemill_find(xxhash libxxhash)
imagemill_find(highway libhwy)
imagemill_find(yamlcpp yaml-cpp)
imagemill_find(httplib cpp-httplib>=0.11)
imagemill_find(crypto libcrypto>=3.0)
find_path(HNSWLIB_INCLUDE_DIR hnswlib/hnswlib.h REQUIRED)  # headers alone, without a .pc file
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 REQUIRED)

# ONNX Runtime is loaded while the program runs: only its headers are needed here.
find_path(ONNXRUNTIME_INCLUDE_DIR onnxruntime_cxx_api.h
          HINTS ${PROJECT_SOURCE_DIR}/.cache/onnxruntime/include/onnxruntime
          PATH_SUFFIXES onnxruntime REQUIRED)
add_library(onnxruntime_headers INTERFACE)
target_include_directories(onnxruntime_headers SYSTEM INTERFACE ${ONNXRUNTIME_INCLUDE_DIR})
target_compile_definitions(onnxruntime_headers INTERFACE ORT_API_MANUAL_INIT)

if(IMAGEMILL_CODEC_HOST)
  imagemill_find(libheif libheif)
  imagemill_find(libavif libavif)
  imagemill_find(libjxl libjxl libjxl_threads)
  imagemill_find(libraw libraw)
  imagemill_find(seccomp libseccomp)
  imagemill_find(openimageio OpenImageIO>=2.4)
endif()

if(IMAGEMILL_DEVELOPER_MODE)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
  include(GoogleTest)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
