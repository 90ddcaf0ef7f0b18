/** `ataN` below an AHCI function: the port, its link, and its SCSI host. Source: Linux drivers/ata/libata-transport.c. */
import type { EmulatedLinux } from '../linux.ts'
import type { PciFunction } from '../pci/pci-function.ts'
import { attribute, directory, entriesOf, folder, link } from '../sysfs/node.ts'
import type { Directory, OtherEntries } from '../sysfs/node.ts'
import { ahciControllerOf } from './ahci-controller.ts'
import type { AtaPort } from './ahci-controller.ts'
import { scsiHost } from './scsi-files.ts'

/** Entries of the function's directory. */
export function ataPorts(linux: EmulatedLinux, fn: PciFunction): OtherEntries {
  const ports = () => ahciControllerOf(linux, fn.address)?.ports ?? []
  const node = (port: AtaPort) => portDirectory(linux, fn, port)
  return {
    entries: () => entriesOf(ports(), portName, node),
    child: (name) => {
      const port = name.startsWith('ata')
        ? ports().find((one) => portName(one) === name)
        : undefined
      return port && node(port)
    },
  }
}

function portName({ id }: AtaPort): string {
  return `ata${id}`
}

function portDirectory(linux: EmulatedLinux, fn: PciFunction, port: AtaPort): Directory {
  const { id, disk } = port
  return directory(() => ({
    ata_port: folder({
      [`ata${id}`]: folder({
        port_no: attribute(() => port.portNumber + 1),
        nr_pmp_links: attribute(() => 0),
      }),
    }),
    [`link${id}`]: folder({
      ata_link: folder({ [`link${id}`]: linkFiles(disk !== undefined) }),
      ...(disk && { [`dev${id}.0`]: deviceFiles(id) }),
    }),
    [`host${id - 1}`]: scsiHost(linux, fn, port),
  }))
}

/** Source: Linux drivers/ata/libata-core.c, sata_spd_string; libata-transport.c, ata_link_linkspeed_attr. */
function linkFiles(isUp: boolean): Directory {
  return folder({
    hw_sata_spd_limit: attribute(() => '6.0 Gbps'),
    sata_spd_limit: attribute(() => '6.0 Gbps'),
    sata_spd: attribute(() => (isUp ? '6.0 Gbps' : '<unknown>')),
  })
}

function deviceFiles(id: number): Directory {
  const name = `dev${id}.0`
  return folder({
    ata_device: folder({
      [name]: folder({
        class: attribute(() => 'ata'),
        subsystem: link('/sys/class/ata_device'),
      }),
    }),
  })
}
