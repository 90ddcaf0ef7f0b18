/** An emulated machine in a process of its own: its kernel, and what a test does to the machine behind nvirt's back. */
import type { Clock } from '../../clock.ts'
import { HostDriverError } from '../../host/driver.ts'
import type {
  ArmedFault,
  Drills,
  EventOutcome,
  FaultDescription,
} from '../../host/drills.ts'
import type { KernelCall } from '../../kernel/call.ts'
import type { Kernel, Uevent } from '../../kernel/kernel.ts'
import { UEVENTS_LOST } from '../../kernel/uevent-message.ts'
import type { MachineSnapshot } from '../machine.ts'
import { EmulatorConnection, EmulatorGone } from './emulator-connection.ts'
import type { Ask } from './protocol.ts'
import { remoteKernel } from './remote-kernel.ts'

export interface RemoteMachine {
  readonly name: string
  readonly kernel: Kernel
  readonly faults: {
    /** The returned function takes it back, and with it calls that hang in it. */
    add: (fault: FaultDescription) => Promise<() => Promise<void>>
    hanging: () => Promise<readonly KernelCall[]>
    release: (how: 'with-effect' | 'without-effect') => Promise<void>
  }
  readonly drills: Drills
  transcript: () => Promise<readonly KernelCall[]>
  snapshot: () => Promise<MachineSnapshot>
  /** Lasts until the returned function is called, whatever becomes of this process. */
  holdVfioGroup: (group: number, command: string) => Promise<() => Promise<void>>
  mount: (disk: string, mountPoint: string) => Promise<() => Promise<void>>
  /** Ends this client. The machine goes on. */
  close: () => Promise<void>
}

const UNINTERESTED = { opened: () => {}, heard: () => {}, lost: () => {} }

/** All machines that the emulator on that socket serves. @throws {EmulatorGone} */
export async function remoteMachines(
  socketPath: string,
  clock: Clock
): Promise<readonly RemoteMachine[]> {
  const connection = new EmulatorConnection(socketPath, UNINTERESTED)
  try {
    const names = (await connection.ask('', { ask: 'hosts' })) as readonly string[] // our own server's answer
    return names.map((name) => remoteMachine(socketPath, name, clock))
  } finally {
    connection.close()
  }
}

/** Connects when it is first asked something. */
export function remoteMachine(
  socketPath: string,
  name: string,
  clock: Clock
): RemoteMachine {
  const listeners = new Set<(uevent: Uevent) => void>()
  const tell = (uevent: Uevent) => listeners.forEach((listener) => listener(uevent))
  const connection = new EmulatorConnection(socketPath, {
    opened: () => {
      if (listeners.size > 0) void ask({ ask: 'watchUevents' }).catch(() => {}) // lost again: told so
    },
    heard: ({ uevent }) => tell(uevent),
    lost: () => tell(UEVENTS_LOST),
  })
  const kernel = remoteKernel({ connection, machine: name, clock, listeners })
  /** The answers below are our own server's. */
  const ask = (question: Ask) => connection.ask(name, question)
  const endable = async (question: Ask) => {
    const id = (await ask(question)) as number
    return async () => void (await ask({ ask: 'end', id }))
  }
  const drills = remoteDrills(name, ask)
  return {
    name,
    kernel,
    drills,
    faults: {
      add: async (fault) => {
        const { id } = await drills.arm(fault)
        return async () => void (await drills.takeBack(id, 'without-effect'))
      },
      hanging: async () => (await ask({ ask: 'hanging' })) as readonly KernelCall[],
      release: async (how) => void (await ask({ ask: 'release', how })),
    },
    transcript: async () => (await ask({ ask: 'transcript' })) as readonly KernelCall[],
    snapshot: async () => (await ask({ ask: 'snapshot' })) as MachineSnapshot,
    holdVfioGroup: (group, command) => endable({ ask: 'hold', group, command }),
    mount: (disk, mountPoint) => endable({ ask: 'mount', disk, mountPoint }),
    close: () => kernel.close(),
  }
}

/** The answers are our own server's. */
function remoteDrills(name: string, asking: (question: Ask) => Promise<unknown>): Drills {
  const ask = async (question: Ask) => {
    try {
      return await asking(question)
    } catch (cause) {
      throw cause instanceof EmulatorGone ? hostGone(name, cause) : cause
    }
  }
  return {
    arm: async (fault) => (await ask({ ask: 'arm', fault })) as ArmedFault,
    armed: async () => (await ask({ ask: 'armed' })) as readonly ArmedFault[],
    takeBack: async (id, hanging) =>
      ((await ask({ ask: 'takeBack', id, hanging })) as ArmedFault | null) ?? undefined,
    fire: async (event) => (await ask({ ask: 'fire', event })) as EventOutcome,
  }
}

/** An emulator that went while it was asked is, as for its kernel's calls, a machine that does not answer: EIO. */
function hostGone(name: string, cause: EmulatorGone): HostDriverError {
  const failure = cause.wasThere
    ? ({ kind: 'kernel-refused', errno: 'EIO' } as const)
    : ({ kind: 'gone', what: name } as const)
  return new HostDriverError(`the emulator of ${name} does not answer`, failure, cause)
}
