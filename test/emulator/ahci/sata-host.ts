/** A host with a SATA disk beside an NVMe drive. */
import { AHCI_CLASS } from '../../../src/emulator/ahci/ahci-controller.ts'
import type { HostDescription, SataDiskDescription } from '../../../src/emulator/fleet.ts'

export const AHCI = '0000:00:17.0'

export const DISK: SataDiskDescription = {
  model: 'Example SD2 960GB model',
  serial: 'SD20001',
  firmware: '1.0.3b7',
  sizeBytes: 960_197_124_096,
  load: { iops: 90_000, latencyUs: 120 },
}

export function sataHost(
  sataDisks: readonly SataDiskDescription[] = [DISK],
  group?: string
): HostDescription {
  return {
    name: 'compared',
    cpus: 8,
    iommu: true,
    kernelRelease: '6.1.0-56-amd64',
    subsystems: [
      {
        nqn: 'nqn.2026-01.example.drives:pl1-1',
        serial: 'PL1',
        model: 'Example PL1',
        firmware: '4.0.2',
        vendor: 0x1ff7,
        device: 0x7e01,
        controllers: [
          {
            address: '0000:01:00.0',
            ioQueues: 8,
            load: { iops: 600_000, latencyUs: 120 },
            ...(group === undefined ? {} : { group }),
          },
        ],
        namespaces: [
          { nsid: 1, sizeBytes: 2 ** 40, blockBytes: 4096, attached: true, shared: false },
        ],
      },
    ],
    otherFunctions: [
      {
        address: AHCI,
        classCode: AHCI_CLASS,
        vendor: 0x8086,
        device: 0xa182,
        driver: 'ahci',
        sataDisks,
        ...(group === undefined ? {} : { group }),
      },
    ],
  }
}
