#!/bin/sh
# Makes the cluster's CA, certificates and kubeconfigs.
set -eu
cd "$(dirname "$0")"
. ./environment.sh
mkdir -p "$run/pki"
cd "$run/pki"
create_key() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
}
# certify NAME SUBJECT EXTENSIONS
certify() {
  create_key "$1"
  printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n%s\n' "$3" >"$1.ext"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
}
# create_client NAME SUBJECT
create_client() {
  certify "$1" "$2" extendedKeyUsage=clientAuth
  cat >"$run/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters:
- name: test
  cluster: {server: "https://$fabric.1:6443", certificate-authority: $run/pki/ca.crt}
users:
- name: $1
  user: {client-certificate: $run/pki/$1.crt, client-key: $run/pki/$1.key}
contexts:
- name: test
  context: {cluster: test, user: $1}
current-context: test
YAML
}
create_key ca
openssl req -x509 -new -key ca.key -subj /CN=podflow-test-ca -days 2 -out ca.crt
names=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost
certify apiserver /CN=kube-apiserver "extendedKeyUsage=serverAuth
subjectAltName=$names,IP:127.0.0.1,IP:$fabric.1,IP:$services.1"
create_key sa
openssl ec -in sa.key -pubout -out sa.pub 2>/dev/null
create_client admin /O=system:masters/CN=admin
create_client kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
create_client kube-controller-manager /CN=system:kube-controller-manager
create_client kube-scheduler /CN=system:kube-scheduler
create_client kube-proxy /CN=system:kube-proxy
for n in $(seq "$nodes"); do create_client "pfn$n" "/O=system:nodes/CN=system:node:pfn$n"; done
