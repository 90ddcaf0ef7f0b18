import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { PLAIN } from './world.ts'

/** Address of the second one. */
export const OTHER = '0000:03:00.0'

/** The plain drive, and another one like it, which nothing keeps apart. */
export function twoInOneGroup(): HostDescription {
  const host = labLikeHost()
  const [sriov, plain] = host.subsystems
  if (!sriov || !plain) throw new Error('the lab has two drives')
  const inGroup = (address: string, serial: string, rootPort: string) => ({
    ...plain,
    serial,
    nqn: `${plain.nqn}:${serial}`,
    controllers: plain.controllers.map((one) => ({
      ...one,
      address,
      rootPort,
      group: 'slots',
    })),
  })
  return {
    ...host,
    subsystems: [
      sriov,
      inGroup(PLAIN, 'PLAIN0', '0000:00:05.0'),
      inGroup(OTHER, 'PLAIN1', '0000:00:06.0'),
    ],
  }
}
