#!/bin/sh
# PID 1 of the guest. User space is the root file system of the machine that runs the tests, shared read-only over 9p
# (node and the work tree are there), below a tmpfs that takes writes and vanishes with the guest. /mnt is the run
# folder, shared read-write; it survives the guest. Ends in the agent, through which the tests do everything else.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev

core=
for word in $(cat /proc/cmdline); do case $word in nvme_core.*) core="$core ${word#nvme_core.}" ;; esac; done
for module in /modules/*.ko; do
  case $module in *nvme-core.ko) options=$core ;; *) options= ;; esac
  insmod "$module" $options || echo "insmod $module failed"
done

mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro root /lower || exec sh
mount -t tmpfs tmpfs /upper
mkdir /upper/data /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay /host || exec sh
root=/host
mkdir -p $root/run $root/proc $root/sys $root/dev $root/mnt
mount -t tmpfs tmpfs $root/run
mount -t proc proc $root/proc
mount -t sysfs sysfs $root/sys
mount -t debugfs debugfs $root/sys/kernel/debug
mount -t tracefs tracefs $root/sys/kernel/tracing
mount -t devtmpfs dev $root/dev
mkdir -p $root/dev/pts $root/dev/shm
mount -t devpts devpts $root/dev/pts
mount -t tmpfs tmpfs $root/dev/shm
# SQLite's WAL needs a shared mapping, which 9p's cache=none refuses.
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=mmap run $root/mnt

echo 'init: everything is mounted'
# Two guests are two hosts, and a guest that boots again is the same one.
[ -s $root/mnt/machine-id ] || tr -d - < /proc/sys/kernel/random/uuid > $root/mnt/machine-id
cat $root/mnt/machine-id > $root/etc/machine-id
ip link set lo up
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up

export HOME=/run TMPDIR=/run PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
echo 'init: the agent starts'
read -r node flags < $root/mnt/node
chroot $root "$node" $flags /mnt/guest/agent.js > $root/mnt/agent.log 2>&1 < /dev/null
echo "the agent ended with $?" >> $root/mnt/agent.log
echo o > /proc/sysrq-trigger
sleep 5
poweroff -f
