import { expect, test } from 'vitest'
import { supportedCommands, tenantReach } from '../../src/nvme/tenant-reach.ts'

const NOTHING = {
  optional: {
    security: false,
    format: false,
    firmware: false,
    namespaceManagement: false,
    managementInterface: false,
    virtualizationManagement: false,
    doorbellBufferConfig: false,
    lockdown: false,
  },
  sanitizes: false,
  format: {
    formatsAllNamespaces: false,
    erasesAllNamespaces: false,
    cryptographicErase: false,
  },
}

const claiming = (...commands: readonly (keyof typeof NOTHING.optional)[]) => ({
  ...NOTHING,
  optional: {
    ...NOTHING.optional,
    ...Object.fromEntries(commands.map((command) => [command, true])),
  },
})

test('a controller that has nothing but what every one has reaches nobody', () => {
  const everyControllers = new Set([0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x08, 0x09, 0x0a])

  expect(tenantReach(NOTHING, everyControllers)).toEqual([])
  expect(tenantReach(claiming('doorbellBufferConfig'), null)).toEqual([])
})

test.for([
  ['security', ['security']],
  ['firmware', ['firmware']],
  ['namespaceManagement', ['namespace-management', 'namespace-attachment']],
  ['managementInterface', ['management-interface']],
  ['virtualizationManagement', ['virtualization-management']],
  ['lockdown', ['lockdown']],
] as const)('what OACS claims counts without an effects log: %s', ([command, reach]) => {
  expect(tenantReach(claiming(command), null)).toEqual(reach)
})

test.for([
  [0x0d, 'namespace-management'],
  [0x15, 'namespace-attachment'],
  [0x1c, 'virtualization-management'],
  [0x84, 'sanitize'],
  [0x10, 'firmware'],
  [0x11, 'firmware'],
  [0x81, 'security'],
  [0x1d, 'management-interface'],
  [0x24, 'lockdown'],
] as const)('what the effects log has counts whatever OACS says: %i', ([opcode, reach]) => {
  expect(tenantReach(NOTHING, new Set([opcode]))).toEqual([reach])
})

test('SANICAP is of the subsystem, so an effects log without Sanitize decides', () => {
  const sanitizes = { ...NOTHING, sanitizes: true }

  expect(tenantReach(sanitizes, null)).toEqual(['sanitize'])
  expect(tenantReach(sanitizes, new Set([0x06]))).toEqual([])
})

test.for(['formatsAllNamespaces', 'erasesAllNamespaces'] as const)(
  'Format counts only where FNA says that it reaches further: %s',
  (attribute) => {
    const formats = claiming('format')
    const further = { ...formats, format: { ...formats.format, [attribute]: true } }

    expect(tenantReach(formats, new Set([0x80]))).toEqual([])
    expect(tenantReach(further, null)).toEqual(['format-of-all-namespaces'])
  }
)

test('of an effects log the admin commands that are supported are read, and no I/O commands', () => {
  const page = Buffer.alloc(4096)
  page.writeUInt32LE(0b1001, 4 * 0x15)
  page.writeUInt32LE(0b1000, 4 * 0x1c)
  page.writeUInt32LE(1, 1024 + 4 * 0x0d)

  expect([...supportedCommands(page)]).toEqual([0x15])
})
