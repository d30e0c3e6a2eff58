#!/usr/bin/env bash
# Builds etcd, kube-apiserver, kube-controller-manager and kube-scheduler from their official Go modules into the folder
# given (default: the user's cache), those that are not there already; where KUBEBUILDER_ASSETS is set (the convention of
# envtest) nothing is built. Prints the folder; minutes and gigabytes go to stderr. Once a machine.
set -euo pipefail
source="$(cd "$(dirname "$0")/kubernetes" && pwd)"
version="$(sed -n 's/^\tk8s.io\/kubernetes \(v[0-9.]*\)$/\1/p' "$source/go.mod")"
target="${1:-${XDG_CACHE_HOME:-$HOME/.cache}/everynode/kubernetes-$version}"
programs="etcd kube-apiserver kube-controller-manager kube-scheduler"

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  for program in etcd kube-apiserver; do
    [ -x "$KUBEBUILDER_ASSETS/$program" ] || { echo "KUBEBUILDER_ASSETS: $KUBEBUILDER_ASSETS has no $program" >&2; exit 1; }
  done
  echo "$KUBEBUILDER_ASSETS"
  exit
fi

started=$SECONDS
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cp "$source"/go.mod "$source"/go.sum "$work"
mkdir -p "$target"
minor="${version#v1.}"
flags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  flags="$flags -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*}"
done
for program in $programs; do
  [ ! -x "$target/$program" ] || continue
  package=k8s.io/kubernetes/cmd/$program
  [ "$program" != etcd ] || package=go.etcd.io/etcd/server/v3
  began=$SECONDS
  # One package at a time, at the lowest priority: half an hour of linking must not take a desk away.
  (cd "$work" && GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=0 GOTMPDIR="$work" nice -n 19 \
    go build -p "${GO_BUILD_JOBS:-1}" -trimpath -ldflags "$flags" -o "$work/$program" "$package") >&2
  mv "$work/$program" "$target/$program"
  echo "built $program in $((SECONDS - began)) s, $(du -m "$target/$program" | cut -f1) MB" >&2
done
if [ $SECONDS -le $((started + 5)) ]; then
  echo "Kubernetes $version was built before: $((SECONDS - started)) s" >&2
else
  cache="$(du -sm "$(go env GOCACHE)" | cut -f1)"
  modules="$(du -sm "$(go env GOMODCACHE)" | cut -f1)"
  programs_mb="$(du -sm "$target" | cut -f1)"
  echo "Kubernetes $version in $(((SECONDS - started + 30) / 60)) min: programs $programs_mb MB, Go's modules $modules MB, its build cache $cache MB" >&2
fi
echo "$target"
