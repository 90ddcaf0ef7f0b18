/**
 * An emulated host that is made when somebody asks it something, and let go again when others need the room: its
 * description and its journal are all that it needs to become the same machine once more.
 */
import type { Drills } from '../host/drills.ts'
import type { KernelCall } from '../kernel/call.ts'
import type { CounterReader } from '../kernel/counters.ts'
import type { Kernel, Lane, LaneKey } from '../kernel/kernel.ts'
import type { AwakeMachines } from './awake-machines.ts'
import type { EmulatedMachine } from './machine.ts'
import { Sleeper } from './sleeper.ts'

export type MachineOnDemand = {
  readonly kernel: Kernel
  readonly drills: Drills
  readonly close: () => Promise<void>
}

export function machineOnDemand(
  powerOn: () => Promise<EmulatedMachine>,
  awake: AwakeMachines
): MachineOnDemand {
  const sleeper = new Sleeper(powerOn, awake)
  return {
    kernel: kernelOf(sleeper),
    drills: drillsOf(sleeper),
    close: () => sleeper.close(),
  }
}

function kernelOf(sleeper: Sleeper): Kernel {
  return {
    call: (call) => sleeper.use(({ kernel }) => kernel.call(call)),
    lane: (key) => laneOf(sleeper, key),
    openCounters: async (sources) => {
      const letGo = sleeper.keep()
      try {
        const reader = await sleeper.use(({ kernel }) => kernel.openCounters(sources))
        return keptReader(reader, letGo)
      } catch (cause) {
        letGo()
        throw cause
      }
    },
    watchUevents: async (onUevent) => {
      const leave = sleeper.listen(onUevent)
      return async () => leave()
    },
    close: async () => sleeper.stopListening(),
  }
}

/** The lane of the machine as it is at each call. */
function laneOf(sleeper: Sleeper, key: LaneKey): Lane {
  return {
    key,
    call: <C extends KernelCall>(call: C, options: Parameters<Lane['call']>[1]) =>
      sleeper.use(({ kernel }) => kernel.lane(key).call(call, options)),
    lateAnswer: (name, call) =>
      sleeper.use(({ kernel }) => kernel.lane(key).lateAnswer(name, call)),
    callTogether: (calls, options) =>
      sleeper.use(({ kernel }) => kernel.lane(key).callTogether(calls, options)),
    // A machine that is not there has no call under way.
    blockedBy: async () =>
      sleeper.isAwake()
        ? sleeper.use(({ kernel }) => kernel.lane(key).blockedBy())
        : undefined,
  }
}

function keptReader(reader: CounterReader, letGo: () => void): CounterReader {
  return {
    values: reader.values,
    read: () => reader.read(),
    close: async () => {
      letGo()
      await reader.close()
    },
  }
}

function drillsOf(sleeper: Sleeper): Drills {
  return {
    arm: (fault) => sleeper.use(({ drills }) => drills.arm(fault)),
    armed: () => sleeper.use(({ drills }) => drills.armed()),
    takeBack: (id, hanging) => sleeper.use(({ drills }) => drills.takeBack(id, hanging)),
    fire: (event) => sleeper.use(({ drills }) => drills.fire(event)),
  }
}
