/** Workflows of six steps on the engine and the store of the product, in a folder of their own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { newId } from '../../src/new-id.ts'
import { createEngine } from '../../src/saga/run-engine.ts'
import type { WorkflowDefinition } from '../../src/saga/workflow.ts'
import { openStore } from '../../src/store/open-store.ts'
import { storeLog } from '../../src/store/store-log.ts'
import type { StoreWrite } from '../../src/store/store.ts'

export const STEPS = 6
/** An intent and an output. */
export const RECORDS = 2 * STEPS

/** What a step leaves behind, as the product's steps do: the writes that were made, in words. */
export const OUTPUT = ['write /sys/bus/pci/devices/0000:3b:00.1/driver_override "vfio-pci"']

const ASKED = { workflow: 'six-steps', params: null, actor: 'bench', tenant: 'bench' }

export type SixSteps = {
  /** Milliseconds of the clock until the last of them has ended. @throws Error when one does not succeed */
  readonly run: (atOnce: number) => Promise<number>
  readonly close: () => Promise<void>
}

/** @param drive what each step waits for: without it a step is done at once */
export async function sixSteps(drive?: () => Promise<void>): Promise<SixSteps> {
  const folder = temporaryFolder()
  const store = await openStore({ file: path.join(folder, 'nvirt.db') })
  const engine = createEngine<StoreWrite>({
    log: storeLog(store),
    workflows: [workflow(drive)],
    clock: systemClock,
    owner: 'bench',
  })

  async function runOne(): Promise<void> {
    const id = newId()
    await engine.start({ ...ASKED, id }, [])
    const end = await engine.wait(id, 600_000)
    if (end?.state !== 'succeeded') throw new Error(`${id} ended ${end?.state}`)
  }

  return {
    run: (atOnce) => makespanMs(atOnce, runOne),
    close: async () => {
      await engine.stop()
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Of so many that begin together. */
export async function makespanMs(
  atOnce: number,
  one: (nth: number) => Promise<void>
): Promise<number> {
  const begun = performance.now()
  await Promise.all(Array.from({ length: atOnce }, (_, nth) => one(nth)))
  return performance.now() - begun
}

export function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'nvirt-bench-'))
}

function workflow(drive?: () => Promise<void>): WorkflowDefinition<StoreWrite> {
  return {
    name: ASKED.workflow,
    version: 1,
    locks: () => [],
    steps: () =>
      Array.from({ length: STEPS }, (_, nth) => ({
        name: `step-${nth}`,
        run: async () => {
          if (drive) await drive()
          return { result: 'done', output: OUTPUT }
        },
      })),
  }
}
