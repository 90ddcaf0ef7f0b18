#!/bin/bash
# build.sh FOLDER: what the guest boots from, into FOLDER: `vmlinux` and `initramfs.cpio`. Installs nothing: Debian's
# kernel package is fetched and unpacked. Needs apt-get, dpkg, busybox-static, cpio, kmod and xz. Ends with 69
# (EX_UNAVAILABLE of sysexits.h) when the package cannot be had, which is no fault of the project.
set -euo pipefail
unavailable() { echo "$1" >&2; exit 69; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"

# By apt's own package lists, or where they are absent or too old by private ones, which need no root.
apt=()
fetch() {
  name=$(apt-cache "${apt[@]}" depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: //p' | head -1)
  [ -n "$name" ] && apt-get "${apt[@]}" -q -o APT::Sandbox::User="$(id -un)" download "$name"
}
private_lists() {
  mkdir -p lists/partial cache/archives/partial
  apt=(-o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User="$(id -un)")
  apt-get "${apt[@]}" -q update
}
fetch || { private_lists && fetch; } || unavailable "apt cannot download Debian's kernel, linux-image-amd64"
dpkg -x "$name"_*.deb kernel
rm -rf "$name"_*.deb lists cache

version=$(basename kernel/boot/vmlinuz-* | sed s/vmlinuz-//)
# The package's postinst would make modules.dep.
depmod -b "$PWD/kernel" "$version"

# QEMU boots the uncompressed kernel through PVH, 3 s sooner than the bzImage whose payload it is. The payload (xz in
# Debian 12) starts at the first xz magic; xz complains of what follows it.
offset=$(LC_ALL=C grep -obUaP '\xFD7zXZ\x00' "kernel/boot/vmlinuz-$version" | head -1 | cut -d: -f1 || true)
tail -c +$((${offset:?the kernel image is not compressed by xz} + 1)) "kernel/boot/vmlinuz-$version" |
  xz -dc --single-stream > vmlinux 2>/dev/null || true
[ -s vmlinux ] || { echo "the kernel image could not be unpacked" >&2; exit 1; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,modules,proc,sys,dev,host,lower,upper}
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in sh mount insmod cat echo poweroff chroot mkdir sleep tr ip; do ln -s busybox "$root/bin/$applet"; done
number=0
for module in virtio_pci virtio_net 9p 9pnet_virtio overlay ext4 dm-mod raid1 nvme vfio vfio_iommu_type1 vfio-pci; do
  modprobe -d "$PWD/kernel" -S "$version" --show-depends "$module" 2>/dev/null | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r file; do
  # Optional, and it needs a CPU feature that the emulated CPU lacks.
  case $file in *-pclmul*) continue ;; esac
  number=$((number + 1))
  target="$root/modules/$(printf %02d $number)-$(basename "${file%.xz}")"
  case $file in *.xz) xz -dc "$file" > "$target" ;; *) cp "$file" "$target" ;; esac
done
install -m 755 "$here/init.sh" "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet) > initramfs.cpio
rm -rf kernel
echo "$version" > version
