#!/bin/sh
# Turns packages of Debian into the archive of the files of a machine: FOLDER/NAME.tar. It never starts that machine.
#
# usage: debian-root.sh FOLDER MIRROR NAME [options of debootstrap]
set -eu
folder=$1 mirror=$2 name=$3
shift 3
mkdir -p "$folder/cache"
# On a file system of the machine: not every one of a container can hold devices.
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
if ! DEBOOTSTRAP_DIR="$folder/package/usr/share/debootstrap" sh "$folder/package/usr/sbin/debootstrap" --variant=minbase \
	--keyring="$folder/package/usr/share/keyrings/debian-archive-keyring.gpg" --cache-dir="$folder/cache" "$@" \
	bookworm "$root" "$mirror" > "$folder/$name.log" 2>&1; then
	tail -n 20 "$folder/$name.log" "$root/debootstrap/debootstrap.log" >&2 || true
	exit 1
fi
# Devices are left out: a user without rights cannot unpack them, and those of the machine serve.
tar -C "$root" --one-file-system --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' --exclude='./var/cache/apt/*' \
	-cf "$folder/$name.tar" .
