import { expect, test } from 'vitest'
import { decodeIdentifyController } from '../../src/nvme/identify-controller.ts'
import { decodeIdentifyNamespace } from '../../src/nvme/identify-namespace.ts'
import { decodeNamespaceDescriptors } from '../../src/nvme/namespace-descriptors.ts'
import { decodePrimaryCapabilities } from '../../src/nvme/primary-capabilities.ts'
import { freeOf } from '../../src/nvme/secondary-controller.ts'
import { decodeSmartLog } from '../../src/nvme/smart-log.ts'
import { PRIMARY_CAPABILITIES, page, patched, u16, u32, u64 } from './captured-pages.ts'

test('the captured CNS 14h page gives the pools of the lab controller', () => {
  const primary = decodePrimaryCapabilities(PRIMARY_CAPABILITIES)

  expect(primary).toEqual({
    cntlid: 0,
    vq: {
      supported: true,
      total: 32,
      assigned: 4,
      primary: 0,
      private: 3,
      maxPerSecondary: 8,
      granularity: 1,
    },
    vi: {
      supported: true,
      total: 24,
      assigned: 2,
      primary: 0,
      private: 9,
      maxPerSecondary: 6,
      granularity: 1,
    },
  })
  expect(freeOf(primary.vq)).toBe(28)
})

test('CRT says which kinds are flexible', () => {
  const onlyVi = patched(4096, { at: 4, bytes: [2] })

  const primary = decodePrimaryCapabilities(onlyVi)

  expect([primary.vq.supported, primary.vi.supported]).toEqual([false, true])
})

test('Identify Controller gives identity, version and optional commands', () => {
  const controller = decodeIdentifyController(
    patched(
      4096,
      { at: 0, bytes: u16(0x1b36) },
      { at: 4, bytes: 'PF0'.padEnd(20) },
      { at: 24, bytes: 'QEMU NVMe Ctrl'.padEnd(40) },
      { at: 64, bytes: '7.2.22  ' },
      { at: 76, bytes: [2] },
      { at: 78, bytes: u16(65) },
      { at: 80, bytes: u32(0x00010400) },
      { at: 256, bytes: u16(0x010a) },
      { at: 261, bytes: [0b010] },
      { at: 280, bytes: u64(1n << 40n) },
      { at: 328, bytes: u32(0b010) },
      { at: 516, bytes: u32(256) },
      { at: 524, bytes: [0b101] },
      { at: 768, bytes: 'nqn.2019-08.org.qemu:sub0\0' }
    )
  )

  expect(controller).toEqual({
    vendor: 0x1b36,
    serial: 'PF0',
    model: 'QEMU NVMe Ctrl',
    firmware: '7.2.22',
    cntlid: 65,
    version: '1.4.0',
    hasSiblings: true,
    isVirtualFunction: false,
    optional: {
      security: false,
      format: true,
      firmware: false,
      namespaceManagement: true,
      managementInterface: false,
      virtualizationManagement: false,
      doorbellBufferConfig: true,
      lockdown: false,
    },
    sanitizes: true,
    logsEffects: true,
    maxNamespaces: 256,
    totalCapacityBytes: 1n << 40n,
    format: {
      formatsAllNamespaces: true,
      erasesAllNamespaces: false,
      cryptographicErase: true,
    },
    subsystemNqn: 'nqn.2019-08.org.qemu:sub0',
  })
})

test('text that a drive controls keeps no control characters', () => {
  const controller = decodeIdentifyController(
    patched(4096, { at: 4, bytes: 'A\n\u001b[1mB'.padEnd(20) })
  )

  expect(controller.serial).toBe('A??[1mB')
})

test('Identify Namespace gives sizes by the current LBA format', () => {
  const namespace = decodeIdentifyNamespace(
    patched(
      4096,
      { at: 0, bytes: u64(131072n) },
      { at: 25, bytes: [7] },
      { at: 26, bytes: [0x15] },
      { at: 29, bytes: [0b1010] },
      { at: 30, bytes: [1] },
      { at: 120, bytes: [0x52, 0x54, 0, 0, 0, 0, 0, 1] },
      { at: 128 + 5 * 4, bytes: [8, 0, 12, 0] }
    )
  )

  expect(namespace).toEqual({
    sizeBlocks: 131072n,
    sizeBytes: 131072n * 4096n,
    blockBytes: 4096,
    metadataBytes: 8,
    formatIndex: 5,
    metadataInterleaved: true,
    protection: { type: 2, first: true },
    shared: true,
    nguid: null,
    eui64: '5254000000000001',
  })
})

test('the upper bits of FLBAS count only where there are more than 16 formats', () => {
  const withFormats = (nlbaf: number) =>
    decodeIdentifyNamespace(
      patched(
        4096,
        { at: 0, bytes: u64(1n) },
        { at: 25, bytes: [nlbaf] },
        { at: 26, bytes: [0b0010_0001] }
      )
    )?.formatIndex

  expect([withFormats(15), withFormats(16)]).toEqual([1, 17])
})

test('a page of zeroes is a namespace that is not active', () => {
  expect(decodeIdentifyNamespace(new Uint8Array(4096))).toBeUndefined()
})

test('descriptors are found whatever their order, and other types are passed over', () => {
  const uuid = '00112233445566778899aabbccddeeff'
  const descriptors = decodeNamespaceDescriptors(
    page(`04 01 00 00 00  03 10 00 00 ${uuid}  01 08 00 00 0102030405060708`)
  )

  expect(descriptors).toEqual({ eui64: '0102030405060708', nguid: null, uuid })
})

test('a descriptor that runs past the page, or has a wrong length, gives nothing', () => {
  const beyond = new Uint8Array(16)
  beyond.set([3, 16, 0, 0, 1, 2, 3])

  expect(decodeNamespaceDescriptors(beyond).uuid).toBeNull()
  expect(decodeNamespaceDescriptors(page('03 04 00 00 01020304')).uuid).toBeNull()
})

test('SMART counters of 128 bits keep all of their bits', () => {
  const smart = decodeSmartLog(
    patched(
      512,
      { at: 0, bytes: [0b1001] },
      { at: 1, bytes: u16(323) },
      { at: 3, bytes: [0, 10, 130] },
      { at: 32, bytes: u64(1n) },
      { at: 40, bytes: u64(1n) },
      { at: 160, bytes: u64(7n) }
    )
  )

  expect(smart).toMatchObject({
    criticalWarning: 9,
    temperatureKelvin: 323,
    availableSparePercent: 0,
    spareThresholdPercent: 10,
    percentageUsed: 130,
    dataUnitsRead: (1n << 64n) + 1n,
    mediaErrors: 7n,
  })
})
