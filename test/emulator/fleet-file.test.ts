import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'
import { FleetFileError, parseFleet, readFleetFile } from '../../src/emulator/fleet-file.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'

test('the demo fleet survives being written as YAML and as JSON', () => {
  const fleet = demoFleet()

  expect(parseFleet(stringify(fleet), 'fleet.yaml')).toEqual(fleet)
  expect(parseFleet(JSON.stringify(fleet), 'fleet.json')).toEqual(fleet)
})

test('a file is read from where it is', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-fleet-'))
  const file = path.join(folder, 'fleet.yaml')
  writeFileSync(file, stringify(demoFleet()))

  expect(readFleetFile(file).hosts.length).toBe(5)
  rmSync(folder, { recursive: true })
  expect(() => readFleetFile(file)).toThrow(`${file}: cannot be read`)
})

/** A fleet of one host, changed by text. */
function changed(...changes: readonly (readonly [from: string | RegExp, to: string])[]) {
  const text = stringify({ hosts: [labLikeHost()] }, { aliasDuplicateObjects: false })
  return changes.reduce((before, [from, to]) => {
    const after = before.replace(from, to)
    expect(after, `${String(from)} is not in the fleet`).not.toBe(before)
    return after
  }, text)
}

const DRIVE = 'hosts[0].subsystems[0]'

const WRONG: readonly (readonly [string, string, string, RegExp])[] = [
  ['not YAML', '{ hosts: [', 'syntax', /end|expected/i],
  ['nothing', '', 'document', /^must be a mapping$/],
  ['no hosts', 'hosts: []', 'hosts', /^must be a list of at least one$/],
  ['no CPUs', changed(['cpus: 4', 'cpus: 0']), 'hosts[0].cpus', /from 1 to 1024$/],
  ['text for a number', changed(['cpus: 4', 'cpus: four']), 'hosts[0].cpus', /^must be a/],
  [
    'an unknown field',
    changed(['cpus: 4', 'cpus: 4\n    colour: red']),
    'hosts[0].colour',
    /^is not a field here: known are name, count, machineId, cpus, /,
  ],
  ['a missing field', changed(['cpus: 4', '']), 'hosts[0].cpus', /^is missing: must be a /],
  [
    'a name that is no file name',
    changed(['rack1-lab-b', '../rack']),
    'hosts[0].name',
    /a host name/,
  ],
  [
    'a field that is there twice',
    changed(['cpus: 4', 'cpus: 4\n    cpus: 8']),
    'hosts[0].cpus',
    /^is there twice$/,
  ],
  [
    'digits that YAML takes for a number',
    changed(['serial: PF0', 'serial: 25384712']),
    `${DRIVE}.serial`,
    /without quotes YAML reads a number/,
  ],
  [
    'an address that is none',
    changed(['address: 0000:01:00.0', 'address: here']),
    `${DRIVE}.controllers[0].address`,
    /^must be a PCI address, as 0000:41:00.0$/,
  ],
  [
    'an address that is there twice',
    changed(['0000:02:00.0', '0000:01:00.0']),
    'hosts[0].subsystems[1].controllers[0].address',
    /^is that of hosts\[0\]\.subsystems\[0\]\.controllers\[0\]\.address$/,
  ],
  [
    'a namespace that is there twice',
    changed(['nsid: 2', 'nsid: 1']),
    `${DRIVE}.namespaces[1].nsid`,
    /^is that of /,
  ],
  [
    'half a block',
    changed(['67108864', '67108863']),
    `${DRIVE}.namespaces[0].sizeBytes`,
    /whole blocks/,
  ],
  [
    'a block size that no format has',
    changed(['blockBytes: 512', 'blockBytes: 520']),
    `${DRIVE}.namespaces[0].blockBytes`,
    /^must be 512 or 4096$/,
  ],
  [
    'fewer queues than VFs need',
    changed(['vqFlexible: 32', 'vqFlexible: 15']),
    `${DRIVE}.controllers[0].sriov.vqFlexible`,
    /^must be at least 16$/,
  ],
  [
    'an NQN that is there twice',
    changed(['org.qemu:PLAIN0', 'org.qemu:nqn.2026-01.lab:sub0']),
    'hosts[0].subsystems[1].nqn',
    /^is that of /,
  ],
  ['a tag that YAML does not know', changed(['cpus: 4', 'cpus: !many 4']), 'syntax', /tag/],
  ['an alias of nothing', changed(['cpus: 4', 'cpus: *four']), 'syntax', /no anchor/],
  ['a key that is no text', changed(['cpus: 4', '[cpus]: 4']), 'syntax', /strings/],
]

