import { closeSync, readdirSync, readlinkSync } from 'node:fs'
import koffi from 'koffi'
import { expect, onTestFinished, test } from 'vitest'
import { libc } from '../../src/kernel/libc.ts'
import type { Uevent } from '../../src/kernel/kernel.ts'
import { kernelUevents } from '../../src/kernel/uevents.ts'
import { parseUevent, UEVENTS_LOST } from '../../src/kernel/uevent-message.ts'
import { eventually } from '../support/eventually.ts'

/** As Linux 6.1 sent it when a VF was bound. */
const BIND = [
  'bind@/devices/pci0000:00/0000:00:04.0/0000:01:00.1',
  'ACTION=bind',
  'DEVPATH=/devices/pci0000:00/0000:00:04.0/0000:01:00.1',
  'SUBSYSTEM=pci',
  'DRIVER=vfio-pci',
  'PCI_CLASS=10802',
  'MODALIAS=pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02',
  'SEQNUM=1042',
  '',
].join('\0')

test('a uevent has its action, path, subsystem and properties', () => {
  expect(parseUevent(BIND)).toEqual({
    action: 'bind',
    devpath: '/devices/pci0000:00/0000:00:04.0/0000:01:00.1',
    subsystem: 'pci',
    properties: expect.objectContaining({ DRIVER: 'vfio-pci', SEQNUM: '1042' }),
  })
})

test.for(['net', 'tty', 'pci_bus', 'nvme_generic', ''])(
  'a uevent of subsystem "%s" is nobody’s business',
  (subsystem) => {
    expect(
      parseUevent(BIND.replace('SUBSYSTEM=pci', `SUBSYSTEM=${subsystem}`))
    ).toBeUndefined()
  }
)

test.for(['', 'libudev\0\xfe\xed\xca\xfe', 'add@/devices/x', 'ACTION=add\0DEVPATH=/x'])(
  'a message that is no whole uevent is none: %j',
  (message) => {
    expect(parseUevent(message)).toBeUndefined()
  }
)

test('a value may hold an equals sign', () => {
  const message = BIND.replace('DRIVER=vfio-pci', 'DRIVER=a=b')

  expect(parseUevent(message)?.properties['DRIVER']).toBe('a=b')
})

test('the socket is open while anybody listens', () => {
  const before = sockets()
  const uevents = kernelUevents()

  const stopFirst = uevents.watch(() => {})
  const stopSecond = uevents.watch(() => {})
  expect(sockets()).toBe(before + 1)
  stopFirst()
  expect(sockets()).toBe(before + 1)
  stopSecond()
  expect(sockets()).toBe(before)

  uevents.watch(() => {})
  expect(sockets()).toBe(before + 1)
  uevents.close()
  expect(sockets()).toBe(before)
})

test('messages that were lost are told, each time that the socket overflows', async () => {
  const uevents = kernelUevents(NETLINK_USERSOCK)
  onTestFinished(uevents.close)
  const told: Uevent[] = []
  uevents.watch((uevent) => told.push(uevent))

  for (const times of [1, 2, 3]) {
    flood()
    await eventually(`overflow ${times} is told`, () => told.length === times || undefined)
  }

  expect(told).toEqual([UEVENTS_LOST, UEVENTS_LOST, UEVENTS_LOST])
})

/** The protocol that any process may send on. Source: Linux include/uapi/linux/netlink.h. */
const NETLINK_USERSOCK = 2
const AF_NETLINK = 16
const SOCK_DGRAM = 2

/** More than any receive buffer holds, sent to group 1 while nobody can read: this is one turn of the event loop. */
function flood(): void {
  const sendto = koffi
    .load(null)
    .func('int sendto(int fd, void *data, size_t n, int flags, void *to, unsigned int m)')
  const fd = libc().socket(AF_NETLINK, SOCK_DGRAM, NETLINK_USERSOCK)
  const group = Buffer.from([AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])
  const message = Buffer.alloc(8000)
  try {
    // Each says ECONNREFUSED, since it goes to the kernel too, which does not listen here.
    for (let n = 0; n < 3000; n++)
      sendto(fd, message, message.length, 0, group, group.length)
  } finally {
    closeSync(fd)
  }
}

function sockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => isSocket(fd)).length
}

function isSocket(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
  } catch {
    return false // the descriptor of the listing itself
  }
}
