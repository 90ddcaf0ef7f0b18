/**
 * Configuration space: the header, the capabilities that a function of QEMU's nvme has, and Device Serial Number where
 * the drive has one. Source: QEMU hw/nvme/ctrl.c, nvme_init_pci; hw/pci/pcie_sriov.c; PCI Express Base 5.0, "Capability
 * structures". A VF's own vendor and device read FFFFh: they are the PF's to tell.
 */
import { interruptVectors } from '../devices/subsystem.ts'
import { answersOnBus, BRIDGE_CLASS, primaryOf } from './pci-function.ts'
import type { PciFunction } from './pci-function.ts'

const LENGTH = 4096
const MSIX = { id: 0x11, at: 0x40 }
const POWER = { id: 0x01, at: 0x60 }
const EXPRESS = { id: 0x10, at: 0x80 }
const ARI = { id: 0x000e, at: 0x100 }
const SRIOV = { id: 0x0010, at: 0x120 }
const SERIAL = { id: 0x0003, at: 0x180 }

export function configSpace(fn: PciFunction): Buffer {
  if (!answersOnBus(fn)) return Buffer.alloc(LENGTH, 0xff)
  const config = Buffer.alloc(LENGTH)
  writeHeader(config, fn)
  writeCapabilities(config, fn)
  writeExtendedCapabilities(config, fn)
  return config
}

function writeHeader(config: Buffer, { ids, vf }: PciFunction): void {
  config.writeUInt16LE(vf ? 0xffff : ids.vendor, 0x00)
  config.writeUInt16LE(vf ? 0xffff : ids.device, 0x02)
  config.writeUInt16LE(0x0010, 0x06) // status: capabilities
  config[0x08] = ids.revision
  config.writeUIntLE(ids.classCode, 0x09, 3)
  config[0x0e] = ids.classCode >>> 8 === BRIDGE_CLASS >>> 8 ? 1 : 0
  config.writeUInt16LE(ids.subsystemVendor, 0x2c)
  config.writeUInt16LE(ids.subsystemDevice, 0x2e)
  config[0x34] = MSIX.at
}

function writeCapabilities(config: Buffer, fn: PciFunction): void {
  const vectors = fn.controller ? interruptVectors(fn.controller) : 1
  config.set([MSIX.id, POWER.at], MSIX.at)
  config.writeUInt16LE(vectors - 1, MSIX.at + 2)
  config.set([POWER.id, EXPRESS.at], POWER.at)
  config.set([EXPRESS.id, 0], EXPRESS.at)
  config.writeUInt16LE(2, EXPRESS.at + 2) // version 2, endpoint
  config.writeUInt32LE(fn.resets.includes('flr') ? 1 << 28 : 0, EXPRESS.at + 4) // Function Level Reset
}

function writeExtendedCapabilities(config: Buffer, fn: PciFunction): void {
  const present = [
    ...(fn.sriov || fn.vf ? [ARI] : []),
    ...(fn.sriov ? [SRIOV] : []),
    ...(fn.serialNumber ? [SERIAL] : []),
  ]
  // The first one has to be at 100h, wherever the others are.
  const chain = present.map((one, i) => ({ ...one, at: i === 0 ? ARI.at : one.at }))
  chain.forEach(({ id, at }, i) => {
    const next = chain[i + 1]?.at ?? 0
    config.writeUInt32LE(next * 2 ** 20 + 2 ** 16 + id, at)
    if (id === SRIOV.id) writeSriov(config, at, fn)
    if (id === SERIAL.id)
      config.writeBigUInt64LE(BigInt(`0x${fn.serialNumber ?? '0'}`), at + 4)
  })
}

function writeSriov(config: Buffer, at: number, fn: PciFunction): void {
  if (!fn.sriov) return
  const enabled = primaryOf(fn)?.enabledVfs ?? 0
  config.writeUInt16LE(0x10 | (fn.sriov.vfs.length > 0 ? 0x9 : 0), at + 0x08)
  config.writeUInt16LE(fn.sriov.totalVfs, at + 0x0c)
  config.writeUInt16LE(fn.sriov.totalVfs, at + 0x0e)
  config.writeUInt16LE(enabled, at + 0x10)
  config.writeUInt16LE(fn.sriov.offset, at + 0x14)
  config.writeUInt16LE(fn.sriov.stride, at + 0x16)
  config.writeUInt16LE(fn.sriov.vfDevice, at + 0x1a)
}
