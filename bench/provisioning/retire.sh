#!/bin/bash
# retire.sh PF: takes back what provision.sh gave.
set -euo pipefail
pf=/sys/bus/pci/devices/$1
device=/dev/$(ls "$pf/nvme")
for n in $(seq 8); do
  nvme virt-mgmt "$device" -c "$n" -a 7 > /dev/null
  case $n in 1 | 2 | 3) nvme detach-ns "$device" -n $((n + 1)) -c "$n" > /dev/null ;; esac
done
echo 0 > "$pf/sriov_numvfs"
echo 1 > "$pf/sriov_drivers_autoprobe"
