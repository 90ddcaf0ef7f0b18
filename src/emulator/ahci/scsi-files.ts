/**
 * The SCSI host of a port, its target and its device. queue_depth is 32: NCQ's tags, none of them reserved since the
 * internal command has a tag of its own. Source: Linux drivers/ata/libata-scsi.c, ata_scsi_dev_config (the least of
 * can_queue, of what the disk tells, and of ATA_MAX_QUEUE); ahci.h, AHCI_SHT (can_queue AHCI_MAX_CMDS); include/linux/libata.h
 * (ATA_MAX_QUEUE 32, ATA_TAG_INTERNAL 32, not 31); drivers/scsi/scsi_sysfs.c.
 */
import type { EmulatedLinux } from '../linux.ts'
import type { PciFunction } from '../pci/pci-function.ts'
import { attribute, directory, folder, link } from '../sysfs/node.ts'
import type { Directory } from '../sysfs/node.ts'
import { scsiAddress } from './ahci-controller.ts'
import type { AtaPort, SataDisk } from './ahci-controller.ts'
import { NCQ_DEPTH } from './disk-load.ts'
import { sataInFlight } from './sata-counters.ts'
import { sataDiskDirectory } from './sata-disk-files.ts'

export function scsiHost(linux: EmulatedLinux, fn: PciFunction, port: AtaPort): Directory {
  const host = port.id - 1
  const { disk } = port
  return directory(() => ({
    scsi_host: folder({
      [`host${host}`]: folder({
        proc_name: attribute(() => 'ahci'),
        unique_id: attribute(() => port.id),
        can_queue: attribute(() => NCQ_DEPTH),
        nr_hw_queues: attribute(() => 1),
        state: attribute(() => 'running'),
      }),
    }),
    ...(disk && {
      [`target${host}:0:0`]: folder({
        [scsiAddress(port)]: scsiDevice(linux, fn, { port, disk }),
      }),
    }),
  }))
}

/** libata answers INQUIRY for the disk: "ATA", the model's first 16 characters, the last four of the firmware. */
function scsiDevice(
  linux: EmulatedLinux,
  fn: PciFunction,
  { port, disk }: { readonly port: AtaPort; readonly disk: SataDisk }
): Directory {
  const { model } = disk.description
  return directory(() => ({
    vendor: attribute(() => 'ATA     '),
    model: attribute(() => model.slice(0, 16).padEnd(16)),
    rev: attribute(() => revisionOf(disk)),
    type: attribute(() => 0),
    scsi_level: attribute(() => 6),
    state: attribute(() => 'running'),
    queue_depth: attribute(() => NCQ_DEPTH),
    queue_type: attribute(() => 'simple'),
    device_busy: attribute(() => sataInFlight(linux, disk)),
    block: folder({ [disk.name]: sataDiskDirectory(linux, fn, { port, disk }) }),
    driver: link('/sys/bus/scsi/drivers/sd'),
    subsystem: link('/sys/bus/scsi'),
  }))
}

/** Source: Linux drivers/ata/libata-scsi.c, ata_scsiop_inq_std: characters 4 to 7, else 0 to 3. */
function revisionOf({ description: { firmware } }: SataDisk): string {
  const padded = firmware.padEnd(8)
  const last = padded.slice(4)
  return last.trim() === '' ? padded.slice(0, 4) : last
}
