/**
 * Random sequences of commands: moves that a control plane makes, whole, so that machines get somewhere, and between
 * them single commands of every kind, most of which are refused.
 */
import fc from 'fast-check'
import { PROBE, functionAt, overrideOf } from '../contract/machine.ts'
import { LAB_PF } from '../contract/world.ts'
import { driver } from './any-function.ts'
import type { Command } from './commands.ts'
import * as nvme from './nvme-moves.ts'
import { VF_ADDRESSES } from './functions.ts'
import * as sysfs from './sysfs-moves.ts'
import { write } from './sysfs-moves.ts'

/** As provisioned, and handed to a driver. */
const provisionAndBind = fc
  .tuple(fc.integer({ min: 1, max: 3 }), driver)
  .chain(([number, by]) => {
    const address = VF_ADDRESSES[number - 1] ?? LAB_PF
    return nvme
      .provisioning(number)
      .map((cut) => [...cut, write(overrideOf(address), by), write(PROBE, address)])
  })

const move: fc.Arbitrary<readonly Command[]> = fc.oneof(
  { weight: 2, arbitrary: sysfs.numVfs },
  { weight: 1, arbitrary: sysfs.recount },
  { weight: 1, arbitrary: sysfs.autoprobe },
  { weight: 2, arbitrary: sysfs.override },
  { weight: 3, arbitrary: sysfs.binding },
  { weight: 1, arbitrary: sysfs.bindAsAllowed },
  { weight: 1, arbitrary: sysfs.probe },
  { weight: 2, arbitrary: sysfs.rebinding },
  { weight: 1, arbitrary: sysfs.reset },
  { weight: 1, arbitrary: sysfs.resetMethod },
  { weight: 2, arbitrary: sysfs.controllerFile },
  { weight: 1, arbitrary: sysfs.msixCount },
  { weight: 2, arbitrary: sysfs.openGroup },
  { weight: 1, arbitrary: sysfs.dynamicIds },
  { weight: 1, arbitrary: sysfs.hotPlug },
  { weight: 4, arbitrary: sysfs.look },
  { weight: 1, arbitrary: sysfs.writeReadOnly },
  { weight: 12, arbitrary: nvme.anyVirtualization },
  { weight: 3, arbitrary: nvme.provision },
  { weight: 5, arbitrary: provisionAndBind },
  { weight: 7, arbitrary: nvme.attachment },
  { weight: 6, arbitrary: nvme.identify },
  { weight: 3, arbitrary: nvme.features },
  { weight: 2, arbitrary: nvme.logs }
)

/** Most begin with VFs, since without them most commands are refused for the same reason. */
const start = fc.oneof(
  {
    weight: 7,
    arbitrary: fc
      .constantFrom('2', '4', '8')
      .map((text) => [
        write(`${functionAt(LAB_PF)}/sriov_drivers_autoprobe`, '0'),
        write(`${functionAt(LAB_PF)}/sriov_numvfs`, text),
      ]),
  },
  { weight: 1, arbitrary: sysfs.numVfs },
  { weight: 1, arbitrary: fc.constant([]) }
)

const MOST_MOVES = 60

/** Without bias: short ones show less for the time that putting a machine back takes. */
export const commandSequence: fc.Arbitrary<readonly Command[]> = fc
  .noBias(
    fc.tuple(start, fc.array(move, { minLength: 1, maxLength: MOST_MOVES, size: 'max' }))
  )
  .map(([first, moves]) => [first, ...moves].flat())
