#!/bin/bash
# provision.sh PF: what a careful operator would write with nvme-cli: eight VFs with 3 VQ and 3 VI each, a namespace of their
# own for the first three and none for the others, each step looked at before the next. Ends with 1 and says why.
set -euo pipefail
pf=/sys/bus/pci/devices/$1
device=/dev/$(ls "$pf/nvme")
count=8 vq=3 vi=3
declare -A namespace=([1]=2 [2]=3 [3]=4)

fail() { echo "$1" >&2; exit 1; }
field() { nvme "$1" "$device" "${@:3}" -o json | grep -o "\"$2\" *: *[0-9]*" | head -1 | grep -o '[0-9]*$'; }
controllers() { nvme list-ctrl "$device" -n "$1" -o json | grep -o '"ctrl_id" *: *[0-9]*' | grep -o '[0-9]*$'; }

free_vq=$(($(field primary-ctrl-caps vqfrt) - $(field primary-ctrl-caps vqrfa)))
free_vi=$(($(field primary-ctrl-caps vifrt) - $(field primary-ctrl-caps virfa)))
[ "$free_vq" -ge $((count * vq)) ] && [ "$free_vi" -ge $((count * vi)) ] || fail 'not enough is free'
[ "$(cat "$pf/sriov_numvfs")" = 0 ] || fail 'VFs are enabled already'
echo 0 > "$pf/sriov_drivers_autoprobe"
echo $count > "$pf/sriov_numvfs"
[ "$(cat "$pf/sriov_numvfs")" = $count ] || fail 'VFs were not enabled'

for n in $(seq $count); do
  nvme virt-mgmt "$device" -c "$n" -a 7 > /dev/null
  nvme virt-mgmt "$device" -c "$n" -r 0 -a 8 -n $vq > /dev/null
  nvme virt-mgmt "$device" -c "$n" -r 1 -a 8 -n $vi > /dev/null
  echo 1 > "$pf/virtfn$((n - 1))/reset"
  nvme virt-mgmt "$device" -c "$n" -a 9 > /dev/null
  # It lists what follows too: the first is this one.
  [ "$(field list-secondary secondary-controller-state -c "$n")" = 1 ] || fail "VF $n is not online"
  [ "$(field list-secondary num-virtual-queues -c "$n")" = $vq ] || fail "VF $n has not $vq VQ"
  for nsid in 1 2 3 4; do
    wanted=no has=no
    [ "${namespace[$n]:-}" = $nsid ] && wanted=yes
    controllers $nsid | grep -qx "$n" && has=yes
    [ $wanted = $has ] && continue
    if [ $wanted = yes ]; then nvme attach-ns "$device" -n $nsid -c "$n" > /dev/null
    else nvme detach-ns "$device" -n $nsid -c "$n" > /dev/null; fi
    has=no
    controllers $nsid | grep -qx "$n" && has=yes
    [ $wanted = $has ] || fail "namespace $nsid of VF $n"
  done
done