test.for(WRONG)('%s is refused by its field', ([, text, field, reason]) => {
  const refusal = refusalOf(text)

  const named = refusal.faults.find((fault) => fault.field === field)
  expect(named?.reason).toMatch(reason)
  expect(refusal.message).toContain(`fleet.yaml:${named?.line}: ${field}: `)
})

test('every fault is told at once, each with its line', () => {
  const text = `hosts:
  - name: a
    name: b
    cpus: 0
    iommu: perhaps
    subsystems: []
    rack: 7
  - name: b
    cpus: 1
    iommu: true
    kernelRelease: 6.1.0
    subsystems:
      - &drive
        nqn: nqn.2026-01.example:one
        serial: A1
        model: One
        firmware: "1"
        vendor: 0x1b36
        device: 0x10
        controllers:
          - { address: "0000:01:00.0", ioQueues: 1 }
        namespaces:
          - { nsid: 1, sizeBytes: 1000, blockBytes: 512, attached: true, shared: false }
          - { nsid: 1, sizeBytes: 1024, blockBytes: 512, attached: true }
      - *drive
`

  expect(refusalOf(text).message.split('\n')).toEqual([
    'fleet.yaml:2: hosts[0].kernelRelease: is missing: must be a release of Linux, as 6.1.0-56-amd64',
    'fleet.yaml:3: hosts[0].name: is there twice',
    'fleet.yaml:4: hosts[0].cpus: must be a whole number from 1 to 1024',
    'fleet.yaml:5: hosts[0].iommu: must be true or false',
    expect.stringMatching(/^fleet.yaml:7: hosts\[0\].rack: is not a field here/),
    'fleet.yaml:8: hosts[1].name: is that of hosts[0].name',
    'fleet.yaml:14: hosts[1].subsystems[1].nqn: is that of hosts[1].subsystems[0].nqn',
    expect.stringMatching(/^fleet.yaml:21: .*controllers\[0\]\.address: is that of /),
    expect.stringMatching(/^fleet.yaml:23: .*\[0\]\.namespaces\[0\]\.sizeBytes: /),
    expect.stringMatching(/^fleet.yaml:23: .*\[1\]\.namespaces\[0\]\.sizeBytes: /),
    expect.stringMatching(/^fleet.yaml:24: .*\[0\]\.namespaces\[1\]\.shared: is missing/),
    expect.stringMatching(/^fleet.yaml:24: .*\[1\]\.namespaces\[1\]\.shared: is missing/),
    expect.stringMatching(/^fleet.yaml:24: .*\[0\]\.namespaces\[1\]\.nsid: is that of /),
    expect.stringMatching(/^fleet.yaml:24: .*\[1\]\.namespaces\[1\]\.nsid: is that of /),
  ])
})

test('a text that would unfold to a huge value is refused', () => {
  const levels = Array.from({ length: 8 }, (_, i) => {
    const below = i === 0 ? '0' : `*l${i - 1}`
    return `l${i}: &l${i} [${Array.from({ length: 9 }, () => below).join(', ')}]`
  })

  const [fault] = refusalOf(levels.join('\n')).faults

  expect(fault).toEqual({ line: 1, field: 'document', reason: 'has too many aliases' })
})

test('a value that contains itself is refused', () => {
  expect(refusalOf('hosts: &all [*all]').faults).toEqual([
    { line: 1, field: 'hosts[0]', reason: 'must be a mapping' },
  ])
})

test('a controller id that a VF needs is refused', () => {
  const [first, ...rest] = labLikeHost().subsystems
  const controllers = [
    ...(first?.controllers ?? []),
    { address: '0000:03:00.0', ioQueues: 4, cntlid: 3 },
  ]
  const host = { ...labLikeHost(), subsystems: [{ ...first, controllers }, ...rest] }

  const refusal = refusalOf(JSON.stringify({ hosts: [host] }))

  expect(refusal.faults).toEqual([
    {
      line: 1,
      field: 'hosts[0].subsystems[0].controllers[1].cntlid',
      reason: 'is taken, by another controller or a VF',
    },
  ])
})

function refusalOf(text: string): FleetFileError {
  try {
    parseFleet(text, 'fleet.yaml')
  } catch (error) {
    if (error instanceof FleetFileError) return error
    throw error
  }
  throw new Error('the fleet was accepted')
}
